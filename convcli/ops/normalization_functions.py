"""Normalising functions, whose weights and statistics are tensors, or None.

They are counted as the layers are (see `normalization`): 2n with running statistics; else 5n + 2S
for n elements in S sets with a mean each, and n for each of weight and bias.
"""

from collections.abc import Sequence
from typing import Any

from convcli.argument import FLAG, POSITIVE, REAL, Many, Slot, Tensor, argument, optional
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.human import show_shape
from convcli.layout import as_picture
from convcli.op import FLOATS
from convcli.ops.group_normalization import (
    divide_by_mean_square,
    expect_last_axes,
    expect_some_axes,
    expect_whole_groups,
)
from convcli.ops.normalization import expect_at_least, expect_values, normalize, normalize_samples
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, same_place

MAYBE_TENSOR = Tensor(optional=True)


class Normalizing(Function):
    """What the functions have in common: further tensors that must have a certain shape."""

    takes = FLOATS

    def given(self, *names: str) -> list[str]:
        """Return those of the arguments that are tensors, and not None."""
        return [name for name in names if isinstance(self.values.get(name), Slot)]

    def expect_tensors(self, shapes: Sequence[Shape], expected: Shape, *names: str) -> None:
        """Refuse weights or statistics of another shape than `expected`."""
        for name in self.given(*names):
            found = shapes[self.values[name].input]
            if len(found) != len(expected) or any(a != b for a, b in zip(found, expected, strict=True)):
                message = f"{self.name}: `{name}` must be {show_shape(expected)}, found {show_shape(found)}"
                raise Refusal("CV228", message, argument=name)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (same_place(0, len(inputs[0])),)

    def affine_ops(self, x: Shape) -> int:
        """Return the operations of the weight and the bias."""
        return len(self.given("weight", "bias")) * product(x)

    def keep_tensors(self, tape: Tape, pieces: Sequence[Piece], *names: str) -> None:
        """Keep those of the arguments that are tensors."""
        tape.keep(*(pieces[self.values[name].input] for name in self.given(*names)))


class ByRunningStatistics(Normalizing):
    """Batch and instance normalisation; updating the statistics is not counted."""

    def expect_statistics(self, shapes: Sequence[Shape], *, own: bool) -> None:
        """Refuse one statistic without the other, none where they are needed, and a wrong number."""
        x, count = shapes[0], len(self.given("running_mean", "running_var"))
        if count == 1 or (count == 0 and not own):
            needed = "both or neither of" if own else "both"
            message = f"{self.name} needs {needed} `running_mean` and `running_var`, found {'one' if count else 'none'}"
            raise Refusal("CV226", message)
        self.expect_tensors(shapes, (x[1],), "running_mean", "running_var", "weight", "bias")

    def update(self, tape: Tape, pieces: Sequence[Piece], *, own: bool) -> None:
        """Write over the running statistics, if the input's own are taken."""
        if own:
            for name in self.given("running_mean", "running_var"):
                tape.over(pieces[self.values[name].input])


