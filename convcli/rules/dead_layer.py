"""A layer is computed for nothing: no output of the network depends on it.

An operator in place changes the tensor that it reads, so it counts where that tensor, or a view of
it, is read later on, even if nobody reads what it returns.
"""

from collections.abc import Iterator, Sequence

from convcli.graph import Graph, Result
from convcli.human import counted
from convcli.memory.trace import Mode, trace
from convcli.ops.held import Held
from convcli.quantity import is_known
from convcli.rules.case import Case, Said, both

Dead = tuple[int, ...]
"""Layers that are there for the last of them alone, which is one of them."""


def find(case: Case) -> Iterator[tuple[int, Dead]]:
    """Give the layers whose results nobody reads, and what only they need."""
    alive = _alive(case.graph)
    if all(alive):
        return
    read = {maker for node in case.graph.nodes for maker, _ in node.inputs}
    taken: set[int] = set()
    for at, lives in enumerate(alive):
        if not lives and at not in read and not isinstance(case.graph.nodes[at].op, Held):
            own, waiting = [], [at]
            while waiting:
                dead = waiting.pop()
                if dead >= 0 and not alive[dead] and dead not in taken:
                    taken.add(dead)
                    own.append(dead)
                    waiting += [maker for maker, _ in case.graph.nodes[dead].inputs]
            yield at, tuple(sorted(own))


def _alive(graph: Graph) -> list[bool]:
    """Say of each node whether an output of the network depends on it."""
    nodes = graph.nodes
    alive = [False] * len(nodes)
    for maker, _ in graph.outputs:
        if maker >= 0:
            alive[maker] = True
    for at in range(len(nodes) - 1, -1, -1):
        if alive[at]:
            for maker, _ in nodes[at].inputs:
                if maker >= 0:
                    alive[maker] = True
    if any(not lives and node.op.values.get("inplace") for lives, node in zip(alive, nodes, strict=True)):
        _revive(graph, alive)
    return alive


def _revive(graph: Graph, alive: list[bool]) -> None:
    """Let operators in place live whose tensor is read later, by way of whatever view."""
    followed = trace(graph, Mode(training=False, dtype="float32", narrow=None))

    def storage(result: Result) -> int:
        maker, number = result
        return followed.results[maker][number][0] if maker >= 0 else followed.inputs[-1 - maker][0]

    read_later = {storage(result) for result in graph.outputs}
    for at in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[at]
        if not alive[at] and node.op.values.get("inplace"):
            alive[at] = storage(node.inputs[0]) in read_later
        if alive[at]:
            for read in node.inputs:
                read_later.add(storage(read))
                if read[0] >= 0:
                    alive[read[0]] = True


def say(case: Case, places: Sequence[tuple[int, Dead]]) -> Said:
    """Say what is computed for nothing, and what it costs."""
    at, dead = places[0]
    nodes = [case.graph.nodes[one] for one in dead]
    message = f"`{case.name(at)}` is computed for nothing: no output of the network depends on it"
    needed = {node.module for one, node in enumerate(case.graph.nodes) if one not in dead}
    params = sum(node.op.params() for node in nodes if node.call == 1 and node.module not in needed)
    macs = sum(node.answer.macs for node in nodes if node.answer)
    costs = [counted(len(dead), "layer")] if len(dead) > 1 else []
    costs += [counted(params, "parameter")] if is_known(params) and params else []
    costs += [f"{macs:,} MACs"] if is_known(macs) and macs else []
    return Said(message, both(costs) if costs else "", "leave it out, or list it under `outputs:`")
