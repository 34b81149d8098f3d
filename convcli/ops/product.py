"""Matrix products: `matmul` with all of torch's rules for the number of dimensions, and `bmm`.

MACs: batch * m * k * n, for matrices m x k and k x n; other_ops: 0.
"""

from collections.abc import Sequence

from convcli.argument import Slot, Tensor, argument
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.human import show_shape
from convcli.layout import moved
from convcli.op import Operator
from convcli.ops.broadcast import broadcast, same
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, element_wise
from convcli.window.taps import STAY


class MatrixProduct(Function):
    """The last two axes are matrices, all axes before them a batch."""

    input: Slot = argument(Tensor())

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        if len(set(inputs)) > 1:
            found = f"{self.name} multiplies tensors of one number type, found {' and '.join(inputs)}"
            raise Refusal("CV231", found)
        return inputs[:1]

    def pair(self, inputs: Sequence[Shape]) -> tuple[Shape, Shape]:
        """Return the shapes of both factors."""
        first, second = (inputs[self.values[name].input] for name in self.tensor_arguments())
        return first, second

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        y = outputs[result]
        first, second = (self.values[name].input for name in self.tensor_arguments())
        a, b = inputs[first], inputs[second]
        batch = len(y) - (len(a) > 1) - (len(b) > 1)
        found = []
        for at, x, row in ((first, a, True), (second, b, False)):
            sources = element_wise(at, x[:-2], y[:batch]).sources
            if len(a) > 1:
                sources = (*sources, (len(x) - 2, STAY) if row else None)
            if len(b) > 1:
                sources = (*sources, None if row else (len(x) - 1, STAY))
            found.append(Reading(at, sources))
        return tuple(found)

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        a, b = self.pair(inputs)
        return product(outputs[0]) * inner_size(self, a, b)

    def memory(self, tape: Tape, *inputs: Piece) -> tuple[Piece, ...]:
        a, b = (inputs[self.values[name].input] for name in self.tensor_arguments())
        return (multiply(tape, a, b, tape.shapes[0]),)


class Matmul(MatrixProduct):
    """`input @ other`: batches are broadcast, a 1-d factor is a row on the left and a column on the right.

    The axis that a 1-d factor lacks is missing in the output as well: two vectors give a scalar.
    """

    name = "matmul"
    other: Slot = argument(Tensor())

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * rank,) * 2

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        a, b = self.pair(inputs)
        if not a or not b:
            found = f"matmul takes tensors of at least one dimension, found {show_shape(a)} and {show_shape(b)}"
            raise Refusal("CV203", found, help="`*` multiplies by a scalar")
        inner_size(self, a, b)
        try:
            batch = broadcast(self, a[:-2], b[:-2])
        except Refusal as refusal:
            found = f"matmul of {show_shape(a)} and {show_shape(b)}, the batches"
            raise Refusal("CV228", refusal.message.replace("matmul", found, 1)) from None
        return ((*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ())),)


class Bmm(MatrixProduct):
    """A batch of matrix products: `B x m x k` times `B x k x n`."""

    name = "bmm"
    mat2: Slot = argument(Tensor())

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * 3,) * 2

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        a, b = self.pair(inputs)
        if len(a) != 3 or len(b) != 3:
            found = f"bmm takes two 3-d tensors, found {show_shape(a)} and {show_shape(b)}"
            raise Refusal("CV203", found, help="`matmul` takes other numbers of dimensions")
        batch = same(a[0], b[0])
        if batch is None:
            found = f"bmm: the batches of {show_shape(a)} and {show_shape(b)} differ: {a[0]} and {b[0]}"
            raise Refusal("CV228", found)
        inner_size(self, a, b)
        return ((batch, a[1], b[2]),)


def multiply(tape: Tape, a: Piece, b: Piece, shape: Shape, kind: str | None = None) -> Piece:
    """Play `matmul`: each factor is kept for the other's gradient, in the form in which it is multiplied."""
    narrow = tape.narrowed(a, b)
    read = _as_multiplied(tape, *narrow)
    tape.keep(*(one for one, other in zip(read, (b, a), strict=True) if other.grad))
    y = tape.new(shape, kind)
    tape.drop(*(one for one in (*read, *narrow) if one.storage not in (a.storage, b.storage)))
    return y


def _as_multiplied(tape: Tape, a: Piece, b: Piece) -> tuple[Piece, Piece]:
    """Return both factors as matrices or batches of them: views, or copies where elements do not lie so."""
    ranks = (2 if len(x.shape) == 3 and x.shape[0] == 1 != other.shape[0] else len(x.shape) for x, other in _both(a, b))
    first, second = ranks
    if max(first, second) <= 2:
        return a, b
    if first > 2 and second > 2:
        batch = common_batch(a.shape[:-2], b.shape[:-2])
        whole = (tape.expand(x, (*batch, *x.shape[-2:])) for x in (a, b))
        one, other = (tape.reshape(x, (product(batch), *x.shape[-2:])) for x in whole)
        return one, other
    if first > 2:
        return tape.reshape(a, (product(a.shape[:-1]), a.shape[-1])), b
    if not a.grad:  # else torch multiplies all rows at once, by the transposed batch
        return a, b
    turned = (*range(len(b.shape) - 2), len(b.shape) - 1, len(b.shape) - 2)
    back = tape.view(b, tuple(b.shape[axis] for axis in turned), moved(b.shape, b.strides, turned))
    return a, tape.reshape(back, (product(back.shape[:-1]), back.shape[-1]))


def _both(a: Piece, b: Piece) -> tuple[tuple[Piece, Piece], tuple[Piece, Piece]]:
    return (a, b), (b, a)


def common_batch(a: Shape, b: Shape) -> Shape:
    """Return the axes before two batches of matrices that fit."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    filled = (1,) * (len(longer) - len(shorter)) + shorter
    return tuple(max(sizes) for sizes in zip(longer, filled, strict=True))


def inner_size(op: Operator, a: Shape, b: Shape) -> int:
    """Return the size of the axis that a matrix product sums over: the last of `a`, the last but one of `b`."""
    inner = b[-2] if len(b) > 1 else b[0]
    size = same(a[-1], inner)
    if size is None:
        found = f"{op.name}: the inner sizes of {show_shape(a)} and {show_shape(b)} differ: {a[-1]} and {inner}"
        raise Refusal("CV228", found, help=_transposed(a, b))
    return size


def _transposed(a: Shape, b: Shape) -> str:
    if len(b) > 1 and a[-1] == b[-1]:
        return "the second has its axes the other way round: write `transpose(..., -2, -1)` around it"
    return "the last size of the first must be the last but one of the second"
