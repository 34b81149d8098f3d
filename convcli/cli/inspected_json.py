"""What `convcli inspect` says to machines."""

import math
from typing import Any

from convcli.bench.inside.record import Figures, Inspection, Passed, Repair, Row, Verdict, Weight


def inspected_dict(found: Inspection) -> dict[str, Any]:
    """Return all of it; what is not known or not finite is None."""
    return {
        "network": found.network, "torch": found.torch, "batch": found.batch, "init": found.init, "seed": found.seed,
        "images": found.images, **_passed(found.passed), "repairs": [_repair(one) for one in found.repairs],
        "written": [
            {"pictures": one.kind, "layer": one.layer or None, "shown": one.shown, "of": one.pictures,
             "shape": list(one.shape), "file": one.file}
            for one in found.written
        ],
        "log": found.log, "left_out": [{"file": one.path, "why": one.why} for one in found.unread],
    }  # fmt: skip


def _passed(passed: Passed) -> dict[str, Any]:
    return {
        "signal": _verdict(passed.signal),
        "gradient": _verdict(passed.gradient),
        "layers": [_row(row) for row in passed.rows],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"verdict": verdict.kind, "layer": verdict.layer, "left": verdict.ratio}


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name, "op": row.op or None, "output_shape": list(row.shape), "judged": row.weighted,
        "values": _figures(row.values), "saturated": row.saturated, "signal": _finite(row.signal),
        "gradient": _figures(row.gradient), "weights": [_weight(one) for one in row.weights],
    }  # fmt: skip


def _weight(weight: Weight) -> dict[str, Any]:
    return {"name": weight.name, "values": _figures(weight.values), "gradient": _figures(weight.gradient)}


def _figures(found: Figures | None) -> dict[str, Any] | None:
    if found is None:
        return None
    histogram = {"edges": list(found.edges), "counts": list(found.counts)} if found.counts else None
    variance = None if found.std is None else found.std**2
    return {
        "count": found.number, "finite": found.finite, "zeros": found.zeros, "mean": found.mean, "variance": variance,
        "min": found.low, "max": found.high, "norm": found.norm, "histogram": histogram,
    }  # fmt: skip


def _repair(repair: Repair) -> dict[str, Any]:
    passed = None if repair.passed is None else _passed(repair.passed)
    left = [{"why": why, "layers": list(names)} for why, names in repair.left]
    return {"name": repair.name, "at": list(repair.places), "left_out": left, "not_run": repair.why, "run": passed}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
