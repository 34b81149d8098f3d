"""Max unpooling: puts each value back to where max pooling took it from, zeros elsewhere."""

from collections.abc import Sequence
from typing import Any

from convcli.argument import ANY_INTEGER, NATURAL, POSITIVE, Many, PerAxis, Tensor, argument, optional
from convcli.diagnostics import Refusal
from convcli.expect import at_most
from convcli.function import Function
from convcli.human import show_shape
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shape, is_known
from convcli.tape import Piece, Tape
from convcli.window import axis_name
from convcli.window.reading import Reading, last_axes
from convcli.window.taps import spread

Axes = tuple[int, ...]


class AnyMaxUnpool(Operator):
    """Takes values and their indices, two tensors of one shape, as `return_indices` gives them.

    Output size: (size - 1) * stride - 2 * padding + kernel_size. Nothing is computed: 0 operations.
    torch also takes a negative padding, a kernel of 0 and, but for 3-d, a stride of 0.
    """

    unbatched = True
    arity = (2, 2)

    kernel_size: Axes
    stride: Axes | None
    padding: Axes

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.axes:
            cls.ranks = (cls.axes + 2,)

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * rank,) * 2

    def outputs(self, x: Shape, indices: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        if len(x) != len(indices) or any(own != other for own, other in zip(x, indices, strict=True)):
            message = f"{self.name}: values and indices must have one shape"
            raise Refusal("CV228", f"{message}, found {show_shape(x)} and {show_shape(indices)}")
        known = tuple(own if is_known(own) else other for own, other in zip(x, indices, strict=True))
        sizes = [self.output(axis, size) for axis, size in enumerate(known[-self.axes :])]
        return ((*known[: -self.axes], *sizes),)

    def output(self, axis: int, size: int) -> int:
        """Return the output's size along an axis of the input with `size` positions.

        Raises:
            Refusal: the padding leaves nothing.
        """
        pad = self.padding[axis]
        out = (size - 1) * self.steps()[axis] - 2 * pad + self.kernel_size[axis]
        if out < 1:
            message = f"{self.name}: padding {pad} leaves no output {axis_name(self.axes, axis)} ({out})"
            raise Refusal("CV225", message, argument="padding", help=at_most("padding", (out + 2 * pad - 1) // 2))
        return out

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        windows = tuple(map(spread, self.kernel_size, self.steps(), self.padding, (1,) * self.axes))
        return tuple(last_axes(at, len(shape), windows) for at, shape in enumerate(inputs))

    def steps(self) -> Axes:
        """Return the stride, for each axis: the kernel size where none is given."""
        return self.kernel_size if self.stride is None else self.stride

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        if inputs[1] != "int64":
            message = f"{self.name}: the second tensor holds indices, int64; found {inputs[1]}"
            raise Refusal("CV231", message, help="pass what a MaxPool with return_indices=True gave")
        return super().dtypes(inputs, count)

    def memory(self, tape: Tape, x: Piece, indices: Piece) -> tuple[Piece, ...]:
        tape.keep(indices)
        return (tape.out(),)


class MaxUnpool(AnyMaxUnpool):
    """The modules; their call's `output_size` has no place in a layer."""

    kernel_size: Axes = argument(PerAxis(POSITIVE))
    stride: Axes | None = argument(optional(PerAxis(POSITIVE)), None)
    padding: Axes = argument(PerAxis(NATURAL), 0)


class MaxUnpool1d(MaxUnpool):
    """Undoes `MaxPool1d`: `N x C x L` or `C x L`."""

    axes = 1


class MaxUnpool2d(MaxUnpool):
    """Undoes `MaxPool2d`: `N x C x H x W` or `C x H x W`."""

    axes = 2


class MaxUnpool3d(MaxUnpool):
    """Undoes `MaxPool3d`: `N x C x D x H x W` or `C x D x H x W`."""

    axes = 3


class MaxUnpoolFunction(Function, AnyMaxUnpool):
    """The functions. `output_size` chooses among the sizes that pool to the input's.

    It holds the spatial sizes, or a whole shape of which only those count; each is less than a
    stride away from the default.
    """

    takes = MaxUnpool.takes

    input: Any = argument(Tensor())
    indices: Any = argument(Tensor())
    kernel_size: Axes = argument(PerAxis(POSITIVE))
    stride: Axes | None = argument(optional(PerAxis(POSITIVE)), None)
    padding: Axes = argument(PerAxis(NATURAL), 0)
    output_size: Axes | None = argument(optional(Many(ANY_INTEGER, spread=None)), None)

    def check(self) -> None:
        if self.output_size is not None and len(self.output_size) not in (self.axes, self.axes + 2):
            found = f"found {len(self.output_size)}"
            message = f"{self.name}: `output_size` holds {self.axes} or {self.axes + 2} numbers, {found}"
            raise Refusal("CV210", message, argument="output_size")

    def output(self, axis: int, size: int) -> int:
        if self.output_size is None:
            return super().output(axis, size)
        stride = self.steps()[axis]
        usual = (size - 1) * stride - 2 * self.padding[axis] + self.kernel_size[axis]
        out = self.output_size[-self.axes :][axis]
        if out < usual - stride + 1 or out > usual + stride - 1 or out < 1:
            name, least = axis_name(self.axes, axis), max(usual - stride + 1, 1)
            message = f"{self.name}: the output's {name} must be {least} to {usual + stride - 1}, found {out}"
            raise Refusal("CV226", message, argument="output_size")
        return out


class MaxUnpool1dFunction(MaxUnpoolFunction):
    """`MaxUnpool1d` as a function."""

    name = "max_unpool1d"
    axes = 1


class MaxUnpool2dFunction(MaxUnpoolFunction):
    """`MaxUnpool2d` as a function."""

    name = "max_unpool2d"
    axes = 2


class MaxUnpool3dFunction(MaxUnpoolFunction):
    """`MaxUnpool3d` as a function."""

    name = "max_unpool3d"
    axes = 3
