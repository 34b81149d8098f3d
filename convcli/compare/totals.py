"""The totals of both networks, side by side."""

from convcli.compare.record import Total
from convcli.report import ReceptiveField, Report

NAMES = (
    "layers", "params", "trainable", "buffers", "macs", "flops", "other_ops", "weights_bytes",
    "inference_peak_bytes", "saved_for_backward_bytes", "training_bytes",
)  # fmt: skip


def totals_of(before: Report | None, after: Report | None) -> tuple[Total, ...]:
    """Return each total of both networks."""
    return tuple(
        Total(name, _value(before, name), _value(after, name), _known(before, name), _known(after, name))
        for name in NAMES
    )


def _value(report: Report | None, name: str) -> int | None:
    return getattr(report.totals, name) if report else None


def _known(report: Report | None, name: str) -> bool:
    return report is not None and name not in report.totals.unknown


def last_field(report: Report | None) -> ReceptiveField | None:
    """Return the last local receptive field on the way to the first output; None where there is none.

    Where nothing is known of a tensor on the way, it is of kind "unknown".
    """
    if report is None or not report.outputs:
        return None
    wanted = {report.outputs[0].name}
    for layer in reversed(report.layers):
        if layer.name not in wanted:
            continue
        field = layer.receptive_field
        if field is not None and field.kind is not None:
            return field
        if field is None and None in layer.output_shapes:  # nobody knows what it depends on
            return ReceptiveField("unknown", None, None, None, False, None, None, False, report.inputs[0].name, ())
        wanted.update(layer.inputs)
    return None
