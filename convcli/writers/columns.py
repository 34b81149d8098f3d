"""The columns of a table: what each is called, and what it says of a row. A new column is one line."""

from collections.abc import Callable

from convcli import human
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.ops.short import LETTERS
from convcli.record import Record
from convcli.report import LayerReport, Report
from convcli.window import show_axes
from convcli.writers import receptive_fields, rooflines, times
from convcli.writers.tree import Row

TERSE_WIDTH = 18
"""Operators that are no longer than this are written in full even where there is little room."""

USUAL = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "output_padding": 0}
"""Values that the terse form leaves out."""


class Column(Record):
    """One column.

    `exact` writes a row's cell in full, `short` where there is little room; `value` is the plain
    value for CSV and for sorting, if there is no `order`; `bar` is a part that is drawn beside the cell.
    """

    key: str
    title: str
    value: Callable[[Row], object]
    exact: Callable[[Row], str]
    short: Callable[[Row], str]
    right: bool = False
    order: Callable[[Row], object] | None = None
    bar: Callable[[Row], float | None] | None = None


def _number(key: str, title: str, get: Callable[[Row], int | None], short: Callable[[int | None], str]) -> Column:
    return Column(key, title, get, lambda row: human.exact(get(row)), lambda row: short(get(row)), True)


def _size(key: str, title: str, get: Callable[[Row], int | None]) -> Column:
    return _number(key, title, get, human.bytes_)._replace(exact=lambda row: human.bytes_(get(row)))


def _text(key: str, title: str, get: Callable[[Row], str]) -> Column:
    return Column(key, title, get, get, get)


def _field(key: str, title: str, part: receptive_fields.Part) -> Column:
    def text(row: Row) -> str:
        return receptive_fields.shown(row.receptive_field, part)

    def order(row: Row) -> object:
        return receptive_fields.order(row.receptive_field, part)

    return Column(key, title, lambda row: receptive_fields.plain(row.receptive_field, part), text, text, True, order)


def _layer(get: Callable[[LayerReport], str]) -> Callable[[Row], str]:
    return lambda row: get(row.layer) if row.layer else ""


def _weights(layer: LayerReport) -> str:
    return ", ".join(f"{name} {human.show_list(shape)}".strip() for name, shape in layer.weights.items())


def _line(layer: LayerReport) -> str:
    return f"{layer.span.source.name}:{layer.span.line}" if layer.span else ""


def _operator(row: Row) -> str:
    if row.layer is None:
        return f"({human.counted(row.layers, 'layer')})" if row.folded else ""
    return f"{row.layer.text} again" if row.layer.call > 1 else row.layer.text


def _terse(row: Row) -> str:
    """Write an operator in the letters of the short words: `Conv2d k7 s2 p3`."""
    layer = row.layer
    if layer is None or len(layer.text) <= TERSE_WIDTH:
        return _operator(row)
    parts = [layer.op]
    for letter, name in LETTERS.items():
        value, declared = layer.args.get(name), USUAL.get(name)
        usual = layer.args.get("kernel_size") if name == "stride" and "Pool" in layer.op else declared
        if value is not None and value not in (usual, (declared,) * 3, (declared,) * 2, (declared,)):
            parts.append(letter + (str(value) if not isinstance(value, tuple) else show_axes(value)))
    return " ".join(parts)


def _ratio(row: Row) -> float | None:
    return rooflines.ratio(row.roofline)


def _shown_ratio(row: Row) -> str:
    return rooflines.shown_ratio(row.roofline)


def _seconds(row: Row) -> float | None:
    return row.roofline.bound_seconds if row.roofline and row.roofline.bound_seconds is not None else _measured(row)


def _measured(row: Row) -> float | None:
    """Return the bound of this machine."""
    return row.times.bound if row.times else None


def _shown_seconds(row: Row) -> str:
    if _seconds(row) is None and row.times:
        return times.NO_TRUST
    return human.seconds(_seconds(row)) if row.roofline or row.times else ""


