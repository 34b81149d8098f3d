"""What ceilings mean for a layer: its bandwidth by working set, and its bound.

After Williams, Waterman, Patterson, Roofline, CACM 2009, with a bandwidth for each level of cache: no
layer is faster than its arithmetic at the peak of its kind, nor than its bytes at the bandwidth of a
working set of their size.
"""

import math
import time
from itertools import pairwise

from convcli.human import counted
from convcli.machine.kinds import CONVOLUTIONS, SLOW, Work
from convcli.roofline.devices import Entry
from convcli.timing.record import Ceilings

MATMUL, CONV = "matmul", "conv"
"""Kinds of products that have a peak."""


def peak(ceilings: Ceilings, dtype: str, kind: str | None) -> float:
    """Return the operations a second that a kind of layer can reach.

    Convolutions run in the library that reaches the larger of the two, and all others are held against
    matrix products: a library may have slower ones than another has convolutions.
    """
    found = ceilings.flops[dtype]
    return max(found.values()) if kind in CONVOLUTIONS else found[MATMUL]


def bandwidth(ceilings: Ceilings, size: float, *, in_place: bool = False) -> float:
    """Return the bytes a second of a working set, between sizes that were measured on a line in logarithms.

    Larger sets never have more: where a small one was slower, it was the call that took the time.
    """
    points = _falling(ceilings.in_place if in_place else ceilings.bandwidth)
    for (small, fast), (large, slow) in pairwise(points):
        if size <= large:
            part = max(math.log(size / small) / math.log(large / small), 0.0) if size > small else 0.0
            return float(fast ** (1 - part) * slow**part)
    return points[-1][1]


def _falling(points: tuple[tuple[int, float], ...]) -> list[tuple[int, float]]:
    found: list[tuple[int, float]] = []
    for size, rate in reversed(points):
        found.append((size, max(rate, found[-1][1]) if found else rate))
    return found[::-1]


def moving(ceilings: Ceilings, work: Work) -> float:
    """Return the seconds that a layer's bytes take: weights come from where a whole pass leaves them.

    A kernel that is slow itself takes its time for each byte, from whichever cache it comes.
    """
    if work.kind in SLOW:
        return (work.moved + work.weights) / max(rate for _, rate in ceilings.bandwidth)
    inputs = work.moved / bandwidth(ceilings, work.moved, in_place=work.in_place) if work.moved else 0.0
    return inputs + (work.weights / bandwidth(ceilings, work.circulates) if work.weights else 0.0)


def bound(ceilings: Ceilings, dtype: str, work: Work) -> float:
    """Return the seconds below which a layer cannot be."""
    every = work.moved + work.weights
    bytes_ = every / bandwidth(ceilings, every, in_place=work.in_place) if every else 0.0
    return max(work.operations / peak(ceilings, dtype, work.kind), bytes_)


def entry_of(ceilings: Ceilings) -> Entry:
    """Return ceilings in the form of a data sheet: the best product of each type, and the bandwidth of the memory."""
    peaks = {dtype: max(found.values()) for dtype, found in ceilings.flops.items()}
    when = time.strftime("%Y-%m-%d", time.localtime(ceilings.measured_at))
    source = f"measured {when}, {counted(ceilings.threads, 'thread')}, torch {ceilings.torch}"
    return Entry(ceilings.hardware, peaks, ceilings.bandwidth[-1][1], source)
