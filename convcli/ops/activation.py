"""Element-wise activation functions, as modules and as functions.

Operations are counted in the plain formula of each class: one for each addition, subtraction,
multiplication, division, comparison and elementary function (exp, log, tanh, erf, absolute value);
a minus sign before an element is one subtraction. Numbers made of the arguments alone, such as the
slope that RReLU uses in evaluation, are worked out once and not counted. n is the number of elements.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from convcli.argument import FLAG, POSITIVE, REAL, Real, Tensor, argument, optional
from convcli.diagnostics import Refusal
from convcli.expect import wrong_channels
from convcli.function import Function, twin
from convcli.human import show_shape
from convcli.layout import alike
from convcli.op import ANYTHING, FLOATS, Operator
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, same_place

LARGEST_FLOAT32 = 3.4028234663852886e38

INPUT, OUTPUT, COPY, NOTHING = "input", "output", "copy of the input", "nothing"
"""What autograd keeps of a function of each element."""


class Elementwise(Operator):
    """A function of each element by itself; the output has the input's shape."""

    each: ClassVar[int] = 1
    """The operations for one element."""
    kept: ClassVar[tuple[str, str]] = (INPUT, COPY)
    """What backward needs, and what it needs where the output overwrites the input."""

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return self.each * product(outputs[0])

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return (one_by_one(tape, x, self.kept, inplace=self.values.get("inplace", False)),)


def one_by_one(tape: Tape, x: Piece, kept: tuple[str, str], *, inplace: bool = False) -> Piece:
    """Play a function of each element: what it keeps, and what it keeps in place."""
    keeps = kept[inplace]
    if keeps == COPY and tape.grad:
        tape.keep_new(x.shape, x.kind)
    y = tape.over(x) if inplace else tape.out(strides=alike(x.shape, [(x.shape, x.strides)]))
    if keeps in (INPUT, OUTPUT):
        tape.keep(x if keeps == INPUT else y)
    return y


class Comparing(Elementwise):
    """Activations made of comparisons: they take whole numbers as well, but not True and False."""

    takes = ANYTHING

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        refuse_bool(self, inputs)
        return super().dtypes(inputs, count)


def refuse_bool(op: Operator, dtypes: tuple[str, ...]) -> None:
    """Refuse an input of True and False."""
    if "bool" in dtypes:
        raise Refusal("CV231", f"{op.name} takes numbers, found bool")


class ReLU(Comparing):
    """max(x, 0): n."""

    kept = (OUTPUT, OUTPUT)
    inplace: bool = argument(FLAG, False)


class ReLU6(Comparing):
    """min(max(x, 0), 6): 2n."""

    each = 2
    inplace: bool = argument(FLAG, False)


class Hardtanh(Comparing):
    """min(max(x, min_val), max_val): 2n. `min_value` and `max_value` are old names of the same."""

    each = 2
    min_val: float = argument(REAL, -1.0)
    max_val: float = argument(REAL, 1.0)
    inplace: bool = argument(FLAG, False)
    min_value: float | None = argument(optional(REAL), None)
    max_value: float | None = argument(optional(REAL), None)

    def check(self) -> None:
        low = self.min_val if self.min_value is None else self.min_value
        high = self.max_val if self.max_value is None else self.max_value
        if low is not UNKNOWN and high is not UNKNOWN and not low < high:
            raise Refusal("CV226", f"Hardtanh: max_val {high} must be greater than min_val {low}", argument="max_val")


class HardtanhFunction(Function, Comparing):
    """min(max(input, min_val), max_val): 2n. Unlike the module, the bounds may be equal."""

    name = "hardtanh"
    takes = ANYTHING
    each = 2
    input: Any = argument(Tensor())
    min_val: float = argument(REAL, -1.0)
    max_val: float = argument(REAL, 1.0)
    inplace: bool = argument(FLAG, False)

    def check(self) -> None:
        if self.min_val > self.max_val:
            found = f"hardtanh: max_val {self.max_val} is smaller than min_val {self.min_val}"
            raise Refusal("CV226", found, argument="max_val")


class Threshold(Comparing):
    """x where x > threshold, else value: n."""

    threshold: float = argument(REAL)
    value: float = argument(REAL)
    inplace: bool = argument(FLAG, False)


class LeakyReLU(Elementwise):
    """x where x > 0, else negative_slope * x: 2n."""

    each = 2
    kept = (INPUT, OUTPUT)
    negative_slope: float = argument(REAL, 0.01)
    inplace: bool = argument(FLAG, False)


