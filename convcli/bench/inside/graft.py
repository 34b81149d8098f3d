"""A graph with further nodes in it: each takes what a node makes, and all that read that read it instead."""

from collections.abc import Mapping, Sequence

from convcli.graph import Graph, Node, Result
from convcli.op import Operator
from convcli.record import Record


class Graft(Record):
    """A node to be put behind another one; `more` are tensors that it takes besides, as they are numbered before."""

    word: str
    op: Operator
    more: tuple[Result, ...] = ()


def grafted(graph: Graph, grafts: Mapping[int, Sequence[Graft]]) -> Graph:
    """Return the graph with grafts behind the first results of some nodes, by their numbers."""
    taken = {node.name for node in graph.nodes} | {node.module for node in graph.nodes}
    moved: dict[Result, Result] = {}
    nodes: list[Node] = []
    for at, node in enumerate(graph.nodes):
        outputs = node.answer.outputs if node.answer else ()
        moved.update({(at, number): (len(nodes), number) for number in range(len(outputs))})
        nodes.append(node._replace(inputs=tuple(moved.get(one, one) for one in node.inputs)))
        for graft in grafts.get(at, ()):
            sources = ((at, 0), *graft.more)
            shapes = tuple(graph.shape(one) or () for one in sources)
            answer = graft.op.answer(shapes, tuple(graph.dtype(one) for one in sources))
            name = _free(f"{node.name}_{graft.word}", taken)
            inputs = tuple(moved.get(one, one) for one in sources)
            module = name if graft.op.module else None
            nodes.append(Node(name, module, 1, graft.op, inputs, shapes, answer, node.span, node.via))
            moved[at, 0] = (len(nodes) - 1, 0)
    return graph._replace(nodes=tuple(nodes), outputs=tuple(moved.get(one, one) for one in graph.outputs))


def _free(name: str, taken: set[str | None]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name
