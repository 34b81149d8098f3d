"""A comparison as Markdown, for pull requests, and as CSV, for spreadsheets and scripts."""

import csv
import io

from convcli.compare.record import Comparison
from convcli.writers.columns import COLUMNS
from convcli.writers.diff_cells import ON_A_DEVICE, Cells, diff_columns
from convcli.writers.diff_rows import diff_rows
from convcli.writers.diff_table import convention, layers_table, totals_table
from convcli.writers.diff_totals import total_rows, verdict
from convcli.writers.simple_table import Table

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
    for sign in "\\|*_<>`[]":
        text = text.replace(sign, "\\" + sign)
    return text


def diff_csv(found: Comparison, keys: str | None = None) -> str:
    """Return a line for each layer that differs, with each column before and after; what is not known is empty."""
    columns = diff_columns(found, keys) if keys else [one for one in COLUMNS if one.key not in ON_A_DEVICE]
    both = Cells(found).values
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["change", *(f"{column.key}_{side}" for column in columns for side in ("before", "after"))])
    for layer in found.layers:
        values = [value for column in columns for value in both(column, layer)]
        writer.writerow([layer.change, *("" if value is None else value for value in values)])
    return out.getvalue()
