"""A network at another size: resolved again, or, where no argument depends on a size, walked along its graph.

Both take numbers that grow (see `growing`) in place of sizes.
"""

from collections.abc import Sequence
from typing import Any

from convcli.blocks import Network
from convcli.diagnostics import ConvcliError, Refusal
from convcli.graph import Node
from convcli.growing import Growing, Interval
from convcli.input_sizes.explore import Verdict
from convcli.layer import syntax
from convcli.op import Answer, Operator
from convcli.quantity import LARGEST, Shape
from convcli.resolve.boundary import Given
from convcli.resolve.network import Resolver
from convcli.resolve.state import check_types
from convcli.resolve.values import OpLayer, Scope, Spot, Tensor

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


class Trial(Resolver):
    """Resolves a network at other sizes; the first mistake ends it."""

    advising = True

    def __init__(self, network: Network, variables: dict[str, Any], given: Given, places: tuple[int, ...]) -> None:
        super().__init__(network, variables, given.max_layers)
        self.made = Outputs(places)
        sizes: list[Any] = [size for shape in given.sizes.values() for size in shape]
        self.of = next((size.of for size in sizes if type(size) is Growing), Interval(0, 0))
        self.of.touched = self.measures = False
        try:
            self.outputs(self.work_through(given))
        except ConvcliError:
            raise Failed from None
        self.measures = self.measures or self.of.touched

    def follows(self) -> bool:
        """Say whether the graph is the same for all sizes: nothing but the shapes depends on them."""
        return not self.measures and not any(_grows(value) for node in self.nodes for value in node.op.values.values())

    def complain(self, error: ConvcliError) -> None:
        raise Failed

    def explain(self, *_: Any) -> Any:
        raise Failed

    def infer(self, layer: OpLayer, tensors: list[Tensor]) -> Operator:
        """Read arguments from the inputs; a table of what was read could not hold numbers that grow."""
        return self.inferred_from(tuple(self.shape(tensor) for tensor in tensors), layer)

    def answer(self, op: Operator, shapes: tuple[Shape | None, ...], dtypes: tuple[str, ...]) -> Answer | None:
        """Return the shapes and types of the results; costs are not needed."""
        touched = self.of.touched
        check_types(op, dtypes)
        made = self.made.of(op, shapes)  # type: ignore[arg-type]  # the inputs of a trial have their sizes
        self.of.touched = touched
        return Answer(made, op.dtypes(dtypes, len(made)), 0, 0)

    def size(self, tree: syntax.Call, scope: Scope, spot: Spot) -> Any:
        """Note where the text asks for a size; the number of channels is no size."""
        value = super().size(tree, scope, spot)
        channels = len(tree.arguments) == 2 and getattr(tree.arguments[1], "value", None) == 1
        self.measures = self.measures or not channels
        return value


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
        except Refusal:
            if any(declared.inferred for declared in node.op.arguments.values()):
                raise Uncertain from None
            return FAILS
        if node.answer is None or len(found) != len(node.answer.outputs):
            raise Uncertain
        made.append(found)
    return Verdict(works=True, lossless=outputs.lossless)


def _fixed(number: Any) -> Any:
    return (number.a, number.c) if type(number) is Growing else number


def _grows(value: Any) -> bool:
    return type(value) is Growing or (isinstance(value, tuple | list) and any(map(_grows, value)))
