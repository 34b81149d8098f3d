"""The times of two networks, held against each other: of one run, in which they took turns, or of two."""

from convcli.record import Record
from convcli.timing.compare import compare_runs
from convcli.timing.compare_layers import LayerRatio, layer_ratios
from convcli.timing.record import Ratio, SubjectTimes, Timings


class Pair(Record):
    """What became of the time.

    Attributes:
        before, after: the times of both.
        ratio: of a whole pass, `after` relative to `before`, with its verdict.
        layers: the layers that both have under one name, in their order.
        timings: all that was measured, where both are of one run; None where they are of two.
    """

    before: SubjectTimes
    after: SubjectTimes
    ratio: Ratio
    layers: tuple[LayerRatio, ...]
    timings: Timings | None


def pair_of(run: Timings) -> Pair:
    """Hold the second subject of a run against the first."""
    before, after = run.subjects[:2]
    return Pair(before, after, run.ratios[0], layer_ratios(before, after, paired=True), run)


def pair_of_runs(before: Timings, after: Timings) -> Pair:
    """Hold the first subject of a run against that of another one.

    Raises:
        ConvcliError: they cannot be compared, since machine or settings differ.
    """
    ratio = compare_runs(before, after)
    first, other = before.subjects[0], after.subjects[0]
    return Pair(first, other, ratio, layer_ratios(first, other, paired=False), None)
