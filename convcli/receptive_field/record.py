"""The records of receptive fields for the report."""

from collections.abc import Sequence

from convcli.graph import Graph
from convcli.receptive_field.walk import Along, Axis, Field, Walk
from convcli.report import Path, Phases, ReceptiveField
from convcli.window.family import Family, Units

MOST_SHOWN = 64
"""Periods longer than this are not listed."""


def walks_of(graph: Graph) -> list[Walk]:
    """Return a walk for each input of a network that has axes."""
    return [walk for walk in (Walk(graph, input) for input in range(len(graph.inputs))) if walk.axes]


def fields_of(graph: Graph, walks: Sequence[Walk]) -> list[ReceptiveField | None]:
    """Return the receptive field of each node's first result."""
    each = []
    for walk in walks:
        records = Records(walk.axes, graph.inputs[walk.input].name)
        each.append([records.of(field) for field in walk.each()])
    if len(each) == 1:
        return each[0]
    return [_together([one for one in row if one]) for row in zip(*each, strict=True)] or [None] * len(graph.nodes)


def _together(records: list[ReceptiveField]) -> ReceptiveField | None:
    return records[0]._replace(others=tuple(records[1:])) if records else None


_new = tuple.__new__
"""Past `Record`'s own constructor, where it is called for every layer."""


class Records:
    """Makes the records of one network input; layers that share a field share its record."""

    def __init__(self, axes: tuple[Axis, ...], name: str) -> None:
        self.name = name
        self.sizes = [axis.size for axis in axes]
        self.least = min((size for size in self.sizes if size is not None), default=None)
        self.known: dict[int, ReceptiveField | None] = {}

    def of(self, field: Field | None) -> ReceptiveField | None:
        """Return what a report says of a field; None where it depends on no position."""
        key = id(field)
        if key not in self.known:
            self.known[key] = self._made(field) if field else None
        return self.known[key]

    def _made(self, field: Field) -> ReceptiveField | None:
        _, axes, loose = field
        first = axes[0]
        count = len(axes)
        if first.units and not (loose or first.lost) and _is_single(first) and axes.count(first) == count:
            _, step, (low,), (high,) = first.units[0]  # by far the most frequent case
            size = high - low + 1
            exceeds = self.least is not None and size > self.least
            values = (size,) * count, (step,) * count, (low,) * count
            return _new(ReceptiveField, ("exact", *values, first.whole, None, None, exceeds, self.name, ()))
        whole = any(along.whole for along in axes)
        if any(along.lost and not along.whole for along in axes):
            return ReceptiveField("unknown", None, None, None, whole, None, None, False, self.name, ())
        if any(along.lost for along in axes):  # a global path sees all there is beside what is not known
            return ReceptiveField(None, None, None, None, True, None, None, False, self.name, ())
        if not any(along.units for along in axes):
            return ReceptiveField(None, None, None, None, True, None, None, False, self.name, ()) if whole else None
        return self._of_paths([tuple(map(_path, along.units)) for along in axes], whole, loose)

    def _of_paths(self, rows: list[tuple[Path, ...]], whole: bool, loose: bool) -> ReceptiveField:
        pairs = zip(rows, self.sizes, strict=True)
        exceeds = any(size is not None and path.size > size for row, size in pairs for path in row)
        if any(len(row) > 1 for row in rows):
            return ReceptiveField("misaligned", None, None, None, whole, None, tuple(rows), exceeds, self.name, ())
        paths = [row[0] if row else None for row in rows]
        sizes = tuple(path.size if path else None for path in paths)
        strides = tuple(path.stride if path else None for path in paths)
        if not loose and all(path is None or path.start is not None for path in paths):
            starts = tuple(path.start if path else None for path in paths)
            return ReceptiveField("exact", sizes, strides, starts, whole, None, None, exceeds, self.name, ())
        phases = tuple(path.phases if path else None for path in paths)
        shown = phases if all(path is None or path.phases is not None for path in paths) else None
        return ReceptiveField("envelope", sizes, strides, None, whole, shown, None, exceeds, self.name, ())


def _is_single(along: Along) -> bool:
    return len(along.units) == 1 and type(along.units[0]) is Family and along.units[0].period == 1


def _path(units: Units) -> Path:
    pairs = zip(units.low, units.high, strict=True)
    size = max(high - low + 1 for low, high in pairs if low is not None and high is not None)
    single = isinstance(units, Family) and units.period == 1
    return Path(size, stride_of(units), units.low[0] if single else None, _phases(units))


def stride_of(units: Units) -> int | str:
    """Return the stride, a fraction as a text."""
    numerator, denominator = units.rate()
    return numerator if denominator == 1 else f"{numerator}/{denominator}"


def _phases(units: Units) -> Phases | None:
    if not isinstance(units, Family) or units.period > MOST_SHOWN:
        return None
    pairs = zip(units.low, units.high, strict=True)
    rows = tuple(None if low is None or high is None else (low, high - low + 1) for low, high in pairs)
    return Phases(units.step, rows)
