"""The order of a tensor's elements in its storage: strides, and what becomes of them as in torch.

Strides are None where the elements stand in order, row by row, with nothing in between.
"""

from collections.abc import Sequence
from typing import Protocol

from convcli.quantity import Shape

Strides = tuple[int, ...]


class Laid(Protocol):
    """A tensor whose elements lie somewhere."""

    shape: Shape
    strides: Strides | None


def row_by_row(shape: Shape) -> Strides:
    """Return the strides of elements in order."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def normal(shape: Shape, strides: Strides) -> Strides | None:
    """Return strides in their one form: None for elements in order, 0 for an axis of 1, which may have any.

    Where there are no elements they are in order.
    """
    if 0 in shape:
        return None
    step = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1 and stride != step:
            return tuple(0 if size == 1 else stride for size, stride in zip(shape, strides, strict=True))
        step *= size
    return None


def given(shape: Shape, strides: Strides | None) -> Strides:
    """Return strides written out."""
    return row_by_row(shape) if strides is None else strides


def moved(shape: Shape, strides: Strides | None, order: Sequence[int]) -> Strides | None:
    """Return the strides of a tensor whose axes come in another order."""
    own = given(shape, strides)
    return normal(tuple(shape[axis] for axis in order), tuple(own[axis] for axis in order))


def reshaped(shape: Shape, strides: Strides | None, new: Shape) -> "tuple[bool, Strides | None]":
    """Say whether a tensor can be looked at in a new shape without a copy, and with which strides.

    Axes that lie one behind the other in the storage are one stretch; new axes may divide a
    stretch, and never reach across two.
    """
    if strides is None or 0 in new:
        return True, None
    stretches: list[list[int]] = []  # elements, and the step between them
    for size, stride in zip(shape, strides, strict=True):
        if size == 1:
            continue
        if stretches and stretches[-1][1] == size * stride:
            stretches[-1] = [stretches[-1][0] * size, stride]
        else:
            stretches.append([size, stride])
    found: list[int] = []
    for size in reversed(new):
        if size == 1:
            found.append(found[-1] if found else 1)
            continue
        if stretches and stretches[-1][0] == 1:
            stretches.pop()
        if not stretches or stretches[-1][0] % size:
            return False, None
        found.append(stretches[-1][1])
        stretches[-1] = [stretches[-1][0] // size, stretches[-1][1] * size]
    return True, normal(new, tuple(reversed(found)))


def alike(shape: Shape, operands: Sequence[tuple[Shape, Strides | None]]) -> Strides | None:
    """Return the strides of what torch computes element by element: axes in the order of the operands'.

    Axes are compared by the first operand in which they differ; those that are broadcast do not count.
    """
    if all(strides is None for _, strides in operands):
        return None
    wide = [_broadcast(own, strides, len(shape)) for own, strides in operands]
    order = sorted(range(len(shape)), reverse=True)  # the fastest first
    for at in range(1, len(order)):
        place = at
        for before in range(at - 1, -1, -1):
            found = _compare(order[before], order[place], wide, shape)
            if found > 0:
                order[before], order[place] = order[place], order[before]
                place = before
            elif found < 0:
                break
    strides, step = [0] * len(shape), 1
    for axis in order:
        strides[axis] = step
        step *= shape[axis]
    return normal(shape, tuple(strides))


def _broadcast(shape: Shape, strides: Strides | None, rank: int) -> Strides:
    own = tuple(0 if size == 1 else stride for size, stride in zip(shape, given(shape, strides), strict=True))
    return (0,) * (rank - len(own)) + own


def _compare(a: int, b: int, wide: list[Strides], shape: Shape) -> int:
    """Say whether axis `a` belongs behind axis `b` (1), before it (-1), or anywhere (0)."""
    for strides in wide:
        if not strides[a] or not strides[b]:
            continue
        if strides[a] != strides[b]:
            return 1 if strides[a] > strides[b] else -1
        if shape[a] > shape[b]:
            return 1
    return 0


def channels_last(shape: Shape, strides: Strides | None) -> bool:
    """Say whether the channels of an image or a volume stand together, and are not in order as well."""
    return strides is not None and len(shape) in (4, 5) and normal(_last(shape), _last(strides)) is None


def in_channels_last(shape: Shape) -> Strides | None:
    """Return the strides of an image or a volume whose channels stand together."""
    own = row_by_row(_last(shape))
    return normal(shape, (own[0], own[-1], *own[1:-1]))


def as_picture(shape: Shape, of: "Laid") -> Strides | None:
    """Return the strides of what torch computes of an image: channels together if they are so in the image."""
    return in_channels_last(shape) if channels_last(of.shape, of.strides) else None


def _last(values: Strides) -> Strides:
    return (values[0], *values[2:], values[1])
