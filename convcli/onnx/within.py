"""Graphs within a graph: the bodies of functions and loops, and what they take from outside."""

from collections import Counter
from typing import Any

from convcli.aten.call import Ref
from convcli.onnx.asked import Flow
from convcli.onnx.record import Function, GraphPart, Node, Reference

EMPTY = Flow(Ref(0, (), "float32"))
"""An input of a function that is left out."""


def filled(attributes: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Put a function's attributes where its nodes refer to them."""
    found = {name: given.get(one.name) if isinstance(one, Reference) else one for name, one in attributes.items()}
    return {name: one for name, one in found.items() if one is not None}


def uses_of(graph: GraphPart) -> Counter[str]:
    """Count how often each tensor is read."""
    found = Counter(one.name for one in graph.outputs)
    for node in graph.nodes:
        found.update(node.inputs)
        found.update(taken_from_outside(node))
    return found


def taken_from_outside(node: Node) -> set[str]:
    """Return the names that the graphs in a node's attributes read and do not have."""
    found: set[str] = set()
    for body in node.attributes.values():
        if isinstance(body, GraphPart):
            own = {one.name for one in body.inputs} | {*body.constants}
            for inner in body.nodes:
                found |= ({name for name in inner.inputs if name} | taken_from_outside(inner)) - own
                own.update(inner.outputs)
    return found


def steps(
    nodes: tuple[Node, ...], functions: dict[tuple[str, str], Function], known: dict[tuple[str, str], int], levels: int
) -> int:
    """Return how many nodes there are with those of functions, at least: functions may double one another."""
    total = len(nodes)
    for key in ((node.domain, node.op) for node in nodes):
        if key in functions and key not in known and levels > 0:
            known[key] = 0  # one that calls itself is refused when it is run
            known[key] = steps(functions[key].nodes, functions, known, levels - 1)
        total += known.get(key, 0)
    return total
