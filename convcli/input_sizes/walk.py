"""Shapes flow through a network again, of other sizes, or of numbers that grow (see `growing`)."""

from collections.abc import Sequence
from typing import Any

from convcli.diagnostics import Refusal
from convcli.graph import Node
from convcli.growing import Growing
from convcli.input_sizes.explore import Verdict
from convcli.op import Operator
from convcli.quantity import LARGEST, Shape

WINDOWS = ("CV220", "CV222", "CV225")
"""Refusals that have nothing to do with arguments that are read from the input."""

FAILS = Verdict(works=False, lossless=False)


class Failed(Exception):
    """The network does not take this size."""


class Uncertain(Exception):
    """The graph alone does not tell."""


class Outputs:
    """What operators make of shapes, each pair worked out once; and whether they drop positions at the end.

    `places` are the axes in question, counted from the end; only what is dropped along them counts.
    """

    def __init__(self, places: tuple[int, ...]) -> None:
        self.places = places
        self.lossless = True
        self.known: dict[Any, tuple[Operator, tuple[Shape, ...]]] = {}

    def of(self, op: Operator, shapes: Sequence[Shape]) -> tuple[Shape, ...]:
        """Return the shapes of an operator's results.

        Raises:
            Refusal: it does not take these.
        """
        # not by the numbers themselves: comparing two that grow would ask where they are equal
        key = (id(op), *[tuple(map(_fixed, shape)) for shape in shapes])
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = op, op.outputs(*shapes)  # the operator is kept, so that its id stays its own
            if any(size > LARGEST for shape in found[1] for size in shape):
                raise Refusal("CV233", "")
            lost = op.dropped(shapes[0], found[1][0]) if shapes else ()
            if any(lost[-place][0] > 0 for place in self.places if place <= len(lost)):
                self.lossless = False
        return found[1]


def walked(nodes: Sequence[Node], shapes: Sequence[Shape], places: tuple[int, ...]) -> Verdict:
    """Let shapes flow through the nodes of a network whose arguments depend on no size.

    Raises:
        Uncertain: an operator that has read an argument from its input refuses.
    """
    outputs = Outputs(places)
    made: list[tuple[Shape, ...]] = []
    for node in nodes:
        inputs = [made[index][result] if index >= 0 else shapes[-1 - index] for index, result in node.inputs]
        try:
            found = outputs.of(node.op, inputs)
        except Refusal as refusal:
            if refusal.code not in WINDOWS and any(one.inferred for one in node.op.arguments.values()):
                raise Uncertain from None
            return FAILS
        if node.answer is None or len(found) != len(node.answer.outputs):
            raise Uncertain
        made.append(found)
    return Verdict(works=True, lossless=outputs.lossless)


def _fixed(number: Any) -> Any:
    return (number.a, number.c) if type(number) is Growing else number
