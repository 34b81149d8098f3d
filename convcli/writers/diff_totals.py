"""The totals of a comparison in words: a sentence, and a row for each that differs."""

from convcli import human
from convcli.compare.record import CHANGES, NEW, REMOVED, SAME, Comparison, Total
from convcli.report import TensorReport
from convcli.writers import receptive_fields

LABELS = {
    "layers": "layers", "params": "parameters", "trainable": "trainable", "buffers": "buffers", "macs": "MACs",
    "flops": "FLOPs", "other_ops": "other ops", "weights_bytes": "weights", "inference_peak_bytes": "inference",
    "saved_for_backward_bytes": "saved", "training_bytes": "training",
}  # fmt: skip
NONE = "-"
"""Stands for a number of a network that does not exist."""

Tensors = tuple[TensorReport, ...] | None

TotalRow = tuple[str, str, str, str, str]
"""What it is, before, after, difference, percent."""


def verdict(found: Comparison) -> str:
    """Say in one sentence what differs."""
    totals = {total.name: total for total in found.totals}
    if found.status in (NEW, REMOVED):
        sizes = [totals[name]._replace(before=None) if found.status == NEW else totals[name] for name in LABELS]
        layers, params, macs = (
            _short(one.after if found.status == NEW else one.before, one.after_known or one.before_known)
            for one in sizes
            if one.name in ("layers", "params", "macs")
        )
        return f"{found.status}: {layers} layer{'s' * (layers != '1')}, {params} parameters, {macs} MACs"
    if found.status == SAME:
        return "no difference"
    changes = [layer.change for layer in found.layers]
    counts = [(change, changes.count(change)) for change in CHANGES[:-1] if change in changes]
    words = [
        f"{human.counted(count, 'layer') if not at else count} {change}" for at, (change, count) in enumerate(counts)
    ]
    if not words:
        words = ["no layer was touched"]
    return f"{', '.join(words)}: {_moved(totals['params'])}, {_moved(totals['macs'])}"


def _moved(total: Total) -> str:
    label = LABELS[total.name]
    if total.difference is None:
        return f"{label} ?"
    if not total.difference:
        return f"{label} as before"
    share = percent(total)
    return f"{label} {'+' * (total.difference > 0)}{human.short(total.difference)}" + (f" ({share})" if share else "")


def _short(value: int | None, known: bool) -> str:
    return ("" if known else ">= ") + human.short(value)


def percent(total: Total) -> str:
    """Write a difference as a part of what there was; nothing where there was nothing."""
    if total.before is None or total.after is None:
        return ""
    if total.difference is None:
        return "?"
    return human.change(total.before, total.after) if total.difference and total.before else ""


def total_rows(found: Comparison, *, all_totals: bool = False) -> list[TotalRow]:
    """Return the totals that differ, or may differ; or all of them."""
    rows = [row for total in found.totals if (row := _row(found, total, all_totals))]
    before, after = found.before, found.after
    texts = [
        ("input", *_both(before and before.inputs, after and after.inputs, renamed=True)),
        ("output", *_both(before and before.outputs, after and after.outputs, renamed=False)),
        ("receptive field", *(
            receptive_fields.shown(field, "size") or (NONE if report is None else "none")
            for field, report in zip(found.fields, (before, after), strict=True)
        )),
    ]  # fmt: skip
    return rows + [(name, old, new, "", "") for name, old, new in texts if all_totals or old != new]


def _both(before: Tensors, after: Tensors, *, renamed: bool) -> tuple[str, str]:
    """Write the tensors of both sides, with their names where only these differ.

    A layer's name is said of the layer, and unnamed ones are numbered anew; so of outputs only another
    order counts, unless `renamed`.
    """
    old, new = _tensors(before), _tensors(after)
    names = [[tensor.name for tensor in tensors or ()] for tensors in (before, after)]
    if old != new or not before or not after or names[0] == names[1]:
        return old, new
    if not renamed and sorted(names[0]) != sorted(names[1]):
        return old, new
    return _named(before), _named(after)


def _named(tensors: tuple[TensorReport, ...]) -> str:
    return ", ".join(f"{tensor.name} {human.show_shape(tensor.shape)}" for tensor in tensors)


def _row(found: Comparison, total: Total, every: bool) -> TotalRow | None:
    if not every and (found.status == SAME or total.difference == 0 or (total.before == total.after == 0)):
        return None
    write = human.bytes_ if total.name.endswith("_bytes") else human.exact
    old = _side(write(total.before), total.before, total.before_known)
    new = _side(write(total.after), total.after, total.after_known)
    both = total.before is not None and total.after is not None
    difference = (
        "" if not both else "?" if total.difference is None else signed(total.difference, write(total.difference))
    )
    return LABELS[total.name], old, new, difference, percent(total)


def _side(text: str, value: int | None, known: bool) -> str:
    return NONE if value is None else text if known else f">= {text}"


def signed(value: int, text: str) -> str:
    """Put a plus before what grew; what is as it was is left out."""
    return f"+{text}" if value > 0 else text if value else ""


def _tensors(tensors: Tensors) -> str:
    return NONE if tensors is None else ", ".join(human.show_shape(tensor.shape) for tensor in tensors)
