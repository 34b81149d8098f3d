"""What reorders or repeats a tensor's elements along its axes, and computes nothing.

Lists may be written without brackets, as in `shaping`; repeating 0 times is refused.
"""

from collections.abc import Sequence
from typing import Any

from convcli.argument import ANY_INTEGER, POSITIVE, Either, Many, Nothing, argument
from convcli.diagnostics import Refusal
from convcli.expect import dimension
from convcli.human import counted, show_shape
from convcli.op import ANYTHING, Operator
from convcli.ops.shaping import LIST, Axes, Shaping, dimensions
from convcli.quantity import Shape
from convcli.window.reading import Reading, element_wise, last_axes
from convcli.window.taps import CIRCULAR, STAY, flipped, shifted


class AnyPermute(Operator):
    """The axes in the order of `dims`."""

    takes = ANYTHING

    dims: Axes

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        if len(self.dims) != len(x):
            found = f"{self.name}: {show_shape(x)} has {counted(len(x), 'dimension')}, found {len(self.dims)} in `dims`"
            raise Refusal("CV230", found, argument="dims", help="name each of them once")
        return (tuple(x[axis] for axis in dimensions(self, x, self.dims)),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (Reading(0, tuple((axis, STAY) for axis in dimensions(self, inputs[0], self.dims))),)


class Permute(AnyPermute):
    """torchvision's module, whose `print` leaves its `dims` out."""

    dims: Axes = argument(LIST)

    def build(self, nn: Any, **factory: Any) -> Any:
        """Return a module that shows its `dims` where torchvision's does not."""

        class Module(nn.Module):  # type: ignore[misc]  # nn is known only when it is handed in
            def __init__(self, dims: Axes) -> None:
                super().__init__()
                self.dims = dims

            def forward(self, x: Any) -> Any:
                return x.permute(self.dims)

            def extra_repr(self) -> str:
                return str(list(self.dims))

        Module.__name__ = Module.__qualname__ = self.name
        return Module(self.dims)


class PermuteFunction(Shaping, AnyPermute):
    """torch's function, and its method."""

    name = "permute"
    variadic = "dims"
    dims: Axes = argument(LIST)


class Transpose(Shaping):
    """Two axes swapped."""

    name = "transpose"
    dim0: int = argument(ANY_INTEGER)
    dim1: int = argument(ANY_INTEGER)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        a, b = dimension(self, x, self.dim0, "dim0"), dimension(self, x, self.dim1, "dim1")
        swapped = {a: b, b: a}
        return (tuple(x[swapped.get(axis, axis)] for axis in range(len(x))),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x = inputs[0]
        a, b = dimension(self, x, self.dim0, "dim0"), dimension(self, x, self.dim1, "dim1")
        return (last_axes(0, len(x), (), {a: (b, STAY), b: (a, STAY)}),)


class Roll(Shaping):
    """Elements moved along axes, those that fall off coming in again; without `dims` along the flat tensor."""

    name = "roll"
    shifts: Axes = argument(Many(ANY_INTEGER))
    dims: Axes | None = argument(Either(Nothing(), Many(ANY_INTEGER)), None)

    def check(self) -> None:
        shifts, dims = len(self.shifts), len(self.dims or ())
        if shifts != (dims or 1):
            found = f"roll takes as many shifts as `dims`, found {shifts} and {dims}"
            found = found if dims else f"roll without `dims` takes one shift, found {shifts}"
            raise Refusal("CV226", found, argument="shifts")

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        for dim in self.dims or ():
            if not x:
                raise Refusal("CV203", "roll: a scalar has no axis to roll along", argument="dims")
            dimension(self, x, dim, "dims")
        return (x,)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x = inputs[0]
        by: dict[int, int] = {}
        for shift, dim in zip(self.shifts, self.dims or (), strict=False):
            axis = dimension(self, x, dim, "dims")
            by[axis] = by.get(axis, 0) + shift
        if self.dims is None:
            return (last_axes(0, len(x), (None,) * len(x)),)
        return (last_axes(0, len(x), (), {dim: (dim, shifted(0 - shift, 1, CIRCULAR)) for dim, shift in by.items()}),)


class Flip(Shaping):
    """Elements in opposite order along each of `dims`."""

    name = "flip"
    variadic = "dims"
    dims: Axes = argument(LIST)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        dimensions(self, x, self.dims)
        return (x,)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x = inputs[0]
        return (last_axes(0, len(x), (), {dim: (dim, flipped(x[dim])) for dim in dimensions(self, x, self.dims)}),)


class Tiling(Shaping):
    """The tensor several times along its last axes; more numbers than it has axes make new ones in front."""

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        times = getattr(self, self.variadic)
        rank = max(len(x), len(times))
        sizes, times = (1,) * (rank - len(x)) + x, (1,) * (rank - len(times)) + times
        return (tuple(size * count for size, count in zip(sizes, times, strict=True)),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (element_wise(0, inputs[0], outputs[result]),)


class Tile(Tiling):
    """The tensor several times along its last axes; more numbers than it has axes make new ones in front."""

    name = "tile"
    variadic = "dims"
    dims: Axes = argument(Many(POSITIVE, spread=None))


class Repeat(Tiling):
    """`tile`, as torch's method, with a number for each axis at least."""

    name = "repeat"
    variadic = "repeats"
    repeats: Axes = argument(Many(POSITIVE, spread=None))

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        if len(self.repeats) < len(x):
            axes = counted(len(x), "dimension")
            found = f"repeat: {show_shape(x)} has {axes}, found {len(self.repeats)} in `repeats`"
            raise Refusal("CV230", found, argument="repeats", help="`tile` fills up with 1 in front")
        return super().outputs(x)
