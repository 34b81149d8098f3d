"""The most memory that activations take at once in a pass without gradients, and which tensors that are."""

from convcli.graph import Graph
from convcli.memory.trace import FOREVER, Trace
from convcli.report import Alive, Peak


def inference_peak(graph: Graph, found: Trace) -> tuple[tuple[int | None, ...], int, Peak]:
    """Return what is alive during each call, the most of it, and where that is.

    This is so for an executor that lets a tensor go after its last use. The inputs are the caller's
    and stay; so do the outputs. What a layer makes for itself counts while it runs.
    """
    alive = peak = sum(found.sizes[made[0]] for made in found.inputs)
    top, known = -1, True
    during_each: list[int | None] = []
    for at, (use, freed) in enumerate(zip(found.uses, let_go(found, len(graph.nodes)), strict=True)):
        during = alive + use.during
        known = known and use.known
        during_each.append(during if known else None)
        if during > peak:
            peak, top = during, at
        alive += use.left - freed
    return tuple(during_each), peak, Peak(graph.nodes[top].name if top >= 0 else None, _alive(graph, found, top))


def let_go(found: Trace, nodes: int) -> list[int]:
    """Return the bytes of the storages that nobody needs after each node."""
    freed, kept, sizes = [0] * nodes, found.kept, found.sizes
    for storage, last in enumerate(found.last):
        if 0 <= last < FOREVER and storage not in kept:
            freed[last] += sizes[storage]
    return freed


def _alive(graph: Graph, found: Trace, at: int) -> tuple[Alive, ...]:
    """List the tensors that are alive while a node runs, the largest first."""
    names = [
        Alive(maker_name(graph, found, storage), size)
        for storage, size in enumerate(found.sizes)
        if found.makers[storage] <= at <= (FOREVER if storage in found.kept else found.last[storage]) and size
    ]
    own = found.uses[at].during - found.uses[at].left if at >= 0 else 0
    if own > 0:
        names.append(Alive(f"{graph.nodes[at].name}, while it runs", own))
    return tuple(sorted(names, key=lambda one: -one.bytes))


def maker_name(graph: Graph, found: Trace, storage: int) -> str:
    """Return the name of the layer or input that makes a storage."""
    at = found.makers[storage]
    return graph.nodes[at].name if at >= 0 else graph.inputs[-1 - at].name
