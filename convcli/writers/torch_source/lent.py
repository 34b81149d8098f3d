"""Weights that layers lend to others: an embedding whose words are the classes of the last layer, too."""

from collections.abc import Sequence

from convcli.graph import Graph, Result


def lent_first(graph: Graph) -> Graph:
    """Return a network in which weights that layers lend to others stand in front, outside of all scopes."""
    weights = lent(graph)
    if not weights:
        return graph
    order = sorted(range(len(graph.nodes)), key=lambda at: at not in weights)
    new = {at: place for place, at in enumerate(order)}

    def moved(results: Sequence[Result]) -> tuple[Result, ...]:
        return tuple((new.get(at, at), number) for at, number in results)

    nodes = [graph.nodes[at]._replace(inputs=moved(graph.nodes[at].inputs)) for at in order]
    for place in range(len(weights)):
        nodes[place] = nodes[place]._replace(name=nodes[place].name.replace(".", "_"))
    return graph._replace(nodes=tuple(nodes), outputs=moved(graph.outputs))


def lent(graph: Graph) -> frozenset[int]:
    """Return which nodes are weights of a layer that something else reads."""
    layers = {node.module for node in graph.nodes}
    return frozenset(
        at
        for at, node in enumerate(graph.nodes)
        if node.op.name == "Parameter" and node.call > 1 and str(node.module).rpartition(".")[0] in layers
    )
