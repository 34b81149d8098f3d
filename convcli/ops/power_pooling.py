"""Pools that take the p-norm of a sliding window. Output sizes as in `pooling`, without padding."""

from collections.abc import Sequence

from convcli.argument import FLAG, POSITIVE, REAL, PerAxis, argument
from convcli.diagnostics import Refusal
from convcli.function import twin
from convcli.ops.pooling import STRIDE, Axes, SlidingPool, keep_places
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape


class LPPool(SlidingPool):
    """The p-norm of each window, p = `norm_type`: (sum of x**p)**(1 / p).

    n + m * K: n powers, K - 1 additions and a root for each output. For an infinite p it is the
    largest of the absolute values: n + m * (K - 1). torch would take int64 as well.
    """

    norm_type: float = argument(REAL)
    kernel_size: Axes | int = argument(PerAxis(POSITIVE))
    stride: Axes | None = argument(STRIDE, None)
    ceil_mode: bool = argument(FLAG, False)

    def check(self) -> None:
        if self.norm_type is not UNKNOWN and self.norm_type == 0:
            raise Refusal("CV210", f"{self.name}: `norm_type` must not be 0", argument="norm_type")

    def is_maximum(self) -> bool:
        """Say whether p is infinite."""
        return self.norm_type is not UNKNOWN and abs(self.norm_type) == float("inf")

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        each = product(self.kernel()) - 1 if self.is_maximum() else product(self.kernel())
        return product(inputs[0]) + product(outputs[0]) * each

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.keep(x)
        powers = tape.copy(x)
        if self.is_maximum():
            (y,) = keep_places(tape, powers, known=False)
            tape.drop(powers)
            return (y,)
        tape.keep(powers)
        parts = [tape.new(tape.shapes[0])]  # the mean, its sign, its size, and both multiplied
        tape.drop(powers)
        parts += [tape.new(tape.shapes[0]), tape.new(tape.shapes[0]), tape.new(tape.shapes[0])]
        tape.keep(*parts)
        y = tape.out()
        tape.drop(*parts)
        return (y,)


class LPPool1d(LPPool):
    """p-norm over a window: `N x C x L` or `C x L`. Its `kernel_size` is a number, never a list."""

    axes = 1

    kernel_size: int = argument(POSITIVE)


class LPPool2d(LPPool):
    """p-norm over a window: `N x C x H x W` or `C x H x W`."""

    axes = 2


class LPPool3d(LPPool):
    """p-norm over a window: `N x C x D x H x W` or `C x D x H x W`."""

    axes = 3

    def must_fit(self) -> bool:
        return not self.is_maximum()


lp_pool1d = twin("lp_pool1d", LPPool1d)
lp_pool2d = twin("lp_pool2d", LPPool2d)
lp_pool3d = twin("lp_pool3d", LPPool3d)
