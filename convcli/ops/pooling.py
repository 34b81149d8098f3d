"""Pools that slide a window: the maximum and the average of what it covers.

Output size, in each axis: floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1,
with ceil for floor in `ceil_mode`; then a last window that would start behind the input and its
padding on the left is left out. K is the product of the kernel sizes, m the number of outputs.
"""

from collections.abc import Sequence
from typing import Any

from convcli.argument import ANY_INTEGER, FLAG, NATURAL, POSITIVE, PerAxis, Slot, argument, optional
from convcli.diagnostics import Refusal
from convcli.expect import at_most
from convcli.function import twin
from convcli.layout import as_picture
from convcli.op import ANYTHING, Operator
from convcli.quantity import Shape, ceil_div, is_known, product
from convcli.tape import Piece, Tape
from convcli.window import axis_name, kernel_too_large, taps
from convcli.window.dropping import dropped_by
from convcli.window.reading import Reading, last_axes

Axes = tuple[int, ...]


class Window(PerAxis):
    """One value for each axis, as torch's pools read it: a list of one counts for all axes."""

    def accept(self, value: Any, axes: int) -> Any:
        if isinstance(value, list | tuple) and not isinstance(value, Slot) and len(value) == 1:
            return (self._each(value[0], axes),) * axes
        return super().accept(value, axes)


KERNEL, STRIDE, PADDING = Window(POSITIVE), optional(Window(POSITIVE)), Window(NATURAL)


class SlidingPool(Operator):
    """What all of them have in common: a window that slides over each channel."""

    unbatched = True

    kernel_size: Axes | int
    stride: Axes | int | None
    ceil_mode: bool

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.axes:
            cls.ranks = (cls.axes + 2,)

    def kernel(self) -> Axes:
        """Return the window's size, for each axis."""
        return self.kernel_size if isinstance(self.kernel_size, tuple) else (self.kernel_size,)

    def steps(self) -> Axes:
        """Return the stride, for each axis: the kernel size where none is given."""
        if self.stride is None:
            return self.kernel()
        return self.stride if isinstance(self.stride, tuple) else (self.stride,)

    def pads(self) -> Axes:
        """Return the padding on each side, for each axis."""
        return (0,) * self.axes

    def dilations(self) -> Axes:
        """Return the distance of the window's taps, for each axis."""
        return (1,) * self.axes

    def must_fit(self) -> bool:
        """Say whether the window must fit into the input without its padding, as in torch's 3-d average."""
        return False

    def check(self) -> None:
        for pad, kernel in zip(self.pads(), self.kernel(), strict=True):
            if 2 * pad > kernel:
                raise Refusal(
                    "CV227",
                    f"{self.name}: padding {pad} is more than half of the kernel's {kernel}",
                    argument="padding",
                    help=f"{at_most('padding', kernel // 2)}; more needs a padding layer before the pool",
                )

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        sizes = [self.output_size(axis, size) for axis, size in enumerate(x[-self.axes :])]
        return ((*x[: -self.axes], *sizes),)

    def output_size(self, axis: int, size: int) -> int:
        """Return the number of windows along an axis of the input with `size` positions.

        Raises:
            Refusal: there is none.
        """
        of_axis = self.kernel(), self.steps(), self.pads(), self.dilations()
        kernel, stride, pad, dilation = (values[axis] for values in of_axis)
        reach = size + 2 * pad - dilation * (kernel - 1) - 1
        count = (ceil_div(reach, stride) if self.ceil_mode else reach // stride) + 1
        if count < 1 or (self.must_fit() and size < kernel):
            raise self._too_large(axis, size)
        if self.ceil_mode and is_known(count) and (count - 1) * stride >= size + pad:
            return count - 1
        return count

    def windows(self) -> tuple[taps.Window | None, ...]:
        """Return the window along each axis."""
        return tuple(map(taps.sliding, self.kernel(), self.steps(), self.pads(), self.dilations()))

    def dropped(self, x: Shape, y: Shape) -> tuple[tuple[int, int], ...]:
        return tuple(map(dropped_by, self.windows(), x[-self.axes :], y[-self.axes :]))

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (last_axes(0, len(inputs[0]), self.windows()),)

    def _too_large(self, axis: int, size: int) -> Refusal:
        kernel, pad = self.kernel()[axis], self.pads()[axis]
        window = self.dilations()[axis] * (kernel - 1) + 1
        refusal = kernel_too_large((self.name, self.axes, axis), size, pad, window)
        most = kernel // 2
        if self.must_fit() or self.ceil_mode or size + 2 * most < window:  # its advice on padding would be wrong
            name = axis_name(self.axes, axis)
            refusal.help = f"make the window smaller, or keep more {name}: a smaller stride before, or a larger input"
        return refusal


def keep_places(tape: Tape, x: Piece, *, known: bool) -> tuple[Piece, ...]:
    """Play a maximum: backward needs the input and the places, which are also found where nobody asks for them."""
    strides = as_picture(tape.shapes[0], x)
    y, places = tape.out(strides=strides), tape.new(tape.shapes[0], "int64", strides)
    tape.keep(x, places)
    if known:
        return (y, places)
    tape.drop(places)
    return (y,)


class MaxPool(SlidingPool):
    """The largest of each window: m * (K - 1) comparisons. `return_indices` adds their places, int64.

    Output size: floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1.
    """

    takes = ANYTHING

    kernel_size: Axes = argument(KERNEL)
    stride: Axes | None = argument(STRIDE, None)
    padding: Axes = argument(PADDING, 0)
    dilation: Axes = argument(KERNEL, 1)
    return_indices: bool = argument(FLAG, False)
    ceil_mode: bool = argument(FLAG, False)

    def pads(self) -> Axes:
        return self.padding

    def dilations(self) -> Axes:
        return self.dilation

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        return super().outputs(x) * (2 if self.return_indices else 1)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        """Refuse what torch has no kernel for: bool, and integers in 1-d without indices."""
        found = inputs[0]
        if found == "bool" or (self.axes == 1 and not self.return_indices and "int" in found):
            raise Refusal("CV231", f"{self.name} takes floating point numbers, found {found}")
        return (found, "int64")[:count]

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return keep_places(tape, x, known=self.return_indices)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) * (product(self.kernel()) - 1)


