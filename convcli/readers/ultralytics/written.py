"""A row while it is translated, and what the whole file says that matters to it."""

from convcli.layer.syntax import At, Expression
from convcli.readers.ultralytics.rows import Row
from convcli.record import Record


class About(Record):
    """What the whole file says that matters to single rows."""

    classes: int | None
    """The number of classes; as many channels are no matter of scale."""
    with_anchors: bool
    own: bool
    """Whether it has `anchors` that no row uses, as files of YOLOv9's own repository."""
    counted_anchors: bool
    """Whether `anchors` is a number, and not a list."""
    end2end: bool
    light: bool
    """Whether heads have depthwise convolutions, as from the generation of C3k2 on."""
    has_bins: bool
    """Whether the file says in how many steps a distance is told."""


class Written(Record):
    """A row while it is translated."""

    row: Row
    tensors: tuple[Expression, ...]
    arguments: list[Expression]
    at: At
    name_at: At
    text: Expression | None = None
    """What the texts mean that the network is given beside its image."""
