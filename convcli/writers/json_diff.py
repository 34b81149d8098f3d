"""The comparison for machines, `convcli/diff/1`, written field by field.

History of the format: a field may be added; renaming one or changing its meaning makes `/2`.

    /1  convcli 0.1.0
"""

import json
from collections.abc import Callable
from typing import Any

from convcli.compare.record import CHANGES, Argument, Comparison, LayerChange, Total
from convcli.report import LayerReport, Report
from convcli.writers.json_fields import field_dict, source_dict
from convcli.writers.simple_table import document

SCHEMA = "convcli/diff/1"

NUMBERS = ("params", "trainable", "buffers", "macs", "flops", "other_ops")
SIZES = ("output_bytes", "saved_bytes")


def comparison_dict(found: Comparison) -> dict[str, Any]:
    """Return the comparison as plain dictionaries and lists: what is written, read back."""
    fields: dict[str, Any] = json.loads(comparison_json(found))
    return fields


def comparison_json(found: Comparison) -> str:
    """Return the document, a line for each layer that differs."""
    before, after = found.before, found.after
    changes = [layer.change for layer in found.layers]
    return document(
        SCHEMA,
        {
            "status": found.status,
            "before": _network(before, found.before_source),
            "after": _network(after, found.after_source),
            "changes": {
                **{change: changes.count(change) for change in CHANGES},
                "unchanged": found.unchanged,
                "renumbered": found.renumbered,
            },
            "inputs": {"before": _tensors(before, "inputs"), "after": _tensors(after, "inputs")},
            "outputs": {"before": _tensors(before, "outputs"), "after": _tensors(after, "outputs")},
            "totals": {total.name: _total(total) for total in found.totals},
            "receptive_field": {"before": field_dict(found.fields[0]), "after": field_dict(found.fields[1])},
            "times": _times(found),
            "layers": [_layer(layer) for layer in found.layers],
        },
    )


def _times(found: Comparison) -> dict[str, Any] | None:
    if found.times is None:
        return None
    from convcli.writers.json_pair import pair_dict

    return pair_dict(found.times, found.before)


def _network(report: Report | None, source: str) -> dict[str, Any]:
    if report is None:
        return {"name": None, "source": source, "format": None, "variant": None, "dtype": None, "batch": None}
    return {
        "name": report.name,
        "source": source,
        "format": report.format,
        "variant": report.variant,
        "dtype": report.dtype,
        "batch": report.batch,
    }


def _tensors(report: Report | None, side: str) -> list[dict[str, Any]] | None:
    if report is None:
        return None
    tensors = report.inputs if side == "inputs" else report.outputs
    return [{"name": tensor.name, "shape": tensor.shape, "dtype": tensor.dtype} for tensor in tensors]


def _total(total: Total) -> dict[str, Any]:
    """Return a total; one of which a part is not known is null, with what it is at least. Percent is of what was."""
    before = total.before if total.before_known else None
    after = total.after if total.after_known else None
    return {
        "before": before,
        "after": after,
        "difference": total.difference,
        "percent": 100 * total.difference / before if total.difference is not None and before else None,
        "at_least": {"before": total.before, "after": total.after},
    }


def _layer(layer: LayerChange) -> dict[str, Any]:
    def both(get: Callable[[LayerReport], Any]) -> dict[str, Any]:
        return {
            "before": get(layer.before) if layer.before else None,
            "after": get(layer.after) if layer.after else None,
        }

    def number(name: str) -> dict[str, Any]:
        values = both(lambda one: getattr(one, name))
        old, new = values["before"], values["after"]
        return {**values, "difference": None if old is None or new is None else new - old}

    return {
        "change": layer.change,
        "renamed": layer.renamed,
        "moved": layer.moved,
        "name": both(lambda one: one.name),
        "module": both(lambda one: one.module),
        "call": both(lambda one: one.call),
        "op": both(lambda one: one.op),
        "text": both(lambda one: one.text),
        "arguments": [_argument(one) for one in layer.arguments],
        "follows": [_argument(one) for one in layer.follows],
        "rewired": layer.inputs,
        "other_module": layer.shared,
        "inputs": both(lambda one: one.inputs),
        "input_shapes": both(lambda one: one.input_shapes),
        "output_shapes": both(lambda one: one.output_shapes),
        **{name: number(name) for name in NUMBERS},
        "memory": {name: number(name) for name in SIZES},
        "receptive_field": both(lambda one: field_dict(one.receptive_field)),
        "source": both(lambda one: source_dict(one.span, one.via)),
    }


def _argument(one: Argument) -> dict[str, Any]:
    return {"name": one.name, "before": one.before, "after": one.after}
