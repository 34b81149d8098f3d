"""Many elements to one: `mean`, `sum`, `amax`, `amin`, `var`, `std`, `argmax`, `argmin`.

n is the number of elements of the input, m of the output. An empty list for `dim`, like None,
means all axes.
"""

from collections.abc import Sequence
from typing import ClassVar

from convcli.argument import ANY_INTEGER, FLAG, REAL, Either, Many, Nothing, Slot, Tensor, argument, optional
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.op import FLOATS
from convcli.ops.activation import INPUT, OUTPUT
from convcli.ops.broadcast import is_float
from convcli.ops.shaping import Axes, dimensions
from convcli.quantity import Shape, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading
from convcli.window.taps import STAY

DIM = Either(Nothing(), ANY_INTEGER, Many(ANY_INTEGER, spread=None))


class Reduction(Function):
    """Takes away the axes `dim`, or makes them 1 with `keepdim`; other_ops: n - m."""

    kept: ClassVar[tuple[str, ...]] = ()
    """What backward needs."""
    input: Slot = argument(Tensor())
    dim: int | Axes | None = argument(DIM, None)

    def over(self, x: Shape) -> set[int]:
        """Return the axes that go."""
        given = () if self.dim is None else self.dim
        everything = isinstance(given, tuple) and not given
        return set(range(len(x)) if everything else dimensions(self, x, given, "dim"))

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x = inputs[0]
        axes = self.over(x)
        sources = tuple(None if axis in axes else (axis, STAY) for axis in range(len(x)))
        return (Reading(0, sources if self.values["keepdim"] else tuple(filter(None, sources))),)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        axes = self.over(x)
        if self.values["keepdim"]:
            return (tuple(1 if axis in axes else size for axis, size in enumerate(x)),)
        return (tuple(size for axis, size in enumerate(x) if axis not in axes),)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(inputs[0]) - product(outputs[0])

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        y = tape.out()
        for name in self.kept:
            tape.keep(x if name == INPUT else y)
        return (y,)


class Folding(Reduction):
    """A reduction whose only other argument is `keepdim`; other_ops: n - m."""

    keepdim: bool = argument(FLAG, False)


class Sum(Folding):
    """The sum; other_ops: n - m additions."""

    name = "sum"


class Mean(Folding):
    """The mean of floating point numbers; other_ops: n (n - m additions, m divisions)."""

    name = "mean"
    takes = FLOATS

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return floats_only(self, inputs)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(inputs[0])


class Amax(Folding):
    """The largest element; other_ops: n - m comparisons."""

    name = "amax"
    kept = (INPUT, OUTPUT)


class Amin(Folding):
    """The smallest element; other_ops: n - m comparisons."""

    name = "amin"
    kept = (INPUT, OUTPUT)


class Var(Reduction):
    """The variance, divided by the number of elements less `correction` (`unbiased`: 1 or 0).

    other_ops: 4n (the mean n, then for each element a subtraction and a square, n - m additions
    and m divisions).
    """

    name = "var"
    kept: ClassVar[tuple[str, ...]] = (INPUT,)
    takes = FLOATS
    unbiased: bool | None = argument(optional(FLAG), None)
    keepdim: bool = argument(FLAG, False)
    correction: float | None = argument(optional(REAL), None, keyword_only=True)

    def check(self) -> None:
        if self.unbiased is not None and self.correction is not None:
            found = f"{self.name} takes `unbiased` or `correction`, not both"
            help = "`unbiased=False` is `correction=0`"
            raise Refusal("CV226", found, argument="unbiased", help=help)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return floats_only(self, inputs)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(inputs[0]) * 4


class Std(Var):
    """The square root of the variance; other_ops: 4n + m."""

    name = "std"
    kept = (INPUT, OUTPUT)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(inputs[0]) * 4 + product(outputs[0])


class Argmax(Folding):
    """The position of the largest element along `dim`, or in the flat tensor; other_ops: n - m comparisons."""

    name = "argmax"
    dim: int | None = argument(optional(ANY_INTEGER), None)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return ("int64",)


class Argmin(Argmax):
    """The position of the smallest element along `dim`, or in the flat tensor; other_ops: n - m comparisons."""

    name = "argmin"


def floats_only(op: Function, dtypes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the type of floating point numbers, or refuse integers."""
    if not is_float(dtypes[0]):
        raise Refusal("CV231", f"{op.name} takes floating point numbers, found {dtypes[0]}")
    return dtypes[:1]
