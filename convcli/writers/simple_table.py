"""Pages of headings, paragraphs, tables and code: for the screen, as Markdown, as CSV; and a frame for JSON.

The catalogue's commands and its generated documentation are written with these.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import compress
from typing import Any

from convcli import __version__
from convcli.diagnostics import Diagnostic
from convcli.record import Record
from convcli.styled import DIM, NAME, PLAIN, SCOPE, TITLE, Line, pad, printable, shorten, width_of

GAP = 2
INDENT = 4
READABLE = 100
"""Paragraphs are no wider than this, however wide the screen."""
UNKNOWN_WIDTH = 80
"""The width of paragraphs where the output is no terminal."""

WHOLE, CUT, WRAP, DROP = "whole", "cut", "wrap", "drop"


class Heading(Record):
    """A heading; level 1 is the page's own."""

    text: str
    level: int = 1


class Paragraph(Record):
    """Prose, with code in backticks."""

    text: str


class Code(Record):
    """Text that is shown as it is; `language` is for Markdown."""

    text: str
    language: str = ""


class Column(Record):
    """A column; `room` says what becomes of its cells where there is too little: WHOLE, CUT, WRAP or DROP.

    At least `least` cells of the screen are left to a column that gives way; one to DROP is cut
    down to as many, and left out where there are fewer.
    """

    title: str
    room: str = WHOLE
    right: bool = False
    role: str = PLAIN
    least: int = 16


class Facts(Record):
    """Labels with one or more short statements each."""

    rows: tuple[tuple[str, tuple[str, ...]], ...]


class Table(Record):
    """Rows of texts under columns; `head` False leaves the columns' titles out on the screen."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    head: bool = True


Block = Heading | Paragraph | Code | Facts | Table
Page = tuple[Block, ...]


# ---- the screen


def page_lines(page: Page, width: int | None) -> list[Line]:
    """Return a page's lines; where `width` is None, tables are as wide as they need to be."""
    lines: list[Line] = []
    close = True
    for block in page:
        if not close:
            lines.append([])
        lines += _block_lines(block, width)
        close = isinstance(block, Heading) and block.level > 1
    return lines


def _block_lines(block: Block, width: int | None) -> list[Line]:
    if isinstance(block, Heading):
        return [[(block.text, TITLE if block.level == 1 else SCOPE)]]
    if isinstance(block, Paragraph):
        return [[(line, PLAIN)] for line in _wrapped(block.text, min(width or UNKNOWN_WIDTH, READABLE))]
    if isinstance(block, Code):
        return [[(" " * INDENT + line, NAME)] for line in block.text.rstrip("\n").split("\n")]
    if isinstance(block, Facts):
        rows = [
            (label * (not at), text.replace("`", "")) for label, texts in block.rows for at, text in enumerate(texts)
        ]
        labels = Table((Column("", role=DIM), Column("", WRAP)), tuple(rows), head=False)
        return table_lines(labels, width)
    return table_lines(block, width)


def table_lines(table: Table, width: int | None) -> list[Line]:
    """Return a table's lines, one or more for each row."""
    table, widths = _fitting(table, width)
    lines: list[Line] = [_line([column.title for column in table.columns], table, widths, TITLE)] if table.head else []
    for row in table.rows:
        lines += [_line(cells, table, widths) for cells in _cells(row, table, widths)]
    return lines


def _fitting(table: Table, width: int | None) -> tuple[Table, list[int]]:
    """Give each column its width; those that can give way do so, the one with most to spare first."""
    widths = [max(map(width_of, cells), default=0) for cells in _by_column(table)]
    too_much = sum(widths) + GAP * (len(widths) - 1) - width if width else 0
    spare = [
        0 if column.room == WHOLE else max(widths[at] - column.least, 0) for at, column in enumerate(table.columns)
    ]
    if too_much > sum(spare) and any(column.room == DROP for column in table.columns):
        return _fitting(_without_dropped(table), width)
    for _ in range(min(too_much, sum(spare))):
        at = max(range(len(spare)), key=spare.__getitem__)
        spare[at] -= 1
        widths[at] -= 1
    return table, widths


