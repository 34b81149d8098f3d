"""From the times of layers to those of rows: sums over scopes, and what of them is to be trusted."""

from collections.abc import Mapping, Sequence

from convcli.report import LayerReport, Report
from convcli.timing.figure import agree, reach
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
        self.whole = first.total.value if first else None
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
        parts = [part.seconds for part in (forward, back) if part is not None]
        guesses = [self.predictions.get(layer.name, Predicted(None)) for layer in layers]
        bound = _sum([one.bound for one in guesses])
        trusted = bound if self.by_ceiling and any(layer.macs for layer in layers) else None
        return Times(
            forward, found[0].forward if len(found) == 1 else None, back,
            sum(filter(None, parts)) / self.whole if self.whole and None not in parts else None, bound,
            _sum([one.seconds for one in guesses]), trusted / forward.seconds if trusted and forward.seconds else None,
        )  # fmt: skip


def together(parts: Sequence[Figure]) -> Duration:
    """Return the time of some layers, which is a sum.

    Processes may agree about the sum where they do not about a small part of it; so the sum of each
    process is taken, and its spread is that of these sums.
    """
    if len(parts) == 1:
        return Duration(parts[0].value, None, None if parts[0].value is not None else parts[0].hi, parts[0].spread)
    long = [part for part in parts if part.value is not None or part.hi is None]
    more = sum(part.hi or 0.0 for part in parts if part.value is None and part.hi is not None)
    if not long:
        return Duration(None, None, more)
    sums = sorted(
        sum(medians) for medians in zip(*(part.medians for part in long), strict=False) if None not in medians
    )
    if not sums or not agree(sums):
        return Duration(None)
    total = median(sums)
    if more > NEGLIGIBLE * total:
        return Duration(None, total, total + more)
    return Duration(total, spread=reach(sums) / total if len(sums) > 1 and total else None)


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
