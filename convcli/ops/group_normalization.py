"""Normalisation over groups of channels, over the last axes, and by the norm of an axis.

How normalising is counted stands in `normalization`.
"""

from collections.abc import Sequence
from typing import Any

from convcli.argument import ANY_INTEGER, FLAG, POSITIVE, REAL, Either, Many, Nothing, Tensor, argument, optional
from convcli.diagnostics import Refusal
from convcli.expect import dimension, wrong_channels
from convcli.function import Function
from convcli.human import show_shape
from convcli.layout import as_picture, in_channels_last
from convcli.op import FLOATS, Operator
from convcli.ops.normalization import Normalization, expect_at_least, expect_values, normalize
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape


def expect_whole_groups(op: Operator, groups: int, channels: int, words: str) -> None:
    """Refuse channels that do not fall into groups of equal size."""
    if channels % groups:
        divisors = [n for n in range(1, min(channels, 4096) + 1) if channels % n == 0]
        shown = ", ".join(map(str, divisors[:12])) + (", ..." if divisors[12:] else "")
        message = f"{op.name}: num_groups={groups} does not divide {words}"
        raise Refusal("CV223", message, argument="num_groups", help=f"numbers that do: {shown}")


def expect_last_axes(op: Operator, x: Shape, expected: Shape) -> None:
    """Refuse an input that does not end in the sizes `normalized_shape`."""
    count = len(expected)
    expect_at_least(op, count, x)
    if any(size != own for size, own in zip(x[-count:], expected, strict=True)):
        last = "the last axis" if count == 1 else f"the last {count} axes"
        message = f"{op.name}: expected {last} to be {show_shape(expected)}, found {show_shape(x[-count:])}"
        accepts, instead = (*x[:-count], *expected), x[-1] if count == 1 else x[-count:]
        raise Refusal("CV202", message, argument="normalized_shape", instead=instead, accepts=accepts)


def expect_some_axes(op: Operator, expected: Shape) -> None:
    """Refuse a `normalized_shape` without a size."""
    if not expected:
        message = f"{op.name}: `normalized_shape` must have one size or more, found none"
        raise Refusal("CV210", message, argument="normalized_shape")


