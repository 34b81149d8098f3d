"""The table of a network for people: head, rows, totals with their conventions."""

from convcli import human
from convcli.diagnostics import clipped
from convcli.report import Cost, Report, TensorReport, Training
from convcli.styled import DIM, ERROR, NUMBER, PLAIN, TITLE, Line, shorten
from convcli.writers import receptive_fields, rooflines
from convcli.writers.columns import Column, check_known, choose_columns, column
from convcli.writers.layout import LONGEST, lay_out
from convcli.writers.tree import Row, flat_rows, table_rows
from convcli.writers.view import View


def view_rows(report: Report, view: View) -> list[Row]:
    """Return the rows that a view shows: the tree, or the layers in order of a column."""
    if view.sort is None and view.top is None:
        return table_rows(report, view.depth)
    by = column(view.sort or ("cost" if report.timings is None else "time"))
    check_known([by.key], report)
    rows = (
        flat_rows(report) if view.depth is None else [r for r in table_rows(report, view.depth) if r.layer or r.folded]
    )
    rows = [row._replace(label=row.name, depth=0) for row in rows]
    rows.sort(key=lambda row: _key(by, row), reverse=by.right)
    return rows if view.top is None else rows[: view.top]


def _key(by: Column, row: Row) -> tuple[bool, object]:
    value = by.order(row) if by.order else by.value(row)
    return (value is None, 0) if value is None else (False, value)


def table_lines(report: Report, view: View = View(), width: int | None = None) -> list[Line]:
    """Return the lines of the whole table."""
    lines = [title_line(report), []]
    rows = view_rows(report, view)
    columns = choose_columns(view.columns, report)
    if rows:
        lines += lay_out(rows, columns, width)
    if report.failed:
        where = f"  (line {report.failed.line})" if report.failed.line else ""
        lines.append([("✗ ", ERROR), (clipped(report.failed.text), ERROR), (where + "  the table ends here", DIM)])
    return [*lines, [], *total_lines(report, columns, width)]


def title_line(report: Report) -> Line:
    """Return the network's name with what flows in and out."""
    line: Line = [(report.name, TITLE)]
    if report.variant and report.variant != report.name:
        line.append((f" ({report.variant})", TITLE))
    return [*line, (_tensors("input", report.inputs) + _tensors("output", report.outputs), PLAIN)]


def _tensors(word: str, tensors: tuple[TensorReport, ...]) -> str:
    """Write what flows in, or out; several tensors have their names beside them."""
    if len(tensors) < 2:
        return "".join(f"  {word} {_tensor(tensor)}" for tensor in tensors)
    return f"  {word}s {', '.join(f'{tensor.key or tensor.name} {_tensor(tensor)}' for tensor in tensors)}"


def _tensor(tensor: TensorReport) -> str:
    shape = human.show_shape(tensor.shape)
    return shape if tensor.name == "input" or tensor.dtype != "int64" else f"{shape} ({tensor.dtype})"


def total_lines(report: Report, columns: tuple[Column, ...] = (), width: int | None = None) -> list[Line]:
    """Return the totals, each with its convention on the same line, which is cut where there is no room.

    What there is to say of some columns follows.
    """
    totals = report.totals
    batch = f"batch {report.batch}"
    frozen = totals.params - totals.trainable
    lines: list[Line] = [
        _total("parameters", totals.params, "params" not in totals.unknown, f"[each weight once{_frozen(frozen)}]"),
        _total("buffers", totals.buffers, "buffers" not in totals.unknown, "[running statistics]"),
        *(_our_costs(report, batch) if report.cost.version is None else _their_costs(report.cost, batch)),
    ]
    lines += _memory_lines(report, width) + rooflines.roofline_lines(report, width)
    if report.timings is not None:
        from convcli.writers.time_lines import time_lines  # only runs have times

        lines += time_lines(report, width)
    shown = any(column.key.startswith(receptive_fields.PREFIX) for column in columns)
    for op, layers, missing in report.uncounted:
        names = [name.replace("_", " ") for name in missing if shown or name != receptive_fields.FIELD]
        if names:
            lines.append(
                [
                    (
                        f"not counted: {' and '.join(names)} of {clipped(op)} ({human.counted(len(layers), 'layer')})",
                        ERROR,
                    )
                ]
            )
    return lines + (receptive_fields.first_lines(report) if shown else [])


def _memory_lines(report: Report, width: int | None) -> list[Line]:
    """Return what the network takes in memory, each number with what it is made of."""
    totals, training = report.totals, report.totals.training
    batch = f"batch {report.batch}" + (f", products in {training.amp}" if training.amp else "")
    at = f"most at {totals.inference_peak.layer or 'the input'}"
    sizes = [
        ("weights", "weights_bytes", f"parameters and buffers, {report.dtype}"),
        ("inference", "inference_peak_bytes", f"alive at once, {batch}, {at}"),
        ("saved", "saved_for_backward_bytes", f"for backward, each tensor once, {batch}"),
        ("training", "training_bytes", f"a step of {training.optimizer}, {batch}, most {_where(training)}"),
    ]
    return [_size(report, *size, width) for size in sizes]


def _where(training: Training) -> str:
    return f"in {training.phase}" + (f" at {training.layer}" if training.layer else "")


def _size(report: Report, label: str, name: str, convention: str, width: int | None) -> Line:
    sign = ">= " if name in report.totals.unknown else ""
    size = f"{label:<11}{sign + human.bytes_(getattr(report.totals, name)):>16}"
    room = LONGEST if width is None else width - len(size) - 13
    return [(size, NUMBER), (f"           [{shorten(convention, room)}]", DIM)]


def _our_costs(report: Report, batch: str) -> list[Line]:
    totals = report.totals
    return [
        _total("MACs", totals.macs, "macs" not in totals.unknown, f"[multiply-adds without bias, {batch}]"),
        _total("FLOPs", totals.flops, "flops" not in totals.unknown, f"[2 * MACs, as torch counts, {batch}]"),
        _total("other ops", totals.other_ops, "other_ops" not in totals.unknown, f"[all other arithmetic, {batch}]"),
    ]


def _their_costs(cost: Cost | None, batch: str) -> list[Line]:
    """Return the totals in another tool's convention, with its name and version."""
    if cost is None:
        return []
    words = f"[{cost.convention} {cost.version}: {cost.says}, {batch}]"
    return [_total(f"{cost.unit}s", cost.value, cost.known, words), *_their_costs(cost.also, batch)]


def _frozen(frozen: int) -> str:
    return f", {frozen:,} of them frozen" if frozen else ""


def _total(name: str, value: int, known: bool, convention: str) -> Line:
    sign = "" if known else ">= "
    rounded = f"= {human.short(value)}" if abs(value) >= 1000 else ""
    return [(f"{name:<11}{sign + human.exact(value):>16} {rounded:<9} ", NUMBER), (convention, DIM)]
