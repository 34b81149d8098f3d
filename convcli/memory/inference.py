"""The most memory that activations take at once in a pass without gradients, and which tensors that are."""

from convcli.graph import Graph
from convcli.memory.trace import FOREVER, Trace
from convcli.report import Alive, Peak


def inference_peak(graph: Graph, found: Trace) -> tuple[tuple[int | None, ...], int, Peak]:
    """Return what is alive during each call, the most of it, and where that is.

    This is so for an executor that lets a tensor go after its last use. The inputs are the caller's
    and stay; so do the outputs. What a layer makes for itself counts while it runs.
    """
    dying = deaths(found, len(graph.nodes))
    alive = peak = sum(found.sizes[made[0]] for made in found.inputs)
    top, known = -1, True
    during_each: list[int | None] = []
    for at, use in enumerate(found.uses):
        made = found.made[at]
        during = use.during if use else sum([found.sizes[storage] for storage in made])
        known = known and use is not None
        during_each.append(alive + during if known else None)
        if alive + during > peak:
            peak, top = alive + during, at
        for storage in made:
            alive += found.sizes[storage]
        for storage in dying[at]:
            alive -= found.sizes[storage]
    return tuple(during_each), peak, Peak(graph.nodes[top].name if top >= 0 else None, _alive(graph, found, top))


def deaths(found: Trace, nodes: int) -> list[list[int]]:
    """Return the storages that nobody needs after each node."""
    dying: list[list[int]] = [[] for _ in range(nodes)]
    for storage, last in enumerate(found.last):
        if 0 <= last < FOREVER and storage not in found.kept:
            dying[last].append(storage)
    return dying


def _alive(graph: Graph, found: Trace, at: int) -> tuple[Alive, ...]:
    """List the tensors that are alive while a node runs, the largest first."""
    names = [
        Alive(maker_name(graph, found, storage), size)
        for storage, size in enumerate(found.sizes)
        if found.makers[storage] <= at <= (FOREVER if storage in found.kept else found.last[storage]) and size
    ]
    use = found.uses[at] if at >= 0 else None
    own = (use.during if use else 0) - sum(found.sizes[storage] for storage in found.made[at]) if at >= 0 else 0
    if use and own > 0:
        names.append(Alive(f"{graph.nodes[at].name}, while it runs", own))
    return tuple(sorted(names, key=lambda one: -one.bytes))


def maker_name(graph: Graph, found: Trace, storage: int) -> str:
    """Return the name of the layer or input that makes a storage."""
    at = found.makers[storage]
    return graph.nodes[at].name if at >= 0 else graph.inputs[-1 - at].name
