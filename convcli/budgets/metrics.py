"""The metrics that budgets judge, each with what it is of a whole network and of some of its layers."""

from collections.abc import Callable, Sequence

from convcli.budgets.quantities import BYTES, COUNT
from convcli.budgets.record import Value
from convcli.record import Record
from convcli.report import LayerReport, ReceptiveField, Report

AXES, SHAPES, RATIO = "axes", "shapes", "ratio"

Rows = Sequence[LayerReport]
UNKNOWN = Value(None, known=False)


class Metric(Record):
    """A number that can be judged.

    Attributes:
        name: as it is written in a file.
        title: what a message calls it.
        kind: how its values are written: `COUNT`, `BYTES`, `AXES` (one number, or one for each axis)
            or `SHAPES` (an output, or a list of outputs), or `RATIO`.
        of: its value, of the layers in `rows`, or of the whole network where these are None. No report
            has the divisor, which is handed to `judge`.
        share: the field of a layer's row that says what it contributes; empty where that means nothing.
        partly: whether single layers have it.
    """

    name: str
    title: str
    kind: str
    of: Callable[[Report, Rows | None], Value] | None
    share: str = ""
    partly: bool = True


def _sum(total: str, row: str = "") -> Callable[[Report, Rows | None], Value]:
    """Return how a sum is read: a field of the totals, or one of the rows."""

    def of(report: Report, rows: Rows | None) -> Value:
        if rows is None:
            return Value(getattr(report.totals, total), total not in report.totals.unknown)
        values = [getattr(one, row) for one in rows]
        return Value(sum(value or 0 for value in values), None not in values)

    return of


def _alive(report: Report, rows: Rows | None) -> Value:
    if rows is None:
        totals = report.totals
        return Value(totals.inference_peak_bytes, "inference_peak_bytes" not in totals.unknown)
    values = [row.alive_bytes for row in rows]
    return Value(max(value or 0 for value in values), None not in values)


def _layers(report: Report, rows: Rows | None) -> Value:
    return Value(len(report.layers if rows is None else rows), rows is not None or "macs" not in report.totals.unknown)


def _depth(report: Report, rows: Rows | None) -> Value:
    """Return the most layers with multiply-accumulates that lie on one path."""
    counted = {row.name for row in report.layers if row.macs is None or row.macs}
    if rows is not None:
        counted &= {row.name for row in rows}
    deepest: dict[str, int] = {}
    for row in report.layers:
        before = max([deepest.get(name, 0) for name in row.inputs], default=0)
        deepest[row.name] = before + (row.name in counted)
    known = all(row.macs is not None for row in report.layers)
    return Value(max(deepest.values(), default=0), known)


def _outputs(report: Report, rows: Rows | None) -> Value:
    shapes = [made.shape for made in report.outputs] if rows is None else [rows[-1].output_shapes[0]]
    without_batch = tuple(None if shape is None else tuple(shape[1:]) for shape in shapes)
    known = not report.failed and all(shape is not None and None not in shape for shape in without_batch)
    return Value(without_batch, known)


def receptive_field(report: Report, rows: Rows | None) -> Value:
    """Return the last local receptive field on the way to the output, or to the last of some layers."""
    by_name = {row.name: row for row in report.layers}
    open_ = [made.name for made in report.outputs] if rows is None else [rows[-1].name]
    seen: set[str] = set()
    found: list[tuple[tuple[int, ...], bool]] = []
    while open_:
        row = by_name.get(open_.pop())
        if row is None or row.name in seen:
            continue
        seen.add(row.name)
        field = row.receptive_field
        if (field is not None and field.kind == "unknown") or (field is None and None in row.output_shapes):
            return UNKNOWN
        sizes = _sizes(field)
        if field is not None and sizes is not None:
            found.append((sizes, field.whole))
        else:
            open_.extend(row.inputs)
    if report.failed or not found or len({len(sizes) for sizes, _ in found}) > 1:
        return UNKNOWN
    return Value(
        tuple(map(max, zip(*(sizes for sizes, _ in found), strict=True))), whole=all(whole for _, whole in found)
    )


def _sizes(field: ReceptiveField | None) -> tuple[int, ...] | None:
    """Return the size along each axis; None where there are no local paths along some of them."""
    if field is None:
        return None
    if field.paths is not None:
        return tuple(max(path.size for path in row) for row in field.paths) if all(field.paths) else None
    if field.size is None:
        return None
    sizes = tuple(size for size in field.size if size is not None)
    return sizes if len(sizes) == len(field.size) else None


DIVISOR = "divisible_by"
SAVED = "saved_bytes"

METRICS: dict[str, Metric] = {metric.name: metric for metric in (
    Metric("params", "parameters", COUNT, _sum("params", "params"), "params"),
    Metric("trainable", "trainable parameters", COUNT, _sum("trainable", "trainable"), "trainable"),
    Metric("buffers", "elements of buffers", COUNT, _sum("buffers", "buffers"), "buffers"),
    Metric("macs", "MACs", COUNT, _sum("macs", "macs"), "macs"),
    Metric("flops", "FLOPs", COUNT, _sum("flops", "flops"), "flops"),
    Metric("layers", "layers", COUNT, _layers),
    Metric("depth", "layers with MACs on one path", COUNT, _depth),
    Metric("output", "output", SHAPES, _outputs),
    Metric("receptive_field", "receptive field", AXES, receptive_field),
    Metric("memory.weights", "bytes of weights", BYTES, _sum("weights_bytes", "weights_bytes"), "weights_bytes"),
    Metric("memory.inference", "bytes alive at inference", BYTES, _alive, "alive_bytes"),
    Metric("memory.saved", "bytes saved for backward", BYTES, _sum("saved_for_backward_bytes", SAVED), SAVED),
    Metric("memory.training", "bytes of a step of training", BYTES, _sum("training_bytes"), SAVED, partly=False),
    Metric(DIVISOR, "divisor of the input sizes", AXES, None, partly=False),
)}  # fmt: skip
"""All metrics by name, in the order of the documentation."""

LATENCY = Metric("latency", "time, relative to the baseline's", RATIO, None, partly=False)
"""It is measured, against a baseline that only the command line names, so no file can have a budget for it."""


def metric_of(name: str) -> Metric:
    """Return the metric of a budget that was judged."""
    return LATENCY if name == LATENCY.name else METRICS[name]