class GroupNorm(Normalization):
    """Normalises groups of channels, each over all its positions, in `N x C` and any further axes.

    5n + 2 * N * num_groups, n for the weight, n for the bias.
    """

    num_groups: int = argument(POSITIVE)
    num_channels: int = argument(POSITIVE, inferred=True)
    eps: float = argument(REAL, 1e-5)
    affine: bool = argument(FLAG, True)
    bias: bool = argument(FLAG, True, keyword_only=True)

    def check(self) -> None:
        expect_whole_groups(self, self.num_groups, self.num_channels, f"num_channels={self.num_channels}")

    def affine_shape(self) -> Shape:
        return (self.num_channels,)

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN, self.num_channels, *(UNKNOWN,) * (rank - 2)),)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        expect_at_least(self, 2, x)
        if x[1] != self.num_channels and self.affine:
            raise wrong_channels(self, "num_channels", x[1], x, 1)
        expect_whole_groups(self, self.num_groups, x[1], f"the input's {x[1]} channels")
        expect_values(self, product((x[0], x[1] // self.num_groups, *x[2:])), x, "a group of channels")
        return (x,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return self.own_statistics(inputs[0], inputs[0][0] * self.num_groups)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return (normalize(tape, x, x.shape[0] * self.num_groups, as_picture(x.shape, x)),)


class ByLastAxes(Normalization):
    """Layer and RMS normalisation: over the last axes, whose sizes are `normalized_shape`."""

    normalized_shape: Shape = argument(Many(POSITIVE), inferred=True)

    @classmethod
    def channel_axis(cls, rank: int) -> int:
        return rank - 1

    @classmethod
    def infer(cls, name: str, inputs: Sequence[Shape]) -> Any:
        return inputs[0][-1:]

    def check(self) -> None:
        expect_some_axes(self, self.normalized_shape)

    def affine_shape(self) -> Shape:
        return self.normalized_shape

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * (rank - len(self.normalized_shape)) + self.normalized_shape,)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        expect_last_axes(self, x, self.normalized_shape)
        return (x,)


class LayerNorm(ByLastAxes):
    """Normalises over the last axes: 5n + 2 * rows, n for the weight, n for the bias."""

    eps: float = argument(REAL, 1e-5)
    elementwise_affine: bool = argument(FLAG, True)
    bias: bool = argument(FLAG, True)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return self.own_statistics(inputs[0], product(inputs[0][: -len(self.normalized_shape)]))

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return (normalize(tape, x, product(x.shape[: -len(self.normalized_shape)])),)


class LayerNorm2d(LayerNorm):
    """torchvision's: `LayerNorm` over the channels of `N x C x H x W`, at each position apart.

    5n + 2 * N * H * W, n for the weight, n for the bias.
    """

    ranks = (4,)

    normalized_shape: Shape = argument(Many(POSITIVE, length=1), inferred=True)

    @classmethod
    def channel_axis(cls, rank: int) -> int:
        return min(1, rank - 1)

    @classmethod
    def infer(cls, name: str, inputs: Sequence[Shape]) -> Any:
        return inputs[0][1:2]

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN, *self.normalized_shape, *(UNKNOWN,) * (rank - 2)),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return (normalize(tape, x, x.shape[0] * product(x.shape[2:]), in_channels_last(x.shape)),)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        (channels,) = self.normalized_shape
        if x[1] != channels:
            accepts = (x[0], channels, *x[2:])
            message = f"expected {channels} input channels, found {x[1]}"
            raise Refusal("CV202", message, argument="normalized_shape", instead=x[1], accepts=accepts)
        return (x,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        samples, _, *positions = inputs[0]
        return self.own_statistics(inputs[0], product((samples, *positions)))

    def build(self, nn: Any, **factory: Any) -> Any:
        """Return a `LayerNorm` whose input and output have their channels moved to the end and back."""

        class Module(nn.LayerNorm):  # type: ignore[misc]  # nn is known only when it is handed in
            def forward(self, x: Any) -> Any:
                return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

        Module.__name__ = Module.__qualname__ = self.name
        return Module(**self.values, **factory)


class RMSNorm(ByLastAxes):
    """Divides by the root of the mean square over the last axes: 3n + 2 * rows, and n for the weight.

    The squares n, their mean n, the division n; for each row one addition of eps and one root.
    """

    eps: float | None = argument(optional(REAL), None)
    elementwise_affine: bool = argument(FLAG, True)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        x = inputs[0]
        n, rows = product(x), product(x[: -len(self.normalized_shape)])
        return 3 * n + 2 * rows + len(self.weights()) * n

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...] | None:
        return divide_by_mean_square(tape, x, len(self.normalized_shape), affine=bool(self.weights()))


def divide_by_mean_square(tape: Tape, x: Piece, axes: int, *, affine: bool) -> tuple[Piece, ...] | None:
    """Play an RMS normalisation; torch computes narrow numbers in a way of its own."""
    if x.kind in ("float16", "bfloat16") or tape.narrow:
        return None
    squares = tape.new(x.shape)
    scale = tape.new((*x.shape[:-axes], *(1,) * axes))
    tape.drop(squares)
    if x.grad:
        tape.keep(x, scale)
    y = tape.out()
    tape.drop(scale)
    if not affine:
        return (y,)
    tape.keep(y)
    weighted = tape.out()
    tape.drop(y)
    return (weighted,)


class Normalize(Function):
    """Divides by the p-norm over one axis or several: x / max(norm, eps), of any shape.

    3n + rows, whatever p is: n powers, their sums n - rows, a root and a comparison for each row,
    n divisions; a row is one norm. torch also takes norms by name (`p="fro"`).
    """

    name = "normalize"
    takes = FLOATS

    input: Any = argument(Tensor())
    p: float = argument(REAL, 2.0)
    dim: int | tuple[int, ...] = argument(Either(ANY_INTEGER, Many(ANY_INTEGER, spread=None)), 1)
    eps: float = argument(REAL, 1e-12)
    out: None = argument(Nothing(), None)

    def axes_of(self, x: Shape) -> set[int]:
        """Return the axes that a norm runs over, all of them for an empty list."""
        dims = self.dim if isinstance(self.dim, tuple) else (self.dim,)
        found: set[int] = set()
        for dim in dims:
            axis = dimension(self, x, dim)
            if axis in found:
                raise Refusal("CV230", f"normalize: `dim` names axis {axis} twice", argument="dim")
            found.add(axis)
        return found or set(range(len(x)))

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.axes_of(x)
        return (x,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        (x,) = inputs
        over = self.axes_of(x)
        return 3 * product(x) + product([size for axis, size in enumerate(x) if axis not in over])

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        over = self.axes_of(x.shape)
        rows = tuple(1 if axis in over else size for axis, size in enumerate(x.shape))
        norm = tape.new(rows)
        divisor = tape.new(rows)
        tape.keep(x, norm, divisor)
        tape.drop(norm)
        y = tape.out()
        tape.drop(divisor)
        return (y,)
