"""CV06.: networks whose graph is settled already: Python models and exported ones."""

from convcli.explanations.record import Explanation

SETTLED: tuple[Explanation, ...] = (
    Explanation(
        "CV063",
        "The question needs a network in words",
        "`solve size` follows a network's sizes from line to line, at all sizes at once. A Python model or an exported "
        "graph has no lines to follow, only one graph for each size: ask for a size with `-i`.",
        None,
        None,
    ),
)
