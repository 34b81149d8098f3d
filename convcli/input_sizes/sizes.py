"""A set of sizes in words of numbers: from somewhere on a rule, n = r mod d, and below it ranges."""

from collections.abc import Callable, Iterator
from math import gcd, lcm

from convcli.input_sizes.explore import LARGEST_SIZE, Piece, Verdict
from convcli.record import Record

Range = tuple[int, int]


class Sizes(Record):
    """Sizes along an axis for which something holds.

    Attributes:
        divisor: d, of n = r mod d; None where no size beyond `ranges` is known to belong to it.
        residues: each r.
        start: the size from which on the rule says exactly which belong to it.
        ranges: first and last of each run of sizes below `start`.
        tried: which sizes were tried, from and to, where it is not known of all; None where it is.
    """

    __slots__ = ()

    divisor: int | None
    residues: tuple[int, ...]
    start: int
    ranges: tuple[Range, ...]
    tried: Range | None = None

    def __contains__(self, size: object) -> bool:
        if not isinstance(size, int) or size < 1:
            return False
        if size >= self.start:
            return self.divisor is not None and size % self.divisor in self.residues
        return any(first <= size <= last for first, last in self.ranges)

    def all(self) -> bool:
        """Say whether every size belongs to it, from somewhere on."""
        return self.divisor == 1

    def none(self) -> bool:
        """Say whether no size belongs to it, as far as is known."""
        return self.divisor is None and not self.ranges

    def smallest(self) -> int | None:
        """Return the smallest."""
        return self.next(1)

    def largest(self) -> int | None:
        """Return the largest; None where there is none, or no end."""
        return self.ranges[-1][1] if self.ranges and self.divisor is None else None

    def common_divisor(self) -> int | None:
        """Return the largest number that divides every size that belongs to it; None where they do not go on."""
        if self.divisor is None:
            return None
        ends = [size for first, last in self.ranges for size in (first, min(first + 1, last))]
        return gcd(self.divisor, *self.residues, *ends)

    def next(self, size: int) -> int | None:
        """Return the smallest that is no smaller than a size."""
        for first, last in self.ranges:
            if last >= size:
                return max(first, size)
        if self.divisor is None:
            return None
        size = max(size, self.start)
        return size + min((residue - size) % self.divisor for residue in self.residues)

    def before(self, size: int) -> int | None:
        """Return the largest that is no larger than a size."""
        if size >= self.start and self.divisor is not None:
            found = size - min((size - residue) % self.divisor for residue in self.residues)
            if found >= self.start:
                return found
        return max((min(last, size) for first, last in self.ranges if first <= size), default=None)


def sizes_of(pieces: list[Piece], near: int, holds: Callable[[Verdict], bool]) -> Sizes:
    """Return the sizes of which something holds; where not all are known, those around a size that are."""
    known = [piece for piece in pieces if piece.verdict is not None]
    belongs = _Lookup([piece for piece in known if piece.verdict is not None and holds(piece.verdict)])
    if len(known) < len(pieces):
        return _tried(_Lookup(known), belongs, near)
    endless = [piece for piece in known if piece.last + piece.step > LARGEST_SIZE]
    start = max(piece.first for piece in endless)
    length = lcm(*(piece.step for piece in endless))
    found = [belongs(start + at) for at in range(length)]
    period = _shortest(found)
    residues = tuple(sorted((start + at) % period for at in range(period) if found[at]))
    while start > 1 and belongs(start - 1) == ((start - 1) % period in residues):
        start -= 1
    ranges = tuple(_runs(size for size in range(1, start) if belongs(size)))
    return Sizes(period if residues else None, residues, start, ranges)


def _tried(known: "_Lookup", belongs: "_Lookup", near: int) -> Sizes:
    first = last = near
    while first > 1 and known(first - 1):
        first -= 1
    while last < LARGEST_SIZE and known(last + 1):
        last += 1
    good = tuple(_runs(size for size in range(first, last + 1) if belongs(size)))
    return Sizes(None, (), last + 1, good, (first, last))


class _Lookup:
    """Says whether a size belongs to one of some pieces."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.table: dict[int, dict[int, list[Range]]] = {}
        for piece in pieces:
            of_step = self.table.setdefault(piece.step, {})
            of_step.setdefault(piece.first % piece.step, []).append((piece.first, piece.last))

    def __call__(self, size: int) -> bool:
        return any(
            first <= size <= last
            for step, of_step in self.table.items()
            for first, last in of_step.get(size % step, ())
        )


def _shortest(found: list[bool]) -> int:
    """Return the shortest period of a row that repeats."""
    length = len(found)
    return next(
        period for period in range(1, length + 1)
        if length % period == 0 and found == found[:period] * (length // period)
    )  # fmt: skip


def _runs(sizes: "Iterator[int] | list[int]") -> Iterator[Range]:
    """Give the first and last of each run of neighbouring sizes, from sizes in order."""
    first = last = 0
    for size in sizes:
        if size != last + 1 and last:
            yield first, last
            first = size
        elif not last:
            first = size
        last = size
    if last:
        yield first, last
