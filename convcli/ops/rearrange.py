"""Operators that only move elements: channels to space and back, flattening, and its reverse.

None of them computes anything: no operations.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from convcli.argument import ANY_INTEGER, POSITIVE, Many, Tensor, argument
from convcli.diagnostics import Refusal
from convcli.expect import dimension
from convcli.function import Function, twin
from convcli.human import show_shape
from convcli.op import ANYTHING, Operator
from convcli.quantity import UNKNOWN, Shape, is_known, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, in_order, last_axes
from convcli.window.taps import Window, dealt, repeated, sliding


class Rearranging(Operator):
    """Moves elements of any type."""

    takes = ANYTHING

    def expect_three(self, x: Shape) -> None:
        """Refuse an input without channels, height and width."""
        if len(x) < 3:
            message = f"{self.name} takes an input of 3 dimensions or more, found {len(x)}-d {show_shape(x)}"
            raise Refusal("CV203", message)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return (tape.out(),)


class AnyPixelShuffle(Rearranging):
    """Moves elements between the channels, and height and width."""

    def through(self, rank: int, window: Window | None) -> Reading:
        """Return the reading through one window on height and width."""
        return last_axes(0, rank, (window, window), {rank - 3: (rank - 3, None)})


def divides(divisor: int, size: int) -> bool:
    """Say whether a size is a multiple of `divisor`, or may be one for all that is known."""
    return not (is_known(size) and is_known(divisor)) or (divisor > 0 and size % divisor == 0)


class PixelShuffle(AnyPixelShuffle):
    """Channels to space: `... x C*r*r x H x W` becomes `... x C x H*r x W*r`, with r the upscale_factor."""

    upscale_factor: int = argument(POSITIVE)

    def template(self, rank: int) -> tuple[Shape, ...]:
        channels = self.upscale_factor * self.upscale_factor
        return ((*(UNKNOWN,) * (rank - 3), channels, UNKNOWN, UNKNOWN) if rank >= 3 else (UNKNOWN,) * rank,)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_three(x)
        *batch, channels, height, width = x
        r = self.upscale_factor
        if not divides(r * r, channels):
            message = f"{self.name}: {channels} channels are no multiple of {int(r * r)}, upscale_factor {r} squared"
            help = f"give it {_next_multiple(channels, r * r)} channels"
            raise Refusal("CV229", message, argument="upscale_factor", help=help)
        return ((*batch, channels // (r * r), height * r, width * r),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (self.through(len(inputs[0]), repeated(self.upscale_factor)),)


class PixelUnshuffle(AnyPixelShuffle):
    """Space to channels: `... x C x H*r x W*r` becomes `... x C*r*r x H x W`, with r the downscale_factor."""

    downscale_factor: int = argument(POSITIVE)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_three(x)
        *batch, channels, height, width = x
        r = self.downscale_factor
        for size, noun in ((height, "height"), (width, "width")):
            if not divides(r, size):
                message = f"{self.name}: downscale_factor {r} does not divide the {noun} of {size}"
                help = f"give it a {noun} of {_next_multiple(size, r)}"
                raise Refusal("CV229", message, argument="downscale_factor", help=help)
        return ((*batch, channels * (r * r), height // r, width // r),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (self.through(len(inputs[0]), sliding(self.downscale_factor, self.downscale_factor)),)


class ChannelShuffle(Rearranging):
    """Deals the channels (axis 1) of `groups` groups out in turn; the shape stays."""

    groups: int = argument(POSITIVE)

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN, self.groups, *(UNKNOWN,) * (rank - 2)) if rank >= 2 else (UNKNOWN,) * rank,)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_three(x)
        if not divides(self.groups, x[1]):
            message = f"{self.name}: groups={self.groups} does not divide the {x[1]} channels"
            help = f"give it {_next_multiple(x[1], self.groups)} channels"
            raise Refusal("CV223", message, argument="groups", help=help)
        return (x,)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x = inputs[0]
        return (last_axes(0, len(x), (), {1: (1, dealt(self.groups, x[1]))}),)


def _next_multiple(size: int, of: int) -> int:
    return size + (0 - size) % of


class Flatten(Rearranging):
    """Makes one axis of the axes from start_dim to end_dim; a scalar becomes a list of one."""

    start_dim: int = argument(ANY_INTEGER, 1)
    end_dim: int = argument(ANY_INTEGER, -1)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        start = dimension(self, x, self.start_dim, "start_dim")
        end = dimension(self, x, self.end_dim, "end_dim")
        if start > end:
            found = f"start_dim {start} comes after end_dim {end} in the {len(x)}-d input {show_shape(x)}"
            raise Refusal("CV230", f"{self.name}: {found}", argument="start_dim")
        return ((*x[:start], product(x[start : end + 1]), *x[end + 1 :]),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (in_order(0, inputs[0]),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.passes(0)
        return (tape.reshape(x, tape.shapes[0]),)


class AnyUnflatten(Rearranging):
    """Splits one axis into several; one of them may be -1, which is what the others leave.

    torch also takes the name of an axis for `dim`; here it is a number.
    """

    dim: int
    sizes_name: ClassVar[str] = "unflattened_size"
    """The name of the argument that lists the new sizes."""

    def check(self) -> None:
        sizes, name = self.values[self.sizes_name], self.sizes_name
        if not sizes:
            raise Refusal("CV226", f"{self.name}: `{name}` must not be empty", argument=name)
        wrong = [size for size in sizes if size < 1 and size != -1]
        if wrong:
            found = f"{self.name}: `{name}` must hold positive sizes, and at most one -1, found {wrong[0]}"
            raise Refusal("CV226", found, argument=name)
        if sum(map(_is_hole, sizes)) > 1:
            raise Refusal("CV226", f"{self.name}: only one size of `{name}` can be -1", argument=name)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        axis = dimension(self, x, self.dim)
        if not x:
            raise Refusal("CV203", f"{self.name} splits an axis, and a scalar has none")
        sizes = getattr(self, self.sizes_name)
        fixed = product([size for size in sizes if not _is_hole(size)])
        has_hole = any(map(_is_hole, sizes))
        if not (divides(fixed, x[axis]) if has_hole else matches(fixed, x[axis])):
            verb = "divide" if has_hole else "multiply up to"
            shown = ", ".join(str(int(size)) for size in sizes)
            message = f"{self.name}: the sizes {shown} do not {verb} the {x[axis]} of axis {axis}"
            raise Refusal("CV229", message, argument=self.sizes_name)
        filled = [x[axis] // fixed if _is_hole(size) else size for size in sizes]
        return ((*x[:axis], *filled, *x[axis + 1 :]),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (in_order(0, inputs[0]),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.passes(0)
        return (tape.reshape(x, tape.shapes[0]),)


class Unflatten(AnyUnflatten):
    """Splits axis `dim` into `unflattened_size`; one of the sizes may be -1, which is what the others leave.

    torch also takes the name of an axis for `dim`; here it is a number.
    """

    dim: int = argument(ANY_INTEGER)
    unflattened_size: tuple[int, ...] = argument(Many(ANY_INTEGER, spread=None))


class UnflattenFunction(Function, AnyUnflatten):
    """`Unflatten` as a function, its list called `sizes`."""

    name = "unflatten"
    sizes_name = "sizes"
    input: Any = argument(Tensor())
    dim: int = argument(ANY_INTEGER)
    sizes: tuple[int, ...] = argument(Many(ANY_INTEGER, spread=None))


def matches(wanted: int, size: int) -> bool:
    """Say whether two numbers are equal, or may be for all that is known."""
    return not (is_known(size) and is_known(wanted)) or size == wanted


def _is_hole(size: int) -> bool:
    return is_known(size) and size == -1


pixel_shuffle = twin("pixel_shuffle", PixelShuffle)
pixel_unshuffle = twin("pixel_unshuffle", PixelUnshuffle)
channel_shuffle = twin("channel_shuffle", ChannelShuffle)
flatten = twin("flatten", Flatten, start_dim=0)
