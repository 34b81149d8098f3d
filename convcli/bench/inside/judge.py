"""Whether what flows through a network vanishes or explodes, and where.

He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", ICCV 2015, section 2.2, is what the threshold rests
on: with ReLU a network of 22 layers that keeps 1/sqrt(2) of its gradient a layer, so 1/2,000 in all, still
learns, though later; one of 30 layers, 1/30,000, does not, and neither did one whose first layers got 1/17,000.
Ten thousand lies between. Upwards it is what float16 can hold: normal values of which the deviation is
10,000 pass its largest number, 65,504, at six and a half deviations.
"""

import math
from collections.abc import Iterable, Sequence

from convcli.bench.inside.record import Row, Verdict

FACTOR = 10_000.0

VANISHES, EXPLODES, HOLDS = "vanishes", "explodes", "holds"


def judge(way: Iterable[tuple[str, float | None]], start: float | None) -> Verdict:
    """Judge what is left of `start` at the layers of a way; a value that is not known is left out.

    Only what is lost or gained for good counts: a narrow branch, and what a norm brings back, do not.
    """
    known = [(name, value) for name, value in way if value is not None]
    if not start or not known or not math.isfinite(start):
        return Verdict(None, None, None)
    ratios = [value / start for _, value in known]
    last = _kind(ratios[-1])
    layer = None
    if last != HOLDS:
        at = len(known)
        while at and _kind(ratios[at - 1]) == last:
            at -= 1
        layer = known[at][0]
    return Verdict(last, layer, ratios[-1] if math.isfinite(ratios[-1]) else None)


def _kind(ratio: float) -> str:
    return VANISHES if ratio < 1 / FACTOR else EXPLODES if ratio > FACTOR else HOLDS


def signal_verdict(rows: Sequence[Row]) -> Verdict:
    """Judge what is left of the difference between two inputs, from the input on."""
    inputs = [row.signal for row in rows if not row.op and row.signal]
    return judge(((row.name, row.signal) for row in rows if row.weighted), max(inputs, default=None))


def gradient_verdict(rows: Sequence[Row], start: float | None) -> Verdict:
    """Judge what is left of the gradient, from the outputs back; `start` is its norm there."""
    return judge(((row.name, _norm(row)) for row in reversed(rows) if row.weighted), start)


def _norm(row: Row) -> float | None:
    if row.gradient is None:
        return None
    return math.inf if row.gradient.norm is None else row.gradient.norm
