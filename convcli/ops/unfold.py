"""Sliding blocks as columns (`Unfold`), and columns added up to an image again (`Fold`).

Along each axis there are floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1
blocks, as in torch's documentation of `Unfold`. K is the product of the kernel sizes.
"""

from collections.abc import Sequence

from convcli.argument import NATURAL, POSITIVE, PerAxis, argument
from convcli.diagnostics import Refusal
from convcli.function import twin
from convcli.op import Operator
from convcli.ops.rearrange import divides, matches
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape
from convcli.window import axis_name, sliding_size
from convcli.window.dropping import dropped_by
from convcli.window.reading import Reading, last_axes
from convcli.window.taps import Window, sliding, spread

Axes = tuple[int, ...]


class Unfold(Operator):
    """The sliding blocks of an image as columns: `N x C x H x W` becomes `N x C*K x blocks`: 0."""

    axes = 2
    ranks = (4,)
    unbatched = True

    kernel_size: Axes = argument(PerAxis(POSITIVE))
    dilation: Axes = argument(PerAxis(POSITIVE), 1)
    padding: Axes = argument(PerAxis(NATURAL), 0)
    stride: Axes = argument(PerAxis(POSITIVE), 1)

    def blocks(self, *sizes: int) -> list[int]:
        """Return the number of blocks along height and width."""
        of_axis = zip(sizes, self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        return [sliding_size(*values, (self.name, 2, axis)) for axis, values in enumerate(of_axis)]

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        *batch, channels, height, width = x
        blocks = self.blocks(height, width)
        return ((*batch, channels * product(self.kernel_size), product(blocks)),)

    def windows(self) -> tuple[Window | None, ...]:
        """Return the window along each axis."""
        return tuple(map(sliding, self.kernel_size, self.stride, self.padding, self.dilation))

    def dropped(self, x: Shape, y: Shape) -> tuple[tuple[int, int], ...]:
        return tuple(map(dropped_by, self.windows(), x[-2:], self.blocks(*x[-2:])))

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        *batch, channels, height, width = inputs[0]
        own = last_axes(0, len(inputs[0]), self.windows(), {len(batch): (len(batch), None)})
        blocks = self.blocks(height, width)
        return (own._replace(after=(*batch, channels * product(self.kernel_size), *blocks)),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return (tape.out(),)


class Fold(Operator):
    """Adds columns up where their blocks lie: `N x C*K x blocks` becomes `N x C x output_size`.

    Operations: n, each of the input's elements is added to its place (those that fall on padding
    count, as everywhere).
    """

    axes = 2
    ranks = (3,)
    unbatched = True

    output_size: Axes = argument(PerAxis(POSITIVE))
    kernel_size: Axes = argument(PerAxis(POSITIVE))
    dilation: Axes = argument(PerAxis(POSITIVE), 1)
    padding: Axes = argument(PerAxis(NATURAL), 0)
    stride: Axes = argument(PerAxis(POSITIVE), 1)

    @classmethod
    def channel_axis(cls, rank: int) -> int:
        return rank - 2

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((*(UNKNOWN,) * (rank - 2), product(self.kernel_size), product(self.blocks())),)

    def check(self) -> None:
        for axis, size in enumerate(self.output_size):
            span = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
            if size + 2 * self.padding[axis] < span:
                noun, pad = axis_name(2, axis), self.padding[axis]
                found = f"is larger than the output's {noun} of {size} with padding {pad}"
                raise Refusal("CV220", f"{self.name}: a kernel that spans {span} {found}", argument="kernel_size")

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return (tape.out(),)

    def blocks(self) -> tuple[int, ...]:
        """Return the number of blocks along height and width."""
        return tuple(
            (size + 2 * pad - step * (kernel - 1) - 1) // stride + 1
            for size, kernel, step, pad, stride in zip(
                self.output_size, self.kernel_size, self.dilation, self.padding, self.stride, strict=True
            )
        )

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        *batch, rows, columns = x
        taps, blocks = product(self.kernel_size), product(self.blocks())
        if not divides(taps, rows):
            message = f"{self.name}: an axis of size {rows} does not hold whole kernels of {taps} elements"
            raise Refusal("CV229", message, argument="kernel_size")
        if not matches(blocks, columns):
            high, wide = self.blocks()
            message = f"{self.name}: expected {high} x {wide} = {blocks} blocks in the last axis, found {columns}"
            raise Refusal("CV229", message, argument="output_size")
        return ((*batch, rows // taps, *self.output_size),)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(inputs[0])

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        *batch, rows, _ = inputs[0]
        windows = tuple(map(spread, self.kernel_size, self.stride, self.padding, self.dilation))
        own = last_axes(0, len(batch) + 3, windows, {len(batch): (len(batch), None)})
        return (own._replace(before=(*batch, rows, *self.blocks())),)


unfold = twin("unfold", Unfold)
fold = twin("fold", Fold)
