"""Pools that cut each axis into a given number of windows, whatever its size.

As in torch, window i of `out` windows over `size` positions begins at floor(i * size / out) and
ends before ceil((i + 1) * size / out), so neighbours may overlap. The window sizes of an axis sum to
size + out - gcd(size, out): floor((i + 1) * size / out) - floor(i * size / out) sums to size, and the
ceiling is one more than the floor for each i + 1 in 1 to out but the gcd(size, out) where the
division leaves nothing.
"""

import math
from collections.abc import Sequence
from typing import Any

from convcli.argument import FLAG, POSITIVE, PerAxis, WrongValue, argument, optional
from convcli.function import twin
from convcli.layout import as_picture
from convcli.op import Operator
from convcli.ops.pooling import keep_places
from convcli.quantity import UNKNOWN, Shape, Shown, is_known, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, Source, last_axes
from convcli.window.taps import adaptive


class Targets(PerAxis):
    """A size for all axes, or one for each, where None keeps the input's."""

    def accept(self, value: Any, axes: int) -> Any:
        if value is None:
            raise WrongValue(self.words(axes))
        return super().accept(value, axes)

    def words(self, axes: int) -> str:
        return f"a positive integer, or a list of {axes} (None keeps the input's size)"

    def show(self, value: Any) -> str:
        return repr(value) if any(size is None for size in value) else super().show(value)


def common_divisor(a: int, b: int) -> int:
    """Return the greatest common divisor."""
    if not (is_known(a) and is_known(b)):
        return UNKNOWN
    value = math.gcd(a, b)
    if not (isinstance(a, Shown) or isinstance(b, Shown)):
        return value
    words = [getattr(number, "words", str(number)) for number in (a, b)]
    return Shown(value, f"gcd({', '.join(words)})", f"gcd({int(a)}, {int(b)})")


def covered(sizes: Sequence[int], outs: Sequence[int]) -> int:
    """Return the sum of the sizes of all windows: the product over the axes of size + out - gcd."""
    return product([size + out - common_divisor(size, out) for size, out in zip(sizes, outs, strict=True)])


def into(axis: int, size: int, out: int) -> Source:
    """Return how an axis is read where it is cut into `out` windows: whole, where there is only one."""
    return None if is_known(out) and out == 1 and not (is_known(size) and size == 1) else (axis, adaptive(size, out))


class AdaptivePool(Operator):
    """What adaptive pools have in common: windows to measure, as many as `output_size` says."""

    unbatched = True

    output_size: tuple[int | None, ...] = argument(Targets(optional(POSITIVE)))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.axes:
            cls.ranks = (cls.axes + 2,)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        return (self.pooled(x),)

    def pooled(self, x: Shape) -> Shape:
        """Return the output's shape."""
        spatial = (own if out is None else out for own, out in zip(x[-self.axes :], self.output_size, strict=True))
        return (*x[: -self.axes], *spatial)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x, y = inputs[0], outputs[result]
        return (last_axes(0, len(x), (), {axis: into(axis, x[axis], y[axis]) for axis in range(-self.axes, 0)}),)

    def touched(self, x: Shape, y: Shape) -> int:
        """Return how many elements all windows hold together."""
        return product([*x[: -self.axes], covered(x[-self.axes :], y[-self.axes :])])


class AdaptiveAvgPool(AdaptivePool):
    """The average of each window: one operation for each element of each window.

    N * C * the product over the axes of size + out - gcd(size, out): for each output, its window's
    additions and a division.
    """

    def expect_rank(self, shape: Shape) -> None:
        """Take more leading axes where everything becomes 1, as torch does in 2-d and 3-d."""
        if self.axes == 1 or len(shape) <= self.axes + 2 or any(size != 1 for size in self.pooled(shape)[-self.axes :]):
            super().expect_rank(shape)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return self.touched(inputs[0], outputs[0])

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        if any(size != 1 for size in tape.shapes[0][-self.axes :]):  # a single window is a mean
            tape.keep(x)
        return (tape.out(strides=as_picture(tape.shapes[0], x)),)


class AdaptiveAvgPool1d(AdaptiveAvgPool):
    """Average over as many windows as asked for: `N x C x L` or `C x L`."""

    axes = 1

    output_size: tuple[int, ...] = argument(PerAxis(POSITIVE))


class AdaptiveAvgPool2d(AdaptiveAvgPool):
    """Average over as many windows as asked for: `N x C x H x W` or `C x H x W`."""

    axes = 2


class AdaptiveAvgPool3d(AdaptiveAvgPool):
    """Average over as many windows as asked for: `N x C x D x H x W` or `C x D x H x W`."""

    axes = 3


class AdaptiveMaxPool(AdaptivePool):
    """The largest of each window: a comparison for each element of a window after its first.

    N * C * (the product over the axes of size + out - gcd(size, out), minus the number of windows).
    """

    return_indices: bool = argument(FLAG, False)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        return super().outputs(x) * (2 if self.return_indices else 1)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return (inputs[0], "int64")[:count]

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return self.touched(inputs[0], outputs[0]) - product(outputs[0])

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return keep_places(tape, x, known=self.return_indices)


class AdaptiveMaxPool1d(AdaptiveMaxPool):
    """Maximum over as many windows as asked for: `N x C x L` or `C x L`."""

    axes = 1

    output_size: tuple[int, ...] = argument(PerAxis(POSITIVE))


class AdaptiveMaxPool2d(AdaptiveMaxPool):
    """Maximum over as many windows as asked for: `N x C x H x W` or `C x H x W`."""

    axes = 2


class AdaptiveMaxPool3d(AdaptiveMaxPool):
    """Maximum over as many windows as asked for: `N x C x D x H x W` or `C x D x H x W`."""

    axes = 3


adaptive_avg_pool1d = twin("adaptive_avg_pool1d", AdaptiveAvgPool1d)
adaptive_avg_pool2d = twin("adaptive_avg_pool2d", AdaptiveAvgPool2d)
adaptive_avg_pool3d = twin("adaptive_avg_pool3d", AdaptiveAvgPool3d)
adaptive_max_pool1d = twin("adaptive_max_pool1d", AdaptiveMaxPool1d)
adaptive_max_pool2d = twin("adaptive_max_pool2d", AdaptiveMaxPool2d)
adaptive_max_pool3d = twin("adaptive_max_pool3d", AdaptiveMaxPool3d)
