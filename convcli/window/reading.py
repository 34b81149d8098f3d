"""How an operator reads its inputs: for each dimension of a result, where it comes from.

This is what an operator says of itself (`Operator.reads`). Nothing here knows of receptive
fields: dimensions are those of the operator's own tensors.
"""

from functools import lru_cache

from convcli.quantity import Shape, is_known
from convcli.record import Record
from convcli.window.taps import FIRST, STAY, Window

Source = tuple[int, Window | None] | None
"""The dimension of the input from which a dimension of the result comes, and the window.

None is a dimension that comes from none; a window that is None says that the units come from that
dimension in a way which no window describes.
"""


class Reading(Record):
    """How one result is made of one input.

    Attributes:
        input: which of the operator's inputs.
        sources: for each dimension of the result, its source; a dimension of the input that is no
            source and is not `fixed` is read whole by every unit.
        whole: dimensions that every unit reads whole beside what `sources` says of them.
        fixed: dimensions that the result does not have, and the window through which all its units read them.
        before: the shape that the input is given first, its elements in order; None leaves it.
        after: the shape that `sources` describes, where the result has its elements in order, in another shape.
    """

    input: int
    sources: tuple[Source, ...]
    whole: tuple[int, ...] = ()
    fixed: tuple[tuple[int, Window | None], ...] = ()
    before: Shape | None = None
    after: Shape | None = None


@lru_cache(256)
def same_place(input: int, rank: int) -> Reading:
    """Return the reading of a result whose every unit comes from its own place."""
    return Reading(input, tuple((dim, STAY) for dim in range(rank)))


def element_wise(input: int, shape: Shape, result: Shape) -> Reading:
    """Return the reading of a result that the input is broadcast to: sizes are aligned at the right."""
    if shape == result:
        return same_place(input, len(shape))
    missing = len(result) - len(shape)
    sources: list[Source] = [None] * max(missing, 0)
    for dim, (size, wanted) in enumerate(zip(shape[max(-missing, 0) :], result[max(missing, 0) :], strict=True)):
        at = dim + max(-missing, 0)
        if missing >= 0 and (not is_known(size) or size == wanted):
            sources.append((at, STAY))
        else:
            sources.append((at, FIRST if missing >= 0 and size == 1 else None))
    return Reading(input, tuple(sources))


def in_order(input: int, shape: Shape) -> Reading:
    """Return the reading of a result that has the input's elements in order, in whatever shape."""
    return Reading(input, tuple((dim, STAY) for dim in range(len(shape))), after=shape)


def last_axes(
    input: int, rank: int, windows: tuple[Window | None, ...], changes: dict[int, Source] | None = None
) -> Reading:
    """Return the reading through a window on each of the last dimensions; the others stay.

    `changes` has other sources of some dimensions; those below 0 are counted from the end.
    """
    return _last_axes(input, rank, windows, tuple(changes.items()) if changes else ())


@lru_cache(1024)
def _last_axes(
    input: int, rank: int, windows: tuple[Window | None, ...], changes: tuple[tuple[int, Source], ...]
) -> Reading:
    kept = rank - len(windows)
    sources: list[Source] = [(dim, STAY) for dim in range(kept)]
    sources += [(kept + axis, window) for axis, window in enumerate(windows)]
    for dim, source in changes:
        sources[dim] = source and (source[0] % rank, source[1])
    return Reading(input, tuple(sources))
