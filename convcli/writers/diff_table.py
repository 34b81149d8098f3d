"""A comparison for people: a sentence, the layers that differ, the totals that differ."""

from convcli.compare.record import ADDED, AFFECTED, EDITED, MOVED, REMOVED, RENAMED, Comparison
from convcli.report import Report
from convcli.styled import DIM, ERROR, GOOD, NAME, NUMBER, PLAIN, TITLE, WARNING, Line
from convcli.writers.diff_cells import Cells, diff_columns
from convcli.writers.diff_rows import DiffRow, diff_rows
from convcli.writers.diff_totals import TotalRow, total_rows, verdict
from convcli.writers.simple_table import CUT, DROP, WHOLE, WRAP, Column, Table, page_lines, table_lines

ROLES = {ADDED: GOOD, REMOVED: ERROR, EDITED: WARNING, MOVED: WARNING, RENAMED: WARNING, AFFECTED: DIM}
CONVENTION = "[batch {batch}, {dtype}; MACs without bias, FLOPs = 2 * MACs; training: a step of {optimizer}]"
LOOKS = {
    "name": (CUT, NAME, 16),
    "op": (WRAP, PLAIN, 28),
    "output": (DROP, PLAIN, 16),
    "input": (DROP, PLAIN, 16),
}
"""What becomes of a column where there is little room, how it looks, and the least that is left of it."""


def diff_lines(
    found: Comparison, keys: str | None = None, *, all_layers: bool = False, width: int | None = None
) -> list[Line]:
    """Return the lines of a comparison."""
    lines: list[Line] = [[(f"{found.before_source} -> {found.after_source}", TITLE)], [(verdict(found), PLAIN)]]
    rows = diff_rows(found, all_layers=all_layers)
    if rows:
        table = layers_table(found, rows, keys)
        head, *body = table_lines(table, width)
        lines += [[], head, *(_coloured(line) for line in body)]
    totals = total_rows(found, all_totals=all_layers)
    if totals:
        lines += [[], *table_lines(totals_table(found, totals), width), [(convention(found), DIM)]]
    if found.times is not None:
        from convcli.writers.pair_times import pair_page

        lines += [[], *page_lines(pair_page(found.times), width)]
    return lines


def _coloured(line: Line) -> Line:
    (change, _), *rest = line
    return [(change, ROLES.get(change.strip(), PLAIN)), *rest]


def layers_table(found: Comparison, rows: list[DiffRow], keys: str | None = None) -> Table:
    """Return the table of the layers that differ."""
    columns = diff_columns(found, keys)
    head = []
    for one in columns:
        room, role, least = LOOKS.get(one.key, (WHOLE, NUMBER, 0))
        head.append(Column(one.title, room, one.right, role, least))
    text = Cells(found).text
    cells = tuple((_word(row), *(text(one, row) for one in columns)) for row in rows)
    return Table((Column(""), *head), cells)


def _word(row: DiffRow) -> str:
    return "" if row.change == AFFECTED else row.change


def totals_table(found: Comparison, rows: list[TotalRow]) -> Table:
    """Return the table of the totals that differ."""
    columns = [Column("total", role=NAME), *(Column(title, right=True, role=NUMBER) for title in ("before", "after"))]
    if found.before is None or found.after is None:
        return Table(tuple(columns), tuple(row[:3] for row in rows))
    more = (Column(title, right=True, role=NUMBER) for title in ("difference", ""))
    return Table((*columns, *more), tuple(rows))


def convention(found: Comparison) -> str:
    """Say in one line how it was counted."""
    report = found.after or found.before
    return CONVENTION.format(batch=report.batch, dtype=report.dtype, optimizer=_trained(report)) if report else ""


def _trained(report: Report) -> str:
    training = report.totals.training
    return training.optimizer + (f" with {training.amp}" if training.amp else "")
