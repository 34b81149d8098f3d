"""Taking a part of a tensor: `x[:, 0]`, `center_crop`, `narrow`. No arithmetic."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from convcli.argument import ANY_INTEGER, POSITIVE, Either, Kind, Many, Slot, Tensor, WrongValue, argument
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.human import show_shape
from convcli.layout import given, normal
from convcli.ops.shaping import Axes, axis_to_cut
from convcli.quantity import UNKNOWN, Shape, ceil_div, is_known
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, Source, last_axes
from convcli.window.taps import STAY, fixed, shifted

REST = "..."
"""The normal form of `...` in an index."""


class Slice(NamedTuple):
    """`start:stop:step` in an index; None where nothing is written."""

    start: int | None = None
    stop: int | None = None
    step: int | None = None

    def __str__(self) -> str:
        start, stop, step = ("" if part is None else str(part) for part in self)
        return f"{start}:{stop}" + (f":{step}" if step else "")


class Index(Kind):
    """What stands between the brackets of `x[...]`.

    The normal form is a tuple of integers, `Slice`s, None (a new axis) and `REST` ("all axes in
    between"). Python's own `slice` and `...` are accepted, and a plain tuple (start, stop, step)
    beside other items. Lists, which torch reads as positions to pick, are not.
    """

    def accept(self, value: Any, axes: int) -> Any:
        several = isinstance(value, tuple) and not isinstance(value, Slice | Slot)
        return tuple(self._item(item, axes) for item in (value if several else (value,)))

    def _item(self, item: Any, axes: int) -> Any:
        if item is None:
            return None
        if item is Ellipsis or (isinstance(item, str) and item == REST):
            return REST
        if isinstance(item, slice):
            item = (item.start, item.stop, item.step)
        if isinstance(item, tuple) and not isinstance(item, Slot) and len(item) == 3:
            return Slice(*[None if part is None else self._integer(part, axes) for part in item])
        return self._integer(item, axes)

    def _integer(self, item: Any, axes: int) -> Any:
        try:
            return ANY_INTEGER.accept(item, axes)
        except WrongValue:
            raise WrongValue(self.words(axes)) from None

    def words(self, axes: int) -> str:
        return "integers, `start:stop:step`, `...` or None"

    def show(self, value: Any) -> str:
        return ", ".join(map(str, value))


class Slicing(Function):
    """`x[index]`: an integer takes an axis away, `start:stop:step` keeps a stretch of it, None adds one.

    Negative numbers count from the end, a stretch ends where the axis ends, as in Python. Stricter
    than torch: one `...` at most, and a stretch with nothing in it is refused.
    """

    name = "slice"
    input: Slot = argument(Tensor())
    index: tuple[Any, ...] = argument(Index())

    def check(self) -> None:
        if sum(isinstance(item, str) for item in self.index) > 1:
            raise Refusal("CV226", f"`...` stands twice in {self.text()}", argument="index")
        for item in self.index:
            if isinstance(item, Slice) and item.step is not None and item.step < 1:
                help = "`flip(x, (1,))` reverses axis 1"
                raise Refusal("CV226", f"a step must be 1 or more, found `{item}`", argument="index", help=help)

    def bound(self, torch: Any) -> Callable[..., Any]:
        """Index the tensor."""
        index = [slice(*item) if isinstance(item, Slice) else ... if item == REST else item for item in self.index]
        return itemgetter(tuple(index))

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        free = len(x) - sum(item is not None and not isinstance(item, str) for item in self.index)
        if free < 0:
            found = f"{self.text()} names {len(x) - free} axes, the input {show_shape(x)} has {len(x)}"
            raise Refusal("CV230", found, argument="index")
        sizes: list[int] = []
        axis = 0
        for item in self.index:
            if item is None:
                sizes.append(1)
            elif isinstance(item, str):
                sizes.extend(x[axis : axis + free])
                axis += free
            else:
                sizes.extend(self._along(x, axis, item))
                axis += 1
        return ((*sizes, *x[axis:]),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x = inputs[0]
        free = len(x) - sum(item is not None and not isinstance(item, str) for item in self.index)
        sources: list[Source] = []
        single = []
        axis = 0
        for item in self.index:
            if item is None:
                sources.append(None)
            elif isinstance(item, str):
                sources += [(dim, STAY) for dim in range(axis, axis + free)]
                axis += free
            else:
                if isinstance(item, Slice):
                    sources.append((axis, shifted(_edge(item.start, x[axis], 0), item.step or 1)))
                else:
                    single.append((axis, fixed(item if item >= 0 else x[axis] + item)))
                axis += 1
        sources += [(dim, STAY) for dim in range(axis, len(x))]
        return (Reading(0, tuple(sources), fixed=tuple(single)),)

    def _along(self, x: Shape, axis: int, item: "Slice | int") -> list[int]:
        size = x[axis]
        if not isinstance(item, Slice):
            if item < -size or item > size - 1:
                found = f"index {item} is outside of axis {axis} of {show_shape(x)}"
                raise Refusal("CV230", found, argument="index", help=f"its positions are 0 to {size - 1}")
            return []
        start, stop = _edge(item.start, size, 0), _edge(item.stop, size, size)
        if stop < start + 1:
            found = f"`{item}` of axis {axis} leaves nothing: {show_shape(x)} has {size} there"
            raise Refusal("CV225", found, argument="index")
        return [stop - start if item.step is None else ceil_div(stop - start, item.step)]

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        own = list(given(x.shape, x.strides))
        free = len(x.shape) - sum(item is not None and not isinstance(item, str) for item in self.index)
        strides: list[int] = []
        for item in self.index:
            if item is None:
                strides.append(1)
            elif isinstance(item, str):
                strides += own[:free]
                own = own[free:]
            else:
                stride = own.pop(0)
                strides += [stride * (item.step or 1)] if isinstance(item, Slice) else []
        shape = tape.shapes[0]
        return (tape.view(x, shape, normal(shape, (*strides, *own))),)

    def text(self) -> str:
        return f"[{Index().show(self.index)}]"


class CenterCrop(Function):
    """The middle of the last axes, `size` of each; a single number is for all axes after the channels.

    No function of torch, though torchvision has one, which fills up with zeros where `size` is
    larger than the input; here that is refused. Of an odd remainder, the smaller part or the larger
    is cut off in front, whichever is even, as in torchvision.
    """

    name = "center_crop"
    input: Slot = argument(Tensor())
    size: int | Axes = argument(Either(POSITIVE, Many(POSITIVE, spread=None)))

    def bound(self, torch: Any) -> Callable[..., Any]:
        """Narrow each axis to its middle."""
        return self.narrowed

    def narrowed(self, x: Any) -> Any:
        """Return the middle of a tensor."""
        sizes = self.sizes(tuple(x.shape))
        for axis, size in enumerate(sizes, x.dim() - len(sizes)):
            x = x.narrow(axis, round((x.shape[axis] - size) / 2), size)
        return x

    def sizes(self, x: Shape) -> Axes:
        """Return the size of each axis that is cropped, the last axes of `x`."""
        if isinstance(self.size, tuple):
            sizes = self.size
        elif len(x) < 3:
            found = f"center_crop takes an input with axes after the channels, found {len(x)}-d {show_shape(x)}"
            raise Refusal("CV203", found, help="give a list of sizes, for the last axes")
        else:
            sizes = (self.size,) * (len(x) - 2)
        if len(sizes) > len(x):
            found = f"center_crop: {len(sizes)} sizes for the {len(x)}-d input {show_shape(x)}"
            raise Refusal("CV230", found, argument="size")
        return sizes

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        sizes = self.sizes(x)
        kept = len(x) - len(sizes)
        for axis, size in enumerate(sizes, kept):
            if size > x[axis]:
                found = f"center_crop to {size}: axis {axis} of {show_shape(x)} has only {x[axis]}"
                raise Refusal("CV230", found, argument="size")
        return ((*x[:kept], *sizes),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        shape = tape.shapes[0]
        return (tape.view(x, shape, normal(shape, given(x.shape, x.strides))),)

    def starts(self, x: Shape) -> Axes:
        """Return where the crop begins on each axis that is cropped: half of what is cut off, rounded to even."""
        sizes = self.sizes(x)
        cuts = [have - size for have, size in zip(x[len(x) - len(sizes) :], sizes, strict=True)]
        return tuple(cut // 2 + cut % 2 * (cut // 2 % 2) for cut in cuts)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (last_axes(0, len(inputs[0]), tuple(map(shifted, self.starts(inputs[0])))),)


class Narrow(Function):
    """The stretch of axis `dim` that begins at `start` and is `length` long."""

    name = "narrow"
    input: Slot = argument(Tensor())
    dim: int = argument(ANY_INTEGER)
    start: int = argument(ANY_INTEGER)
    length: int = argument(POSITIVE)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        dim = axis_to_cut(self, x, self.dim)
        size, start = x[dim], self.start
        begin = start + size if start < 0 else start
        if begin < 0 or begin + self.length > size:
            stretch = f"the stretch of {self.length} from {start}"
            found = f"narrow: {stretch} is not inside of axis {dim} of {show_shape(x)}"
            raise Refusal("CV230", found, argument="start" if begin < 0 or begin > size else "length")
        return ((*x[:dim], self.length, *x[dim + 1 :]),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x = inputs[0]
        dim = axis_to_cut(self, x, self.dim)
        return (last_axes(0, len(x), (), {dim: (dim, shifted(_edge(self.start, x[dim], 0)))}),)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        shape = tape.shapes[0]
        return (tape.view(x, shape, normal(shape, given(x.shape, x.strides))),)


def _edge(place: int | None, size: int, default: int) -> int:
    if place is None:
        return default
    if not is_known(place) or not is_known(size):
        return UNKNOWN
    return max(size - -place, 0) if place < 0 else min(place, size)
