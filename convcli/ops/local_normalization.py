"""Normalisation over neighbouring channels, which came before that over the batch.

After Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural networks",
NeurIPS 2012, section 3.3.
"""

from collections.abc import Sequence

from convcli.argument import POSITIVE, REAL, argument
from convcli.function import twin
from convcli.op import Operator
from convcli.ops.normalization import expect_at_least
from convcli.quantity import Shape, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, last_axes
from convcli.window.taps import sliding


class LocalResponseNorm(Operator):
    """x / (k + alpha * mean of x**2 over `size` neighbouring channels)**beta, in `N x C` and one axis or more.

    (size + 5) * n: the squares n, their mean size * n (channels past the ends count as zeros), and
    one each for alpha, k, the power and the division. torch's CPU kernels would take int64 as well.
    """

    size: int = argument(POSITIVE)
    alpha: float = argument(REAL, 1e-4)
    beta: float = argument(REAL, 0.75)
    k: float = argument(REAL, 1.0)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        expect_at_least(self, 3, x)
        return (x,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(inputs[0]) * (self.size + 5)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...] | None:
        tape.keep(x)
        squares = tape.copy(x)
        padded = tape.new((x.shape[0], x.shape[1] + self.size - 1, *x.shape[2:]))
        tape.keep(padded)
        tape.drop(squares)
        means = tape.new(x.shape)
        tape.drop(padded)
        scaled = tape.new(x.shape)
        tape.drop(means)
        raised = tape.new(x.shape)
        tape.keep(raised)
        tape.drop(scaled)
        powers = tape.new(x.shape)
        tape.keep(powers)
        tape.drop(raised)
        y = tape.out()
        tape.drop(powers)
        return (y,)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (last_axes(0, len(inputs[0]), (), {1: (1, sliding(self.size, 1, self.size // 2))}),)


class CrossMapLRN2d(LocalResponseNorm):
    """`LocalResponseNorm` of `N x C x H x W` with a sum instead of a mean, and alpha / size for alpha.

    (size + 4) * n, each sum counted by itself. torch takes a negative or fractional `size` too.
    """

    ranks = (4,)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        return (x,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(inputs[0]) * (self.size + 4)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        y, scale = tape.out(), tape.new(x.shape)
        tape.keep(x, y, scale)  # torch hides the scale from its own hooks
        tape.drop(scale)
        return (y,)


local_response_norm = twin("local_response_norm", LocalResponseNorm)
