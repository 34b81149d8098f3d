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
    SUMS,
    Cost,
    LayerReport,
    Path,
    Phases,
    ReceptiveField,
    Report,
    TensorReport,
    Totals,
    Uncertain,
    Versus,
)
from convcli.source import Span

SCHEMA = "convcli/report/1"
NO_COST = Cost("macs", None, "MACs", "MAC", 0, False)

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str).encode


def report_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain dictionaries and lists: what `write_json` writes, read back."""
    out = io.StringIO()
    write_json(report, out)
    fields: dict[str, Any] = json.loads(out.getvalue())
    return fields


def write_json(report: Report, out: TextIO) -> None:
    """Write the report."""
    head = [f"  {_encode(name)}: {_encode(value)},\n" for name, value in _head(report).items()]
    out.write("{\n" + "".join(head) + '  "layers": [')
    line = _Lines(several=len(report.inputs) > 1).line
    separator = "\n    "
    for layer in report.layers:
        out.write(separator + line(layer))
        separator = ",\n    "
    out.write("\n  ],\n" if report.layers else "],\n")
    tail = [f"  {_encode(name)}: {_encode(value)}" for name, value in _tail(report).items()]
    out.write(",\n".join(tail) + "\n}\n")


def error_json(findings: tuple[Diagnostic, ...]) -> str:
    """Return the report of a question that had no answer: nothing but findings."""
    empty = Report(
        "", "", "", None, "float32", 1, (), (), (), Totals(0, 0, 0, 0, 0, 0, 0, 0, SUMS), NO_COST, (), findings, None
    )
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
        "cost": _cost(report.cost),
        "versus": report.versus and _versus(report.versus),
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
    return {"name": tensor.name, "shape": tensor.shape, "dtype": tensor.dtype}


class _Lines:
    """Writes layers; what many of them share (arguments, weights, shapes) is encoded once.

    `several` says whether the network has several inputs; then each receptive field names its own.
    """

    def __init__(self, *, several: bool) -> None:
        self.known: dict[Any, str] = {}
        self.several = several

    def line(self, layer: LayerReport) -> str:
        """Return one layer as a line of JSON."""
        output = layer.output_shapes[0] if layer.output_shapes else None
        size = "null" if layer.output_bytes is None else layer.output_bytes
        return (
            f'{{"name": {_encode(layer.name)}, "module": {_encode(layer.module)}, "call": {layer.call}, '
            f'"op": "{layer.op}", "args": {self.shared(layer.args)}, "inputs": {_encode(layer.inputs)}, '
            f'"input_shapes": {self.shape(layer.input_shapes)}, "output_shape": {self.shape(output)}, '
            f'"output_shapes": {self.shape(layer.output_shapes)}, "weights": {self.shared(layer.weights)}, '
            f'"params": {_number(layer.params)}, "trainable": {_number(layer.trainable)}, '
            f'"buffers": {_number(layer.buffers)}, '
            f'"macs": {_number(layer.macs)}, "flops": {_number(layer.flops)}, "other_ops": {_number(layer.other_ops)}, '
            f'"cost": {_number(layer.cost)}, '
            f'"receptive_field": {self.field(layer.receptive_field)}, '
            f'"memory": {{"output_bytes": {size}, "saved_bytes": null}}, '
            f'"source": {self.source(layer)}}}'
        )

    def shared(self, value: dict[str, Any]) -> str:
        """Encode a dictionary that all layers with the same operator share."""
        known = self.known.get(id(value))
        if known is None:
            known = self.known[id(value)] = _encode(value)
        return known

    def shape(self, value: Any) -> str:
        """Encode a shape, or several."""
        known = self.known.get(value)
        if known is None:
            known = self.known[value] = _encode(value)
        return known

    def field(self, field: ReceptiveField | None) -> str:
        """Encode a receptive field; layers that change nothing share it."""
        if field is None or field.kind == "unknown":
            return "null"
        known = self.known.get(id(field))
        if known is None:
            known = self.known[id(field)] = _field(field, named=self.several)
        return known

    def source(self, layer: LayerReport) -> str:
        """Encode a place; the same line of a block is asked for again and again."""
        key = (layer.span, layer.via)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = _encode(_source(*key))
        return known


def field_dict(field: ReceptiveField | None) -> dict[str, Any] | None:
    """Return a receptive field as a plain dictionary, as it stands in the report; None where it is not known."""
    if field is None or field.kind == "unknown":
        return None
    return json.loads(_field(field, named=True))  # type: ignore[no-any-return]


def _field(field: ReceptiveField, *, named: bool) -> str:
    """Encode by hand what is most frequent, lists of integers; `named` says of which input it is."""
    size, stride, start = field.size, field.stride, field.start
    if field.kind == "exact" and size and stride and start and None not in size:
        lists = f'"exact", "size": {list(size)}, "stride": {_encode(stride)}, "start": {list(start)}'
    else:
        lists = f'{_encode(field.kind)}, "size": {_encode(size)}, "stride": {_encode(stride)}'
        lists += f', "start": {_encode(start)}'
    more = '"phases": null, "paths": null'
    if field.phases or field.paths:
        phases = field.phases and [_phases(phases) for phases in field.phases]
        paths = field.paths and [[_path(path) for path in row] for row in field.paths]
        more = f'"phases": {_encode(phases)}, "paths": {_encode(paths)}'
    exceeds = "true" if field.exceeds else "false"
    text = f'{{"kind": {lists}, "global": {"true" if field.whole else "false"}, {more}, "exceeds_input": {exceeds}'
    if not named:
        return f"{text}}}"
    others = ", ".join(_field(other, named=True) for other in field.others)
    return f'{text}, "input": {_encode(field.input)}, "others": [{others}]}}'


def _phases(phases: Phases | None) -> dict[str, Any] | None:
    if phases is None:
        return None
    units = [unit and {"start": unit[0], "size": unit[1]} for unit in phases.units]
    return {"step": phases.step, "units": units}


def _path(path: Path) -> dict[str, Any]:
    return {"size": path.size, "stride": path.stride, "start": path.start, "phases": _phases(path.phases)}


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


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
