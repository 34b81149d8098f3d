"""Families: the receptive fields of all units along one axis, and how windows and merges change them.

A family is a period p, a step s and p intervals. Unit p * q + r depends on the input from
`low[r] + s * q` to `high[r] + s * q`; both are None where it depends on nothing. All numbers are
integers, so nothing is rounded: the stride is the fraction s / p.

The hull of a union is the hull of the hulls, so composing intervals is exact, holes or not.
"""

from math import gcd

from convcli.record import Record
from convcli.window.taps import STAY, Window

Ends = tuple[int | None, ...]

MOST_PHASES = 4096
"""A period longer than this is not followed."""


class Family(Record):
    """Periodic intervals of the input."""

    __slots__ = ()

    period: int
    step: int
    low: Ends
    high: Ends

    def rate(self) -> tuple[int, int]:
        """Return the stride as a fraction in lowest terms."""
        common = gcd(self.step, self.period)
        return self.step // common, self.period // common

    def interval(self, unit: int) -> tuple[int | None, int | None]:
        """Return the first and last input position that a unit depends on."""
        turn, row = divmod(unit, self.period)
        low, high = self.low[row], self.high[row]
        return (None, None) if low is None or high is None else (low + self.step * turn, high + self.step * turn)


class Table(Record):
    """An interval for each unit that exists: a family whose period is longer than its axis."""

    __slots__ = ()

    numerator: int
    denominator: int
    low: Ends
    high: Ends

    def rate(self) -> tuple[int, int]:
        """Return the stride as a fraction in lowest terms."""
        return self.numerator, self.denominator

    def interval(self, unit: int) -> tuple[int | None, int | None]:
        """Return the first and last input position that a unit depends on; padding depends on nothing."""
        return (self.low[unit], self.high[unit]) if 0 <= unit < len(self.low) else (None, None)


Units = Family | Table

START = Family(1, 1, (0,), (0,))
"""The input itself."""

_new = tuple.__new__


def compose(window: Window, units: Units, count: int | None) -> Units | None:
    """Return the family behind a window, of `count` units if that is known; None where its period is too long."""
    if window is STAY:
        return units
    if type(units) is Family:
        period, step, low, high = units
        if period == 1 and window.period == 1 and step > 0:  # by far the most frequent case
            ((base, apart, taps),) = window.taps
            if taps and low[0] is not None:
                first, last = low[0] + step * base, high[0] + step * (base + apart * (taps - 1))
                return _new(Family, (1, step * window.shift, (first,), (last,)))
        turns = period // gcd(period, window.shift)
        whole = window.period * turns
        if count is None or whole <= count:
            return _periodic(window, units, turns) if whole <= MOST_PHASES else None
    return _tabulated(window, units, count) if count is not None and count <= MOST_PHASES else None


def _periodic(window: Window, units: Family, turns: int) -> Family:
    """Compose row by row; of the taps, those of one turn of the family at either end are enough."""
    low: list[int | None] = []
    high: list[int | None] = []
    for unit in range(window.period * turns):
        turn, row = divmod(unit, window.period)
        base, step, count = window.taps[row]
        first = base + window.shift * turn
        enough = min(count, units.period // gcd(units.period, step))
        taps = [*range(enough), *range(count - enough, count)]
        start, end = _hull(units, [first + step * tap for tap in taps])
        low.append(start)
        high.append(end)
    step = window.shift * turns * units.step // units.period
    return reduced(window.period * turns, step, tuple(low), tuple(high))


def _tabulated(window: Window, units: Units, count: int) -> Table:
    size = len(units.low) if isinstance(units, Table) else None
    hulls = []
    for unit in range(count):
        turn, row = divmod(unit, window.period)
        base, step, taps = window.taps[row]
        first = base + window.shift * turn
        reads = window.reads(unit, size) if size is not None else range(first, first + step * taps, step)
        hulls.append(_hull(units, reads))
    numerator, denominator = units.rate()
    numerator, denominator = numerator * window.shift, denominator * window.period
    common = gcd(numerator, denominator)
    return Table(
        numerator // common, denominator // common, tuple(low for low, _ in hulls), tuple(high for _, high in hulls)
    )


def _hull(units: Units, reads: "list[int] | range") -> tuple[int | None, int | None]:
    low: int | None = None
    high: int | None = None
    for unit in reads:
        first, last = units.interval(unit)
        if first is not None and last is not None:
            low = first if low is None or first < low else low
            high = last if high is None or last > high else high
    return low, high


def reduced(period: int, step: int, low: Ends, high: Ends) -> Family:
    """Return a family with the least divisor of its period that is a period too."""
    for shorter in range(1, period // 2 + 1):
        if period % shorter or step * shorter % period:
            continue
        by = step * shorter // period
        if _repeats(low, shorter, by) and _repeats(high, shorter, by):
            return Family(shorter, by, low[:shorter], high[:shorter])
    return Family(period, step, low, high)


def _repeats(ends: Ends, period: int, by: int) -> bool:
    for before, after in zip(ends, ends[period:], strict=False):
        if (before is None) != (after is None) or (before is not None and after != before + by):
            return False
    return True


def merge(one: Units, other: Units) -> Units | None:
    """Return the union of two families of the same stride; None where its period is too long."""
    if one == other:
        return one
    if isinstance(one, Table) or isinstance(other, Table):
        count = len(one.low) if isinstance(one, Table) else len(other.low)
        pairs = [_union(one.interval(unit), other.interval(unit)) for unit in range(count)]
        return Table(*one.rate(), tuple(low for low, _ in pairs), tuple(high for _, high in pairs))
    if one.period == other.period == 1:
        low, high = _union((one.low[0], one.high[0]), (other.low[0], other.high[0]))
        return Family(1, one.step, (low,), (high,))
    period = one.period * other.period // gcd(one.period, other.period)
    if period > MOST_PHASES:
        return None
    pairs = [_union(one.interval(unit), other.interval(unit)) for unit in range(period)]
    step = one.step * period // one.period
    return reduced(period, step, tuple(low for low, _ in pairs), tuple(high for _, high in pairs))


def _union(one: tuple[int | None, int | None], other: tuple[int | None, int | None]) -> tuple[int | None, int | None]:
    (a, b), (c, d) = one, other
    if a is None or b is None:
        return other
    return one if c is None or d is None else (min(a, c), max(b, d))


def is_empty(units: Units) -> bool:
    """Say whether no unit depends on anything."""
    return all(low is None for low in units.low)
