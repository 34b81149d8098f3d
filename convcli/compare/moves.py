"""What an alignment leaves over on both sides, and is the same: layers that moved."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from convcli.compare.align import Pair
from convcli.compare.keys import Keys


def moved(a: Keys, b: Keys, pairs: Sequence[Pair]) -> list[Pair]:
    """Return pairs of layers that stand elsewhere than before.

    A name that somebody wrote is enough. Of others a whole run must have moved: where only a part
    of what was removed here is like a part of what was added there, nothing moved.
    """
    left = sorted(set(range(len(a.whole))).difference(i for i, _ in pairs))
    right = sorted(set(range(len(b.whole))).difference(j for _, j in pairs))
    if not left or not right:
        return []
    found = dict(_equally_often([i for i in left if a.kept[i]], [j for j in right if b.kept[j]], a.named, b.named))
    free = set(right).difference(found.values())
    rest = [i for i in left if i not in found]
    guesses = dict(_equally_often(rest, sorted(free), a.whole, b.whole))
    runs_before, runs_after = _runs(rest), _runs(sorted(free))
    for run in _runs_of_pairs(guesses):
        first, to = run[0]
        whole = len(run) in (runs_before[first], runs_after[to])
        if whole and any(a.module[i] for i, _ in run):
            found.update(run)
    return sorted(found.items())


def _equally_often(left: Sequence[int], right: Sequence[int], one: Sequence[int], other: Sequence[int]) -> list[Pair]:
    """Pair, in order, what has a key that occurs as often on the left as on the right."""
    mine, theirs = Counter(one[i] for i in left), Counter(other[j] for j in right)
    places: dict[int, list[int]] = defaultdict(list)
    for j in reversed(right):
        places[other[j]].append(j)
    return [(i, places[one[i]].pop()) for i in left if mine[one[i]] == theirs.get(one[i])]


def _runs(indices: Sequence[int]) -> dict[int, int]:
    """Return the length of the run of neighbours that begins at an index, for each beginning; 0 within one."""
    lengths: dict[int, int] = {}
    start = -1
    for at, index in enumerate(indices):
        if not at or indices[at - 1] != index - 1:
            start = index
            lengths[start] = 0
        elif index != start:
            lengths[index] = 0
        lengths[start] += 1
    return lengths


def _runs_of_pairs(pairs: dict[int, int]) -> list[list[Pair]]:
    """Return pairs in runs of neighbours on both sides."""
    runs: list[list[Pair]] = []
    for i, j in sorted(pairs.items()):
        if runs and runs[-1][-1] == (i - 1, j - 1):
            runs[-1].append((i, j))
        else:
            runs.append([(i, j)])
    return runs
