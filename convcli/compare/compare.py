"""From two reports to what differs between them."""

from collections.abc import Iterator, Sequence

from convcli.compare.align import align
from convcli.compare.arguments import Differences
from convcli.compare.keys import keys_of, meaning, place_of
from convcli.compare.moves import moved
from convcli.compare.record import (
    ADDED,
    AFFECTED,
    CHANGED,
    EDITED,
    MOVED,
    NEW,
    REMOVED,
    RENAMED,
    SAME,
    Comparison,
    LayerChange,
    outlines,
)
from convcli.compare.slide import settled
from convcli.compare.totals import last_field, totals_of
from convcli.compare.wiring import Wiring, first_calls
from convcli.report import LayerReport, Report


def compare(before: Report | None, after: Report | None, before_source: str, after_source: str) -> Comparison:
    """Compare two networks; None stands for one that does not exist."""
    unchanged = renumbered = 0
    if before is not None and after is not None:
        changes = _Layers(before, after)
        layers = changes.all()
        unchanged, renumbered = changes.unchanged, changes.renumbered
    else:
        layers = [LayerChange(ADDED, None, layer) for layer in after.layers] if after else []
        layers += [LayerChange(REMOVED, layer, None) for layer in before.layers] if before else []
    totals = totals_of(before, after)
    fields = last_field(before), last_field(after)
    status = NEW if before is None else REMOVED if after is None else SAME
    if status == SAME and (layers or fields[0] != fields[1] or any(total.difference for total in totals)):
        status = CHANGED
    if status == SAME and before and after and (before.inputs, before.outputs) != (after.inputs, after.outputs):
        status = CHANGED
    return Comparison(
        status, before, after, before_source, after_source, tuple(layers), totals, fields, unchanged, renumbered
    )


class _Layers:
    """Pairs the layers of two networks, and says of each what became of it."""

    def __init__(self, before: Report, after: Report) -> None:
        self.before: Sequence[LayerReport] = before.layers
        self.after: Sequence[LayerReport] = after.layers
        keys = keys_of(self.before, self.after)
        pairs = align(*keys)
        self.in_order = settled(pairs, self.before, self.after, [one.whole for one in keys])
        elsewhere = moved(*keys, self.in_order)
        self.partner = dict((*self.in_order, *elsewhere))
        self.back = {j: i for i, j in self.partner.items()}
        self.wiring = Wiring(before, after, (*self.in_order, *elsewhere))
        self.moved = self.wiring.really_moved(elsewhere)
        self.wiring.follow(self.moved)
        self.modules = first_calls(self.before), first_calls(self.after)
        self.differences = Differences()
        self.unchanged = 0
        self.renumbered = 0

    def all(self) -> list[LayerChange]:
        """Return the changes in the order of the later network, what was removed where it stood."""
        found = []
        for i, j in self.steps():
            if j is None:
                found.append(LayerChange(REMOVED, self.before[i or 0], None))
            elif i is None:
                found.append(LayerChange(ADDED, None, self.after[j]))
            else:
                change = self.paired(i, j)
                self.unchanged += change is None
                found += [change] if change else []
        return found

    def steps(self) -> Iterator[tuple[int | None, int | None]]:
        """Give all layers, alone or in pairs."""
        i = j = 0
        for at, to in (*self.in_order, (len(self.before), len(self.after))):
            for old in range(i, at):
                if old not in self.partner:
                    yield old, None
            for new in range(j, to):
                yield self.back.get(new), new
            if to < len(self.after):
                yield at, to
            i, j = at + 1, to + 1

    def paired(self, i: int, j: int) -> LayerChange | None:
        """Say what became of a layer; None where it is as it was, but for a number in its name."""
        before, after = self.before[i], self.after[j]
        renamed = before.name != after.name
        if renamed and place_of(before)[0] == place_of(after)[0]:
            renamed = False
            self.renumbered += 1
        written, follows = self.differences.between(before, after)
        elsewhere = j in self.moved
        inputs = not elsewhere and self.wiring.differs(i, j, after.op)
        shared = self.other_module(before, after)
        if written or (before.op != after.op and meaning(before) != meaning(after)) or inputs or shared:
            change = EDITED
        elif elsewhere or renamed:
            change = MOVED if elsewhere else RENAMED
        elif follows or _measured(before) != _measured(after):
            change = AFFECTED
        else:
            return None
        return LayerChange(change, before, after, renamed, elsewhere, written, follows, inputs, shared)

    def other_module(self, before: LayerReport, after: LayerReport) -> bool:
        """Say whether a call is now of another module: one that shares its weights no more, or with others."""
        if before.call == 1 or after.call == 1:
            return before.call != after.call
        old, new = self.modules[0].get(before.module or ""), self.modules[1].get(after.module or "")
        return old is None or self.partner.get(old) != new


def _measured(layer: LayerReport) -> tuple[object, ...]:
    return (*outlines(layer), layer.receptive_field, layer.saved_bytes)
