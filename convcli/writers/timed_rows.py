"""From the times of layers to those of rows: sums over scopes, and what of them is to be trusted."""

from collections.abc import Mapping, Sequence

from convcli.report import LayerReport, Report
from convcli.timing.figure import reach
from convcli.timing.layers import NO_BACKWARD
from convcli.timing.record import Figure, LayerTime, Predicted, Timings
from convcli.timing.statistics import median
from convcli.timing.trust import no_ceiling
from convcli.writers.times import Duration, Times

NEGLIGIBLE = 0.01
"""What is too short to be timed does not matter to a sum of which it is a smaller part."""


class TimedRows:
    """The times of a report, for the rows of its table."""

    def __init__(self, report: Report, timings: Timings) -> None:
        first = timings.subjects[0] if timings.subjects else None
        self.layers: Mapping[str, LayerTime] = {one.name: one for one in first.layers} if first else {}
        names = [layer.name for layer in report.layers]
        self.predictions: Mapping[str, Predicted] = dict(zip(names, timings.predictions or (), strict=False))
        self.by_ceiling = no_ceiling(timings) is None

    def times(self, layers: Sequence[LayerReport]) -> Times | None:
        """Return the times of some layers together; None where there are none of layers at all."""
        found = [self.layers[layer.name] for layer in layers if layer.name in self.layers]
        if not found or len(found) < len(layers):
            return None
        forward = together([one.forward for one in found])
        backward = [one.backward for one in found if one.backward is not None and one.backward.reason != NO_BACKWARD]
        back = together(backward) if backward else None
        known = forward.seconds is not None and (back is None or back.seconds is not None)
        guesses = [self.predictions.get(layer.name, Predicted(None)) for layer in layers]
        bound = _sum([one.bound for one in guesses])
        trusted = bound if self.by_ceiling and any(layer.macs for layer in layers) else None
        return Times(
            forward, back, sum(one.share or 0.0 for one in found) if known else None, bound,
            _sum([one.seconds for one in guesses]), trusted / forward.seconds if trusted and forward.seconds else None,
        )  # fmt: skip


def together(parts: Sequence[Figure]) -> Duration:
    """Return the time of some layers, which is a sum; the spread is that of the sums of the processes' medians."""
    known = [part.value for part in parts if part.value is not None]
    short = [part for part in parts if part.value is None]
    if any(part.hi is None for part in short):
        return Duration(None)
    total, more = sum(known), sum(part.hi or 0.0 for part in short)
    if not known:
        return Duration(None, None, more)
    if more > NEGLIGIBLE * total:
        return Duration(None, total, total + more)
    return Duration(total, spread=_spread([part for part in parts if part.value is not None]))


def _spread(parts: Sequence[Figure]) -> float | None:
    if len(parts) == 1:
        return parts[0].spread
    sums = sorted(
        sum(value for value in medians if value is not None)
        for medians in zip(*(part.medians for part in parts), strict=False)
        if None not in medians
    )
    return reach(sums) / median(sums) if len(sums) > 1 and median(sums) else None


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
