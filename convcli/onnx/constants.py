"""Small constants, worked out: most of what an exported graph does with sizes."""

import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import product as combinations
from typing import Any

from convcli.quantity import UNKNOWN, Shape, is_known, product
from convcli.record import Record

MOST = 4096
"""Elements of a constant that is worked out."""


class Constant(Record):
    """A tensor whose numbers are known, in order; single ones may be UNKNOWN."""

    __slots__ = ()

    shape: Shape
    values: tuple[Any, ...]
    kind: str = "int64"

    def ints(self) -> tuple[int, ...]:
        """Return the numbers as integers."""
        return tuple(value if value is UNKNOWN else int(value) for value in self.values)


def sized(shape: Shape) -> bool:
    """Say whether a constant of this shape is worked out."""
    return all(map(is_known, shape)) and product(shape) <= MOST


def broadcast(*shapes: Shape) -> Shape:
    """Return the shape that shapes are broadcast to.

    Raises:
        ValueError: they do not fit.
    """
    rank = max(map(len, shapes))
    made = []
    for axis in range(rank):
        sizes = [shape[axis - rank] for shape in shapes if len(shape) >= rank - axis]
        fixed = {size for size in sizes if is_known(size) and size != 1}
        if len(fixed) > 1:
            raise ValueError(f"sizes {sorted(fixed)} do not fit each other")
        made.append(fixed.pop() if fixed else 1 if all(map(is_known, sizes)) else UNKNOWN)
    return tuple(made)


def places(shape: Shape) -> Iterable[tuple[int, ...]]:
    """Give the index of each element, in order."""
    return () if 0 in shape else combinations(*map(range, shape))


def steps(shape: Shape) -> tuple[int, ...]:
    """Return how far apart neighbours along each axis are."""
    return tuple(product(shape[axis + 1 :]) for axis in range(len(shape)))


def taken(x: Constant, shape: Shape, where: Callable[[tuple[int, ...]], Sequence[int]]) -> Constant:
    """Return a tensor each of whose elements is that of `x` at `where`."""
    apart = steps(x.shape)
    values = tuple(x.values[sum(a * b for a, b in zip(where(at), apart, strict=True))] for at in places(shape))
    return Constant(shape, values, x.kind)


def expanded(x: Constant, shape: Shape) -> Constant:
    """Broadcast a constant."""
    if x.shape == shape:
        return x
    skip = len(shape) - len(x.shape)
    return taken(x, shape, lambda at: [0 if size == 1 else i for i, size in zip(at[skip:], x.shape, strict=True)])


def each(function: Callable[..., Any], *inputs: Constant, kind: str | None = None) -> Constant | None:
    """Apply a function element by element."""
    shape = broadcast(*(one.shape for one in inputs))
    if not sized(shape):
        return None
    columns = [expanded(one, shape).values for one in inputs]
    values = tuple(
        function(*row) if all(one is not UNKNOWN for one in row) else UNKNOWN for row in zip(*columns, strict=True)
    )
    return Constant(shape, values, kind or inputs[0].kind)


def shortest(value: float) -> Any:
    """Return the shortest number that is the same in single precision, in which files have it."""
    if value == int(value):
        return int(value) if abs(value) < 2**31 else value
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if struct.pack("<f", short) == struct.pack("<f", value):
            return short
    return value
