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
from convcli.diagnostics import Diagnostic
from convcli.report import SUMS, LayerReport, Report, TensorReport, Totals
from convcli.source import Span

SCHEMA = "convcli/report/1"

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str).encode


def report_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain dictionaries and lists."""
    fields = _head(report)
    fields["layers"] = [_layer(layer) for layer in report.layers]
    fields.update(_tail(report))
    return fields


def write_json(report: Report, out: TextIO) -> None:
    """Write the report."""
    out.write("{\n")
    out.writelines(f"  {_encode(name)}: {_encode(value)},\n" for name, value in _head(report).items())
    out.write('  "layers": [')
    separator = "\n"
    for layer in report.layers:
        out.write(f"{separator}    {_encode(_layer(layer))}")
        separator = ",\n"
    out.write("\n  ],\n" if report.layers else "],\n")
    tail = [f"  {_encode(name)}: {_encode(value)}" for name, value in _tail(report).items()]
    out.write(",\n".join(tail) + "\n}\n")


def error_json(findings: tuple[Diagnostic, ...]) -> str:
    """Return the report of a question that had no answer: nothing but findings."""
    empty = Report("", "", "", None, "float32", 1, (), (), (), Totals(0, 0, 0, 0, 0, 0, 0, 0, SUMS), (), findings, None)
    out = io.StringIO()
    write_json(empty, out)
    return out.getvalue()


def finding_dict(found: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as a plain dictionary."""
    return {
        "code": found.code,
        "level": found.level,
        "message": found.message,
        "help": found.help or None,
        "label": found.label or None,
        "source": _source(found.span, found.via),
        "related": [{"message": text, "source": _source(span, ())} for span, text in found.related],
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
                "inference_peak_bytes": None,
                "saved_for_backward_bytes": None,
                "training_bytes": None,
            },
            "at_least": {name: getattr(totals, name) for name in totals.unknown},
        },
        "cost": {"convention": "macs", "version": None, "unit": "MAC", "value": _total(report, "macs")},
        "uncounted": [
            {"op": op, "layers": list(layers), "missing": list(missing)} for op, layers, missing in report.uncounted
        ],
        "failed": report.failed and {"text": report.failed.text, "line": report.failed.line},
        "findings": [finding_dict(found) for found in report.findings],
        "timings": None,
    }


def _total(report: Report, name: str) -> int | None:
    """Return a sum, None where a part of it is not known."""
    total: int = getattr(report.totals, name)
    return None if name in report.totals.unknown else total


def _tensor(tensor: TensorReport) -> dict[str, Any]:
    return {"name": tensor.name, "shape": tensor.shape, "dtype": tensor.dtype}


def _layer(layer: LayerReport) -> dict[str, Any]:
    return {
        "name": layer.name,
        "module": layer.module,
        "call": layer.call,
        "op": layer.op,
        "args": layer.args,
        "inputs": layer.inputs,
        "input_shapes": layer.input_shapes,
        "output_shape": layer.output_shapes[0] if layer.output_shapes else None,
        "output_shapes": layer.output_shapes,
        "weights": layer.weights,
        "params": layer.params,
        "trainable": layer.trainable,
        "buffers": layer.buffers,
        "macs": layer.macs,
        "flops": layer.flops,
        "other_ops": layer.other_ops,
        "receptive_field": None,
        "memory": {"output_bytes": layer.output_bytes, "saved_bytes": None},
        "source": _source(layer.span, layer.via),
    }


def _source(span: Span | None, via: tuple[Span, ...]) -> dict[str, Any] | None:
    """Return a place; `end_column` is one past the last character."""
    if span is None:
        return None
    line, column = span.source.position(span.start)
    end_line, end_column = span.last()
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column + 1,
        "via": [_via(span, call) for call in via],
    }


def _via(span: Span, call: Span) -> dict[str, Any]:
    line, column = call.source.position(call.start)
    place: dict[str, Any] = {"line": line, "column": column}
    if call.source is not span.source:
        place["file"] = call.source.name
    return place
