"""Functions that give the same elements another shape, and compute nothing.

`reshape(x, 1, -1)`, which torch has as a method only, says the same as `reshape(x, (1, -1))`, for
all functions here that take a list. Sizes of 0 are refused: no tensor is left without elements.
"""

from collections.abc import Sequence

from convcli.argument import ANY_INTEGER, Either, Integer, Many, Nothing, Slot, Tensor, argument
from convcli.diagnostics import Refusal
from convcli.expect import dimension
from convcli.function import Function
from convcli.human import show_shape
from convcli.op import Operator
from convcli.ops.broadcast import unknown_size
from convcli.quantity import Shape, is_known, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, in_order, same_place

Axes = tuple[int, ...]
LIST = Many(ANY_INTEGER, spread=None)
SIZES = Many(Integer(-1), spread=None)


class Shaping(Function):
    """A function of one tensor, and what its new shape is to be."""

    input: Slot = argument(Tensor())


class Reshaping(Shaping):
    """The same elements in another shape; one size may be -1, and is worked out."""

    def check(self) -> None:
        sizes = self.values[self.variadic]
        refuse_zero(self, self.variadic, sizes)
        if len(open_axes(sizes)) > 1:
            raise Refusal("CV226", f"{self.name}: {sizes} has more than one -1", argument=self.variadic)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        sizes = getattr(self, self.variadic)
        free = open_axes(sizes)
        total, given = product(x), product([size for axis, size in enumerate(sizes) if axis not in free])
        if (total % given if free else total - given) != 0:
            raise self._do_not_fit(x, sizes, given)
        return (tuple(total // given if axis in free else size for axis, size in enumerate(sizes)),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (in_order(0, inputs[0]),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.passes(0)
        return (tape.reshape(x, tape.shapes[0]),)

    def _do_not_fit(self, x: Shape, sizes: Axes, given: int) -> Refusal:
        total = product(x)
        factors = f" = {' * '.join(map(str, x))}" if len(x) > 1 else ""
        found = f"{self.name}: {show_shape(x)} has {_count(total)}{factors} elements"
        if open_axes(sizes):
            message = f"no multiple of the {_count(given)} of {sizes}"
            help = f"the sizes beside -1 must divide {_count(total)}"
        else:
            message, help = f"{sizes} has {_count(given)}", _repair(sizes, total)
        return Refusal("CV229", f"{found}, {message}", argument=self.variadic, help=help)


class Reshape(Reshaping):
    """The same elements in another shape; one size may be -1, and is worked out."""

    name = "reshape"
    variadic = "shape"
    shape: Axes = argument(SIZES)


class View(Reshaping):
    """`reshape`, as torch's method; that torch's `view` also needs elements in order is not checked."""

    name = "view"
    variadic = "size"
    size: Axes = argument(SIZES)


class Squeeze(Shaping):
    """Without the axes of size 1: all of them, or those of `dim` that have it.

    Refused where a size that decides about an axis is not known.
    """

    name = "squeeze"
    dim: int | Axes | None = argument(Either(Nothing(), ANY_INTEGER, LIST), None)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        axes = set(range(len(x)) if self.dim is None else dimensions(self, x, self.dim, "dim"))
        for axis in sorted(axes):
            if x and not is_known(x[axis]):
                raise unknown_size(self, x, axis, "an axis goes only if its size is 1")
        return (tuple(size for axis, size in enumerate(x) if axis not in axes or size != 1),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (in_order(0, inputs[0]),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.passes(0)
        return (tape.reshape(x, tape.shapes[0]),)


class Unsqueeze(Shaping):
    """A new axis of size 1, at `dim` of the result."""

    name = "unsqueeze"
    dim: int = argument(ANY_INTEGER)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        place = new_dimension(self, x, self.dim)
        return ((*x[:place], 1, *x[place:]),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        own = same_place(0, len(inputs[0])).sources
        place = new_dimension(self, inputs[0], self.dim)
        return (Reading(0, (*own[:place], None, *own[place:])),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.passes(0)
        return (tape.reshape(x, tape.shapes[0]),)


class Expand(Shaping):
    """Axes of size 1 made larger by repetition, and new axes in front; -1 keeps a size."""

    name = "expand"
    variadic = "size"
    size: Axes = argument(SIZES)

    def check(self) -> None:
        refuse_zero(self, "size", self.size)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        new = len(self.size) - len(x)
        if new < 0:
            raise self._refuse(x, f"takes {len(x)} sizes or more, found {len(self.size)}")
        sizes = list(self.size[:new])
        if open_axes(self.size[:new]):
            raise self._refuse(x, "a new axis cannot have the size -1")
        for axis, (have, want) in enumerate(zip(x, self.size[new:], strict=True)):
            fixed = is_known(have) and have != 1
            if fixed and want not in (have, -1):
                raise self._refuse(x, f"axis {axis} has {have} and cannot become {want}; only a size of 1 can")
            sizes.append(have if fixed or (is_known(want) and want == -1) else want)
        return (tuple(sizes),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return (tape.expand(x, tape.shapes[0]),)

    def _refuse(self, x: Shape, why: str) -> Refusal:
        return Refusal("CV228", f"expand of {show_shape(x)} to {self.size}: {why}", argument="size")


def dimensions(op: Operator, x: Shape, dims: int | Sequence[int], name: str = "dims") -> Axes:
    """Return the axes that `dims` means, counted from the front.

    Raises:
        Refusal: `x` has no such axis, or one is named twice.
    """
    axes = tuple(dimension(op, x, dim, name) for dim in (dims if isinstance(dims, Sequence) else (dims,)))
    seen: set[int] = set()
    for axis in axes:
        if axis in seen:
            raise Refusal("CV230", f"{op.name}: axis {axis} comes twice in {name}={dims}", argument=name)
        seen.add(axis)
    return axes


def new_dimension(op: Operator, x: Shape, dim: int) -> int:
    """Return the place of a new axis in `x`, counted from the front.

    Raises:
        Refusal: there is no such place.
    """
    places = len(x) + 1
    if not is_known(dim) or not -places <= dim < places:
        found = f"{op.name}: dim={dim} is no place for a new axis in the {len(x)}-d input {show_shape(x)}"
        raise Refusal("CV230", found, argument="dim", help=f"its places are {-places} to {places - 1}")
    return int(dim) % places


def axis_to_cut(op: Operator, x: Shape, dim: int) -> int:
    """Return the axis of `x` that `dim` means; a scalar has none here."""
    if not x:
        raise Refusal("CV203", f"{op.name} takes an input of at least one dimension, found a scalar")
    return dimension(op, x, dim)


def open_axes(sizes: Axes) -> list[int]:
    """Return where a list of sizes has -1."""
    return [axis for axis, size in enumerate(sizes) if is_known(size) and size == -1]


def refuse_zero(op: Operator, name: str, sizes: Axes) -> None:
    """Refuse a size of 0."""
    if any(is_known(size) and size == 0 for size in sizes):
        raise Refusal("CV225", f"{op.name}: a size of 0 in {sizes} leaves no element", argument=name)


def _repair(sizes: Axes, total: int) -> str:
    given = product(sizes)
    for axis in range(len(sizes))[::-1][:8]:
        rest = given // sizes[axis]
        if is_known(total) and is_known(rest) and total % rest == 0:
            return f"with {_count(total // rest)} in place of {sizes[axis]} it fits; -1 there works it out"
    return ""


def _count(number: int) -> str:
    return str(number) if not is_known(number) or number < 10**30 else f"more than 2^{number.bit_length() - 1}"