def _timed(key: str, title: str, get: Callable[[Row], float | None], show: Callable[[Row], str]) -> Column:
    """Return a column of times; what is not known comes last where rows are in its order."""
    return Column(key, title, get, show, show, True, lambda row: get(row) or 0.0)


def _moved(row: Row) -> int | None:
    """Return the bytes that a row reads and writes."""
    moved = row.roofline
    if moved is None or moved.read_bytes is None or moved.written_bytes is None:
        return None
    return moved.read_bytes + moved.written_bytes


def _flops(row: Row) -> int | None:
    return None if row.macs is None else 2 * row.macs


def _of_figure(key: str, name: str) -> Column:
    """Return a column of what only a layer has."""
    title = key.removeprefix("time_")
    return _timed(
        key, title, lambda row: times.of_figure(row.times, name), lambda row: times.shown_of_figure(row.times, name)
    )


def _share_of_time(row: Row) -> float | None:
    return row.times.share if row.times else None


def _ceiling(row: Row) -> float | None:
    return row.times.ceiling if row.times else None


def _shown_ceiling(row: Row) -> str:
    return "" if row.macs == 0 else times.shown_percent(_ceiling(row), row.times)


def _predicted(row: Row) -> float | None:
    return row.times.predicted if row.times else None


COLUMNS: tuple[Column, ...] = (
    _text("name", "layer", lambda row: row.name),
    Column("op", "operator", _operator, _operator, _terse),
    _text("module", "module", _layer(lambda layer: layer.module or "")),
    _text("inputs", "inputs", _layer(lambda layer: ", ".join(layer.inputs))),
    _text("input", "input", _layer(lambda layer: ", ".join(map(human.show_shape, layer.input_shapes)))),
    _text("output", "output", lambda row: human.show_shape(row.output) if row.has_output else ""),
    _text("weights", "weights", _layer(_weights)),
    _number("params", "params", lambda row: row.params, human.short),
    _number("trainable", "trainable", lambda row: row.trainable, human.short),
    _number("buffers", "buffers", lambda row: row.buffers, human.short),
    _number("macs", "MACs", lambda row: row.macs, human.short),
    _number("flops", "FLOPs", _flops, human.short),
    _number("other", "other ops", lambda row: row.other_ops, human.short),
    _number("cost", "cost", lambda row: row.cost, human.short),
    _size("weights_bytes", "weights size", lambda row: row.weights_bytes),
    _size("bytes", "output size", lambda row: row.output_bytes),
    _size("saved", "saved", lambda row: row.saved_bytes),
    _size("alive", "alive", lambda row: row.alive_bytes),
    _field("rf", "RF", "size"),
    _field("rf_stride", "RF stride", "stride"),
    _field("rf_start", "RF start", "start"),
    _size("read", "read", lambda row: row.roofline.read_bytes if row.roofline else None),
    _size("written", "written", lambda row: row.roofline.written_bytes if row.roofline else None),
    Column("intensity", rooflines.UNIT, _ratio, _shown_ratio, _shown_ratio, True, lambda row: _ratio(row) or 0),
    Column("bound", "bound", _seconds, _shown_seconds, _shown_seconds, True),
    _text("bound_by", "bound by", lambda row: (row.roofline and row.roofline.bound_by) or ""),
    Column(
        "share", "% MACs", lambda row: row.share, lambda row: row.share_text, lambda row: row.share_text, True,
        bar=lambda row: row.share,
    ),
    _text("source", "source", _layer(_line)),
    _timed("time", "time", lambda row: times.seconds(row.times), lambda row: times.shown_seconds(row.times)),
    _timed(
        "spread", "+- %", lambda row: times.spread(row.times),
        lambda row: times.shown_percent(times.spread(row.times), row.times),
    ),
    _timed(
        "share_time", "% time", _share_of_time, lambda row: times.shown_percent(_share_of_time(row), row.times),
    )._replace(bar=_share_of_time),
    _timed(
        "backward", "backward", lambda row: times.backward(row.times), lambda row: times.shown_backward(row.times),
    ),
    _timed(
        "flop_s", "FLOP/s", lambda row: times.rate(_flops(row), row.times),
        lambda row: times.shown_rate(_flops(row), row.times),
    ),
    _timed(
        "byte_s", "B/s", lambda row: times.rate(_moved(row), row.times),
        lambda row: times.shown_rate(_moved(row), row.times),
    ),
    _timed("ceiling", "% roof", _ceiling, _shown_ceiling),
    _timed(
        "predicted", "predicted", _predicted, lambda row: times.shown_prediction(_predicted(row), row.times),
    ),
    *(_of_figure(key, name) for key, name in times.OF_A_LAYER.items()),
)  # fmt: skip

