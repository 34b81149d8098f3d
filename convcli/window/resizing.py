"""The windows of resizing: nearest, linear and cubic interpolation along one axis, as torch computes them.

`scale` is the factor that torch multiplies by, None where it takes the quotient of the sizes. A
ratio is the distance of two output units on the input, a fraction in lowest terms.
"""

import struct
from collections.abc import Callable
from functools import lru_cache
from math import gcd

from convcli.quantity import ceil_div
from convcli.window.taps import REPLICATE, SKIP, STAY, Taps, Window

MOST_UNITS = 2**16
"""Nearest units are worked out one by one on axes up to this size; longer ones are not followed."""
MOST_PARTS = 4096
"""A scale factor that is no fraction with a denominator up to this is not followed."""

Ratio = tuple[int, int]


def resized(mode: str, size: int, outputs: int, scale: float | None, *, corners: bool, plane: bool) -> Window | None:
    """Return the window of an interpolation without antialiasing, None where it cannot be known.

    `plane` says that the input has two spatial axes, for which torch has kernels of its own.
    """
    if mode in ("nearest", "nearest-exact"):
        return _nearest(size, outputs, scale, mode == "nearest-exact", plane=plane)
    return _interpolated(size, outputs, scale, corners, 2 if mode == "bicubic" else 1)


def _ratio(size: int, outputs: int, scale: float | None) -> Ratio | None:
    if scale is None:
        return _lowest(size, outputs)
    numerator, denominator = scale.as_integer_ratio()
    if denominator > MOST_PARTS:
        from fractions import Fraction  # slow to import, and rarely needed

        near = Fraction(scale).limit_denominator(MOST_PARTS)
        if float(near) != scale:
            return None
        numerator, denominator = near.numerator, near.denominator
    return denominator, numerator


def _lowest(numerator: int, denominator: int) -> Ratio:
    common = gcd(numerator, denominator)
    return numerator // common, denominator // common


@lru_cache(1024)
def _nearest(size: int, outputs: int, scale: float | None, exact: bool, *, plane: bool) -> Window | None:
    """Return the window in which each unit reads one.

    torch multiplies in single precision, so that here and there a unit reads another one than the
    fraction says; then every unit has a row of its own.
    """
    ratio = _ratio(size, outputs, scale)
    if ratio is None or outputs > MOST_UNITS or ratio[1] > MOST_UNITS:
        return None
    if not exact and outputs in (size, 2 * size) and (plane or scale is None):  # torch's own shortcuts
        factor = outputs // size
        return Window(factor, 1, ((0, 1, 1),) * factor, REPLICATE)
    shift, period = ratio
    units = [(2 * unit + exact) * shift // (2 * period) for unit in range(period)]
    single = _single(1 / scale if scale is not None else size / outputs)
    taken = [int(_single((unit + 0.5 * exact) * single)) for unit in range(outputs)]
    if all(min(tap, size - 1) == min(_periodic(units, shift, unit), size - 1) for unit, tap in enumerate(taken)):
        return Window(period, shift, tuple((tap, 1, 1) for tap in units), REPLICATE)
    turns = ceil_div(outputs, period)
    taken += [_periodic(units, shift, unit) for unit in range(outputs, turns * period)]
    return Window(turns * period, turns * shift, tuple((tap, 1, 1) for tap in taken), REPLICATE)


def _periodic(units: list[int], shift: int, unit: int) -> int:
    turn, row = divmod(unit, len(units))
    return units[row] + shift * turn


def _single(number: float) -> float:
    """Round to single precision."""
    rounded: float = struct.unpack("f", struct.pack("f", number))[0]
    return rounded


@lru_cache(1024)
def _interpolated(size: int, outputs: int, scale: float | None, corners: bool, reach: int) -> Window | None:
    """Return the window in which each unit reads the `reach` next units on either side of its place."""
    if size == outputs and (corners or reach == 1 or scale is None):
        return STAY
    if corners:
        ratio: Ratio | None = _lowest(size - 1, outputs - 1) if outputs > 1 else (0, 1)
    else:
        ratio = _ratio(size, outputs, scale)
    if ratio is None:
        return None
    shift, period = ratio

    def taps(unit: int) -> Taps:
        whole, rest = divmod(unit * shift, period) if corners else divmod((2 * unit + 1) * shift - period, 2 * period)
        return (whole + 1 - reach, 1, 2 * reach) if rest else (whole, 1, 1)

    return _rows(ratio, taps, REPLICATE)


@lru_cache(1024)
def antialiased(size: int, outputs: int, scale: float | None, *, corners: bool, reach: int) -> Window | None:
    """Return the window of an interpolation whose kernel is stretched by what the axis shrinks.

    The kernel is 0 at its ends and, but for its middle, at whole distances.
    """
    if corners:
        ratio: Ratio | None = _lowest(size - 1, outputs - 1) if outputs > 1 else (0, 1)
    else:
        ratio = _ratio(size, outputs, scale)
    if ratio is None:
        return None
    shift, period = ratio
    stretch = max(shift, period)  # in units of 1 / period, as are all places below

    def taps(unit: int) -> Taps:
        center = (2 * unit + 1) * shift - period  # in units of 1 / (2 * period)
        first = (center - 2 * reach * stretch) // (2 * period) + 1
        last = ceil_div(center + 2 * reach * stretch, 2 * period) - 1
        while 2 * period * first < center and (center - 2 * period * first) % (2 * stretch) == 0:
            first += 1
        while 2 * period * last > center and (2 * period * last - center) % (2 * stretch) == 0:
            last -= 1
        return first, 1, last - first + 1

    return _rows(ratio, taps, SKIP)


def _rows(ratio: Ratio, taps: Callable[[int], Taps], border: str) -> Window | None:
    shift, period = ratio
    return Window(period, shift, tuple(map(taps, range(period))), border) if period <= MOST_UNITS else None
