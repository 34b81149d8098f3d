"""Pools whose windows lie at random distances: the maximum, for any ratio of sizes.

After Graham, "Fractional Max-Pooling", 2014.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from convcli.argument import FLAG, POSITIVE, REAL, Either, Many, PerAxis, Tensor, argument, optional
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.op import Operator
from convcli.ops.pooling import keep_places
from convcli.quantity import LARGEST, UNKNOWN, Shape, Shown, product
from convcli.tape import Piece, Tape
from convcli.window import axis_name
from convcli.window.reading import Reading, last_axes

Axes = tuple[int, ...]
Ratios = tuple[float, ...]


class AnyFractionalMaxPool(Operator):
    """The largest of each of m windows of K elements: m * (K - 1) comparisons.

    Output size: `output_size`, or floor(size * output_ratio). The places of the windows are random
    and not counted. In 2-d output + kernel_size - 1 may be as large as the input, in 3-d it must be
    smaller.
    """

    unbatched = True
    skips = True
    spare: ClassVar[int] = 0
    """How many positions of the input must be left over."""

    kernel_size: Axes
    output_size: Axes | None
    output_ratio: Ratios | None
    return_indices: bool

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.axes:
            cls.ranks = (cls.axes + 2,)
            cls.spare = cls.axes - 2

    def check(self) -> None:
        if self.output_size is None and self.output_ratio is None:
            raise Refusal("CV226", f"{self.name} needs an `output_size` or an `output_ratio`, found neither")

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        sizes = [self.output(axis, size) for axis, size in enumerate(x[-self.axes :])]
        return ((*x[: -self.axes], *sizes),) * (2 if self.return_indices else 1)

    def output(self, axis: int, size: int) -> int:
        """Return the output's size along an axis of the input with `size` positions.

        Raises:
            Refusal: nothing is left, or the windows do not fit.
        """
        name, kernel = axis_name(self.axes, axis), self.kernel_size[axis]
        culprit = "output_ratio" if self.output_size is None else "output_size"
        ratios = self.output_ratio or (1.0,) * self.axes  # `check` has seen that there are some
        out = scaled(size, ratios[axis]) if self.output_size is None else self.output_size[axis]
        if out < 1:
            raise Refusal("CV225", f"{self.name}: of a {name} of {size} no output is left ({out})", argument=culprit)
        needed = out + kernel - 1 + self.spare
        if needed > size:
            found = f"{out} windows of {kernel} need a {name} of at least {needed}, found {size}"
            raise Refusal("CV220", f"{self.name}: {found}", argument=culprit)
        return out

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (last_axes(0, len(inputs[0]), (None,) * self.axes),)  # the windows lie at random places

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return (inputs[0], "int64")[:count]

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) * (product(self.kernel_size) - 1)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        chances = tape.new((product(x.shape[: -self.axes]), self.axes))
        result = keep_places(tape, x, known=self.return_indices)
        tape.drop(chances)
        return result


def scaled(size: int, ratio: float) -> int:
    """Return the whole part of size * ratio, multiplied as torch does, in double precision."""
    if size is UNKNOWN or ratio is UNKNOWN or not -LARGEST <= ratio <= LARGEST or size > LARGEST:
        return UNKNOWN
    value = int(int(size) * float(ratio))
    if isinstance(size, Shown):
        return Shown(value, f"floor({size.words} * output_ratio)", f"floor({int(size)} * {ratio})")
    return value


class FractionalMaxPool(AnyFractionalMaxPool):
    """The modules: either a size or a ratio between 0 and 1."""

    kernel_size: Axes = argument(PerAxis(POSITIVE))
    output_size: Axes | None = argument(optional(PerAxis(POSITIVE)), None)
    output_ratio: Ratios | None = argument(optional(PerAxis(REAL)), None)
    return_indices: bool = argument(FLAG, False)

    def check(self) -> None:
        super().check()
        if self.output_size is not None and self.output_ratio is not None:
            message = f"{self.name} takes an `output_size` or an `output_ratio`, found both"
            raise Refusal("CV226", message, argument="output_ratio")
        for ratio in self.output_ratio or ():
            if ratio is not UNKNOWN and not 0 < ratio < 1:
                message = f"{self.name}: `output_ratio` must lie between 0 and 1, found {ratio}"
                raise Refusal("CV210", message, argument="output_ratio")


class FractionalMaxPool2d(FractionalMaxPool):
    """Maximum over windows at random distances: `N x C x H x W` or `C x H x W`."""

    axes = 2


class FractionalMaxPool3d(FractionalMaxPool):
    """Maximum over windows at random distances: `N x C x D x H x W` or `C x D x H x W`."""

    axes = 3


class FractionalMaxPoolFunction(Function, AnyFractionalMaxPool):
    """The functions: a size wins over a ratio, and a ratio may be any number."""

    takes = FractionalMaxPool.takes

    input: Any = argument(Tensor())
    kernel_size: Axes = argument(PerAxis(POSITIVE))
    output_size: Axes | None = argument(optional(PerAxis(POSITIVE)), None)
    output_ratio: Ratios | None = argument(optional(PerAxis(REAL)), None)
    return_indices: bool = argument(FLAG, False)

    def check(self) -> None:
        super().check()
        ratios = self.output_ratio if self.output_size is None else None
        if ratios and not all(-LARGEST <= ratio <= LARGEST for ratio in ratios):
            message = f"{self.name}: `output_ratio` must be finite numbers, found {ratios}"
            raise Refusal("CV210", message, argument="output_ratio")


class FractionalMaxPool2dFunction(FractionalMaxPoolFunction):
    """`FractionalMaxPool2d` as a function; its ratio is a list of two, where it is used."""

    name = "fractional_max_pool2d"
    axes = 2

    output_ratio: Any = argument(optional(Either(Many(REAL, 2, spread=None), REAL)), None)

    def check(self) -> None:
        if self.output_size is None and not isinstance(self.output_ratio, tuple | None):
            message = f"{self.name}: `output_ratio` must be a list of 2, found {self.output_ratio}"
            raise Refusal("CV210", message, argument="output_ratio")
        super().check()


class FractionalMaxPool3dFunction(FractionalMaxPoolFunction):
    """`FractionalMaxPool3d` as a function."""

    name = "fractional_max_pool3d"
    axes = 3