DEFAULT = ("name", "op", "output", "params", "macs", "share")
IN_CONVENTION = ("name", "op", "output", "params", "cost", "share")
"""The usual columns where the costs are counted in another tool's convention."""
ON_A_DEVICE = ("name", "op", "output", "macs", "intensity", "bound", "bound_by")
"""The usual columns where bounds on a device are asked for."""
TIMED = ("name", "op", "time", "spread", "share_time", "flop_s")
"""The usual columns of a run."""
AGAINST_CEILINGS = (*TIMED, "ceiling")
TIMED_BACKWARD = ("name", "op", "time", "backward", "spread", "share_time")

_BY_KEY = {column.key: column for column in COLUMNS}


def choose_columns(keys: str | None, report: Report, usual: tuple[str, ...] | None = None) -> tuple[Column, ...]:
    """Return the columns of a list such as `name,op,macs`; `+flops` adds to the usual ones.

    What is counted in another tool's convention has that tool's name.

    Raises:
        ConvcliError: there is no such column.
    """
    foreign = report.cost.version is not None
    usual = usual or _usual(report, foreign=foreign)
    wanted = [key.strip() for key in keys.split(",")] if keys else list(usual)
    if all(key.startswith("+") for key in wanted):
        wanted = [*usual, *(key[1:] for key in wanted)]
    if wanted and wanted[0] != "name" and "name" not in wanted:
        wanted = ["name", *wanted]
    check_known(wanted, report)
    titles = {"cost": report.cost.convention, "share": f"% {report.cost.convention}"} if foreign else {}
    return tuple(column(key)._replace(title=titles.get(key, column(key).title)) for key in wanted)


def _usual(report: Report, *, foreign: bool) -> tuple[str, ...]:
    """Return the columns of a report for which nobody names any."""
    if report.timings is not None and report.timings.subjects and report.timings.subjects[0].layers:
        backward = report.timings.subjects[0].layers[0].backward is not None
        return TIMED_BACKWARD if backward else AGAINST_CEILINGS if report.timings.ceilings else TIMED
    if report.roofline is not None and report.roofline.device is not None:
        return ON_A_DEVICE
    return IN_CONVENTION if foreign else DEFAULT


def every_column(report: Report) -> tuple[Column, ...]:
    """Return all columns; those of times are left out where nothing was timed."""
    return tuple(column for column in COLUMNS if report.timings is not None or column.key not in times.KEYS)


def check_known(keys: list[str], report: Report) -> None:
    """Refuse columns that need a device, or a run, where there is none.

    Raises:
        ConvcliError: there is none.
    """
    rooflines.check_device(keys, report)
    times.check_run(keys, report)


def expect_columns(keys: str | None, sort: str | None, *, device: bool) -> None:
    """Refuse, before anything is run, columns that a run will not have either.

    Raises:
        ConvcliError: there is no such column, or it needs a device, and none is named.
    """
    wanted = [key.strip().removeprefix("+") for key in keys.split(",")] if keys else []
    for key in wanted + ([sort] if sort else []):
        column(key)
    if not device:
        rooflines.expect_device(wanted, run=True)


def column(key: str) -> Column:
    """Return a column by its key.

    Raises:
        ConvcliError: there is no such column.
    """
    if key not in _BY_KEY:
        help = suggestion(key, _BY_KEY, f"the columns are: {', '.join(_BY_KEY)}")
        raise ConvcliError([Diagnostic("CV008", f"there is no column `{key}`", help=help)])
    return _BY_KEY[key]
