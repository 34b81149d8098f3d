"""How many elements of an input an operator reads, by what it says of its readings."""

from convcli.layout import Strides
from convcli.quantity import Shape, product
from convcli.window.reading import Reading
from convcli.window.taps import SKIP, Window

MOST = 2**20
"""Taps along one axis that are looked at one by one; a window that needs more is not followed."""


def elements_read(reading: Reading, shape: Shape, strides: Strides | None, result: Shape, *, skips: bool) -> int | None:
    """Return how many different elements of an input are read for a result; None where that cannot be known.

    `skips` says whether an axis without a known window may be read in part.
    """
    units, sizes = reading.after or result, reading.before or shape
    ways: dict[int, list[tuple[Window | None, int]]] = {}
    for source, count in zip(reading.sources, units, strict=True):
        if source is not None:
            ways.setdefault(source[0], []).append((source[1], count))
    for axis, window in reading.fixed:
        ways.setdefault(axis, []).append((window, 1))
    counts: list[int] = []
    for axis, size in enumerate(sizes):
        found = ways.get(axis, ())
        if axis in reading.whole or len(found) != 1:
            counts.append(size)
            continue
        read = _along(*found[0], size, skips=skips)
        if read is None:
            return None
        counts.append(read)
    if strides is None:
        return product(counts)
    if reading.before is not None:
        return min(product(counts), elements(shape, strides))
    return elements(tuple(counts), strides)


def elements(shape: Shape, strides: Strides | None) -> int:
    """Return how many different elements a tensor has: along a stride of 0 it repeats itself."""
    if strides is None:
        return product(shape)
    return product([size for size, stride in zip(shape, strides, strict=True) if stride])


def _along(window: Window | None, units: int, size: int, *, skips: bool) -> int | None:
    """Return how many of an axis's positions are read."""
    if window is None:
        return None if skips else size
    if not window.taps:  # all of them are somewhere
        return size
    if window.period == 1:
        (base, step, count), shift = window.taps[0], window.shift
        if (step == 1 and abs(shift) <= count) or (abs(shift) == 1 and (step <= units or count == 1)):
            reach = shift * (units - 1)
            low, high = base + min(reach, 0), base + step * (count - 1) + max(reach, 0)
            inside = max(min(high, size - 1) - max(low, 0) + 1, 0)
            if window.border == SKIP or inside == size or (low >= 0 and high < size):
                return inside
    if units * max(count for _, _, count in window.taps) > MOST:
        return None
    return len({position for unit in range(units) for position in window.reads(unit, size)})
