"""The cells of a comparison: what a column of the table says of a row, before and after."""

from typing import Any

from convcli import human
from convcli.compare.record import Comparison, LayerChange
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.writers.columns import Column, choose_columns
from convcli.writers.diff_rows import DiffRow
from convcli.writers.diff_totals import signed
from convcli.writers.tree import Row, flat_row

USUAL = ("name", "op", "output", "params", "macs")
SIZES = ("weights_bytes", "bytes", "saved", "read", "written")
NUMBERS = ("params", "trainable", "buffers", "macs", "flops", "other", "cost", *SIZES)
"""Columns that are shown as differences."""
LAST = ("output", "rf", "rf_stride", "rf_start")
"""Columns that say of many layers that are new, or gone, what they say of the last one."""
ON_A_DEVICE = ("bound", "bound_by")
"""Columns that need a device, which is none of a comparison's."""


def diff_columns(found: Comparison, keys: str | None) -> tuple[Column, ...]:
    """Return the columns of a list such as `name,op,macs`; `+rf` adds to the usual ones.

    Raises:
        ConvcliError: there is no such column, or it needs a device, of which a comparison has none.
    """
    report = found.after or found.before
    device = [key for key in (keys or "").replace("+", "").split(",") if key.strip() in ON_A_DEVICE]
    if device:
        message = f"a comparison has no column `{device[0].strip()}`, which needs a device"
        help = "`convcli profile MODEL --device-spec DEVICE` has it; `read`, `written` and `intensity` are compared"
        raise ConvcliError([Diagnostic("CV008", message, help=help)])
    return choose_columns(keys, report, USUAL) if report else ()


class Cells:
    """Writes the cells of a comparison's rows."""

    def __init__(self, found: Comparison) -> None:
        self.totals = [report.cost.value if report else 0 for report in (found.before, found.after)]

    def text(self, column: Column, row: DiffRow) -> str:
        """Write what differs in a column: numbers as differences, texts as before and after."""
        if column.key == "name":
            return row.name
        if column.key == "op":
            return row.text
        if len(row.layers) == 1:
            return self._one(column, row.layers[0])
        if column.key not in NUMBERS:
            last = row.layers[-1]
            return "" if column.key not in LAST or (last.before and last.after) else self._one(column, last)
        values = [self._difference(column, layer) for layer in row.layers]
        return "?" if None in values else _written(column, sum(values))

    def values(self, column: Column, layer: LayerChange) -> tuple[Any, Any]:
        """Return the plain values of a column before and after, None where there is no layer."""
        old, new = self._rows(layer)
        return old and column.value(old), new and column.value(new)

    def _rows(self, layer: LayerChange) -> tuple[Row | None, Row | None]:
        before, after = self.totals
        old = flat_row(layer.before, before) if layer.before else None
        return old, flat_row(layer.after, after) if layer.after else None

    def _one(self, column: Column, layer: LayerChange) -> str:
        if column.key in NUMBERS:
            difference = self._difference(column, layer)
            return "?" if difference is None else _written(column, difference)
        old, new = (row and column.exact(row) for row in self._rows(layer))
        return str(new if old is None else old if new is None or old == new else f"{old} -> {new}")

    def _difference(self, column: Column, layer: LayerChange) -> Any:
        """Return by how much a number differs, None where that is not known."""
        old, new = self.values(column, layer)
        if (layer.before and old is None) or (layer.after and new is None):
            return None
        return (new or 0) - (old or 0)  # a layer that is not there costs nothing


def _written(column: Column, value: int) -> str:
    return signed(value, human.bytes_(value) if column.key in SIZES else human.exact(value))
