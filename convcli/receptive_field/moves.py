"""From an operator's readings to moves: what happens to each axis on the way from an input to a result."""

from collections.abc import Iterable

from convcli.quantity import Shape, is_known
from convcli.receptive_field.layout import CHANNELS, Layout, Part, Parts, axes_of, is_scattered, regrouped, scattered
from convcli.record import Record
from convcli.window.reading import Reading
from convcli.window.taps import SOMEWHERE, STAY, Window, blockwise, fixed, sliding


class Move(Record):
    """What happens to one axis between an input and a result.

    Attributes:
        window: the window of units on units, None where no unit depends on single ones any more.
        whole: every unit also depends on all there are.
        lost: what a unit depends on is not known.
        size: the number of units along the axis in the input, None where no dimension carries it.
        made: the same of the result.
    """

    window: Window | None
    whole: bool
    lost: bool
    size: int | None
    made: int | None


class Plan(Record):
    """What becomes of the axes in one result: its layout, and for each input read, the moves of the axes."""

    layout: Layout
    readings: tuple[tuple[int, tuple[Move, ...]], ...]
    changes: bool
    square: bool
    """Whether each reading moves all axes in the same way."""


class _Follow:
    """Follows one reading."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.windows: dict[int, Window] = {}
        self.whole: set[int] = set()
        self.lost: set[int] = set()
        self.scattered: set[int] = set()
        self.ended: set[int] = set()
        self.dropped: dict[int, int] = {}
        self.units = list(layout.units)

    def change(self, axis: int, window: Window | None, count: int | None) -> None:
        """Put an axis through a window; a second one on the same axis is not followed."""
        if window is None or axis in self.windows:
            self.lost.add(axis)
        else:
            self.windows[axis] = window
            self.units[axis] = count

    def end(self, axis: int) -> None:
        """Let an axis of a single unit go on without a dimension."""
        self.change(axis, fixed(0), None)

    def source(self, dim: int, window: Window | None, count: int) -> Parts:
        """Return what a dimension of the result carries."""
        parts = self.layout.dims[dim]
        if window is STAY or not parts:
            return parts
        if window is SOMEWHERE:
            self.scattered |= axes_of(parts)
            return scattered(axes_of(parts))
        axis = self.layout.alone(dim)
        if axis is None:
            self.lost |= axes_of(parts)
            return ()
        self.change(axis, window, count)
        return ((axis, count, 1),)

    def drop(self, dim: int, size: int) -> None:
        """Read a dimension whole, of which nothing stays."""
        for part in self.layout.dims[dim]:
            axis = part[0]
            if axis == CHANNELS:
                continue
            if is_scattered(part):
                self.whole.add(axis)
                self.ended.add(axis)
            elif not self.layout.is_whole(part):
                self._drop_part(part)
            elif is_known(size) and size == 1:
                self.end(axis)
            else:
                self.whole.add(axis)
                self.ended.add(axis)

    def _drop_part(self, part: Part) -> None:
        """Read a part of an axis whole; what is left are the steps between such parts, or those within."""
        axis, size, weight = part
        units = self.layout.units[axis]
        if weight == 1 and units is not None:
            self.change(axis, sliding(size, size), units // size)
            self.dropped[axis] = size
        elif units == size * weight:
            self.change(axis, Window(1, 1, ((0, weight, size),)), weight)
        else:
            self.lost.add(axis)

    def read_whole(self, dim: int) -> None:
        """Read a dimension whole that also stays."""
        for part in self.layout.dims[dim]:
            axis, size, weight = part
            single = weight and is_known(size) and size == 1 and axis not in self.windows
            if axis == CHANNELS or single:
                continue
            if is_scattered(part) or self.layout.is_whole(part):
                self.whole.add(axis)
            else:
                self.change(axis, blockwise(size, weight), self.layout.units[axis])

    def fix(self, dim: int, window: Window | None) -> None:
        """Read a dimension at one place, and leave it out."""
        axis = self.layout.alone(dim)
        if axis is None:
            self.lost |= axes_of(self.layout.dims[dim])
        else:
            self.change(axis, window, None)

    def rescaled(self, parts: Parts) -> Parts:
        """Return parts in the steps that an axis has once its innermost part is dropped."""
        return tuple((axis, size, weight // self.dropped.get(axis, 1)) for axis, size, weight in parts)


def follow(reading: Reading, layout: Layout, shape: Shape, result: Shape) -> tuple[Layout, tuple[Move, ...]]:
    """Return the layout of a result as far as one reading makes it, and the moves of all axes."""
    lost: set[int] = set()
    ended: set[int] = set()
    before = layout.units
    if reading.before is not None:
        layout, lost, ended = regrouped(layout, shape, reading.before)
        shape = reading.before
    go = _Follow(layout)
    target = reading.after if reading.after is not None else result
    fixed_dims = {dim for dim, _ in reading.fixed}
    dims: list[Parts] = []
    seen: set[int] = set()
    for source, count in zip(reading.sources, target, strict=True):
        if source is None:
            dims.append(())
            continue
        dim, window = source
        if dim in seen:
            go.lost |= axes_of(layout.dims[dim])
        seen.add(dim)
        dims.append(go.source(dim, window, count))
    for dim, window in reading.fixed:
        go.fix(dim, window)
    for dim, size in enumerate(shape):
        if dim not in seen and dim not in fixed_dims:
            go.drop(dim, size)
    for dim in reading.whole:
        go.read_whole(dim)
    gone = go.lost | go.ended
    made = Layout(
        tuple(() if axes_of(parts) & go.lost else go.rescaled(parts) for parts in dims),
        tuple(None if axis in gone else count for axis, count in enumerate(go.units)),
    )
    if reading.after is not None:
        made, more, over = regrouped(made, reading.after, result)
        lost, ended = lost | more, ended | over
    return made, tuple(_moves(go, lost, ended, before, made))


def _moves(
    go: _Follow, lost: set[int], ended: set[int], before: tuple[int | None, ...], made: Layout
) -> Iterable[Move]:
    for axis, size in enumerate(before):
        window: Window | None = None if axis in go.ended else go.windows.get(axis, STAY)
        is_lost = axis in lost or axis in go.lost or axis in go.scattered
        if axis in ended and not is_lost:  # a single unit that a view leaves without a dimension
            is_lost, window = window is not STAY, fixed(0)
        yield Move(None if is_lost else window, axis in go.whole, is_lost, size, made.units[axis])


def planned(
    readings: Iterable[Reading], layouts: tuple[Layout | None, ...], shapes: tuple[Shape, ...], result: Shape
) -> Plan | None:
    """Return what becomes of the axes in a result, None where it depends on no input that has any."""
    followed = []
    read = set()
    for reading in readings:
        read.add(reading.input)
        layout = layouts[reading.input]
        if layout is not None:
            followed.append((reading.input, *follow(reading, layout, shapes[reading.input], result)))
    for at, layout in enumerate(layouts):
        if layout is not None and at not in read:
            whole = Reading(at, (None,) * len(result))
            followed.append((at, *follow(whole, layout, shapes[at], result)))
    if not followed:
        return None
    made = followed[0][1]
    clashes: set[int] = set()
    for _, other, _ in followed[1:]:
        made, clash = _together(made, other)
        clashes |= clash
    units = tuple(None if axis in clashes else count for axis, count in enumerate(made.units))
    made = Layout(made.dims, units)
    moves = tuple(
        (at, tuple(m._replace(window=None, lost=True) if axis in clashes else m for axis, m in enumerate(own)))
        for at, _, own in followed
    )
    stays = len(moves) == 1 and all(m.window is STAY and not m.whole and not m.lost for m in moves[0][1])
    square = all(own.count(own[0]) == len(own) for _, own in moves)
    return Plan(made, moves, not (stays and made == layouts[moves[0][0]]), square)


def _together(one: Layout, other: Layout) -> tuple[Layout, set[int]]:
    """Return the layout of a result made of two inputs, and the axes that stand at different places in them.

    An axis that each holds in one dimension is somewhere in both of these: what reads one of them whole, as attention
    does with its scores, sees all of it.
    """
    dims: list[Parts] = []
    clashes: set[int] = set()
    for a, b in zip(one.dims, other.dims, strict=True):
        if a != b:
            either = axes_of(a) | axes_of(b)
            both = {axis for axis in either if one.units[axis] is not None and other.units[axis] is not None}
            clashes |= either if a and b else both
        dims.append(a or b)
    for at, (a, b) in enumerate(zip(one.dims, other.dims, strict=True)):
        axes = axes_of(a) | axes_of(b)
        if axes & clashes:
            dims[at] = scattered(axes) if all(_holds(each, axes) for each in (one, other)) else ()
    units = tuple(a if a is not None else b for a, b in zip(one.units, other.units, strict=True))
    return Layout(tuple(dims), units), clashes


def _holds(layout: Layout, axes: set[int]) -> bool:
    """Say whether each of these axes stands in no more than one dimension, whole or scattered."""
    parts = [part for parts in layout.dims for part in parts if part[0] in axes]
    found = [axis for axis, _, _ in parts]
    return len(found) == len(set(found)) and all(is_scattered(part) or layout.is_whole(part) for part in parts)
