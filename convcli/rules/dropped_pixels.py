"""Rows or columns of the input are dropped: a stride does not divide what there is, and the rest is read by nobody.

What counts as dropped is said in `window/dropping.py`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.diagnostics import Refusal
from convcli.human import counted, show_shape
from convcli.quantity import Shape, is_known
from convcli.rules.case import Case, Said, both
from convcli.rules.catalogue import CONVOLUTIONS, POOLS
from convcli.window import AXIS_NAMES

OPS = CONVOLUTIONS | POOLS | {"Unfold", "unfold"}
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
    ends = op.dropped(shape, op.outputs(shape)[0])
    return tuple((axis, shape[axis - op.axes], *lost) for axis, lost in enumerate(ends) if lost[0])


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