class AnyRReLU(Elementwise):
    """In evaluation the leaky ReLU with slope (lower + upper) / 2: 2n."""

    each = 2
    lower: float
    upper: float

    def check(self) -> None:
        if self.lower > self.upper:
            message = f"{self.name}: lower {self.lower} must not be greater than upper {self.upper}"
            raise Refusal("CV226", message, argument="lower")

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        slopes = tape.new(x.shape, x.kind)  # one for each element, in evaluation as well
        tape.keep(slopes)
        y = one_by_one(tape, x, (INPUT, OUTPUT), inplace=self.values["inplace"])
        tape.drop(slopes)
        return (y,)


class RReLU(AnyRReLU):
    """A leaky ReLU of random slope; in evaluation the slope is (lower + upper) / 2: 2n."""

    lower: float = argument(REAL, 1 / 8)
    upper: float = argument(REAL, 1 / 3)
    inplace: bool = argument(FLAG, False)


class RReLUFunction(Function, AnyRReLU):
    """`RReLU` as a function, counted as in evaluation: 2n."""

    name = "rrelu"
    takes = FLOATS
    input: Any = argument(Tensor())
    lower: float = argument(REAL, 1 / 8)
    upper: float = argument(REAL, 1 / 3)
    training: bool = argument(FLAG, False)
    inplace: bool = argument(FLAG, False)


class PReLU(Elementwise):
    """x where x > 0, else weight * x, with one weight for all or one for each channel (axis 1): 2n."""

    each = 2
    num_parameters: int = argument(POSITIVE, 1, inferred=True)
    init: float = argument(REAL, 0.25)

    @classmethod
    def infer(cls, name: str, inputs: Sequence[Shape]) -> Any:
        return inputs[0][1] if len(inputs[0]) > 1 else 1

    def template(self, rank: int) -> tuple[Shape, ...]:
        shared = rank < 2 or self.num_parameters == 1
        return ((UNKNOWN,) * rank if shared else (UNKNOWN, self.num_parameters, *(UNKNOWN,) * (rank - 2)),)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        slopes = self.num_parameters
        if slopes != 1 and len(x) < 2:
            raise _no_channels(self, slopes, x)
        if slopes != 1 and x[1] != slopes:
            raise wrong_channels(self, "num_parameters", x[1], x, 1)
        return (x,)

    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.num_parameters,)}


class PReLUFunction(Function, Elementwise):
    """`PReLU` with its weight as a tensor: a scalar, or one number for each channel: 2n."""

    name = "prelu"
    takes = FLOATS
    each = 2
    input: Any = argument(Tensor())
    weight: Any = argument(Tensor())

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * rank, (1,))

    def outputs(self, x: Shape, weight: Shape) -> tuple[Shape, ...]:
        if len(weight) > 1:
            message = f"prelu takes a scalar or 1-d weight, found {len(weight)}-d {show_shape(weight)}"
            raise Refusal("CV203", message, argument="weight")
        slopes = product(weight)
        if slopes != 1 and len(x) < 2:
            raise _no_channels(self, slopes, x)
        if slopes != 1 and x[1] != slopes:
            raise Refusal("CV202", f"prelu: expected {slopes} input channels, found {x[1]}", argument="weight")
        return (x,)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (same_place(0, len(inputs[0])),)

    def memory(self, tape: Tape, x: Piece, *weight: Piece) -> tuple[Piece, ...]:
        tape.keep(*weight)
        return (one_by_one(tape, x, self.kept),)


def _no_channels(op: Operator, slopes: int, x: Shape) -> Refusal:
    message = f"{op.name}: {slopes} slopes need an input with channels (axis 1), found {len(x)}-d {show_shape(x)}"
    return Refusal("CV202", message, help="use a single slope for all elements")


class Softshrink(Elementwise):
    """x - lambd above lambd, x + lambd below -lambd, else 0: two comparisons and a sum, 3n."""

    each = 3
    lambd: float = argument(Real(0, LARGEST_FLOAT32), 0.5)


class Hardshrink(Elementwise):
    """x above lambd and below -lambd, else 0: 2n."""

    each = 2
    lambd: float = argument(REAL, 0.5)


class Hardsigmoid(Elementwise):
    """min(max(x + 3, 0), 6) / 6: 4n."""

    each = 4
    inplace: bool = argument(FLAG, False)


class Hardswish(Elementwise):
    """x * min(max(x + 3, 0), 6) / 6: 5n."""

    each = 5
    inplace: bool = argument(FLAG, False)


relu = twin("relu", ReLU)
relu6 = twin("relu6", ReLU6)
threshold = twin("threshold", Threshold)
leaky_relu = twin("leaky_relu", LeakyReLU)
softshrink = twin("softshrink", Softshrink)
hardshrink = twin("hardshrink", Hardshrink)
hardsigmoid = twin("hardsigmoid", Hardsigmoid)
hardswish = twin("hardswish", Hardswish)
