"""Which tensors a layer takes, told through layers that were added or removed: what was wired anew."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from convcli.compare.align import Pair
from convcli.report import LayerReport, Report

Sources = AbstractSet[int] | None
"""Layers by their index in the later network, inputs as -1 - k; None for more than anybody follows."""

MOST = 64
"""How many layers are kept in mind of all those that something new depends on."""
EITHER_WAY = ("add", "mul", "maximum", "minimum")
"""Functions to which the order of two tensors does not matter."""


class Wiring:
    """The inputs of both networks' layers, as indices; `partner` leads from the earlier network to the later one."""

    def __init__(self, before: Report, after: Report, pairs: Sequence[Pair]) -> None:
        self.partner = dict(pairs)
        self.back = {j: i for i, j in pairs}
        self.before = _inputs(before, [tensor.name for tensor in before.inputs])
        names = [tensor.name for tensor in after.inputs]
        self.after = _inputs(after, names)
        known = {tensor.name for tensor in before.inputs} == set(names)
        self.entries = [names.index(tensor.name) if known else at for at, tensor in enumerate(before.inputs)]
        self.through_before: dict[int, Sources] = {}
        self.through_after: dict[int, Sources] = {}

    def really_moved(self, candidates: Sequence[Pair]) -> set[int]:
        """Return which of the candidates stand behind other layers than before, by their index in the later network.

        Branches that were written in another order are computed in another order, and that is all.
        """
        found: set[int] = set()
        run: list[Pair] = []
        for pair in (*candidates, None):
            if run and (pair is None or pair != (run[-1][0] + 1, run[-1][1] + 1)):
                if any(self.direct(i) != self.after[j] for i, j in run):
                    found.update(j for _, j in run)
                run = []
            if pair:
                run.append(pair)
        return found

    def direct(self, i: int) -> list[int | None]:
        """Return what a layer of the earlier network takes, as the later one counts; None for what it has no more."""
        return [self.partner.get(at) if at >= 0 else -1 - self.entries[-1 - at] for at in self.before[i]]

    def follow(self, moved: set[int]) -> None:
        """Work out what everything that was added, removed or moved depends on."""
        for at, sources in enumerate(self.after):
            if at in moved or at not in self.back:
                self.through_after[at] = _union(self.through_after.get(source, {source}) for source in sources)
        for at in range(len(self.before)):
            if self.partner.get(at) is None or self.partner[at] in moved:
                self.through_before[at] = _union(
                    self.through_before[source] if partner is None or source in self.through_before else {partner}
                    for source, partner in zip(self.before[at], self.direct(at), strict=True)
                )

    def differs(self, i: int, j: int, op: str) -> bool:
        """Say whether two paired layers take different tensors, beyond what was put between or taken out."""
        mine, theirs = self.direct(i), self.after[j]
        plain = not any(at in self.through_before for at in self.before[i])
        if plain and not any(at in self.through_after for at in theirs):
            return mine != theirs and not (op in EITHER_WAY and sorted(map(str, mine)) == sorted(map(str, theirs)))
        old = {to for at, to in zip(self.before[i], mine, strict=True) if at not in self.through_before}
        new = {at for at in theirs if at not in self.through_after}
        return not (_within(old, theirs, self.through_after) and _within(new, self.before[i], self.through_before, old))


def _within(
    wanted: set[int | None] | set[int], sources: Sequence[int], through: dict[int, Sources],
    own: set[int | None] | None = None,
) -> bool:  # fmt: skip
    """Say whether all that is wanted is among some sources, or what these depend on."""
    reached: set[int | None] = {at for at in sources if at not in through} if own is None else set(own)
    for at in sources:
        if at in through:
            behind = through[at]
            if behind is None:
                return True
            reached |= behind
    return wanted <= reached


def _union(parts: Iterable[Sources]) -> Sources:
    found: set[int] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
        if len(found) > MOST:
            return None
    return found


def _inputs(report: Report, names: Sequence[str]) -> list[list[int]]:
    """Return the inputs of each layer as indices of layers, and of the network's own as -1 - k."""
    places = {name: -1 - at for at, name in enumerate(names)}
    found = []
    for at, layer in enumerate(report.layers):
        found.append([places[name] for name in layer.inputs])
        places[layer.name] = at
    return found


def first_calls(layers: Sequence[LayerReport]) -> dict[str, int]:
    """Return where each module is called first."""
    return {layer.module: at for at, layer in enumerate(layers) if layer.module is not None and layer.call == 1}
