"""Element-wise arithmetic: sums, products and the like with broadcasting, and elementary functions.

Broadcasting and number types as in torch's notes "Broadcasting semantics" and "Tensor
attributes"; for the number type a tensor without dimensions counts like any other tensor.
"""

from collections.abc import Sequence
from typing import Any

from convcli.argument import REAL, Slot, Tensor, Word, argument, optional
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.layout import alike
from convcli.ops.activation import INPUT, NOTHING, OUTPUT, one_by_one
from convcli.ops.broadcast import broadcast, fractional, is_float, promoted
from convcli.quantity import LARGEST, UNKNOWN, Shape, is_known, product
from convcli.tape import Piece, Tape

Operand = Slot | int | float


class Arithmetic(Function):
    """Combines two tensors, or a tensor and a number, element by element: `A` and `B` give their broadcast.

    other_ops: one for each output element.
    """

    input: Operand = argument(Tensor(number=True))

    def operands(self) -> list[Any]:
        """Return both sides, each a slot or a number."""
        return [self.values[name] for name in self.tensor_arguments()]

    def check(self) -> None:
        if not any(isinstance(operand, Slot) for operand in self.operands()):
            raise Refusal("CV232", f"{self.name} takes at least one tensor, found two numbers")
        _refuse_huge(self)

    def template(self, rank: int) -> tuple[Shape, ...]:
        slots = [operand for operand in self.operands() if isinstance(operand, Slot)]
        return ((UNKNOWN,) * rank,) * len(slots)

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        a, b = (inputs[operand.input] if isinstance(operand, Slot) else () for operand in self.operands())
        return (broadcast(self, a, b),)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        kind = promoted(inputs)
        return (fractional(kind) if any(isinstance(operand, float) for operand in self.operands()) else kind,)

    def memory(self, tape: Tape, *inputs: Piece) -> tuple[Piece, ...]:
        sides = [inputs[operand.input] if isinstance(operand, Slot) else None for operand in self.operands()]
        y = tape.out(strides=alike(tape.shapes[0], [(x.shape, x.strides) for x in inputs]))
        self.keep_sides(tape, sides, y)
        return (y,)

    def keep_sides(self, tape: Tape, sides: Sequence[Piece | None], y: Piece) -> None:
        """Keep what backward needs of both sides, of which a number is None; here both as they are."""
        tape.keep(*(side for side in sides if side))

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0])


class Scaled(Arithmetic):
    """A sum or difference whose second operand is first multiplied by `alpha`.

    other_ops: one for each output element, two where `alpha` is not 1.
    """

    other: Operand = argument(Tensor(number=True))
    alpha: float = argument(REAL, 1, keyword_only=True)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        (kind,) = super().dtypes(inputs, count)
        if isinstance(self.alpha, float) and not is_float(kind):
            found = f"{self.name}: `alpha` must be an integer for tensors of {kind}, found {self.alpha!r}"
            raise Refusal("CV231", found, argument="alpha")
        return (kind,)

    def keep_sides(self, tape: Tape, sides: Sequence[Piece | None], y: Piece) -> None:
        """Keep nothing: the gradient goes on as it is, but where it is summed up or scaled."""
        passing = sides if self.name == "add" and self.alpha == 1 else sides[:1]
        same = [x and x.shape == y.shape for x in passing]
        tape.passes(*(self.operands()[at].input for at, fits in enumerate(same) if fits))

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) * 2 if self.alpha != 1 else product(outputs[0])


class Add(Scaled):
    """`input + alpha * other`."""

    name = "add"


class Sub(Scaled):
    """`input - alpha * other`."""

    name = "sub"


class Mul(Arithmetic):
    """`input * other`."""

    name = "mul"
    other: Operand = argument(Tensor(number=True))

    def keep_sides(self, tape: Tape, sides: Sequence[Piece | None], y: Piece) -> None:
        a, b = sides
        if a and b:
            tape.keep(*(one for one, other in ((a, b), (b, a)) if other.grad))


