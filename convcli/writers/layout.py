"""Fitting a table into a width: which cells are written short, and what is cut."""

from convcli.styled import BAR, DIM, NAME, NUMBER, PLAIN, SCOPE, TITLE, Line, pad, shorten, width_of
from convcli.writers.columns import Column
from convcli.writers.tree import Row

GAP = 2
BAR_WIDTH = 8
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEAST = {"name": 12, "op": 12, "inputs": 8, "input": 8, "weights": 8, "module": 8, "source": 8}
"""Columns that may be cut, and the least that is left of them."""


LONGEST = 1_000
"""Signs of a cell, however much room there is."""


def lay_out(rows: list[Row], columns: tuple[Column, ...], width: int | None) -> list[Line]:
    """Return the lines of a table: a head, and one line a row; `width` None is as wide as needed."""
    cells = [[_label(row) if column.key == "name" else column.exact(row) for column in columns] for row in rows]
    widths = _widths(cells, columns)
    if width is not None and _needed(widths, columns) > width:
        cells = [[_label(row) if column.key == "name" else column.short(row) for column in columns] for row in rows]
        widths = _fit(_widths(cells, columns), columns, width)
    leaves = [row for row in rows if row.layer or row.folded]
    largest = [max([bar(row) or 0.0 for row in leaves], default=0.0) if (bar := c.bar) else 0.0 for c in columns]
    lines = [_head(columns, widths)]
    for row, texts in zip(rows, cells, strict=True):
        lines.append(_line(row, texts, columns, widths, largest))
    return lines


def _label(row: Row) -> str:
    return "  " * row.depth + row.label


def _widths(cells: list[list[str]], columns: tuple[Column, ...]) -> list[int]:
    found = [max([width_of(one.title), *(width_of(line[at]) for line in cells)]) for at, one in enumerate(columns)]
    return [min(width, LONGEST) if one.key in _LEAST else width for one, width in zip(columns, found, strict=True)]


def _needed(widths: list[int], columns: tuple[Column, ...]) -> int:
    bars = sum(GAP + BAR_WIDTH for column in columns if column.bar)
    return sum(widths) + GAP * (len(widths) - 1) + bars


def _fit(widths: list[int], columns: tuple[Column, ...], width: int) -> list[int]:
    """Take what is missing from the columns that may be cut, the widest first."""
    widths = list(widths)
    cuttable = [at for at, column in enumerate(columns) if column.key in _LEAST]
    missing = _needed(widths, columns) - width
    while missing > 0:
        spare = [(widths[at] - _LEAST[columns[at].key], at) for at in cuttable]
        most, at = max(spare, default=(0, 0))
        if most <= 0:
            break
        widths[at] -= 1
        missing -= 1
    return widths


def _head(columns: tuple[Column, ...], widths: list[int]) -> Line:
    line: Line = []
    for at, column in enumerate(columns):
        line.append((pad(column.title, widths[at], right=column.right), TITLE))
        line.append((" " * (GAP + (GAP + BAR_WIDTH if column.bar else 0)), PLAIN))
    return line


def _line(row: Row, texts: list[str], columns: tuple[Column, ...], widths: list[int], largest: list[float]) -> Line:
    line: Line = []
    for at, column in enumerate(columns):
        text = pad(shorten(texts[at], widths[at]), widths[at], right=column.right)
        line.append((text, _role(row, column)))
        if column.bar:
            line.append((" " * GAP + _bar(row, column.bar(row), largest[at]), BAR))
        line.append((" " * GAP, PLAIN))
    return line


def _role(row: Row, column: Column) -> str:
    if row.layer is None and not row.folded:
        return SCOPE if column.key == "name" else DIM
    if column.right:
        return DIM if column.value(row) == 0 else NUMBER
    return NAME if column.key == "name" else PLAIN


def _bar(row: Row, share: float | None, largest: float) -> str:
    """Draw a layer's share; the largest fills the bar."""
    if not share or not largest or not (row.layer or row.folded):
        return " " * BAR_WIDTH
    eighths = max(1, round(share / largest * BAR_WIDTH * 8))
    full, rest = divmod(eighths, 8)
    return pad("█" * full + (_EIGHTHS[rest] if rest else ""), BAR_WIDTH)
