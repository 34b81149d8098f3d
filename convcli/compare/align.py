"""Which layers of two networks belong together, in order: anchors first, between them the cheapest way.

Layers that occur once on both sides are anchors (the longest run of them that stands in one
order). Between anchors the cheapest way through the grid of both sides is found, where a step aside
costs 3, and a step along is free for equal layers and costs less than two steps aside for layers
that are alike. For each cost and each diagonal only the furthest point is kept, as Myers and
Ukkonen do: what little differs costs little time, however long the networks are.

That is done with whole names as anchors, numbers included; with names whose numbers only count, and
arguments; and, where layers are not very many, without anchors. Where blocks were put before others
of a list the first is wrong, where all widths changed the second, where what occurs once has moved
the first two. The cheapest is taken.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from convcli.compare.keys import Keys

Pair = tuple[int, int]
Box = tuple[int, int, int, int]
"""A stretch of both sides: from, to, from, to."""

ASIDE = 3
"""The cost of a layer that only one side has."""
RENAMED, WRITTEN, WRITTEN_OTHER, COUNTED, COUNTED_OTHER, ELSEWHERE = 2, 1, 3, 3, 5, 5
"""The costs of layers that are alike: same operator and arguments under another name; same name, with
other arguments or another operator, the name written by somebody, or a number; same operator and
last part of the name, in another scope and with other arguments."""
STEPS = (1, 2, 3, 5)
DIFFERENT = 0

PATIENT, HASTY = 600, 15
"""How dear a way may become before its best beginning is taken for good."""
WORK = 500_000
"""After this many points the search is hasty."""
FEW = 5_000
"""So many layers on both sides together are aligned without anchors, too."""


def align(a: Keys, b: Keys) -> list[Pair]:
    """Return pairs of indices of layers that belong together, rising on both sides."""
    search = _Search(a, b)
    least = ASIDE * abs(len(a.whole) - len(b.whole))
    ways: list[tuple[int, list[Pair]]] = []
    for anchors in ([(a.exact, b.exact)], [(a.whole, b.whole), (a.named, b.named)], []):
        if anchors or len(a.whole) + len(b.whole) < FEW:
            pairs = _aligned(search, anchors)
            ways.append((search.price(pairs), pairs))
            if ways[-1][0] == least:
                break
    return min(ways, key=lambda way: way[0])[1]


def _aligned(search: "_Search", anchors: list[tuple[Sequence[int], Sequence[int]]]) -> list[Pair]:
    a, b = search.a, search.b
    pairs: list[Pair] = []
    boxes: list[Box] = [(0, len(a.whole), 0, len(b.whole))]
    for one, other in anchors:
        smaller: list[Box] = []
        for box in boxes:
            trimmed = _trim(a, b, box, pairs)
            smaller += _between(trimmed, _anchors(one, other, trimmed), pairs)
        boxes = smaller
    for box in boxes:
        trimmed = _trim(a, b, box, pairs)
        if trimmed[0] < trimmed[1] and trimmed[2] < trimmed[3]:
            pairs += search.pairs(trimmed)
    pairs.sort()
    return pairs


def _trim(a: Keys, b: Keys, box: Box, pairs: list[Pair]) -> Box:
    """Pair the equal layers at both ends of a box; return the rest."""
    i, i_end, j, j_end = box
    one, other = a.whole, b.whole
    while i < i_end and j < j_end and one[i] == other[j]:
        pairs.append((i, j))
        i, j = i + 1, j + 1
    while i < i_end and j < j_end and one[i_end - 1] == other[j_end - 1]:
        i_end, j_end = i_end - 1, j_end - 1
        pairs.append((i_end, j_end))
    return i, i_end, j, j_end


def _anchors(one: Sequence[int], other: Sequence[int], box: Box) -> list[Pair]:
    """Return the longest rising run of keys that occur once on each side of a box."""
    i, i_end, j, j_end = box
    if i == i_end or j == j_end:
        return []
    mine, theirs = Counter(one[i:i_end]), Counter(other[j:j_end])
    places = {other[at]: at for at in range(j, j_end)}
    unique = [
        (at, places[key])
        for at, key in enumerate(one[i:i_end], i)
        if key >= 0 and mine[key] == 1 and theirs.get(key) == 1
    ]
    return rising(unique)


def rising(pairs: list[Pair]) -> list[Pair]:
    """Return the longest subsequence whose second indices rise, too."""
    ends: list[int] = []
    at_end: list[int] = []
    previous: list[int] = []
    for at, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        previous.append(at_end[length - 1] if length else -1)
        if length == len(ends):
            ends.append(j)
            at_end.append(at)
        else:
            ends[length], at_end[length] = j, at
    found = []
    at = at_end[-1] if at_end else -1
    while at >= 0:
        found.append(pairs[at])
        at = previous[at]
    return found[::-1]


def _between(box: Box, anchors: list[Pair], pairs: list[Pair]) -> list[Box]:
    """Keep the anchors as pairs; return the boxes between them."""
    pairs += anchors
    i, i_end, j, j_end = box
    boxes = []
    for at, to in (*anchors, (i_end, j_end)):
        if at > i and to > j:
            boxes.append((i, at, j, to))
        i, j = at + 1, to + 1
    return boxes


class _Search:
    """Finds the cheapest way through a box; `work` counts the points of all boxes."""

    def __init__(self, a: Keys, b: Keys) -> None:
        self.a = a
        self.b = b
        self.work = 0

    def price(self, pairs: list[Pair]) -> int:
        """Return what an alignment costs in all."""
        whole, other = self.a.whole, self.b.whole
        alone = len(whole) + len(other) - 2 * len(pairs)
        return ASIDE * alone + sum(self.cost(i, j) or 2 * ASIDE for i, j in pairs if whole[i] != other[j])

    def cost(self, i: int, j: int) -> int:
        """Return the cost of pairing two layers that are not equal, `DIFFERENT` where they do not belong together."""
        a, b = self.a, self.b
        if a.place[i] != b.place[j]:
            if a.op[i] != b.op[j] or a.kept[i] or b.kept[j]:
                return DIFFERENT
            return RENAMED if a.text[i] == b.text[j] else ELSEWHERE if a.last[i] == b.last[j] else DIFFERENT
        written = a.named[i] >= 0 and b.named[j] >= 0
        if a.op[i] == b.op[j]:
            return WRITTEN if written else COUNTED
        return WRITTEN_OTHER if written else COUNTED_OTHER

    def pairs(self, box: Box) -> list[Pair]:
        """Return the pairs of a box."""
        i, i_end, j, j_end = box
        found: list[Pair] = []
        while i < i_end and j < j_end:
            some, i, j = self.way((i, i_end, j, j_end))
            found += some
        return found

    def way(self, box: Box) -> tuple[list[Pair], int, int]:
        """Return the pairs of the cheapest way, or of its best beginning, and where that ends."""
        i, i_end, j, j_end = box
        high, wide = i_end - i, j_end - j
        end = high - wide
        limit = PATIENT if self.work < WORK else HASTY
        reach: list[dict[int, int]] = []
        came: list[dict[int, tuple[int, int, int]]] = []
        for price in range(limit + 1):
            self.advance(price, box, reach, came)
            if reach[price].get(end) == high:
                return self.walked(box, reach, came, price, end), i_end, j_end
        best = max(reach[limit], key=lambda diagonal: 2 * reach[limit][diagonal] - diagonal)
        x = reach[limit][best]
        return self.walked(box, reach, came, limit, best), i + x, j + x - best

    def advance(
        self, price: int, box: Box, reach: list[dict[int, int]], came: list[dict[int, tuple[int, int, int]]]
    ) -> None:
        """Find the furthest point of each diagonal for a price, and where the last step to it came from."""
        i, i_end, j, j_end = box
        high, wide = i_end - i, j_end - j
        one, other = self.a.whole, self.b.whole
        points: dict[int, int] = {}
        origins: dict[int, tuple[int, int, int]] = {}
        for diagonal in range(max(-wide, -(price // ASIDE)), min(high, price // ASIDE) + 1):
            x, origin = self.step(price, diagonal, box, reach)
            if x < 0:
                continue
            start = x
            while x < high and x - diagonal < wide and one[i + x] == other[j + x - diagonal]:
                x += 1
            points[diagonal], origins[diagonal] = x, (*origin, start)
        self.work += len(points)
        reach.append(points)
        came.append(origins)

    def step(self, price: int, diagonal: int, box: Box, reach: list[dict[int, int]]) -> tuple[int, tuple[int, int]]:
        """Return how far one step gets on a diagonal, and from which price and diagonal; -1 where none leads there."""
        i, i_end, j, j_end = box
        high, wide = i_end - i, j_end - j
        if price == 0:
            return 0, (-1, 0)
        best, origin = reach[price - 1].get(diagonal, -1), (price - 1, diagonal)
        if price >= ASIDE:
            before = reach[price - ASIDE]
            x = before.get(diagonal - 1, high) + 1
            if best < x <= high:
                best, origin = x, (price - ASIDE, diagonal - 1)
            x = before.get(diagonal + 1, -1)
            if x > best and x - diagonal <= wide:
                best, origin = x, (price - ASIDE, diagonal + 1)
        for cost in STEPS:
            if cost > price:
                break
            x = reach[price - cost].get(diagonal, -1)
            if best <= x < high and x - diagonal < wide and self.cost(i + x, j + x - diagonal) == cost:
                best, origin = x + 1, (price - cost, diagonal)
        return best, origin

    def walked(
        self, box: Box, reach: list[dict[int, int]], came: list[dict[int, tuple[int, int, int]]], price: int, at: int
    ) -> list[Pair]:
        """Return the pairs on the way to a point."""
        i, _, j, _ = box
        found: list[Pair] = []
        while price >= 0:
            before, diagonal, start = came[price][at]
            found += ((i + x, j + x - at) for x in range(start, reach[price][at]))
            if diagonal == at and before >= 0 and start > reach[before][at]:
                found.append((i + start - 1, j + start - 1 - at))
            price, at = before, diagonal
        return found