class MaxPool1d(MaxPool):
    """Maximum over a window: `N x C x L` or `C x L`."""

    axes = 1


class MaxPool2d(MaxPool):
    """Maximum over a window: `N x C x H x W` or `C x H x W`."""

    axes = 2


class MaxPool3d(MaxPool):
    """Maximum over a window: `N x C x D x H x W` or `C x D x H x W`."""

    axes = 3


class AvgPool(SlidingPool):
    """The average of each window: m * K, K - 1 additions and a division each, padding included.

    Output size: floor((size + 2 * padding - kernel_size) / stride) + 1.
    """

    takes = ANYTHING

    kernel_size: Axes = argument(KERNEL)
    stride: Axes | None = argument(STRIDE, None)
    padding: Axes = argument(PADDING, 0)
    ceil_mode: bool = argument(FLAG, False)
    count_include_pad: bool = argument(FLAG, True)

    def check(self) -> None:
        super().check()
        divisor = self.values.get("divisor_override")
        if divisor is not None and is_known(divisor) and divisor == 0:
            raise Refusal("CV210", f"{self.name}: `divisor_override` must not be 0", argument="divisor_override")

    def pads(self) -> Axes:
        return self.padding

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        """Refuse what torch has no kernel for: integers other than int64."""
        if inputs[0] == "bool" or ("int" in inputs[0] and inputs[0] != "int64"):
            raise Refusal("CV231", f"{self.name} takes floating point numbers or int64, found {inputs[0]}")
        return super().dtypes(inputs, count)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) * product(self.kernel())

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.keep(x)
        return (tape.out(strides=as_picture(tape.shapes[0], x)),)


class AvgPool1d(AvgPool):
    """Average over a window: `N x C x L` or `C x L`."""

    axes = 1


class AvgPool2d(AvgPool):
    """Average over a window: `N x C x H x W` or `C x H x W`."""

    axes = 2

    divisor_override: int | None = argument(optional(ANY_INTEGER), None)


class AvgPool3d(AvgPool):
    """Average over a window: `N x C x D x H x W` or `C x D x H x W`. It must fit without padding."""

    axes = 3

    divisor_override: int | None = argument(optional(ANY_INTEGER), None)

    def must_fit(self) -> bool:
        return True


MAX_ORDER = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")

max_pool1d = twin("max_pool1d", MaxPool1d, MAX_ORDER)
max_pool2d = twin("max_pool2d", MaxPool2d, MAX_ORDER)
max_pool3d = twin("max_pool3d", MaxPool3d, MAX_ORDER)
avg_pool1d = twin("avg_pool1d", AvgPool1d)
avg_pool2d = twin("avg_pool2d", AvgPool2d)
avg_pool3d = twin("avg_pool3d", AvgPool3d)
