"""Joining tensors and taking them apart: `cat`, `stack`, `chunk`, `split`, `unbind`. No arithmetic.

An operator with several results has at most `MOST_RESULTS` of them, where torch knows no limit.
"""

from collections.abc import Sequence
from functools import reduce
from operator import add

from convcli.argument import ANY_INTEGER, POSITIVE, Either, Many, Slot, Tensor, argument
from convcli.diagnostics import Refusal
from convcli.expect import dimension
from convcli.function import Function
from convcli.human import show_shape
from convcli.layout import given, normal
from convcli.op import Operator
from convcli.ops.broadcast import promoted, same, unknown_size
from convcli.ops.shaping import axis_to_cut, new_dimension
from convcli.quantity import UNKNOWN, Shape, ceil_div, is_known
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, last_axes, same_place
from convcli.window.taps import SOMEWHERE, fixed, shifted

MOST_RESULTS = 100_000


class Joining(Function):
    """Makes one tensor of several; the number type holds the values of all."""

    tensors: tuple[Slot, ...] = argument(Tensor(many=True))
    dim: int = argument(ANY_INTEGER, 0)

    def slots(self) -> tuple[Slot, ...]:
        """Return which inputs are joined, in order."""
        slots: tuple[Slot, ...] = self.values["tensors"]
        return slots

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * rank,) * len(self.slots())

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return (promoted(inputs),)

    def memory(self, tape: Tape, *inputs: Piece) -> tuple[Piece, ...]:
        tape.passes(*range(len(inputs)))
        return (tape.out(),)

    def common(self, shapes: Sequence[Shape], apart: int | None) -> list[int]:
        """Return the sizes that all shapes share; axis `apart` may differ, and keeps the first one's."""
        sizes = list(shapes[0])
        for number, shape in enumerate(shapes):
            if len(shape) != len(sizes):
                found = f"input 0 is {show_shape(shapes[0])} and input {number} is {show_shape(shape)}"
                raise Refusal("CV228", f"{self.name}: the numbers of dimensions differ: {found}")
            for axis, size in enumerate(shape):
                shared = sizes[axis] if axis == apart else same(sizes[axis], size)
                if shared is None:
                    raise self._differ(shapes, number, axis, apart)
                sizes[axis] = shared
        return sizes

    def _differ(self, shapes: Sequence[Shape], number: int, axis: int, apart: int | None) -> Refusal:
        shape = shapes[number]
        first = next(i for i, other in enumerate(shapes) if other[axis] != shape[axis])
        found = f"input {first} is {show_shape(shapes[first])} and input {number} is {show_shape(shape)}"
        how = f"axis {axis} is {shapes[first][axis]} and {shape[axis]}"
        rule = "all sizes must be equal" if apart is None else f"only axis {apart}, the one that is joined, may differ"
        return Refusal("CV228", f"{self.name}: {how}: {found}", help=rule)


