"""Activation functions made of exponentials and their kin, element by element.

Operations are counted as `activation` says.
"""

from collections.abc import Sequence
from typing import Any

from convcli.argument import FLAG, REAL, Tensor, Word, argument
from convcli.diagnostics import Refusal
from convcli.function import Function, twin
from convcli.op import ANYTHING, FLOATS
from convcli.ops.activation import INPUT, LARGEST_FLOAT32, NOTHING, OUTPUT, Elementwise, one_by_one, refuse_bool
from convcli.ops.broadcast import fractional
from convcli.quantity import Shape, product
from convcli.tape import Piece, Tape


class Smooth(Elementwise):
    """Activations that turn whole numbers into floating point ones."""

    takes = ANYTHING

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return (fractional(inputs[0]),) * count


class ELU(Elementwise):
    """x where x > 0, else alpha * (exp(x) - 1): 4n."""

    each = 4
    kept = (INPUT, OUTPUT)
    alpha: float = argument(REAL, 1.0)
    inplace: bool = argument(FLAG, False)


class CELU(Elementwise):
    """x where x > 0, else alpha * (exp(x / alpha) - 1): 5n."""

    each = 5
    kept = (INPUT, OUTPUT)
    alpha: float = argument(REAL, 1.0)
    inplace: bool = argument(FLAG, False)

    def check(self) -> None:
        if abs(self.alpha) < 1 / LARGEST_FLOAT32:
            raise Refusal("CV210", f"{self.name}: `alpha` divides, so it must not be 0 or nearly so", argument="alpha")


class SELU(Elementwise):
    """scale * (x where x > 0, else alpha * (exp(x) - 1)), with fixed scale and alpha: 5n."""

    each = 5
    kept = (INPUT, OUTPUT)
    inplace: bool = argument(FLAG, False)


class GELU(Elementwise):
    """x * (1 + erf(x / sqrt(2))) / 2: 5n.

    With approximate='tanh': x * (1 + tanh(c * (x + 0.044715 * x * x * x))) / 2: 9n.
    """

    approximate: str = argument(Word("none", "tanh"), "none")

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return (9 if self.approximate == "tanh" else 5) * product(outputs[0])


class GELUFunction(Function, GELU):
    """`GELU` as a function: 5n, or 9n with approximate='tanh'."""

    name = "gelu"
    takes = FLOATS
    input: Any = argument(Tensor())
    approximate: str = argument(Word("none", "tanh"), "none", keyword_only=True)


class Sigmoid(Smooth):
    """1 / (1 + exp(-x)): 4n. It takes no arguments (torch ignores any)."""

    each = 4
    kept = (OUTPUT, OUTPUT)


class LogSigmoid(Elementwise):
    """-log(1 + exp(-x)): 5n. It takes no arguments (torch ignores any)."""

    each = 5

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        part = tape.new(x.shape, x.kind)
        tape.keep(part)
        y = one_by_one(tape, x, self.kept)
        tape.drop(part)
        return (y,)


class SiLU(Elementwise):
    """x / (1 + exp(-x)), counted as x * sigmoid(x): 5n."""

    each = 5
    inplace: bool = argument(FLAG, False)


class Mish(Elementwise):
    """x * tanh(log(1 + exp(x))): 5n."""

    each = 5
    inplace: bool = argument(FLAG, False)


class Softplus(Elementwise):
    """x where beta * x > threshold, else log(1 + exp(beta * x)) / beta: 6n."""

    each = 6
    beta: float = argument(REAL, 1.0)
    threshold: float = argument(REAL, 20.0)


class Softsign(Smooth):
    """x / (1 + |x|): 3n. It takes no arguments (torch ignores any)."""

    each = 3

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        refuse_bool(self, inputs)
        return super().dtypes(inputs, count)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        size = tape.new(x.shape, x.kind)
        divisor = tape.new(x.shape)
        tape.drop(size)
        tape.keep(divisor)
        y = one_by_one(tape, x, self.kept)
        tape.drop(divisor)
        return (y,)


class Tanh(Smooth):
    """tanh(x): n. It takes no arguments (torch ignores any)."""

    kept = (OUTPUT, OUTPUT)


class Tanhshrink(Softsign):
    """x - tanh(x): 2n. It takes no arguments (torch ignores any)."""

    each = 2

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tanh = tape.new(x.shape)
        tape.keep(tanh)
        y = one_by_one(tape, x, (NOTHING, NOTHING))
        tape.drop(tanh)
        return (y,)


elu = twin("elu", ELU)
celu = twin("celu", CELU)
selu = twin("selu", SELU)
sigmoid = twin("sigmoid", Sigmoid)
logsigmoid = twin("logsigmoid", LogSigmoid)
silu = twin("silu", SiLU)
mish = twin("mish", Mish)
softplus = twin("softplus", Softplus)
softsign = twin("softsign", Softsign)
tanh = twin("tanh", Tanh)
tanhshrink = twin("tanhshrink", Tanhshrink)
