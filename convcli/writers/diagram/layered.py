"""Where boxes go in a picture that is drawn from top to bottom: in ranks, with few crossings.

Each group is laid out by itself and is a box in the group around it; an edge enters it through a port at its
top and leaves it through one at its bottom. After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding
of Hierarchical System Structures", IEEE Transactions on Systems, Man, and Cybernetics 11, 1981: ranks by
longest paths, edges that pass ranks as chains of points, the order in a rank by the mean of its neighbours.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

Key = tuple[Any, ...]
Pair = tuple[Key, Key]

GAP, PORT_GAP, SPACE, SWEEPS = 34.0, 14.0, 18.0, 8
"""Between ranks, beside one of ports, between the members of one, and how often they are put in order."""


class Layers:
    """The members of one group in ranks; edges that pass ranks have a point in each.

    Attributes:
        x, y: the middle of each member's top.
        width, height: of the whole.
        spans: where each rank begins and ends.
        chains: for each edge the members and points on its way.
    """

    def __init__(
        self, sizes: Mapping[Key, tuple[float, float]], edges: Iterable[Pair], first: set[Key], last: set[Key]
    ) -> None:
        self.sizes = dict(sizes)
        self.edges = list(dict.fromkeys(edges))
        self.first = first
        self.last = last
        self.chains: dict[Pair, list[Key]] = {}
        self.rank = self._ranks()
        self.rows = self._rows()
        self.x: dict[Key, float] = {}
        self.y: dict[Key, float] = {}
        self.spans: dict[int, tuple[float, float]] = {}
        self._place()

    def _ranks(self) -> dict[Key, int]:
        """Return how far down each member stands: below all that it reads, and close above what reads it."""
        before: dict[Key, list[Key]] = {key: [] for key in self.sizes}
        after: dict[Key, list[Key]] = {key: [] for key in self.sizes}
        for start, end in self.edges:
            before[end].append(start)
            after[start].append(end)
        rank: dict[Key, int] = {}
        for key in in_order(before):  # of members that read each other, one stands below the other all the same
            rank[key] = max(
                (rank[one] + 1 for one in before[key] if one in rank),
                default=int(bool(self.first) and key not in self.first),
            )
        for key in reversed(list(self.sizes)):
            if not before[key] and after[key] and key not in self.first:
                rank[key] = max(min(rank[one] for one in after[key]) - 1, 0)
        lowest = max((rank[key] for key in self.sizes if key not in self.last), default=0)
        rank.update(dict.fromkeys(self.last, lowest + 1))
        return rank

    def _rows(self) -> list[list[Key]]:
        """Return the members and points of each rank, in order from left to right."""
        rows: list[list[Key]] = [[] for _ in range(max(self.rank.values(), default=-1) + 1)]
        for key in self.sizes:
            rows[self.rank[key]].append(key)
        for start, end in self.edges:
            chain: list[Key] = [start]
            for rank in range(self.rank[start] + 1, self.rank[end]):
                point = ("point", start, rank)  # one for all edges of a tensor
                if point not in self.sizes:
                    self.sizes[point] = (8.0, 0.0)
                    self.rank[point] = rank
                    rows[rank].append(point)
                chain.append(point)
            self.chains[start, end] = [*chain, end]
        return self._sorted(rows)

    def _sorted(self, rows: list[list[Key]]) -> list[list[Key]]:
        up, down = self._neighbours()
        for sweep in range(SWEEPS):
            near, order = (up, rows) if sweep % 2 == 0 else (down, rows[::-1])
            place = {key: at for row in rows for at, key in enumerate(row)}
            for row in order:
                means = {key: _mean([place[one] for one in near.get(key, ())], place[key]) for key in row}
                row.sort(key=lambda key: means[key])
                place.update({key: at for at, key in enumerate(row)})
        return rows

    def _neighbours(self) -> tuple[dict[Key, list[Key]], dict[Key, list[Key]]]:
        up: dict[Key, list[Key]] = {}
        down: dict[Key, list[Key]] = {}
        for chain in self.chains.values():
            for one, other in pairwise(chain):
                if one not in up.setdefault(other, []):
                    up[other].append(one)
                    down.setdefault(one, []).append(other)
        return up, down

    def _place(self) -> None:
        up, down = self._neighbours()
        for row in self.rows:
            self._spread(row, dict.fromkeys(row, 0.0))
        for sweep in range(SWEEPS):
            near, rows = (up, self.rows) if sweep % 2 == 0 else (down, self.rows[::-1])
            for row in rows:
                wanted = {key: _mean([self.x[one] for one in near.get(key, ())], self.x[key]) for key in row}
                self._spread(row, wanted)
        y = 0.0
        for rank, row in enumerate(self.rows):
            tallest = max((self.sizes[key][1] for key in row), default=0.0)
            self.spans[rank] = (y, y + tallest)
            self.y.update({key: y + (tallest - self.sizes[key][1]) / 2 for key in row})
            ports = (rank == 0 and self.first) or (rank == len(self.rows) - 2 and self.last)
            y += tallest + (PORT_GAP if ports else GAP)
        left = min((self.x[key] - self.sizes[key][0] / 2 for key in self.x), default=0.0)
        self.x = {key: x - left for key, x in self.x.items()}
        self.width = max((self.x[key] + self.sizes[key][0] / 2 for key in self.x), default=0.0)
        self.height = max((end for _, end in self.spans.values()), default=0.0)

    def _spread(self, row: Sequence[Key], wanted: Mapping[Key, float]) -> None:
        """Put the members of a rank near where they want to be, in order and apart."""
        apart = [(self.sizes[one][0] + self.sizes[other][0]) / 2 + SPACE for one, other in pairwise(row)]
        right: list[float] = []
        for at, key in enumerate(row):
            right.append(max(wanted[key], right[-1] + apart[at - 1]) if right else wanted[key])
        left: list[float] = []
        for at, key in reversed(list(enumerate(row))):
            left.append(min(wanted[key], left[-1] - apart[at]) if left else wanted[key])
        for key, one, other in zip(row, right, reversed(left), strict=True):
            self.x[key] = (one + other) / 2


def in_order(before: Mapping[Key, Sequence[Key]]) -> list[Key]:
    """Return keys in an order in which each stands behind those before it, as far as there is one.

    Boxes with several layers in them are read before they are whole, and may read each other.
    """
    found: dict[Key, None] = {}
    seen: set[Key] = set()
    for root in before:
        waiting = [(root, iter(before[root]))] if root not in seen else []
        seen.add(root)
        while waiting:
            key, rest = waiting[-1]
            one = next((one for one in rest if one not in seen), None)
            if one is None:
                found[key] = None
                waiting.pop()
            else:
                seen.add(one)
                waiting.append((one, iter(before[one])))
    return list(found)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
