"""Softmax and its kin, and the gated linear unit: activations over one axis.

n is the number of input elements, m of output elements, and rows the number of sums: n over the
size of the axis. The maximum that implementations subtract for safety is not part of the formula.
"""

from collections.abc import Sequence

from convcli.argument import ANY_INTEGER, argument, optional
from convcli.diagnostics import Refusal
from convcli.expect import dimension
from convcli.function import twin
from convcli.op import Operator
from convcli.quantity import Shape, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, last_axes, same_place
from convcli.window.taps import sliding


class AnySoftmax(Operator):
    """exp(x) over its sum along one axis: n exponentials, n - rows additions, n divisions: 3n - rows."""

    dim: int | None

    def axis(self, x: Shape) -> int:
        """Return the axis of the sums; torch chooses one where none is given."""
        if self.dim is None:
            return 0 if len(x) in (0, 1, 3) else 1
        return dimension(self, x, self.dim)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        self.axis(x)
        return (x,)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        own = same_place(0, len(inputs[0]))
        return (own._replace(whole=(self.axis(inputs[0]),)) if inputs[0] else own,)

    def rows(self, x: Shape) -> int:
        """Return the number of sums."""
        axis = self.axis(x)
        return product((*x[:axis], *x[axis + 1 :]))

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return 3 * product(inputs[0]) - self.rows(inputs[0])

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        y = tape.out()
        tape.keep(y)
        return (y,)


class Softmax(AnySoftmax):
    """exp(x) / sum(exp(x)) along `dim`: 3n - rows.

    Without `dim` the sums run over axis 0 of an input with 0, 1 or 3 dimensions, else over axis 1.
    """

    dim: int | None = argument(optional(ANY_INTEGER), None)


class Softmin(AnySoftmax):
    """The softmax of -x along `dim`: n subtractions more, 4n - rows."""

    dim: int | None = argument(optional(ANY_INTEGER), None)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return 4 * product(inputs[0]) - self.rows(inputs[0])

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        minus = tape.copy(x)
        result = super().memory(tape, minus)
        tape.drop(minus)
        return result


class LogSoftmax(AnySoftmax):
    """x - log(sum(exp(x))) along `dim`: n exponentials, n - rows additions, rows logarithms, n subtractions: 3n."""

    dim: int | None = argument(optional(ANY_INTEGER), None)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return 3 * product(inputs[0])


class Softmax2d(AnySoftmax):
    """The softmax over the channels of `N x C x H x W`: 3n - rows. It takes no arguments (torch ignores any)."""

    ranks = (4,)
    unbatched = True
    dim = -3


class GLU(Operator):
    """a * sigmoid(b), with a and b the halves of the input along `dim`; sigmoid is 4 operations, so 5m."""

    dim: int = argument(ANY_INTEGER, -1)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        axis = dimension(self, x, self.dim)
        if not x:
            raise Refusal("CV203", f"{self.name} halves an axis, and a scalar has none")
        if x[axis] % 2:
            message = f"{self.name} halves axis {axis}, but its size {x[axis]} is odd"
            raise Refusal("CV229", message, help=f"make it even before: {x[axis] + 1}, or choose another `dim`")
        return ((*x[:axis], x[axis] // 2, *x[axis + 1 :]),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x = inputs[0]
        axis = dimension(self, x, self.dim)
        return (last_axes(0, len(x), (), {axis: (axis, sliding(2, 1, 0, x[axis] // 2))}),)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return 5 * product(outputs[0])

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.keep(x)
        return (tape.out(),)


softmax = twin("softmax", Softmax)
softmin = twin("softmin", Softmin)
log_softmax = twin("log_softmax", LogSoftmax)
glu = twin("glu", GLU)
