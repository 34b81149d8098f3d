"""Times of layers and of a network before they run, from a machine's ceilings and its calibration.

How far they are off was found by timing networks in place; [docs/device.md](../../docs/device.md) has it.
"""

from convcli.graph import Graph
from convcli.machine.ceilings import bound
from convcli.machine.fitting import evaluate, terms
from convcli.machine.kinds import Work, works
from convcli.report import Report
from convcli.timing.record import Calibration, Ceilings, Predicted

LAYER_ERROR, NETWORK_ERROR = 0.4, 0.2
"""Four of five networks, and of layers that take half a percent of one or more, are nearer to their predictions."""

UNKNOWN = Predicted(None)


def predict(
    graph: Graph, report: Report, ceilings: Ceilings, calibration: Calibration | None, *, channels_last: bool = False
) -> tuple[tuple[Predicted, ...], Predicted]:
    """Return what is predicted of each layer, in the graph's order, and of the whole network.

    The whole has a bound, and a prediction, where each of its layers has one. A calibration of another
    type or layout than the report's predicts nothing.
    """
    dtype = report.dtype
    if dtype not in ceilings.flops:
        return (UNKNOWN,) * len(report.layers), UNKNOWN
    if calibration is not None and (calibration.dtype, calibration.channels_last) != (dtype, channels_last):
        calibration = None
    known: dict[int, Predicted] = {}
    found: list[Predicted] = []
    for work in works(graph, report.layers, dtype, channels_last=channels_last):
        if id(work) not in known:  # equal layers have the same
            known[id(work)] = UNKNOWN if work is None else _layer(work, ceilings, calibration, dtype)
        found.append(known[id(work)])
    return tuple(found), _whole(found)


def _layer(work: Work, ceilings: Ceilings, calibration: Calibration | None, dtype: str) -> Predicted:
    least = bound(ceilings, dtype, work)
    coefficients = calibration.coefficients.get(work.kind or "") if calibration else None
    if coefficients is None:
        return Predicted(least)
    return Predicted(least, max(evaluate(coefficients, terms(ceilings, dtype, work)), least), LAYER_ERROR)


def _whole(layers: list[Predicted]) -> Predicted:
    bounds = [one.bound for one in layers if one.bound is not None]
    seconds = [one.seconds for one in layers if one.seconds is not None]
    least = sum(bounds) if len(bounds) == len(layers) else None
    if len(seconds) < len(layers):
        return Predicted(least)
    return Predicted(least, sum(seconds), NETWORK_ERROR)
