"""The cells of a comparison: what a column of the table says of a row, before and after."""

from typing import Any

from convcli import human
from convcli.compare.record import Comparison, LayerChange
from convcli.report import LayerReport
from convcli.writers.columns import Column, choose_columns
from convcli.writers.diff_rows import DiffRow
from convcli.writers.diff_totals import signed
from convcli.writers.tree import flat_row

USUAL = ("name", "op", "output", "params", "macs")
SIZES = ("bytes", "saved", "alive")


def diff_columns(found: Comparison, keys: str | None) -> tuple[Column, ...]:
    """Return the columns of a list such as `name,op,macs`; `+rf` adds to the usual ones.

    Raises:
        ConvcliError: there is no such column.
    """
    report = found.after or found.before
    return choose_columns(keys, report, USUAL) if report else ()


def cell(column: Column, row: DiffRow) -> str:
    """Write what differs in a column: numbers as differences, texts as before and after."""
    if column.key == "name":
        return row.name
    if column.key == "op":
        return row.text
    if len(row.layers) == 1:
        return _one(column, row.layers[0])
    values = [_difference(column, layer) for layer in row.layers]
    if any(isinstance(value, str) for value in values):
        last = row.layers[-1]
        return "" if last.before and last.after else _one(column, last)
    if None in values:
        return "?"
    return _written(column, sum(values))


def _one(column: Column, layer: LayerChange) -> str:
    difference = _difference(column, layer)
    if not isinstance(difference, str):
        return "?" if difference is None else _written(column, difference)
    old, new = (column.exact(flat_row(one, 0)) if one else None for one in (layer.before, layer.after))
    return str(new if old is None else old if new is None or old == new else f"{old} -> {new}")


def _difference(column: Column, layer: LayerChange) -> Any:
    """Return by how much a number differs, None where that is not known; for a column of texts a text."""
    old, new = (plain(column, one) for one in (layer.before, layer.after))
    if not isinstance(0 if old is None else old, int) or not isinstance(0 if new is None else new, int):
        return ""
    if not column.right or (old is new is None and column.key.startswith(("rf", "share"))):
        return ""
    if (layer.before and old is None) or (layer.after and new is None):
        return None
    return (new or 0) - (old or 0)  # a layer that is not there costs nothing


def plain(column: Column, layer: LayerReport | None) -> Any:
    """Return the plain value of a column, None for no layer."""
    return column.value(flat_row(layer, 0)) if layer else None


def _written(column: Column, value: int) -> str:
    return signed(value, human.bytes_(value) if column.key in SIZES else human.exact(value))