class BatchNormFunction(ByRunningStatistics):
    """Batch normalisation: 2n with running statistics, 5n + 2C and the weights where `training`."""

    name = "batch_norm"

    input: Any = argument(Tensor())
    running_mean: Any = argument(MAYBE_TENSOR)
    running_var: Any = argument(MAYBE_TENSOR)
    weight: Any = argument(MAYBE_TENSOR, None)
    bias: Any = argument(MAYBE_TENSOR, None)
    training: bool = argument(FLAG, False)
    momentum: float = argument(REAL, 0.1)
    eps: float = argument(REAL, 1e-5)

    def check(self) -> None:
        if self.eps is not UNKNOWN and (self.eps < 0 or (self.training and self.eps <= 0)):
            words = "more than 0 in training" if self.training else "0 or more"
            raise Refusal("CV210", f"batch_norm: `eps` must be {words}, found {self.eps}", argument="eps")

    def outputs(self, *shapes: Shape) -> tuple[Shape, ...]:
        x = shapes[0]
        expect_at_least(self, 2, x)
        self.expect_statistics(shapes, own=self.training)
        if self.training:
            expect_values(self, product((x[0], *x[2:])), x, "the batch and all positions")
        return (x,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        x = inputs[0]
        return 5 * product(x) + 2 * x[1] + self.affine_ops(x) if self.training else 2 * product(x)

    def memory(self, tape: Tape, x: Piece, *others: Piece) -> tuple[Piece, ...]:
        self.keep_tensors(tape, (x, *others), "weight", "running_mean", "running_var")
        self.update(tape, (x, *others), own=self.training)
        return (normalize(tape, x, x.shape[1] if self.training else 0, as_picture(x.shape, x)),)


class InstanceNormFunction(ByRunningStatistics):
    """Instance normalisation: 5n + 2 * N * C and the weights; 2n without `use_input_stats`."""

    name = "instance_norm"

    input: Any = argument(Tensor())
    running_mean: Any = argument(MAYBE_TENSOR, None)
    running_var: Any = argument(MAYBE_TENSOR, None)
    weight: Any = argument(MAYBE_TENSOR, None)
    bias: Any = argument(MAYBE_TENSOR, None)
    use_input_stats: bool = argument(FLAG, True)
    momentum: float = argument(REAL, 0.1)
    eps: float = argument(REAL, 1e-5)

    def outputs(self, *shapes: Shape) -> tuple[Shape, ...]:
        x = shapes[0]
        expect_at_least(self, 2, x)
        self.expect_statistics(shapes, own=self.use_input_stats)
        if self.use_input_stats:
            expect_values(self, product(x[2:]), x, "the positions of a channel")
        return (x,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        x = inputs[0]
        return 5 * product(x) + 2 * x[0] * x[1] + self.affine_ops(x) if self.use_input_stats else 2 * product(x)

    def memory(self, tape: Tape, x: Piece, *others: Piece) -> tuple[Piece, ...]:
        self.update(tape, (x, *others), own=self.use_input_stats)
        kept = len(self.given("weight", "running_mean", "running_var"))
        repeated = (kept, len(self.given("bias")))
        return (normalize_samples(tape, x, own=self.use_input_stats, axes=len(x.shape) - 2, repeated=repeated),)


class GroupNormFunction(Normalizing):
    """Group normalisation: 5n + 2 * N * num_groups and the weights."""

    name = "group_norm"

    input: Any = argument(Tensor())
    num_groups: int = argument(POSITIVE)
    weight: Any = argument(MAYBE_TENSOR, None)
    bias: Any = argument(MAYBE_TENSOR, None)
    eps: float = argument(REAL, 1e-5)

    def outputs(self, *shapes: Shape) -> tuple[Shape, ...]:
        x = shapes[0]
        expect_at_least(self, 2, x)
        expect_whole_groups(self, self.num_groups, x[1], f"the input's {x[1]} channels")
        expect_values(self, product((x[0], x[1] // self.num_groups, *x[2:])), x, "a group of channels")
        self.expect_tensors(shapes, (x[1],), "weight", "bias")
        return (x,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        x = inputs[0]
        return 5 * product(x) + 2 * x[0] * self.num_groups + self.affine_ops(x)

    def memory(self, tape: Tape, x: Piece, *others: Piece) -> tuple[Piece, ...]:
        self.keep_tensors(tape, (x, *others), "weight")
        return (normalize(tape, x, x.shape[0] * self.num_groups, as_picture(x.shape, x)),)


class LastAxesFunction(Normalizing):
    """Layer and RMS normalisation over the last axes."""

    input: Any = argument(Tensor())
    normalized_shape: Shape = argument(Many(POSITIVE, spread=None))
    weight: Any = argument(MAYBE_TENSOR, None)

    def check(self) -> None:
        expect_some_axes(self, self.normalized_shape)

    def outputs(self, *shapes: Shape) -> tuple[Shape, ...]:
        expect_last_axes(self, shapes[0], self.normalized_shape)
        self.expect_tensors(shapes, self.normalized_shape, "weight", "bias")
        return (shapes[0],)

    def rows(self, x: Shape) -> int:
        """Return the number of sets that are normalised."""
        return product(x[: -len(self.normalized_shape)])


class LayerNormFunction(LastAxesFunction):
    """Layer normalisation: 5n + 2 * rows and the weights."""

    name = "layer_norm"

    bias: Any = argument(MAYBE_TENSOR, None)
    eps: float = argument(REAL, 1e-5)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        (x, *_) = inputs
        return 5 * product(x) + 2 * self.rows(x) + self.affine_ops(x)

    def memory(self, tape: Tape, x: Piece, *others: Piece) -> tuple[Piece, ...]:
        self.keep_tensors(tape, (x, *others), "weight", "bias")
        return (normalize(tape, x, self.rows(x.shape)),)


class RMSNormFunction(LastAxesFunction):
    """RMS normalisation: 3n + 2 * rows, and n for the weight."""

    name = "rms_norm"

    eps: float | None = argument(optional(REAL), None)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        (x, *_) = inputs
        return 3 * product(x) + 2 * self.rows(x) + self.affine_ops(x)

    def memory(self, tape: Tape, x: Piece, *others: Piece) -> tuple[Piece, ...] | None:
        if x.grad:
            self.keep_tensors(tape, (x, *others), "weight")
        return divide_by_mean_square(tape, x, len(self.normalized_shape), affine=any(w.grad for w in others))
