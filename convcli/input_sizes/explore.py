"""Every size of an axis, in pieces: arithmetic progressions on which a network does the same.

A trial is run with a number that grows in place of a size (see `growing`). What it says then
holds for the whole progression; where it would not, the progression is cut or made finer, and each
part is tried again. So a period is never guessed: it is what the divisions on the way ask for.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from convcli.growing import Finer, Interval, Parted, Unfollowed
from convcli.record import Record

LARGEST_SIZE = 2**20
"""Sizes up to this are looked at; beyond, torch's own limits begin to matter."""


class Verdict(Record):
    """Whether a network takes a size, and whether it then uses all of it."""

    __slots__ = ()

    works: bool
    lossless: bool


class Piece(Record):
    """The sizes `first + step * k` up to `last`, and what holds for all of them; None where that is not known."""

    __slots__ = ()

    first: int
    last: int
    step: int
    verdict: Verdict | None


class Part(Record):
    """The sizes `rest + step * k` for k from `low` to `high`, not looked at yet."""

    __slots__ = ()

    rest: int
    step: int
    low: int
    high: int

    def size(self, k: int) -> int:
        """Return a size."""
        return self.rest + self.step * k

    def at(self, low: int, high: int) -> "Part":
        """Return the part with other ends, but within its own."""
        return Part(self.rest, self.step, max(low, self.low), min(high, self.high))

    def piece(self, verdict: Verdict | None) -> Piece:
        """Return the piece that it is."""
        return Piece(self.size(self.low), self.size(self.high), self.step, verdict)


Trial = Callable[[Any], Verdict]


def explore(
    trial: Trial, near: int, window: int, most_trials: int, watch: Callable[[Piece], bool] = lambda _: True
) -> list[Piece]:
    """Return the pieces of all sizes from 1 to `LARGEST_SIZE`, that of size `near` first.

    Where numbers that grow cannot follow, or after `most_trials`, the sizes up to `window` away
    from `near` are tried one by one. `watch` sees each piece; what it returns says whether to go on.
    """
    pieces: list[Piece] = []
    left, trials = [Part(0, 1, 1, LARGEST_SIZE)], 0
    while left:
        part = left.pop()
        trials += 1
        try:
            found = part.piece(_tried(trial, part, may_grow=trials <= most_trials))
        except Parted as parted:
            left += _nearest_last(_cut(part, parted.cuts), near)
        except Finer as finer:
            left += _nearest_last(_refined(part, finer.by), near)
        except Unfollowed:
            single, rest = _one_by_one(part, near, window)
            left += _nearest_last(single, near)
            pieces += rest
        else:
            pieces.append(found)
            if not watch(found):
                break
    return pieces


def _tried(trial: Trial, part: Part, *, may_grow: bool) -> Verdict:
    if part.low == part.high:
        return trial(part.size(part.low))
    if not may_grow:
        raise Unfollowed
    return trial(Interval(part.low, part.high).number(part.rest, part.step))


def _cut(part: Part, cuts: tuple[int, ...]) -> list[Part]:
    ends = [part.low, *cuts, part.high + 1]
    return [part.at(low, high - 1) for low, high in pairwise(ends) if low < high]


def _refined(part: Part, by: int) -> list[Part]:
    finer = [
        Part(part.size(first), part.step * by, -((first - part.low) // by), (part.high - first) // by)
        for first in range(by)
    ]
    return [one for one in finer if one.low <= one.high]


def _one_by_one(part: Part, near: int, window: int) -> tuple[list[Part], list[Piece]]:
    """Return a part for each size in a window, and what is left as pieces of which nothing is known."""
    low, high = -((part.rest - near + window) // part.step), (near + window - part.rest) // part.step
    inside = part.at(low, high)
    single = [part.at(k, k) for k in range(inside.low, inside.high + 1)]
    outside = [part.at(part.low, low - 1), part.at(high + 1, part.high)] if single else [part]
    return single, [one.piece(None) for one in outside if one.low <= one.high]


def _nearest_last(parts: list[Part], near: int) -> list[Part]:
    """Put the part that holds a size, or comes nearest to it, where it is taken first."""

    def distance(part: Part) -> int:
        k = min(max((near - part.rest) // part.step, part.low), part.high)
        return min(abs(part.size(at) - near) for at in {k, min(k + 1, part.high)})

    return sorted(parts, key=distance, reverse=True)
