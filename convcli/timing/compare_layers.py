"""Faster, slower, or it cannot be told, layer by layer.

Of many layers some differ by chance, so their probabilities are corrected (Holm). Ranks cannot pass
that: the most extreme order of five and five processes has a probability of 0.8 %, among seven
layers that is 5.6 %, and a network has sixty. The median of a process is one of dozens of passes, so
its logarithm is taken as normal, and Student's t judges it: in pairs within a run, by Welch's form
between two.
"""

import math
from collections.abc import Sequence

from convcli.record import Record
from convcli.timing.compare import CANNOT_TELL, FASTER, SLOWER, noise, unfit
from convcli.timing.figure import reach
from convcli.timing.record import LayerTime, SubjectTimes
from convcli.timing.statistics import LEVEL, holm, median, t_test, welch_test

COUNTS_FROM = 0.01
"""Layers below this share of both networks are not judged."""

Medians = dict[int, float]
"""Seconds of a layer by the place of the process."""


class LayerRatio(Record):
    """A layer of two subjects.

    Attributes:
        name: the layer's, in both.
        before, after: seconds, forward and backward together; None where one of them is not known.
        ratio: after relative to before; None where one of them is not known.
        lo, hi: its interval.
        verdict: "faster", "slower" or "cannot tell".
        probability: of such a difference by chance, corrected; None where it was not worked out.
    """

    name: str
    before: float | None
    after: float | None
    ratio: float | None = None
    lo: float | None = None
    hi: float | None = None
    verdict: str = CANNOT_TELL
    probability: float | None = None


def layer_ratios(before: SubjectTimes, after: SubjectTimes, *, paired: bool) -> tuple[LayerRatio, ...]:
    """Compare the layers that two subjects have under one name.

    Args:
        before: the one to which ratios are.
        after: the other.
        paired: whether both are of one run, in the same processes.
    """
    others, floor = {layer.name: layer for layer in after.layers}, noise(before, after)
    pairs = [(layer, others[layer.name]) for layer in before.layers if layer.name in others]
    steady = unfit(before, after) is None
    found = [_ratio(*pair, paired=paired) for pair in pairs]
    judged = [
        at for at, (one, other) in enumerate(pairs)
        if steady and found[at].probability is not None and max(one.share or 0, other.share or 0) >= COUNTS_FROM
    ]  # fmt: skip
    chances = dict(zip(judged, holm([found[at].probability or 0.0 for at in judged]), strict=True))
    return tuple(_judged(one, chances.get(at), floor) for at, one in enumerate(found))


def _ratio(before: LayerTime, after: LayerTime, *, paired: bool) -> LayerRatio:
    """Return the ratio of a layer, with its probability as it is by itself."""
    old, new = whole_seconds(before), whole_seconds(after)
    sides = _medians(before), _medians(after)
    if old is None or new is None or not all(map(_positive, sides)):
        return LayerRatio(before.name, old, new)
    logs = [{at: math.log(value) for at, value in side.items()} for side in sides]
    if paired:
        steps = [logs[1][at] - logs[0][at] for at in logs[0] if at in logs[1]]
        middle, half = median(steps), reach(sorted(steps))
        chance = t_test(steps)
    else:
        one, other = ([*side.values()] for side in logs)
        middle, half = median(other) - median(one), reach(sorted(one)) + reach(sorted(other))
        chance = welch_test(other, one)
    ratio = math.exp(middle)
    return LayerRatio(
        before.name, old, new, ratio, math.exp(middle - half), math.exp(middle + half), CANNOT_TELL, chance
    )


def _positive(side: Medians) -> bool:
    return bool(side) and min(side.values()) > 0


def _judged(one: LayerRatio, chance: float | None, floor: float) -> LayerRatio:
    """Give a layer its verdict: beyond the noise, with all of its interval beyond 1, and hardly by chance."""
    verdict = CANNOT_TELL
    if chance is not None and chance < 1 - LEVEL and one.ratio and one.lo and one.hi:
        if one.ratio > 1 + floor and one.lo > 1:
            verdict = SLOWER
        elif one.ratio < 1 / (1 + floor) and one.hi < 1:
            verdict = FASTER
    return one._replace(verdict=verdict, probability=chance)


def whole_seconds(layer: LayerTime) -> float | None:
    """Return a layer's time, forward and backward together; what is too short backward counts as nothing."""
    back = layer.backward
    if layer.forward.value is None or (back is not None and back.value is None and back.hi is None):
        return None
    return layer.forward.value + ((back.value or 0.0) if back else 0.0)


def _medians(layer: LayerTime) -> Medians:
    """Return the seconds of a layer by process."""
    back: Sequence[float | None] = layer.backward.medians if layer.backward and layer.backward.value else ()
    return {
        at: value + (more or 0.0)
        for at, value in enumerate(layer.forward.medians)
        if value is not None and ((more := back[at] if at < len(back) else 0.0) is not None)
    }
