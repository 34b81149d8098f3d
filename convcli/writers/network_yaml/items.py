"""The items of a list in a network file, and which steps of a graph are one merge."""

from itertools import groupby
from typing import Any

from convcli.argument import Slot
from convcli.blocks import MERGES
from convcli.graph import Graph, Node, Result
from convcli.outline.scopes import Call
from convcli.record import Record


class Item(Record):
    """A line of a list: its name if it has one, and an expression or a list below it."""

    name: str | None
    body: Any
    repeats: bool = False
    """Whether it is a layer on what flows in, so that equal ones in a row can be one."""


class Merge(Record):
    """Branches, and the function in which they meet."""

    function: str
    branches: list[Item]


def gathered(items: list[Item]) -> list[Item]:
    """Write equal layers in a row as one and a number."""
    found = []
    for key, group in groupby(items, lambda item: item.body if item.repeats else id(item)):
        alike = list(group)
        several = len(alike) > 1
        found += [Item(None, f"{key} * {len(alike)}")] if several else alike
    return found


def merge_of(graph: Graph, scope: Any, at: Any, start: Result | None) -> list[Any] | None:
    """Return the branches of a merge in their order, None for an empty one; None if it is no merge.

    It is one where a scope's steps are branches, each from the tensor that flows, and a function of the scope's
    own name reads what comes out of all of them.
    """
    if at is None or isinstance(at, Call) or not isinstance(scope, Call):
        return None
    if graph.nodes[at].name != scope.path or not meets(graph.nodes[at]):
        return None
    steps, found = list(scope.steps), list[Any]()
    for place, tensor in enumerate(graph.nodes[at].inputs):
        if tensor == start:
            found.append(None)
            continue
        step = steps.pop(0) if steps else None
        path = step.path if isinstance(step, Call) else None if step is None else graph.nodes[step].name
        ends = step.outputs if isinstance(step, Call) else ((step, 0),)
        if (
            ends != (tensor,)
            or path is None
            or path.rpartition(".")[2] not in (str(place), path[len(scope.path) + 1 :])
        ):
            return None
        found.append(step)
    return None if steps else found


def meets(node: Node) -> bool:
    """Say whether branches can meet in a function: their tensors in order, and nothing else than `dim=1`."""
    values, usual = node.op.values, node.op.usual()
    slots = [Slot(place) for place in range(len(node.inputs))]
    if node.op.name in ("cat", "stack"):
        return list(values["tensors"]) == slots and values["dim"] == 1
    first = list(values.values())[:2]
    return (
        node.op.name in MERGES
        and first == slots
        and all(value == usual[name] for name, value in list(values.items())[2:])
    )
