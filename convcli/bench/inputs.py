"""What flows into a network that is run: random numbers, or indices that every table has."""

from typing import Any

from convcli.graph import Graph


def make_inputs(torch: Any, graph: Graph, device: str = "cpu") -> list[Any]:
    """Make all inputs of a network.

    They are normally distributed: zeros and denormal numbers take other times. Indices are drawn from
    what the tables that are asked at once have; others, of which nobody knows what they stand for, are 0.
    """
    return [_input(torch, graph, number, device) for number in range(len(graph.inputs))]


def _input(torch: Any, graph: Graph, number: int, device: str) -> Any:
    made = graph.inputs[number]
    if made.dtype != "int64":
        return torch.randn(made.shape, device=device)
    rows = [
        node.op.values["num_embeddings"]
        for node in graph.nodes
        if (-1 - number, 0) in node.inputs and "num_embeddings" in node.op.values
    ]
    return torch.randint(0, min(rows, default=1), made.shape, device=device)
