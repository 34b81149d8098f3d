"""Times for machines: figures with their intervals, all samples, and where they were taken; a layer or a pass a line.

`timing/stored.py` reads it back: it takes samples and settings, and works out the figures anew.
"""

from collections.abc import Iterable
from typing import Any

from convcli.report import LayerReport, Report
from convcli.timing.protocol import pass_dict
from convcli.timing.record import Figure, LayerTime, Predicted, Process, Ratio, SubjectTimes, Timings
from convcli.timing.trust import no_ceiling
from convcli.timing.written import ceilings_dict
from convcli.writers.json_fields import encode
from convcli.writers.timed_rows import TimedRows
from convcli.writers.times import rate

SECONDS, RATIO = "s", "1"
"""Units of figures."""


def timings_text(report: Report, timings: Timings) -> str:
    """Write the object `timings` of a report."""
    ways = [_subject(subject, report if not at else None) for at, subject in enumerate(timings.subjects)]
    fields = {
        "ended": encode(timings.ended),
        "seconds": encode(timings.seconds),
        "subjects": _list(ways, "    "),
        "ratios": _list(map(encode, map(ratio_dict, timings.ratios)), "    "),
        "ceilings": encode(timings.ceilings and ceilings_dict(timings.ceilings)),
        "no_ceiling": encode(no_ceiling(timings)),
        "predictions": _predictions(timings.predictions),
        "whole": encode(timings.whole and predicted_dict(timings.whole)),
        "processes": _list(map(_process, timings.processes), "    "),
    }
    return _object(fields, "    ")


def _object(fields: dict[str, str], indent: str) -> str:
    """Write an object of encoded fields, one a line."""
    inside = ",\n".join(f"{indent}{encode(name)}: {text}" for name, text in fields.items())
    return "{\n" + inside + f"\n{indent[2:]}}}"


def _list(texts: Iterable[str], indent: str) -> str:
    """Write a list of encoded items, one a line."""
    lines = ",\n".join(f"{indent}  {text}" for text in texts)
    return f"[\n{lines}\n{indent}]" if lines else "[]"


def _subject(subject: SubjectTimes, report: Report | None) -> str:
    """Write the times of a network in one configuration; of the first its report is known."""
    clean = {"all": subject.samples[0], "clean": subject.samples[1]}
    times = TimedRows(report, report.timings) if report and report.timings else None
    rows = {layer.name: layer for layer in report.layers} if report else {}
    fields: dict[str, Any] = {
        "name": subject.name,
        "config": subject.config.as_dict(),
        "total": figure_dict(subject.total),
        "forward": figure_dict(subject.forward),
        "backward": figure_dict(subject.backward),
        "optimizer": figure_dict(subject.optimizer),
        "rest": figure_dict(subject.rest),
        "first_pass": figure_dict(subject.first_pass),
        "device": figure_dict(subject.device),
        "closure": figure_dict(subject.closure, RATIO),
        "overhead": figure_dict(subject.overhead, RATIO),
        "again": figure_dict(subject.again, RATIO),
        "measured_peak_bytes": subject.measured_peak_bytes,
        "samples": clean,
        "contaminated": dict(subject.contaminated),
        "outliers": subject.outliers,
        "faults": subject.faults,
        "layers_reason": subject.layers_reason,
    }
    texts = {name: encode(value) for name, value in fields.items()}
    layers = (encode(_layer(layer, times, rows.get(layer.name))) for layer in subject.layers)
    return _object({**texts, "layers": _list(layers, " " * 8)}, " " * 8)


def _layer(layer: LayerTime, times: TimedRows | None, row: LayerReport | None) -> dict[str, Any]:
    """Return the times of a layer, with what they say of the machine where its costs are known."""
    found = {
        "name": layer.name,
        "share": layer.share,
        "forward": figure_dict(layer.forward),
        "backward": figure_dict(layer.backward),
    }
    if times is None or row is None:
        return found
    told, moved = times.times((row,)), row.roofline
    known = moved is not None and moved.read_bytes is not None and moved.written_bytes is not None
    return found | {
        "flops_per_second": rate(row.flops, told),
        "bytes_per_second": rate(moved.read_bytes + moved.written_bytes, told) if moved and known else None,  # type: ignore[operator]  # both are known
        "ceiling": told.ceiling if told else None,
    }


def figure_dict(figure: Figure | None, unit: str = SECONDS) -> dict[str, Any] | None:
    """Return a figure as a plain dictionary; None where there is none."""
    if figure is None:
        return None
    return {
        "value": figure.value,
        "unit": unit,
        "lo": figure.lo,
        "hi": figure.hi,
        "n": figure.n,
        "min": figure.minimum,
        "p25": figure.p25,
        "p75": figure.p75,
        "p95": figure.p95,
        "reason": figure.reason,
        "medians": list(figure.medians),
    }


def ratio_dict(ratio: Ratio) -> dict[str, Any]:
    """Return the ratio of two subjects as a plain dictionary."""
    return {
        "name": ratio.name,
        "verdict": ratio.verdict,
        "floor": ratio.floor,
        "reason": ratio.reason,
        "ratio": figure_dict(ratio.figure, RATIO),
    }


def _predictions(predictions: tuple[Predicted, ...] | None) -> str:
    return "null" if predictions is None else _list((encode(predicted_dict(one)) for one in predictions), "    ")


def predicted_dict(one: Predicted) -> dict[str, Any]:
    """Return a bound and a prediction as a plain dictionary."""
    return {"bound_seconds": one.bound, "predicted_seconds": one.seconds, "error": one.error}


def _process(process: Process) -> str:
    """Write what a process told."""
    warm = {name: {"first_pass_ns": first, "passes": passes} for name, (first, passes) in process.warm.items()}
    fields: dict[str, Any] = {
        "pid": process.pid,
        "seed": process.seed,
        "ended": process.ended,
        "notes": list(process.notes),
        "timer_ns": process.timer_ns,
        "warm": warm,
        "peak_bytes": dict(process.peaks),
        "blocking": dict(process.blocking),
        "informative": dict(process.informative),
    }
    texts = {name: encode(value) for name, value in fields.items()}
    passes = (encode(pass_dict(one)) for one in process.passes)
    return _object({**texts, "passes": _list(passes, " " * 8)}, " " * 8)