def _by_column(table: Table) -> list[tuple[str, ...]]:
    rows = [tuple(column.title for column in table.columns), *table.rows] if table.head else table.rows
    return list(zip(*rows, strict=True)) or [()] * len(table.columns)


def _without_dropped(table: Table) -> Table:
    keeps = [column.room != DROP for column in table.columns]
    rows = tuple(tuple(compress(row, keeps)) for row in table.rows)
    return Table(tuple(compress(table.columns, keeps)), rows, table.head)


def _cells(row: tuple[str, ...], table: Table, widths: list[int]) -> Iterator[list[str]]:
    """Split a row into lines: one, or as many as its longest wrapped cell has."""
    parts = [
        _wrapped(text, width) if column.room == WRAP else [shorten(text, width)]
        for text, column, width in zip(row, table.columns, widths, strict=True)
    ]
    for at in range(max(map(len, parts))):
        yield [part[at] if at < len(part) else "" for part in parts]


def _line(cells: list[str], table: Table, widths: list[int], role: str | None = None) -> Line:
    line: Line = []
    for text, column, width in zip(cells, table.columns, widths, strict=True):
        line += [(pad(text, width, right=column.right), role or column.role), (" " * GAP, DIM)]
    return line


def _wrapped(text: str, width: int) -> list[str]:
    from textwrap import wrap

    return wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False) or [""]


def deeper(page: Page, levels: int) -> Page:
    """Return a page as a part of another one, its headings further down."""
    return tuple(b._replace(level=b.level + levels) if isinstance(b, Heading) else b for b in page)


# ---- Markdown


def page_markdown(page: Page) -> str:
    """Return a page in GitHub's Markdown."""
    return "\n\n".join(map(_block_markdown, page)) + "\n"


def _block_markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {escape(block.text)}"
    if isinstance(block, Paragraph):
        return escape(block.text)
    if isinstance(block, Code):
        return f"```{block.language}\n{block.text.rstrip()}\n```"
    if isinstance(block, Facts):
        return "\n".join(f"- {label}: {escape(', '.join(texts))}" for label, texts in block.rows)
    head = [column.title for column in block.columns]
    rule = "|".join(" ---: " if column.right else " --- " for column in block.columns)
    rows = [f"| {' | '.join(_cell_markdown(text) for text in row)} |" for row in (head, *block.rows)]
    return "\n".join([rows[0], f"|{rule}|", *rows[1:]])


def _cell_markdown(text: str) -> str:
    """Write a cell: a table has one line for each row, and no other sign between cells."""
    return "<br>".join(printable(escape(line)).replace("|", "\\|") for line in text.split("\n"))


def escape(text: str) -> str:
    """Escape the signs that mean something in Markdown, outside of backticks."""
    parts = re.split(r"(`[^`]*`)", text)
    signs = r"([\\<>\[]|\*(?=\S)|(?<=\S)\*)"  # a star between blanks is a star
    return "".join(part if at % 2 else re.sub(signs, r"\\\1", part) for at, part in enumerate(parts))


# ---- CSV and JSON


def page_csv(page: Page) -> str | None:
    """Return the rows of a page's first table, and of those like it; None where there is no table."""
    import csv
    import io

    tables = [block for block in page if isinstance(block, Table)]
    if not tables:
        return None
    columns, out = tables[0].columns, io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.title for column in columns])
    for table in tables:
        if table.columns == columns:
            writer.writerows(
                [_plain(text, column) for text, column in zip(row, columns, strict=True)] for row in table.rows
            )
    return out.getvalue()


def _plain(text: str, column: Column) -> str:
    return text.replace(",", "") if column.right else text


def document(schema: str, fields: Mapping[str, Any], findings: tuple[Diagnostic, ...] = ()) -> str:
    """Return a document for machines; the lists among `fields` have one item a line."""
    import json

    from convcli.writers.json_report import finding_dict

    parts = {
        "schema": schema,
        "convcli": __version__,
        **fields,
        "findings": [finding_dict(found) for found in findings],
    }
    return "{\n" + ",\n".join(f"  {json.dumps(name)}: {_value(value)}" for name, value in parts.items()) + "\n}\n"


def _value(value: Any) -> str:
    import json

    if not isinstance(value, list) or not value:
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in value) + "\n  ]"
