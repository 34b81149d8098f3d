"""A comparison as Markdown, for pull requests, and as CSV, for spreadsheets and scripts."""

import csv
import io
from typing import TYPE_CHECKING

from convcli.compare.record import Comparison, LayerChange
from convcli.styled import printable
from convcli.writers.columns import COLUMNS
from convcli.writers.diff_cells import ON_A_DEVICE, Cells, diff_columns
from convcli.writers.diff_rows import diff_rows
from convcli.writers.diff_table import convention, layers_table, totals_table
from convcli.writers.diff_totals import total_rows, verdict
from convcli.writers.simple_table import Table
from convcli.writers.text_tables import cell

if TYPE_CHECKING:
    from convcli.timing.pair import Pair

SHOWN, MOST = 10, 100
"""More rows than SHOWN are folded, and those past MOST are counted: a comment of GitHub ends at 65,536 characters."""


def diff_markdown(found: Comparison, keys: str | None = None, *, all_layers: bool = False) -> str:
    """Return a sentence, the totals, and the layers, folded where they are many."""
    parts = [f"**{_code(found.before_source)} → {_code(found.after_source)}**: {verdict(found)}"]
    totals = total_rows(found, all_totals=all_layers)
    if totals:
        parts.append(_table(totals_table(found, totals), ()))
    rows = diff_rows(found, all_layers=all_layers)
    if rows:
        shown = rows if all_layers else rows[:MOST]
        coded = [at for at, column in enumerate(diff_columns(found, keys), 1) if column.key in ("name", "op")]
        table = _table(layers_table(found, shown, keys), coded)
        if shown != rows:
            table += f"\n\nand {len(rows) - len(shown):,} more rows"
        if len(rows) > SHOWN:
            count = sum(len(row.layers) for row in rows)
            table = f"<details>\n<summary>{count:,} layers differ</summary>\n\n{table}\n\n</details>"
        parts.append(table)
    if totals:
        parts.append(f"<sub>{_escape(convention(found))}</sub>")
    if found.times is not None:
        from convcli.writers.pair_times import pair_page
        from convcli.writers.simple_table import page_markdown

        parts.append(page_markdown(pair_page(found.times)).rstrip("\n"))
    return "\n\n".join(parts) + "\n"


def _table(table: Table, coded: "tuple[int, ...] | list[int]") -> str:
    rule = "|".join(" ---: " if column.right else " --- " for column in table.columns)
    lines = [f"| {' | '.join(column.title for column in table.columns)} |", f"|{rule}|"]
    for row in table.rows:
        cells = (_code(text) if at in coded else _escape(text) for at, text in enumerate(row))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _code(text: str) -> str:
    """Put a text between as many backticks as it does not have, on one line, its pipes escaped for tables."""
    if not text:
        return ""
    plain = "".join(sign if sign.isprintable() else " " for sign in text).replace("|", "\\|")
    fence = "`"
    while fence in plain:
        fence += "`"
    edge = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{edge}{plain}{edge}{fence}"


def _escape(text: str) -> str:
    text = printable(text)
    for sign in "\\|*_<>`[]":
        text = text.replace(sign, "\\" + sign)
    return text


def diff_csv(found: Comparison, keys: str | None = None) -> str:
    """Return a line for each layer that differs, with each column before and after; what is not known is empty.

    Of a run there are seconds, forward and backward together.
    """
    columns = diff_columns(found, keys) if keys else [one for one in COLUMNS if one.key not in ON_A_DEVICE]
    both = Cells(found).values
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    titles = [column.key for column in columns] + ["seconds"] * (found.times is not None)
    writer.writerow(["change", *(f"{title}_{side}" for title in titles for side in ("before", "after"))])
    for layer in found.layers:
        values = [value for column in columns for value in both(column, layer)]
        values += _seconds(found.times, layer) if found.times is not None else ()
        writer.writerow([layer.change, *map(cell, values)])
    return out.getvalue()


def _seconds(times: "Pair", layer: LayerChange) -> tuple[float | None, float | None]:
    """Return what a layer takes in both networks."""
    from convcli.timing.compare_layers import whole_seconds

    sides = ((times.before, layer.before), (times.after, layer.after))
    before, after = (
        next((whole_seconds(one) for one in side.layers if row is not None and one.name == row.name), None)
        for side, row in sides
    )
    return before, after