class Cat(Joining):
    """Joins tensors along an axis that they all have; the sizes along it add up."""

    name = "cat"

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        shapes = [inputs[slot.input] for slot in self.slots()]
        if () in shapes:
            found = f"cat: input {shapes.index(())} is a scalar, which has no axis to join"
            raise Refusal("CV203", found, help="`stack` joins scalars along a new axis")
        dim = dimension(self, shapes[0], self.dim)
        sizes = self.common(shapes, dim)
        return ((*sizes[:dim], reduce(add, [shape[dim] for shape in shapes]), *sizes[dim + 1 :]),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        rank = len(outputs[result])
        dim = dimension(self, inputs[0], self.dim)
        return tuple(last_axes(at, rank, (), {dim: (dim, SOMEWHERE)}) for at in range(len(inputs)))


class Stack(Joining):
    """Joins tensors of one shape along a new axis, whose size is their number."""

    name = "stack"

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        shapes = [inputs[slot.input] for slot in self.slots()]
        sizes = self.common(shapes, None)
        dim = new_dimension(self, shapes[0], self.dim)
        return ((*sizes[:dim], len(shapes), *sizes[dim:]),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        own = same_place(0, len(inputs[0])).sources
        dim = new_dimension(self, inputs[0], self.dim)
        return tuple(Reading(at, (*own[:dim], None, *own[dim:])) for at in range(len(inputs)))


class Chunk(Function):
    """Cuts an axis into `chunks` parts of ceil(size / chunks), the last one smaller where it must be.

    Small sizes give fewer parts (5 in 4 parts are 2, 2, 1). Of an axis of unknown size `chunks`
    parts are made.
    """

    name = "chunk"
    several = True
    input: Slot = argument(Tensor())
    chunks: int = argument(POSITIVE)
    dim: int = argument(ANY_INTEGER, 0)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        dim = axis_to_cut(self, x, self.dim)
        if not is_known(x[dim]) and is_known(self.chunks):
            return parts(self, x, dim, [(UNKNOWN, int(self.chunks))])
        return equal_parts(self, x, dim, ceil_div(x[dim], self.chunks))

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (part_of(axis_to_cut(self, inputs[0], self.dim), result, inputs[0], outputs),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return views_of_parts(tape, x)


class Split(Function):
    """Cuts an axis into parts of `split_size_or_sections`, the last one smaller; or into parts of a list of sizes."""

    name = "split"
    several = True
    tensor: Slot = argument(Tensor())
    split_size_or_sections: int | tuple[int, ...] = argument(Either(POSITIVE, Many(POSITIVE, spread=None)))
    dim: int = argument(ANY_INTEGER, 0)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        dim, size = axis_to_cut(self, x, self.dim), self.split_size_or_sections
        if not isinstance(size, tuple):
            return equal_parts(self, x, dim, size)
        total = reduce(add, size, 0)
        if total != x[dim]:
            raise Refusal(
                "CV229",
                f"split: the sections {show_sum(size)} add up to {total}, axis {dim} of {show_shape(x)} is {x[dim]}",
                argument="split_size_or_sections",
            )
        return parts(self, x, dim, [(section, 1) for section in size])

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x, sections = inputs[0], self.split_size_or_sections
        dim = axis_to_cut(self, x, self.dim)
        if isinstance(sections, tuple):
            return (last_axes(0, len(x), (), {dim: (dim, shifted(sum(sections[:result])))}),)
        return (part_of(dim, result, x, outputs),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return views_of_parts(tape, x)


class Unbind(Function):
    """Takes an axis away: one result for each position along it."""

    name = "unbind"
    several = True
    input: Slot = argument(Tensor())
    dim: int = argument(ANY_INTEGER, 0)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        dim = axis_to_cut(self, x, self.dim)
        if not is_known(x[dim]):
            raise unknown_size(self, x, dim, "it is the number of results")
        count = few_enough(self, int(x[dim]))
        return ((*x[:dim], *x[dim + 1 :]),) * count

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        dim = axis_to_cut(self, inputs[0], self.dim)
        own = same_place(0, len(inputs[0])).sources
        return (Reading(0, own[:dim] + own[dim + 1 :], fixed=((dim, fixed(result)),)),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        dim, strides = axis_to_cut(self, x.shape, self.dim), given(x.shape, x.strides)
        shape = tape.shapes[0]
        return (tape.view(x, shape, normal(shape, (*strides[:dim], *strides[dim + 1 :]))),) * len(tape.shapes)


def views_of_parts(tape: Tape, x: Piece) -> tuple[Piece, ...]:
    """Play a cut along an axis: each part is a view."""
    strides = given(x.shape, x.strides)
    return tuple(tape.view(x, shape, normal(shape, strides)) for shape in tape.shapes)


def equal_parts(op: Operator, x: Shape, dim: int, size: int) -> tuple[Shape, ...]:
    """Cut axis `dim` into parts of `size`; the last one takes what is left."""
    whole = x[dim]
    if not is_known(whole):
        raise unknown_size(op, x, dim, f"it decides how many parts of {size} there are")
    if not is_known(size):
        raise Refusal("CV255", f"{op.name}: how large the parts are depends on a size that is not known")
    count, rest = int(whole) // int(size), int(whole) % int(size)
    return parts(op, x, dim, [(size, count), (rest, 1 if rest else 0)])


def parts(op: Operator, x: Shape, dim: int, sizes: list[tuple[int, int]]) -> tuple[Shape, ...]:
    """Return the shape of each part, from pairs of a size and how often it comes."""
    few_enough(op, sum(count for _, count in sizes))
    return tuple(part for size, count in sizes for part in ((*x[:dim], size, *x[dim + 1 :]),) * count)


def part_of(dim: int, result: int, x: Shape, outputs: Sequence[Shape]) -> Reading:
    """Return the reading of one of several parts of axis `dim`, all but the last of one size."""
    return last_axes(0, len(x), (), {dim: (dim, shifted(result * outputs[0][dim]))})


def few_enough(op: Operator, count: int) -> int:
    """Return the number of results, or refuse it."""
    if count > MOST_RESULTS:
        raise Refusal("CV232", f"{op.name} would give {count:,} tensors; the limit is {MOST_RESULTS:,}")
    return count


def show_sum(sizes: tuple[int, ...]) -> str:
    """Write `2 + 3`, shortened in the middle."""
    return " + ".join(map(str, sizes if len(sizes) < 9 else (*sizes[:4], "...", *sizes[-2:]))) or "of an empty list"
