"""The table of a network for people: head, rows, totals with their conventions."""

from convcli import human
from convcli.report import Report, TensorReport
from convcli.styled import DIM, ERROR, NUMBER, PLAIN, TITLE, Line
from convcli.writers import receptive_fields
from convcli.writers.columns import Column, choose_columns, column
from convcli.writers.layout import lay_out
from convcli.writers.tree import Row, flat_rows, table_rows
from convcli.writers.view import View


def view_rows(report: Report, view: View) -> list[Row]:
    """Return the rows that a view shows: the tree, or the layers in order of a column."""
    if view.sort is None and view.top is None:
        return table_rows(report, view.depth)
    by = column(view.sort or "macs")
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
    columns = choose_columns(view.columns)
    if rows:
        lines += lay_out(rows, columns, width)
    if report.failed:
        where = f"  (line {report.failed.line})" if report.failed.line else ""
        lines.append([("✗ ", ERROR), (report.failed.text, ERROR), (where + "  the table ends here", DIM)])
    return [*lines, [], *total_lines(report, columns)]


def title_line(report: Report) -> Line:
    """Return the network's name with what flows in and out."""
    line: Line = [(report.name, TITLE)]
    if report.variant and report.variant != report.name:
        line.append((f" ({report.variant})", TITLE))
    for number, tensor in enumerate(report.inputs):
        line.append((f"  {'input' if not number else 'and'} {_tensor(tensor)}", PLAIN))
    for number, tensor in enumerate(report.outputs):
        line.append((f"  {'output' if not number else 'and'} {_tensor(tensor)}", PLAIN))
    return line


def _tensor(tensor: TensorReport) -> str:
    shape = human.show_shape(tensor.shape)
    return shape if tensor.name == "input" or tensor.dtype != "int64" else f"{shape} ({tensor.dtype})"


def total_lines(report: Report, columns: tuple[Column, ...] = ()) -> list[Line]:
    """Return the totals, each with its convention on the same line, and what there is to say of some columns."""
    totals = report.totals
    batch = f"batch {report.batch}"
    frozen = totals.params - totals.trainable
    lines: list[Line] = [
        _total("parameters", totals.params, "params" not in totals.unknown, f"[each weight once{_frozen(frozen)}]"),
        _total("buffers", totals.buffers, "buffers" not in totals.unknown, "[running statistics]"),
        _total("MACs", totals.macs, "macs" not in totals.unknown, f"[multiply-adds without bias, {batch}]"),
        _total("FLOPs", totals.flops, "flops" not in totals.unknown, f"[2 * MACs, as torch counts, {batch}]"),
        _total("other ops", totals.other_ops, "other_ops" not in totals.unknown, f"[all other arithmetic, {batch}]"),
    ]
    sign = ">= " if "weights_bytes" in totals.unknown else ""
    size = f"{'weights':<11}{sign + human.bytes_(totals.weights_bytes):>16}"
    lines.append([(size, NUMBER), (f"           [parameters and buffers, {report.dtype}]", DIM)])
    shown = any(column.key.startswith(receptive_fields.PREFIX) for column in columns)
    for op, layers, missing in report.uncounted:
        names = [name.replace("_", " ") for name in missing if shown or name != receptive_fields.FIELD]
        if names:
            lines.append([(f"not counted: {' and '.join(names)} of {op} ({human.layers(len(layers))})", ERROR)])
    return lines + (receptive_fields.first_lines(report) if shown else [])


def _frozen(frozen: int) -> str:
    return f", {frozen:,} of them frozen" if frozen else ""


def _total(name: str, value: int, known: bool, convention: str) -> Line:
    sign = "" if known else ">= "
    rounded = f"= {human.short(value)}" if abs(value) >= 1000 else ""
    return [(f"{name:<11}{sign + human.exact(value):>16} {rounded:<9} ", NUMBER), (convention, DIM)]
