"""The usual repairs of a signal that vanishes: where they can be applied, and the graph with them.

Batch norm: Ioffe, Szegedy, "Batch Normalization", ICML 2015. Residual connections: He, Zhang, Ren, Sun, "Deep
Residual Learning for Image Recognition", CVPR 2016.
"""

from collections.abc import Iterator

from convcli.bench.inside.graft import Graft, grafted
from convcli.graph import Graph, Node
from convcli.quantity import Shape, product
from convcli.record import Record
from convcli.rules.catalogue import NORMS, PRODUCTS

LAST, NORMED, NO_NORM, ALONE, INSIDE, SIZES = (
    "at the output", "with a norm behind", "without channels where a batch norm takes them",
    "with one value per channel", "inside a residual connection", "with another size behind than in front",
)  # fmt: skip
"""Why a layer is left as it is."""
NORMING = NORMS | {"RMSNorm", "rms_norm"}


class Change(Record):
    """A changed graph, None where nothing could be changed; where it was, and why not elsewhere."""

    graph: Graph | None
    places: tuple[str, ...]
    left: tuple[tuple[str, tuple[str, ...]], ...]


def with_norms(graph: Graph) -> Change:
    """Put a batch norm behind each convolution and linear layer that has no norm before the next one."""
    from convcli.ops import normalization

    grafts, left = {}, _Left()
    reached = _leads_to_norm(graph)
    last = {at for at, _ in graph.outputs}
    for at, node in _products(graph):
        if at in last or at in reached:
            left.add(LAST if at in last else NORMED, node)
            continue
        shape: Shape = graph.shape((at, 0)) or ()
        kind = getattr(normalization, f"BatchNorm{node.op.axes or 1}d")
        if len(shape) != node.op.axes + 2:
            left.add(NO_NORM, node)
        elif product(shape) == shape[1]:
            left.add(ALONE, node)
        else:
            grafts[at] = [Graft("norm", kind.of(num_features=shape[1]))]
    return _change(graph, grafts, left)


def with_residuals(graph: Graph) -> Change:
    """Add what flows into a convolution or linear layer to what it makes, behind the norm that follows it, if any."""
    from convcli.argument import Slot
    from convcli.ops.arithmetic import Add

    grafts, left = {}, _Left()
    inside, last, readers = _inside_residuals(graph), {at for at, _ in graph.outputs}, _readers(graph)
    for at, node in _products(graph):
        behind = at
        if len(readers[at]) == 1 and at not in last and graph.nodes[readers[at][0]].op.name in NORMING:
            behind = readers[at][0]
        if at in inside:
            left.add(INSIDE, node)
        elif behind in last:
            left.add(LAST, node)
        elif graph.shape((behind, 0)) != node.input_shapes[0]:
            left.add(SIZES, node)
        else:
            grafts[behind] = [Graft("skip", Add.of(input=Slot(0), other=Slot(1)), (node.inputs[0],))]
    return _change(graph, grafts, left)


class _Left:
    """Layers that stay as they are, by why."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, why: str, node: Node) -> None:
        self.found.setdefault(why, []).append(node.name)


def _change(graph: Graph, grafts: dict[int, list[Graft]], left: _Left) -> Change:
    places = tuple(graph.nodes[at].name for at in grafts)
    why = tuple((why, tuple(names)) for why, names in left.found.items())
    return Change(grafted(graph, grafts) if grafts else None, places, why)


def _products(graph: Graph) -> Iterator[tuple[int, Node]]:
    """Give the convolutions and linear layers with their numbers."""
    return ((at, node) for at, node in enumerate(graph.nodes) if node.op.name in PRODUCTS and node.answer)


def _readers(graph: Graph) -> list[list[int]]:
    """Return for each node who reads it."""
    found: list[list[int]] = [[] for _ in graph.nodes]
    for at, node in enumerate(graph.nodes):
        for maker in {maker for maker, _ in node.inputs if maker >= 0}:
            found[maker].append(at)
    return found


def _leads_to_norm(graph: Graph) -> set[int]:
    """Return the nodes from which a way leads to a norm before it comes to a layer that multiplies."""
    found: set[int] = set()
    for at in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[at]
        if node.op.name in NORMING or (at in found and node.op.name not in PRODUCTS):
            found.update(maker for maker, _ in node.inputs if maker >= 0)
    return found


def _inside_residuals(graph: Graph) -> set[int]:
    """Return the nodes on one side of a sum alone, where both sides come from one place."""
    count = len(graph.nodes)
    before = [0] * count
    """What each node depends on, and itself: nodes, then inputs, as the bits of a number."""
    found = 0
    for at, node in enumerate(graph.nodes):
        sides = [before[maker] if maker >= 0 else 1 << (count - 1 - maker) for maker, _ in node.inputs]
        before[at] = 1 << at
        for side in sides:
            before[at] |= side
        if node.op.name == "add" and len(sides) == 2 and sides[0] & sides[1]:
            found |= sides[0] ^ sides[1]
    return {at for at in range(count) if found >> at & 1}
