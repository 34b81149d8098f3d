"""The same rows as Markdown, for pull requests, and as CSV, for spreadsheets and scripts."""

import csv
from typing import TextIO

from convcli.report import Report
from convcli.styled import printable, text_of
from convcli.writers.columns import choose_columns, every_column
from convcli.writers.table import title_line, total_lines, view_rows
from convcli.writers.view import View


def write_markdown(report: Report, out: TextIO, view: View = View()) -> None:
    """Write a table in GitHub's Markdown, the totals below it."""
    columns = choose_columns(view.columns, report)
    out.write(f"**{_escape(text_of(title_line(report)))}**\n\n")
    out.write("| " + " | ".join(column.title for column in columns) + " |\n")
    out.write("|" + "|".join(" ---: " if column.right else " --- " for column in columns) + "|\n")
    for row in view_rows(report, view):
        cells = []
        for column in columns:
            text = _escape(column.exact(row))
            if column.key == "name":
                text = "&nbsp;&nbsp;" * row.depth + (
                    f"**{_escape(row.label)}**" if row.layer is None else _escape(row.label)
                )
            cells.append(text)
        out.write("| " + " | ".join(cells) + " |\n")
    out.write("\n")
    out.writelines(f"- {_escape(' '.join(text_of(line).split()))}\n" for line in total_lines(report, columns))


def write_csv(report: Report, out: TextIO, view: View = View()) -> None:
    """Write one line a layer, with plain numbers; an unknown number is an empty cell."""
    columns = choose_columns(view.columns, report) if view.columns else every_column(report)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.key for column in columns])
    for row in view_rows(report, view):
        if row.layer is None and not row.folded:
            continue
        writer.writerow([cell(column.value(row)) for column in columns])


def cell(value: object) -> object:
    """Return a value as CSV has it: what is not known is empty, and a text has no sign that a terminal acts on."""
    return "" if value is None else printable(value) if isinstance(value, str) else value


def _escape(text: str) -> str:
    text = printable(text)
    for sign in "\\|*_<>`":
        text = text.replace(sign, "\\" + sign)
    return text
