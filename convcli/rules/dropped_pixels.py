"""Rows or columns of the input are dropped: a stride does not divide what there is, and the rest is read by nobody.

A window whose kernel is shorter than its stride leaves gaps everywhere; those are meant. Only what
one window more would read is dropped.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.diagnostics import Refusal
from convcli.human import counted, show_shape
from convcli.quantity import Shape, is_known
from convcli.rules.case import Case, Said, both
from convcli.rules.catalogue import CONVOLUTIONS, POOLS
from convcli.window import AXIS_NAMES
from convcli.window.taps import CIRCULAR, Window

OPS = CONVOLUTIONS | POOLS | {"Unfold", "unfold"}
MOST_LISTED = 4096
"""Positions at an end that are looked at one by one."""
MOST_TRIED = 256
"""Paddings, or sizes, that are tried."""

ENDS = {
    "length": ("position", "at the end"),
    "depth": ("slice", "at the back"),
    "height": ("row", "at the bottom"),
    "width": ("column", "on the right"),
}
"""What a position along an axis is called, and where the last ones are."""

Drop = tuple[int, int, int, int]
"""An axis, its size, how many positions at its end are dropped, and how many there are up to the last that is read."""


def find(case: Case) -> Iterator[tuple[int, tuple[Drop, ...]]]:
    """Give the layers that drop something."""
    for node, places in case.each_kind(OPS):
        shape, answer = node.input_shapes[0], node.answer
        if shape is not None and answer is not None and all(map(is_known, shape)):
            drops = _drops(node.op, shape)
            if drops:
                for at in places:
                    yield at, drops


def _drops(op: Any, shape: Shape) -> tuple[Drop, ...]:
    """Return what an operator drops of an input of this shape.

    Raises:
        Refusal: it does not take that shape.
    """
    (reading,) = op.reads(0, (shape,), op.outputs(shape))
    made = reading.after or op.outputs(shape)[0]
    found = []
    for axis in range(op.axes):
        source, units = reading.sources[axis - op.axes], made[axis - op.axes]
        size = shape[axis - op.axes]
        if source is not None and source[1] is not None and source[1].shift > 1:
            dropped, end = dropped_by(source[1], size, units)
            if dropped:
                found.append((axis, size, dropped, end))
    return tuple(found)


def dropped_by(window: Window, size: int, units: int) -> tuple[int, int]:
    """Return how many of `size` positions no unit reads that one unit more would, and the end of what is read."""
    ((base, step, taps),) = window.taps
    end = base + window.shift * (units - 1) + step * (taps - 1) + 1
    following = base + window.shift * units
    if step == 1 and window.border != CIRCULAR:
        return max(0, size - max(end, following)), end
    rest = range(max(following, 0), size)
    if len(rest) > MOST_LISTED or taps > MOST_LISTED:
        return 0, end  # nobody has such a window; nothing is said that has not been worked out
    near = range(max(0, units - 1 - step * taps // window.shift), units)
    wrapped = range(min(units, -(base // window.shift))) if base < 0 and window.border == CIRCULAR else range(0)
    read = {position for unit in {*near, *wrapped} for position in window.reads(unit, size)}
    more = {following + window.shift * turn + step * tap for turn in range(len(rest)) for tap in range(taps)}
    return sum(position in more and position not in read for position in rest), end


def say(case: Case, places: Sequence[tuple[int, tuple[Drop, ...]]]) -> Said:
    """Say what is dropped, and what would keep it."""
    at, drops = places[0]
    node = case.graph.nodes[at]
    op: Any = node.op
    shape = node.input_shapes[0] or ()
    names = AXIS_NAMES[op.axes]
    lost = both(f"{counted(dropped, ENDS[names[axis]][0])} {ENDS[names[axis]][1]}" for axis, _, dropped, _ in drops)
    message = f"`{node.name}` drops {lost} of its input of {show_shape(shape[-op.axes :])}"
    label = "no window reads " + ("it" if len(drops) == 1 and drops[0][2] == 1 else "them")
    return Said(message, label, "; or ".join([*_arguments(op, shape, drops), *_sizes(op, shape, drops)]))


def _arguments(op: Any, shape: Shape, drops: tuple[Drop, ...]) -> Iterator[str]:
    """Give the arguments with which nothing would be dropped."""
    if op.values.get("ceil_mode") is False and not _drops(type(op).make({**op.values, "ceil_mode": True}), shape):
        yield "`ceil_mode=True` reads everything"
    pads = op.values.get("padding")
    if isinstance(pads, tuple):
        for axis, *_ in drops:
            pads = pads and _more_padding(op, shape, axis, pads)
        if pads:
            yield f"`padding={pads[0] if len(set(pads)) == 1 else pads}` reads everything"


def _more_padding(op: Any, shape: Shape, axis: int, pads: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the least padding of an axis, of at most half a window, with which nothing of it is dropped."""
    most = op.kernel_size[axis] // 2 * op.values.get("dilation", (1,) * op.axes)[axis]
    for pad in range(pads[axis] + 1, min(most, pads[axis] + MOST_TRIED) + 1):
        padding = (*pads[:axis], pad, *pads[axis + 1 :])
        try:
            if all(drop[0] != axis for drop in _drops(type(op).make({**op.values, "padding": padding}), shape)):
                return padding
        except Refusal:  # a pool takes no more than half of its kernel
            return None
    return None


def _sizes(op: Any, shape: Shape, drops: tuple[Drop, ...]) -> Iterator[str]:
    """Give the nearest sizes of the input of which nothing is dropped."""
    words = []
    for axis, size, _, end in drops:
        larger = range(size + 1, size + MOST_TRIED)
        near = [end, *(more for more in larger if _loses_nothing(op, shape, axis, more))][:2]
        if _loses_nothing(op, shape, axis, end):
            words.append(f"{' or '.join(map(str, near))} {ENDS[AXIS_NAMES[op.axes][axis]][0]}s")
    if words:
        yield f"an input of {both(words)}"


def _loses_nothing(op: Any, shape: Shape, axis: int, size: int) -> bool:
    at = len(shape) - op.axes + axis
    try:
        return all(drop[0] != axis for drop in _drops(op, (*shape[:at], size, *shape[at + 1 :])))
    except Refusal:  # the window does not fit into it
        return False
