"""Boxes: what of the input a unit depends on, as first and last position along each axis.

Those that the static receptive field gives to some chosen units, and those that moving parts of the
input shows. Chosen are the units in the middle and at both borders, all phases of each.
"""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from convcli.graph import Result
from convcli.receptive_field.question import axis_names
from convcli.receptive_field.units import input_of, is_clear
from convcli.receptive_field.walk import Field, Walk
from convcli.record import Record
from convcli.report import Phases, ReceptiveField

Unit = tuple[int, ...]
Ends = tuple[int, int] | None
Hull = tuple[Ends, ...] | None
"""First and last position along each axis, None along one that no local path follows; None for nothing at all."""
Cell = tuple[int, int, int]
"""An axis, and the first and last position of a cell."""

MOST_PHASES = 8
"""Of longer periods the first phases are asked."""


class Asked(Record):
    """A chosen unit: its static box, whether that may be too large, and whether no part of it is padding."""

    unit: Unit
    hull: Hull
    loose: bool
    clear: bool


def chosen_units(field: Field) -> list[Unit]:
    """Return units in the middle and at both borders along every axis, so many of each as there are phases."""
    columns = []
    for along, count in zip(field.axes, field.layout.units, strict=True):
        size = count or 1
        phases = min(max((len(own.low) for own in along.units), default=1), MOST_PHASES, size)
        starts = (0, (size - phases) // 2, size - phases)
        columns.append(list(dict.fromkeys(start + phase for start in starts for phase in range(phases))))
    rows = zip_longest(*columns)
    return [tuple(columns[at][-1] if one is None else one for at, one in enumerate(row)) for row in rows]


def asked_of(walk: Walk, result: Result, field: Field) -> tuple[Asked, ...]:
    """Return the static boxes of the chosen units of a tensor."""
    found = []
    for unit in chosen_units(field):
        seen = input_of(walk, result, unit, whole=False)
        hull = None if seen.intervals is None else tuple(one and (one[0], one[1]) for one in seen.intervals)
        found.append(Asked(unit, hull, not seen.exact, is_clear(walk, result, unit)))
    return tuple(found)


def fits(true: Hull, said: Hull, *, loose: bool) -> bool:
    """Say whether a box is the true one, or holds it where more may be said."""
    if true == said or not loose:
        return true == said
    if true is None or said is None:
        return true is None
    pairs = zip(true, said, strict=True)
    return all(one is None or (other is not None and other[0] <= one[0] and one[1] <= other[1]) for one, other in pairs)


def said(field: ReceptiveField, unit: Unit) -> tuple[Hull, bool]:
    """Return the box that a row of the report gives to a unit, and whether it gives one."""
    rows: list[list[tuple[Any, Any, Phases | None]]]
    if field.paths is not None:
        rows = [[(path.size, (path.start, path.stride), path.phases) for path in paths] for paths in field.paths]
    elif field.size is None or field.stride is None:
        return None, False
    else:
        starts = field.start or (None,) * len(field.size)
        phases = field.phases or (None,) * len(field.size)
        values = zip(field.size, zip(starts, field.stride, strict=True), phases, strict=True)
        rows = [[] if size is None else [(size, place, own)] for size, place, own in values]
    hull: list[Ends] = []
    for paths, at in zip(rows, unit, strict=True):
        if any(start is None and own is None for _, (start, _), own in paths):
            return None, False
        found = [one for one in (_interval(*path, at) for path in paths) if one is not None]
        if paths and not found:
            return None, True
        hull.append((min(low for low, _ in found), max(high for _, high in found)) if found else None)
    return tuple(hull), True


def _interval(size: int, place: tuple[Any, Any], phases: Phases | None, unit: int) -> Ends:
    start, stride = place
    if phases is not None:
        turn, row = divmod(unit, len(phases.units))
        own = phases.units[row]
        return own and (own[0] + phases.step * turn, own[0] + phases.step * turn + own[1] - 1)
    return start + stride * unit, start + stride * unit + size - 1


def cells_of(walk: Walk, asked: Iterable[tuple[Asked, ...]]) -> list[Cell]:
    """Cut each axis at the ends of all boxes: each end by itself, and what lies between."""
    singles: list[set[int]] = [set() for _ in walk.axes]
    for units in asked:
        for unit in units:
            for axis, ends in enumerate(unit.hull or ()):
                singles[axis].update(ends or ())
    cells = []
    for axis, own in enumerate(walk.axes):
        begin, size = 0, own.size or 0
        for single in sorted(singles[axis]):
            cells += [(axis, begin, single - 1)] * (begin < single) + [(axis, single, single)]
            begin = single + 1
        cells += [(axis, begin, size - 1)] * (begin < size)
    return cells


def hull_of(cells: Sequence[Cell], moves: Sequence[bool], axes: int) -> Hull:
    """Return the box of the cells that move a unit."""
    found = [[cell for cell, is_moved in zip(cells, moves, strict=False) if is_moved and cell[0] == axis]
             for axis in range(axes)]  # fmt: skip
    if not any(found):
        return None
    return tuple((own[0][1], own[-1][2]) if own else None for own in found)


def shown(hull: Hull) -> str:
    """Write a box."""
    if hull is None:
        return "no position"
    pairs = [f"{name} {one[0]} to {one[1]}" for name, one in zip(axis_names(len(hull)), hull, strict=True) if one]
    return ", ".join(pairs)
