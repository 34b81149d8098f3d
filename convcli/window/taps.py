"""Windows: which units of its input each output unit of an operator reads, along one axis.

A window is a period P, a shift S and P rows of taps. Output unit P * Q + R reads the units
`base + S * Q + step * t` of the input, for 0 <= t < count, with the taps `(base, step, count)` of
row R. Taps outside of the input are padding: they are left out, or stand for a unit inside, as
the border says.

The functions make the windows of operators, each once for the same arguments; None is a window
that cannot be known.
"""

from collections.abc import Callable
from functools import lru_cache
from math import gcd
from typing import TypeVar

from convcli.quantity import UNKNOWN
from convcli.record import Record

Taps = tuple[int, int, int]
"""base, step, count."""

SKIP, REFLECT, REPLICATE, CIRCULAR = "zeros", "reflect", "replicate", "circular"
"""What a tap outside of the input reads: nothing, or the unit that the padding copies there."""

MOST_ROWS = 4096
"""Windows of a longer period are not written out."""

F = TypeVar("F", bound="Callable[..., Window | None]")


class Window(Record):
    """A periodic window over one axis."""

    __slots__ = ()

    period: int
    shift: int
    taps: tuple[Taps, ...]
    border: str = SKIP

    def reads(self, unit: int, size: int) -> list[int]:
        """Return which of the `size` units of the input an output unit reads, with repetitions, in order of taps."""
        turn, row = divmod(unit, self.period)
        base, step, count = self.taps[row]
        first = base + self.shift * turn
        units = range(first, first + step * count, step)
        if not count or (units[0] >= 0 and units[-1] < size):
            return list(units)
        inside = (inner(tap, size, self.border) for tap in units)
        return [tap for tap in inside if tap is not None]


def inner(tap: int, size: int, border: str) -> int | None:
    """Return the unit that a tap reads: itself, the one that padding copies there, or None."""
    if 0 <= tap < size:
        return tap
    if border == REPLICATE:
        return 0 if tap < 0 else size - 1
    if border == CIRCULAR:
        return tap % size
    if border == REFLECT and -size < tap < 2 * size - 1:
        return -tap if tap < 0 else 2 * (size - 1) - tap
    return None


def _once(make: F) -> F:
    """Make each window once; with an argument that is not known there is none."""

    @lru_cache(4096)
    def window(*values: object) -> Window | None:
        return None if any(value is UNKNOWN for value in values) else make(*values)

    return window  # type: ignore[return-value]  # the same arguments as `make`


STAY = Window(1, 1, ((0, 1, 1),))
"""Each unit reads the unit in its own place."""
FIRST = Window(1, 0, ((0, 1, 1),))
"""All units read the first one: an axis of size 1 is repeated."""


SOMEWHERE = Window(1, 0, ())
"""No window, but every unit of the input is somewhere in the result, as where tensors are joined."""


@_once
def sliding(kernel: int, stride: int = 1, pad: int = 0, dilation: int = 1, border: str = SKIP) -> Window | None:
    """Return the window of a convolution or a pool; `pad` is the padding on the left."""
    return Window(1, stride, ((-pad, dilation, kernel),), border)


@_once
def shifted(start: int, step: int = 1, border: str = SKIP) -> Window | None:
    """Return the window of a crop that begins at `start`, of every `step`-th unit; padding begins below 0."""
    return Window(1, step, ((start, 1, 1),), border)


@_once
def fixed(unit: int) -> Window | None:
    """Return the window of those that all read one unit."""
    return Window(1, 0, ((unit, 1, 1),))


@_once
def flipped(size: int) -> Window | None:
    """Return the window of an axis in opposite order."""
    return Window(1, -1, ((size - 1, 1, 1),))


@_once
def dealt(groups: int, size: int) -> Window | None:
    """Return the window of an axis whose `groups` groups are dealt out in turn."""
    if groups > MOST_ROWS:
        return None
    return Window(groups, 1, tuple((group * (size // groups), 1, 1) for group in range(groups)))


@_once
def spread(kernel: int, stride: int, pad: int, dilation: int) -> Window | None:
    """Return the window of a transposed convolution.

    Output unit j gets kernel element t from input unit (j + pad - dilation * t) / stride, where
    that is whole: in the row of j the t that solve it are M = stride / gcd(stride, dilation)
    apart, and there may be none.
    """
    if stride > MOST_ROWS:
        return None
    common = gcd(stride, dilation)
    apart, step = stride // common, dilation // common
    inverse = pow(step, -1, apart) if apart > 1 else 0
    rows = []
    for row in range(stride):
        reach = row + pad
        first = reach // common * inverse % apart if reach % common == 0 else kernel
        count = (kernel - 1 - first) // apart + 1 if first < kernel else 0
        top = (reach - dilation * first) // stride
        rows.append((top - step * (count - 1), step, count) if count else (0, 1, 0))
    return Window(stride, 1, tuple(rows))


@_once
def adaptive(size: int, outputs: int) -> Window | None:
    """Return the window of a pool that cuts `size` units into a number of windows."""
    common = gcd(size, outputs)
    if outputs // common > MOST_ROWS:
        return None
    rows = []
    for row in range(outputs // common):
        start, end = row * size // outputs, -(-(row + 1) * size // outputs)
        rows.append((start, 1, end - start))
    return Window(outputs // common, size // common, tuple(rows))


@_once
def repeated(times: int) -> Window | None:
    """Return the window of an axis of which each unit stands there several times in a row."""
    return Window(times, 1, ((0, 1, 1),) * times) if times <= MOST_ROWS else None


@_once
def blockwise(block: int, stride: int) -> Window | None:
    """Return the window of units that each read all of their block.

    A block has `block` units, each `stride` from the next; blocks lie side by side, or between
    each other where the stride is not 1.
    """
    if block * stride > MOST_ROWS:
        return None
    return Window(block * stride, block * stride, tuple((row % stride, stride, block) for row in range(block * stride)))
