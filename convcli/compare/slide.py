"""Where equal layers repeat, an added run may stand in several places: the one is taken that its names suggest.

Of three equal blocks any may be the new one, and its border may run through the middle of two
blocks. A run slides to where most pairs keep their whole names, and of these places to the border
of the outermost scope.
"""

from collections.abc import Sequence

from convcli.compare.align import Pair
from convcli.report import LayerReport


def settled(
    pairs: Sequence[Pair], before: Sequence[LayerReport], after: Sequence[LayerReport], keys: Sequence[Sequence[int]]
) -> list[Pair]:
    """Return the pairs with all runs where they belong; `keys` are equal for equal layers, of both sides."""
    found = _slid(list(pairs), before, after, keys[0], keys[1])
    back = _slid([(j, i) for i, j in found], after, before, keys[1], keys[0])
    return [(i, j) for j, i in back]


def _slid(
    pairs: list[Pair], before: Sequence[LayerReport], after: Sequence[LayerReport],
    one: Sequence[int], other: Sequence[int],
) -> list[Pair]:  # fmt: skip
    """Slide the runs that only the second side has."""
    at = 0
    while at <= len(pairs):
        i, start = pairs[at - 1] if at else (-1, -1)
        i_end, end = pairs[at] if at < len(pairs) else (len(before), len(after))
        start += 1
        if start < end and i + 1 == i_end:
            moves = _places(pairs, at, start, end, one, other)
            best = _best(moves, pairs, at, (start, end), before, after)
            for step in range(best, 0):  # upwards: pairs before the run take its last layers
                pairs[at + step] = pairs[at + step][0], pairs[at + step][1] + end - start
            for step in range(best):
                pairs[at + step] = pairs[at + step][0], pairs[at + step][1] - (end - start)
            at += max(best, 0)
        at += 1
    return pairs


def _places(
    pairs: Sequence[Pair], at: int, start: int, end: int, one: Sequence[int], other: Sequence[int]
) -> tuple[int, int]:
    """Return how many layers a run can slide up, and down."""
    up = down = 0
    while at - up > 0:
        i, j = pairs[at - up - 1]
        if j != start - up - 1 or not one[i] == other[j] == other[end - up - 1]:
            break
        if up and pairs[at - up] != (i + 1, j + 1):
            break
        up += 1
    while at + down < len(pairs):
        i, j = pairs[at + down]
        if j != end + down or not one[i] == other[j] == other[start + down]:
            break
        if down and pairs[at + down - 1] != (i - 1, j - 1):
            break
        down += 1
    return up, down


def _best(
    moves: tuple[int, int], pairs: Sequence[Pair], at: int, run: tuple[int, int],
    before: Sequence[LayerReport], after: Sequence[LayerReport],
) -> int:  # fmt: skip
    """Return by how much to slide, negative for upwards."""
    start, end = run
    length = end - start
    best, best_score = 0, (0, -_border(after, start, end), 0)
    for sign, most in ((-1, moves[0]), (1, moves[1])):
        kept = 0
        for step in range(1, most + 1):
            i, j = pairs[at - step] if sign < 0 else pairs[at + step - 1]
            kept += before[i].name == after[j - sign * length].name
            kept -= before[i].name == after[j].name
            score = (kept, -_border(after, start + sign * step, end + sign * step), -step)
            if score > best_score:
                best, best_score = sign * step, score
    return best


def _border(layers: Sequence[LayerReport], start: int, end: int) -> int:
    """Return how many scopes a run shares with its neighbours: the fewer, the better it stands for itself."""
    return sum(
        _shared(layers[at - 1].name, layers[at].name) for at in (start, end) if 0 < at < len(layers)
    )  # fmt: skip


def _shared(one: str, other: str) -> int:
    shared = 0
    for a, b in zip(one.split(".")[:-1], other.split(".")[:-1], strict=False):
        if a != b:
            break
        shared += 1
    return shared
