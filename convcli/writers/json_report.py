"""The report for machines, `convcli/report/1`, written field by field.

History of the format: a field may be added; renaming one or changing its meaning makes `/2`.

    /1  convcli 0.1.0

One line a layer: a report of 100,000 layers is readable, can be compared line by line, and is
written with the fast encoder, which knows no indentation.
"""

import io
import json
from typing import Any, TextIO

from convcli import __version__
from convcli.diagnostics import Diagnostic, clipped
from convcli.report import (
    MEMORY,
    NO_TOTALS,
    Alive,
    Cost,
    Report,
    TensorReport,
    Uncertain,
    Versus,
)
from convcli.writers.json_fields import encode, source_dict
from convcli.writers.json_lines import Lines

SCHEMA = "convcli/report/1"
NO_COST = Cost("macs", None, "MACs", "MAC", 0, False)


def report_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain dictionaries and lists: what `write_json` writes, read back."""
    out = io.StringIO()
    write_json(report, out)
    fields: dict[str, Any] = json.loads(out.getvalue())
    return fields


def write_json(report: Report, out: TextIO) -> None:
    """Write the report."""
    head = [f"  {encode(name)}: {encode(value)},\n" for name, value in _head(report).items()]
    out.write("{\n" + "".join(head) + '  "layers": [')
    line = Lines(several=len(report.inputs) > 1).line
    separator = "\n    "
    for layer in report.layers:
        out.write(separator + line(layer))
        separator = ",\n    "
    out.write("\n  ],\n" if report.layers else "],\n")
    tail = [f"  {encode(name)}: {encode(value)}" for name, value in _tail(report).items()]
    out.write(",\n".join([*tail, f'  "timings": {_timings(report)}']) + "\n}\n")


def error_json(findings: tuple[Diagnostic, ...]) -> str:
    """Return the report of a question that had no answer: nothing but findings."""
    empty = Report("", "", "", None, "float32", 1, (), (), (), NO_TOTALS, NO_COST, (), findings, None)
    out = io.StringIO()
    write_json(empty, out)
    return out.getvalue()


def finding_dict(found: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as a plain dictionary."""
    return {
        "code": found.code,
        "level": found.level,
        "message": clipped(found.message),
        "help": clipped(found.help) or None,
        "label": found.label or None,
        "source": source_dict(found.span, found.via),
        "related": [{"message": text, "source": source_dict(span, ())} for span, text in found.related],
        "repeats": found.repeats,
    }


def _head(report: Report) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "convcli": __version__,
        "network": {
            "name": report.name,
            "source": report.source,
            "format": report.format,
            "variant": report.variant,
        },
        "dtype": report.dtype,
        "batch": report.batch,
        "inputs": [_tensor(tensor) for tensor in report.inputs],
        "outputs": [_tensor(tensor) for tensor in report.outputs],
    }


def _tail(report: Report) -> dict[str, Any]:
    totals = report.totals
    return {
        "totals": {
            "layers": totals.layers,
            "params": _total(report, "params"),
            "trainable": _total(report, "trainable"),
            "buffers": _total(report, "buffers"),
            "macs": _total(report, "macs"),
            "flops": _total(report, "flops"),
            "other_ops": _total(report, "other_ops"),
            "memory": {
                "weights_bytes": _total(report, "weights_bytes"),
                **{name: _total(report, name) for name in MEMORY},
                "inference_peak": _peak(report),
                "training": _training(report),
            },
            "roofline": _roofline(report),
            "at_least": {name: getattr(totals, name) for name in totals.unknown},
        },
        "cost": _cost(report.cost),
        "versus": report.versus and _versus(report.versus),
        "uncounted": [
            {"op": op, "layers": list(layers), "missing": list(missing)} for op, layers, missing in report.uncounted
        ],
        "failed": report.failed and {"text": report.failed.text, "line": report.failed.line},
        "findings": [finding_dict(found) for found in report.findings],
    }


def _timings(report: Report) -> str:
    if report.timings is None:
        return "null"
    from convcli.writers.json_timings import timings_text  # only runs have times

    return timings_text(report, report.timings)


def _total(report: Report, name: str) -> int | None:
    """Return a sum, None where a part of it is not known."""
    total: int = getattr(report.totals, name)
    return None if name in report.totals.unknown else total


def _peak(report: Report) -> dict[str, Any] | None:
    """Return where the peak stands and what is alive there, None where a part of it is not known."""
    if "inference_peak_bytes" in report.totals.unknown:
        return None
    peak = report.totals.inference_peak
    return {"layer": peak.layer, "alive": _alive(peak.alive)}


def _training(report: Report) -> dict[str, Any]:
    training, unknown = report.totals.training, report.totals.unknown
    weights, peak = "params" not in unknown, "training_bytes" not in unknown
    return {
        "optimizer": training.optimizer,
        "amp": training.amp,
        "gradients_bytes": training.gradients_bytes if weights else None,
        "optimizer_bytes": training.optimizer_bytes if weights else None,
        "peak_bytes": training.peak_bytes if peak else None,
        "phase": training.phase if peak else None,
        "layer": training.layer if peak else None,
        "heaviest": _alive(training.heaviest) if peak else None,
    }


def _roofline(report: Report) -> dict[str, Any] | None:
    if report.roofline is None:
        return None
    from convcli.writers.rooflines import roofline_dict

    return roofline_dict(report)


def _alive(tensors: tuple[Alive, ...]) -> list[dict[str, Any]]:
    return [{"name": name, "bytes": size} for name, size in tensors]


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "convention": cost.convention,
        "version": cost.version,
        "unit": cost.unit,
        "value": cost.value if cost.known else None,
        "at_least": cost.value,
        "also": cost.also and _cost(cost.also),
    }


def _versus(versus: Versus) -> dict[str, Any]:
    return {
        "convention": versus.convention,
        "version": versus.version,
        "unit": versus.unit,
        "ours": versus.ours if versus.ours_known else None,
        "theirs": versus.theirs if versus.theirs_known else None,
        "at_least": {"ours": versus.ours, "theirs": versus.theirs},
        "differences": [
            {"value": value if isinstance(value, int) else str(value), "rule": rule, "layers": list(layers)}
            for value, rule, layers in versus.differences
        ],
        "not_counted": [_uncertain(one) for one in versus.silent],
        "unknown": [_uncertain(one) for one in versus.unseen],
    }


def _uncertain(one: Uncertain) -> dict[str, Any]:
    return {"op": one.op, "why": one.why, "layers": list(one.layers)}


def _tensor(tensor: TensorReport) -> dict[str, Any]:
    named = {"key": tensor.key} if tensor.key else {}
    return {"name": tensor.name, **named, "shape": tensor.shape, "dtype": tensor.dtype}
