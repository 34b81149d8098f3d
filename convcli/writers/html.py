"""The report as an HTML table, for notebooks."""

from html import escape

from convcli.report import Report
from convcli.styled import text_of
from convcli.writers.columns import choose_columns
from convcli.writers.table import title_line, total_lines
from convcli.writers.tree import table_rows

_CELL = "padding: 0 0.8em; white-space: pre;"


def html_table(report: Report) -> str:
    """Return a table with its totals; it needs no style sheet and no script."""
    columns = choose_columns(None, report)
    head = "".join(f'<th style="{_CELL} text-align: {_side(c.right)}">{escape(c.title)}</th>' for c in columns)
    body = []
    for row in table_rows(report):
        cells = []
        for column in columns:
            text = "  " * row.depth + row.label if column.key == "name" else column.exact(row)
            weight = " font-weight: bold;" if row.layer is None and column.key == "name" else ""
            cells.append(f'<td style="{_CELL} text-align: {_side(column.right)};{weight}">{escape(text)}</td>')
        body.append(f"<tr>{''.join(cells)}</tr>")
    totals = escape("\n".join(map(text_of, total_lines(report))))
    return (
        f"<div><strong>{escape(text_of(title_line(report)))}</strong>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table><pre>{totals}</pre></div>"
    )


def _side(right: bool) -> str:
    return "right" if right else "left"
