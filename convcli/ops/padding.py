"""Padding: zeros, a constant, or the input's own values around the last axes; below 0 it crops.

The output is size + before + after along each padded axis. Nothing is computed: no operations.
`padding` lists (before, after) for the last axis, then for the last but one, and so on.
"""

from collections.abc import Sequence
from typing import Any

from convcli.argument import ANY_INTEGER, REAL, Many, Tensor, Word, argument, optional
from convcli.diagnostics import Refusal
from convcli.expect import at_most
from convcli.function import Function
from convcli.human import show_shape
from convcli.op import ANYTHING, Operator
from convcli.quantity import Shape
from convcli.tape import Piece, Tape
from convcli.window import axis_name
from convcli.window.reading import Reading, last_axes
from convcli.window.taps import SKIP, Window, shifted

Axes = tuple[int, ...]
CONSTANT, REFLECT, REPLICATE, CIRCULAR = "constant", "reflect", "replicate", "circular"
ONE, TWO, THREE = Many(ANY_INTEGER, 2, spread=2), Many(ANY_INTEGER, 4, spread=4), Many(ANY_INTEGER, 6, spread=6)


class AnyPadding(Operator):
    """What all paddings share: the sizes, and what each mode refuses."""

    takes = ANYTHING
    skips = True
    mode: str = CONSTANT

    def padded(self, x: Shape, pads: Axes, argument: str) -> Shape:
        """Return the shape of `x` with `pads` around it."""
        sizes = list(x)
        for i in range(0, len(pads), 2):
            axis = len(x) - 1 - i // 2
            sizes[axis] = self._padded_size((x[axis], pads[i], pads[i + 1]), _noun(len(pads) // 2, i // 2), argument)
        return tuple(sizes)

    def _padded_size(self, sizes: tuple[int, int, int], noun: str, argument: str) -> int:
        size, before, after = sizes
        kept = size + min(before, 0) + min(after, 0)
        most = {REFLECT: size - 1, CIRCULAR: kept}.get(self.mode)
        for pad in (before, after):
            if most is not None and pad > most:
                needed = f"needs a {noun} of at least {pad + size - most}, found {size}"
                message = f"{self.name}: {self.mode} padding of {pad} {needed}"
                raise Refusal("CV222", message, argument=argument, help=at_most(argument, most))
        total = size + before + after
        cropped = self.mode == CONSTANT and kept < 0  # what is cropped away, padding does not bring back
        if total < 1 or cropped:
            message = f"{self.name}: padding {before}, {after} leaves nothing of a {noun} of {size}"
            raise Refusal("CV225", message, argument=argument)
        return total

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        rank, pads = len(inputs[0]), self.pads()
        return (last_axes(0, rank, tuple(self._window(*pads[i : i + 2]) for i in range(0, len(pads), 2))[::-1]),)

    def pads(self) -> Axes:
        """Return the padding before and after each axis, the last axis first."""
        pads: Axes = self.values[next(name for name in ("padding", "pad") if name in self.values)]
        return pads

    def _window(self, before: int, after: int) -> Window | None:
        """Return the window along an axis; circular padding that also crops copies from what is left."""
        if self.mode == CIRCULAR and (before < 0 or after < 0):
            return None
        return shifted(0 - before, 1, SKIP if self.mode == CONSTANT else self.mode)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        if self.mode in (REFLECT, REPLICATE) and "bool" in inputs:
            raise Refusal("CV231", f"{self.name} takes numbers, found bool")
        return super().dtypes(inputs, count)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        if self.mode in (REFLECT, REPLICATE):
            tape.keep(x)
        return (tape.out(),)


def _noun(axes: int, from_last: int) -> str:
    return axis_name(axes, axes - 1 - from_last) if axes <= 3 else "size"


class PaddingModule(AnyPadding):
    """A module that pads the last `axes` axes.

    torch also takes shorter and longer lists, which pad other axes than the class's name says;
    here a list has two numbers for each axis.
    """

    unbatched = True

    padding: Axes = argument(Many(ANY_INTEGER))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.axes:
            kind = (ONE, TWO, THREE)[cls.axes - 1]
            cls.arguments = {**cls.arguments, "padding": cls.arguments["padding"]._replace(kind=kind)}
            cls.ranks = (cls.axes + 2,) if cls.mode != CONSTANT else ()

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        if len(x) < self.axes:
            message = f"{self.name} pads the last {self.axes} axes, found a {len(x)}-d input {show_shape(x)}"
            raise Refusal("CV203", message)
        return (self.padded(x, self.padding, "padding"),)


class ConstantPad1d(PaddingModule):
    """A value around the last axis, of any input."""

    axes = 1
    value: float = argument(REAL)


class ConstantPad2d(PaddingModule):
    """A value around the last two axes, of any input."""

    axes = 2
    value: float = argument(REAL)


class ConstantPad3d(PaddingModule):
    """A value around the last three axes, of any input."""

    axes = 3
    value: float = argument(REAL)


class ZeroPad1d(PaddingModule):
    """Zeros around the last axis, of any input."""

    axes = 1


class ZeroPad2d(PaddingModule):
    """Zeros around the last two axes, of any input."""

    axes = 2


class ZeroPad3d(PaddingModule):
    """Zeros around the last three axes, of any input."""

    axes = 3


class ReflectionPad1d(PaddingModule):
    """`N x C x L`, mirrored at its ends; the padding is smaller than the length."""

    axes = 1
    mode = REFLECT


class ReflectionPad2d(PaddingModule):
    """`N x C x H x W`, mirrored at its edges; the padding is smaller than the size."""

    axes = 2
    mode = REFLECT


class ReflectionPad3d(PaddingModule):
    """`N x C x D x H x W`, mirrored at its faces; the padding is smaller than the size."""

    axes = 3
    mode = REFLECT


class ReplicationPad1d(PaddingModule):
    """`N x C x L`, its ends repeated."""

    axes = 1
    mode = REPLICATE


class ReplicationPad2d(PaddingModule):
    """`N x C x H x W`, its edges repeated."""

    axes = 2
    mode = REPLICATE


class ReplicationPad3d(PaddingModule):
    """`N x C x D x H x W`, its faces repeated."""

    axes = 3
    mode = REPLICATE


class CircularPad1d(PaddingModule):
    """`N x C x L`, going on at the other end; the padding is at most what cropping leaves of the length.

    Where one side is cropped, torch checks the padding of the other against the whole length, and
    then reads elements that it never wrote, or fails; such padding is refused here.
    """

    axes = 1
    mode = CIRCULAR


class CircularPad2d(PaddingModule):
    """`N x C x H x W`, going on at the other edge; limits as in `CircularPad1d`."""

    axes = 2
    mode = CIRCULAR


class CircularPad3d(PaddingModule):
    """`N x C x D x H x W`, going on at the other face; limits as in `CircularPad1d`."""

    axes = 3
    mode = CIRCULAR


class Pad(Function, AnyPadding):
    """`pad`: a constant around any number of the last axes; the other modes around one, two or three.

    Those modes want a batch and channels, or channels alone, before the padded axes.
    """

    name = "pad"
    input: Any = argument(Tensor())
    pad: Axes = argument(Many(ANY_INTEGER, spread=None))
    mode: str = argument(Word(CONSTANT, REFLECT, REPLICATE, CIRCULAR), CONSTANT)
    value: float | None = argument(optional(REAL), None)

    def check(self) -> None:
        count = len(self.pad)
        if count % 2:
            message = f"pad: `pad` takes two numbers for each axis, found {count} numbers"
            raise Refusal("CV210", message, argument="pad", help="write (before, after), the last axis first")
        if self.mode != CONSTANT and count not in (2, 4, 6):
            message = f"pad: {self.mode} padding takes 2, 4 or 6 numbers, found {count}"
            raise Refusal("CV226", message, argument="pad")
        if self.mode != CONSTANT and self.value is not None and self.value != 0:
            message = f"pad: {self.mode} padding has no use for value={self.value}"
            raise Refusal("CV226", message, argument="value", help="leave `value` out")

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        axes = len(self.pad) // 2
        fits = axes <= len(x) if self.mode == CONSTANT else len(x) in (axes + 1, axes + 2)
        if not fits:
            takes = f"{axes}-d or more" if self.mode == CONSTANT else f"{axes + 1}-d or {axes + 2}-d"
            message = f"pad: {self.mode} padding of {2 * axes} numbers takes a {takes} input"
            raise Refusal("CV203", f"{message}, found {len(x)}-d {show_shape(x)}", argument="pad")
        return (self.padded(x, self.pad, "pad"),)
