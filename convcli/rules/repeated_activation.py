"""An activation follows itself: the second changes nothing, since what it makes are values that it leaves alone."""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.op import Operator
from convcli.rules.case import Case, Said
from convcli.rules.catalogue import IDEMPOTENT


def find(case: Case) -> Iterator[tuple[int, int]]:
    """Give the activations that change nothing, and what they follow."""
    nodes = case.graph.nodes
    for node, places in case.each_kind(IDEMPOTENT):
        for at in places:
            before = nodes[at].inputs[0][0]
            if before >= 0 and _does_the_same(nodes[before].op, node.op):
                yield at, before


def _does_the_same(first: Operator, second: Operator) -> bool:
    """Say whether two operators are one and the same function, as a module or not."""
    same = first.name.replace("_", "").lower() == second.name.replace("_", "").lower()
    return same and _bounds(first) == _bounds(second)


def _bounds(op: Operator) -> dict[str, Any]:
    """Return the arguments that change values."""
    return {name: value for name, value in op.values.items() if name not in ("inplace", "input")}


def say(case: Case, places: Sequence[tuple[int, int]]) -> Said:
    """Say which one is too many."""
    at, before = places[0]
    message = f"`{case.name(at)}` changes nothing: `{case.name(before)}` in front of it does the same"
    return Said(message, "", "leave one of them out")