class Div(Arithmetic):
    """`input / other`; with a `rounding_mode` integers stay integers.

    other_ops: one for each output element, two with a `rounding_mode`.
    """

    name = "div"
    other: Operand = argument(Tensor(number=True))
    rounding_mode: str | None = argument(optional(Word("trunc", "floor")), None, keyword_only=True)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        (kind,) = super().dtypes(inputs, count)
        if self.rounding_mode is None:
            return (fractional(kind),)
        if isinstance(self.other, int) and is_known(self.other) and self.other == 0 and not is_float(kind):
            raise Refusal("CV226", f"div: {kind} numbers cannot be divided by 0 and stay integers", argument="other")
        return (kind,)

    def keep_sides(self, tape: Tape, sides: Sequence[Piece | None], y: Piece) -> None:
        a, b = sides
        if b is None:
            return
        if a is None:  # torch multiplies the number by the reciprocal
            made = tape.copy(y)
            tape.keep(made)
            tape.drop(made)
            return
        tape.keep(b)
        if b.grad:
            tape.keep(a)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) * 2 if self.rounding_mode else product(outputs[0])


class Pow(Arithmetic):
    """`input` to the power of `exponent`, element by element."""

    name = "pow"
    exponent: Operand = argument(Tensor(number=True))

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        (kind,) = super().dtypes(inputs, count)
        power = self.exponent
        if isinstance(power, int) and power < 0 and not is_float(kind):
            found = f"{self.name}: {kind} numbers to the power of {power} are no integers"
            raise Refusal("CV231", found, argument="exponent", help=f"write the exponent as {power}.0")
        return (kind,)

    def keep_sides(self, tape: Tape, sides: Sequence[Piece | None], y: Piece) -> None:
        super().keep_sides(tape, sides, y)
        if sides[1]:
            tape.keep(y)


class Maximum(Arithmetic):
    """The larger of each two elements."""

    name = "maximum"
    input: Slot = argument(Tensor())
    other: Slot = argument(Tensor())


class Minimum(Arithmetic):
    """The smaller of each two elements."""

    name = "minimum"
    input: Slot = argument(Tensor())
    other: Slot = argument(Tensor())


class Elementary(Function):
    """An elementary function of each element; other_ops: n."""

    input: Slot = argument(Tensor())
    keeps_integers = False
    kept = INPUT

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        return (one_by_one(tape, x, (self.kept, self.kept)),)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return inputs if self.keeps_integers else (fractional(inputs[0]),)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0])


class Neg(Elementary):
    """`-input`."""

    name = "neg"
    kept = NOTHING
    keeps_integers = True


class Abs(Elementary):
    """The absolute value."""

    name = "abs"
    keeps_integers = True


class Square(Elementary):
    """`input * input`."""

    name = "square"
    keeps_integers = True


class Exp(Elementary):
    """e to the power of `input`."""

    name = "exp"
    kept = OUTPUT


class Log(Elementary):
    """The natural logarithm."""

    name = "log"


class Sqrt(Elementary):
    """The square root."""

    name = "sqrt"
    kept = OUTPUT


class Rsqrt(Elementary):
    """`1 / sqrt(input)`, counted as one function."""

    name = "rsqrt"
    kept = OUTPUT


class Reciprocal(Elementary):
    """`1 / input`."""

    name = "reciprocal"
    kept = OUTPUT


class Sin(Elementary):
    """The sine."""

    name = "sin"


class Cos(Elementary):
    """The cosine."""

    name = "cos"


class Clamp(Elementary):
    """Brings each element between `min` and `max`, numbers both; other_ops: n for each bound."""

    name = "clamp"
    min: float | None = argument(optional(REAL), None)
    max: float | None = argument(optional(REAL), None)

    def bounds(self) -> list[float]:
        """Return the bounds that are given."""
        return [bound for bound in (self.min, self.max) if bound is not None]

    def check(self) -> None:
        if not self.bounds():
            raise Refusal("CV226", f"{self.name} needs `min`, `max` or both", help="write `clamp(x, min=0)`")
        _refuse_huge(self)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return (fractional(inputs[0]) if any(isinstance(bound, float) for bound in self.bounds()) else inputs[0],)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) * len(self.bounds())


def _refuse_huge(op: Function) -> None:
    for name, value in op.values.items():
        if isinstance(value, int) and not -LARGEST - 1 <= value <= LARGEST:
            raise Refusal("CV210", f"{op.name}: `{name}` is a number past 2^63 - 1", argument=name)
