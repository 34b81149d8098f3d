"""The static numbers of what is about to be timed, held against torch: a time of another network is worth nothing."""

from typing import Any

from convcli.asking import counted
from convcli.bench.verify import Disagreement, verify
from convcli.graph import Graph


def first_disagreement(torch: Any, graph: Graph, *, train: bool) -> tuple[Disagreement, int] | None:
    """Return the first number that is not torch's, and how many there are; None where all are.

    At inference nothing is computed for that. What a pass of training keeps for backward, and its
    gradients, are compared where training is timed: `convcli verify` does it always.
    """
    report = counted(graph, (), receptive_fields=False)
    found = verify(torch, graph, report, training=train).disagreements
    return (found[0], len(found)) if found else None
