"""The rows of a table: layers under the scopes that hold them, with the scopes' sums."""

from collections.abc import Callable, Sequence

from convcli import human
from convcli.intensity import Intensity, together
from convcli.record import Record
from convcli.report import LayerReport, OptionalShape, ReceptiveField, Report
from convcli.writers.times import Times

Timed = Callable[[Sequence[LayerReport]], Times | None]
"""Gives the times of some layers together."""


class Row(Record):
    """A layer, or a scope with the sums of its layers.

    `label` is the last part of the name, `depth` the number of scopes around it; `folded` says
    that the scope's layers are not shown.
    """

    name: str
    label: str
    depth: int
    layer: LayerReport | None
    layers: int
    folded: bool
    has_output: bool
    output: OptionalShape
    weights_bytes: int | None
    output_bytes: int | None
    receptive_field: ReceptiveField | None
    saved_bytes: int | None
    alive_bytes: int | None
    params: int | None
    trainable: int | None
    buffers: int | None
    macs: int | None
    other_ops: int | None
    cost: int | None
    share: float | None
    share_text: str
    roofline: Intensity | None
    times: Times | None


def table_rows(report: Report, depth: int | None = None) -> list[Row]:
    """Return the rows of a report as a tree; scopes deeper than `depth` are folded into one row."""
    total, timed = report.cost.value, timed_rows(report)
    rows: list[Row] = []
    path: list[str] = []
    layers, folded = _gathered(report.layers, depth)
    for at, layer in enumerate(layers):
        *scopes, label = layer.name.split(".")
        shared = _shared(path, scopes)
        path = path[:shared]
        for level in range(shared, len(scopes)):
            path.append(scopes[level])
            if depth is None or level < depth:
                whole = ".".join(path) in folded
                rows.append(_scope(path, _run(layers, at, path, whole=whole), total, timed, folded=whole))
        if layer.name not in folded and (depth is None or len(scopes) < depth):
            rows.append(_leaf(layer, label, len(scopes), total, timed))
    return rows


def _gathered(layers: tuple[LayerReport, ...], depth: int | None) -> tuple[tuple[LayerReport, ...], set[str]]:
    """Put the layers of each folded scope side by side; return them with the names of these scopes.

    A layer that is called like the scope, the function in which its branches meet, belongs to it
    and comes last; so a name has one row.
    """
    if depth is None:
        return layers, set()
    groups: dict[str, list[LayerReport]] = {}
    for layer in layers:
        groups.setdefault(".".join(layer.name.split(".")[:depth]), []).append(layer)
    folded = {name for name, group in groups.items() if any(layer.name != name for layer in group)}
    ordered = [sorted(group, key=lambda layer: layer.name == name) for name, group in groups.items()]
    return tuple(layer for group in ordered for layer in group), folded


def flat_rows(report: Report) -> list[Row]:
    """Return a row for each layer, under its whole name."""
    timed = timed_rows(report)
    return [flat_row(layer, report.cost.value, timed) for layer in report.layers]


def untimed(_: Sequence[LayerReport]) -> None:
    """Return that nothing was timed."""


def timed_rows(report: Report) -> Timed:
    """Return what gives the times of layers; it gives none where nothing was timed."""
    if report.timings is None:
        return untimed
    from convcli.writers.timed_rows import TimedRows  # only runs have times

    return TimedRows(report, report.timings).times


def flat_row(layer: LayerReport, total: int, timed: Timed = untimed) -> Row:
    """Return the row of a layer, under its whole name."""
    return _leaf(layer, layer.name, 0, total, timed)


def _shared(path: list[str], scopes: list[str]) -> int:
    shared = 0
    while shared < min(len(path), len(scopes)) and path[shared] == scopes[shared]:
        shared += 1
    return shared


def _run(layers: tuple[LayerReport, ...], start: int, path: list[str], *, whole: bool) -> list[LayerReport]:
    """Return the layers from `start` on that stand in a scope, up to the first that does not."""
    name, end = ".".join(path), start
    prefix = f"{name}."
    while end < len(layers) and (layers[end].name.startswith(prefix) or (whole and layers[end].name == name)):
        end += 1
    return list(layers[start:end])


def _scope(path: list[str], inside: list[LayerReport], total: int, timed: Timed, *, folded: bool) -> Row:
    cost = _sum([layer.cost for layer in inside])
    last = inside[-1]
    output, size, field = (
        (last.output_shapes[0], last.output_bytes, last.receptive_field) if folded else (None, None, None)
    )
    return Row(
        ".".join(path), path[-1], len(path) - 1, None, len(inside), folded, folded, output,
        _sum([layer.weights_bytes for layer in inside]), size, field,
        _sum([layer.saved_bytes for layer in inside]), _most([layer.alive_bytes for layer in inside]),
        _sum([layer.params for layer in inside]), _sum([layer.trainable for layer in inside]),
        _sum([layer.buffers for layer in inside]), _sum([layer.macs for layer in inside]),
        _sum([layer.other_ops for layer in inside]), cost,
        _share(cost, total), human.percent(cost, total) if cost != 0 else "",
        together([layer.roofline for layer in inside]), timed(inside),
    )  # fmt: skip


def _leaf(layer: LayerReport, label: str, depth: int, total: int, timed: Timed) -> Row:
    return Row(
        layer.name, label, depth, layer, 1, False, True, layer.output_shapes[0] if layer.output_shapes else None,
        layer.weights_bytes, layer.output_bytes, layer.receptive_field, layer.saved_bytes, layer.alive_bytes,
        layer.params, layer.trainable, layer.buffers, layer.macs, layer.other_ops, layer.cost,
        _share(layer.cost, total), human.percent(layer.cost, total) if layer.cost != 0 else "", layer.roofline,
        timed((layer,)),
    )  # fmt: skip


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _most(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None


def _share(cost: int | None, total: int) -> float | None:
    return None if cost is None else cost / total if total else 0.0
