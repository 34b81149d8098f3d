"""From the values of some processes to one number with its interval, or to the reason why there is none.

The value is the median of the processes' medians. Its interval is as wide as the processes differ,
or as the interval within one of them, if that is wider: what a process says of itself is too narrow,
since where things lie in memory, and on which core, is drawn anew for each process and not for each
pass (on an idle machine 4 of 16 such intervals had the median of all processes in them).
"""

from collections.abc import Sequence

from convcli.timing.record import Figure
from convcli.timing.samples import Told
from convcli.timing.statistics import Interval, median, median_interval, quantile

FEWEST = 5
"""Clean passes that a process must have."""

AGREE = 0.15
"""Two processes at least must agree so well, or nothing is said."""

REACH = {2: 3.0, 3: 1.0, 4: 0.65}
"""How much of the range of the processes' medians goes to each side; half of it from five on.

With five processes half of the range to each side has the true value in it in 93 of 100 cases, if
processes differ normally; with three only in 72, and the intervals of two such runs do not even
touch in 12 of 100. The whole range makes that 91, and 1. For two processes there is nothing
reasonable, so it is wide.
"""

NOTHING = "nothing was measured"


def figure(told: Sequence[Told], scale: float | None = None) -> Figure:
    """Pool what processes told, each of them once, in order.

    A process that was cut short before it had enough clean passes is left out; one that had the
    time for them, and has not, speaks against the others. With `scale` differences between
    processes are judged relative to that instead of the value, which may be near 0.
    """
    medians = tuple(median(one.values) if len(one.values) >= FEWEST else None for one in told)
    good = [one for one in told if len(one.values) >= FEWEST]
    expected = [one for one in told if len(one.values) >= FEWEST or not one.cut]
    n = sum(len(one.values) for one in told)
    if not any(one.passes for one in told):
        return Figure(None, reason=NOTHING)
    if not good:
        return Figure(None, n=n, reason=f"fewer than {FEWEST} clean passes", medians=medians)
    if len(good) == 1 < len(expected):
        return Figure(None, n=n, reason=f"fewer than {FEWEST} clean passes in all processes but one", medians=medians)
    found = sorted(value for value in medians if value is not None)
    apart = _nearest(found, scale)
    if apart > AGREE:
        return Figure(None, n=n, reason=f"processes disagree by {_percent(apart)}", medians=medians)
    pooled = [value for one in good for value in one.values]
    value, half = median(found), max(reach(found), *(_own_half(one.values) for one in good))
    low = max(value - half, 0.0) if value >= 0 else value - half
    return _described(pooled, value, (low, value + half))._replace(medians=medians)


def once(values: Sequence[float]) -> Figure | None:
    """Return the figure of what happens once in each process; None where it has not happened."""
    if not values:
        return None
    return _described(values, median(values), (min(values), max(values)))._replace(medians=tuple(values))


def _described(values: Sequence[float], value: float, interval: Interval) -> Figure:
    low, high, tail = (quantile(values, part) for part in (0.25, 0.75, 0.95))
    return Figure(value, *interval, len(values), min(values), low, high, tail)


def agree(medians: Sequence[float]) -> bool:
    """Say whether two processes at least agree, of which these are the medians in ascending order."""
    return _nearest(medians, None) <= AGREE


def _nearest(medians: Sequence[float], scale: float | None) -> float:
    """Return how far the two processes are apart that agree best; one agrees with itself."""
    return min(_apart(low, high, scale) for low, high in zip(medians, medians[1:] or medians, strict=False))


def _apart(low: float, high: float, scale: float | None) -> float:
    """Return how far two processes are apart."""
    if low == high:
        return 0.0
    by = scale if scale is not None else low
    return (high - low) / by if by > 0 else 1.0


def _percent(part: float) -> str:
    return f"{100 * part:.0f} %"


def reach(medians: Sequence[float]) -> float:
    """Return half of the interval that the medians of processes make, in ascending order."""
    return REACH.get(len(medians), 0.5) * (medians[-1] - medians[0])


def _own_half(values: Sequence[float]) -> float:
    """Return half of the interval of a process's median; of all its values, where they are too few for one."""
    low, high = median_interval(values) or (min(values), max(values))
    return (high - low) / 2
