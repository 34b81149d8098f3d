"""What a comparison finds: the record between the thinking and the formats that go out."""

from typing import TYPE_CHECKING, Any

from convcli.record import Record
from convcli.report import LayerReport, ReceptiveField, Report

if TYPE_CHECKING:
    from convcli.timing.pair import Pair

ADDED, REMOVED, EDITED, MOVED, RENAMED, AFFECTED = "added", "removed", "edited", "moved", "renamed", "affected"
CHANGES = (ADDED, REMOVED, EDITED, MOVED, RENAMED, AFFECTED)
"""What can be said of a layer; where several hold, the first of them."""

NEW, CHANGED, SAME = "new", "changed", "unchanged"
"""What can be said of the whole; REMOVED too."""


class Argument(Record):
    """An argument that differs."""

    name: str
    before: Any
    after: Any


class LayerChange(Record):
    """A layer that is not what it was; `before` is None where it was added, `after` where it was removed.

    Attributes:
        change: one of `CHANGES`. `affected` is what was not touched: its sizes, costs, receptive
            field or memory follow from changes elsewhere.
        arguments: those that were written differently.
        follows: those that differ only as what flows in does, `in_channels` mostly.
        inputs: whether it takes other tensors than before.
        shared: whether it is now the layer of another module, whose weights it shares or no longer shares.
    """

    __slots__ = ()

    change: str
    before: LayerReport | None
    after: LayerReport | None
    renamed: bool = False
    moved: bool = False
    arguments: tuple[Argument, ...] = ()
    follows: tuple[Argument, ...] = ()
    inputs: bool = False
    shared: bool = False


class Total(Record):
    """A number of both networks; one that is not `known` is a bound from below. None: there is no such network."""

    __slots__ = ()

    name: str
    before: int | None
    after: int | None
    before_known: bool
    after_known: bool

    @property
    def difference(self) -> int | None:
        """What was added, None where that is not known."""
        if self.before is None or self.after is None or not (self.before_known and self.after_known):
            return None
        return self.after - self.before


class Comparison(Record):
    """All that differs between two networks.

    Attributes:
        status: "new" (there was none before), "removed", "changed" or "unchanged".
        before, after: the reports, None where there is no such network.
        before_source, after_source: what was asked for, as it was written.
        layers: those that differ, in the order of `after`, each that was removed where it stood.
        totals: sums and memory of both.
        fields: the last local receptive field on the way to the output, of both.
        unchanged: the number of layers that are as they were.
        renumbered: how many of all layers have another number in their names, and are called the same otherwise.
        times: what both take, where they were run.
    """

    status: str
    before: Report | None
    after: Report | None
    before_source: str
    after_source: str
    layers: tuple[LayerChange, ...]
    totals: tuple[Total, ...]
    fields: tuple[ReceptiveField | None, ReceptiveField | None]
    unchanged: int
    renumbered: int
    times: "Pair | None" = None


def outlines(layer: LayerReport) -> tuple[Any, ...]:
    """Return what of a layer is shown as a consequence of changes elsewhere: sizes and costs.

    Receptive fields and what is kept for backward change almost everywhere behind any edit; the
    totals say so once.
    """
    return (
        layer.input_shapes, layer.output_shapes, layer.params, layer.trainable, layer.buffers, layer.macs,
        layer.other_ops, layer.output_bytes,
    )  # fmt: skip
