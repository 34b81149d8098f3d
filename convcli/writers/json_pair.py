"""The times of two networks, held against each other, for machines."""

import json
from typing import Any

from convcli.report import Report
from convcli.timing.compare_layers import LayerRatio
from convcli.timing.pair import Pair
from convcli.timing.record import SubjectTimes
from convcli.writers.json_timings import figure_dict, ratio_dict, timings_text


def pair_dict(pair: Pair, before: Report | None = None) -> dict[str, Any]:
    """Return the verdict, both whole passes, and the layers; of one run also all that was measured.

    `before` is the report of the first network, where it is known.
    """
    found = {
        "ratio": ratio_dict(pair.ratio),
        "before": _side(pair.before),
        "after": _side(pair.after),
        "layers": [_layer(one) for one in pair.layers],
    }
    if pair.timings is None or before is None:
        return found
    return found | {"timings": json.loads(timings_text(before._replace(timings=pair.timings), pair.timings))}


def _side(times: SubjectTimes) -> dict[str, Any]:
    all, clean = times.samples
    return {
        "config": times.config.as_dict(),
        "total": figure_dict(times.total),
        "again": figure_dict(times.again, "1"),
        "measured_peak_bytes": times.measured_peak_bytes,
        "samples": {"all": all, "clean": clean},
    }


def _layer(one: LayerRatio) -> dict[str, Any]:
    return {
        "name": one.name,
        "before": one.before,
        "after": one.after,
        "ratio": one.ratio,
        "lo": one.lo,
        "hi": one.hi,
        "verdict": one.verdict,
        "probability": one.probability,
    }
