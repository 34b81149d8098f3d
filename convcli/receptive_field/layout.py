"""Layouts: which dimension of a tensor carries which axis of the network's input, through every view.

A dimension is a row of parts, the outermost first, as reshaping makes it: `(axis, size, weight)`
is `size` steps of `weight` units along an axis. A dimension that carries an axis alone is one
part, `(axis, units, 1)`; flattening makes rows of several, and cutting an axis into blocks makes
parts of one axis that stand in several dimensions. A weight of 0 says that the units of an axis are
scattered over the dimension, no matter how many it has. Channels in a row have the axis -1; a dimension
of nothing but channels is an empty row.
"""

from itertools import chain

from convcli.quantity import Shape, is_known, product
from convcli.record import Record

Part = tuple[int, int, int]
Parts = tuple[Part, ...]

CHANNELS = -1


def is_scattered(part: Part) -> bool:
    """Say whether the units of an axis are somewhere in a dimension."""
    return part[0] != CHANNELS and part[2] == 0


def scattered(axes: set[int]) -> Parts:
    """Return what a dimension carries whose units come from these axes in a way that no window describes."""
    return tuple((axis, 1, 0) for axis in sorted(axes))


class Layout(Record):
    """The parts of each dimension, and the number of units along each axis, None where no dimension carries it."""

    dims: tuple[Parts, ...]
    units: tuple[int | None, ...]

    def is_whole(self, part: Part) -> bool:
        """Say whether a part is all of its axis."""
        axis, size, weight = part
        return weight == 1 and self.units[axis] == size

    def alone(self, dim: int) -> int | None:
        """Return the axis that a dimension carries alone, None where there is no such axis."""
        parts = self.dims[dim]
        return parts[0][0] if len(parts) == 1 and self.is_whole(parts[0]) else None


def axes_of(parts: Parts) -> set[int]:
    """Return the axes that stand in a dimension."""
    return {axis for axis, _, _ in parts} - {CHANNELS}


def regrouped(layout: Layout, shape: Shape, wanted: Shape) -> tuple[Layout, set[int], set[int]]:
    """Return the layout of the same elements in another shape, the axes that are lost, and those that end.

    An axis is lost where a new dimension begins or ends within a part that it does not divide; an
    axis of a single unit is carried by no dimension any more, it ends.
    """
    if shape == wanted and all(map(is_known, shape)):
        return layout, set(), set()
    if any(map(is_scattered, chain(*layout.dims))):
        return _around(layout, shape, wanted)
    rest: list[Part] = []
    for parts, size in zip(layout.dims, shape, strict=True):
        rest += parts or ((CHANNELS, size, 0),)
    ended = {axis for axis, size, _ in rest if axis != CHANNELS and is_known(size) and size == 1}
    rest = [part for part in rest if not (is_known(part[1]) and part[1] == 1)][::-1]
    dims: list[Parts] = []
    for size in wanted:
        taken = _take(rest, size)
        if taken is None:
            lost = axes_of(tuple(rest))
            dims += [()] * (len(wanted) - len(dims))
            dims = [() if axes_of(parts) & lost else parts for parts in dims]
            break
        dims.append(_joined(taken))
    else:
        lost = set()
    units = tuple(None if axis in ended | lost else count for axis, count in enumerate(layout.units))
    return Layout(tuple(dims), units), lost, ended


def _around(layout: Layout, shape: Shape, wanted: Shape) -> tuple[Layout, set[int], set[int]]:
    """Regroup around dimensions over which axes are scattered: each goes on as it is, or all axes are lost."""
    kept = {}
    for dim, parts in enumerate(layout.dims):
        if any(map(is_scattered, parts)):
            behind = product(shape[dim + 1 :])
            fits = (at for at, size in enumerate(wanted) if size == shape[dim] and product(wanted[at + 1 :]) == behind)
            place = next(fits, None) if is_known(behind) and is_known(shape[dim]) else None
            if place is None:
                axes = set(range(len(layout.units)))
                return Layout(((),) * len(wanted), (None,) * len(axes)), axes, set()
            kept[place] = dim
    without = tuple(() if dim in kept.values() else parts for dim, parts in enumerate(layout.dims))
    made, lost, ended = regrouped(Layout(without, layout.units), shape, wanted)
    dims = tuple(layout.dims[kept[at]] if at in kept else parts for at, parts in enumerate(made.dims))
    return Layout(dims, made.units), lost, ended


def _take(rest: list[Part], size: int) -> list[Part] | None:
    """Take parts for a dimension of `size` from the end of `rest`, which is in opposite order."""
    taken: list[Part] = []
    while not is_known(size) or size > 1:
        if not rest or not is_known(size) or not rest[-1][1]:  # unknown, or 0
            return None
        axis, count, weight = rest.pop()
        if size % count == 0:
            taken.append((axis, count, weight))
            size //= count
        elif count % size == 0:
            taken.append((axis, size, weight * (count // size)))
            rest.append((axis, count // size, weight))
            size = 1
        else:
            rest.append((axis, count, weight))
            return None
    return taken


def _joined(parts: list[Part]) -> Parts:
    """Join neighbours that follow each other on one axis; nothing is left of channels alone."""
    row: list[Part] = []
    for axis, size, weight in parts:
        if row and row[-1][0] == axis and (axis == CHANNELS or row[-1][2] == size * weight):
            row[-1] = (axis, row[-1][1] * size, weight)
        else:
            row.append((axis, size, weight))
    return tuple(row) if axes_of(tuple(row)) else ()
