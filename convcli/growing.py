"""The number that grows: `a + c * k`, for all k of an interval at once.

It flows through formulas in place of a size, and what they then say holds for every size of the
interval, after one pass. Where they would say one thing for some k and another for others, the pass
ends: `Parted` says where to cut the interval, `Finer` that only every so many k are alike,
`Unfollowed` that a number that grows cannot follow. Whoever asks begins again with each part.

It is no `int`, since `range` and other functions of Python would take an `int` for the value that
it does not have; it only passes for one where `isinstance` asks.
"""

from math import gcd
from typing import Any, NoReturn


class Parted(Exception):
    """Not the same for all k: cut the interval before each of these."""

    def __init__(self, *cuts: int) -> None:
        self.cuts = cuts


class Finer(Exception):
    """A remainder differs with k: look at every `by`-th k apart."""

    def __init__(self, by: int) -> None:
        self.by = by


class Unfollowed(Exception):
    """What was asked for is no number of the form `a + c * k`."""


class Unhashable(Unfollowed, TypeError):
    """Two numbers that differ may be equal for some k, so that no table and no set can hold them."""


class Interval:
    """All k that a growing number stands for: from `low` to `high`, more than one."""

    __slots__ = ("high", "low", "touched")

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high
        self.touched = False
        """Whether anything was computed with one of its numbers; whoever wants to know resets it."""

    def number(self, a: int, c: int) -> Any:
        """Return `a + c * k`: a plain number where it is the same for all k."""
        if not c:
            return a
        made = object.__new__(Growing)
        made.a, made.c, made.of = a, c, self
        return made


class Growing:
    """`a + c * k`, where c is not 0."""

    __slots__ = ("a", "c", "of")

    a: int
    c: int
    of: Interval

    __class__ = int  # type: ignore[assignment]

    def _parts(self, other: Any) -> tuple[int, int]:
        """Return a and c of another number."""
        self.of.touched = True
        if type(other) is Growing:
            return other.a, other.c
        if type(other) is int or type(other) is bool:
            return other, 0
        raise Unfollowed

    def __add__(self, other: Any) -> Any:
        a, c = self._parts(other)
        return self.of.number(self.a + a, self.c + c)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        a, c = self._parts(other)
        return self.of.number(self.a - a, self.c - c)

    def __rsub__(self, other: Any) -> Any:
        a, c = self._parts(other)
        return self.of.number(a - self.a, c - self.c)

    def __mul__(self, other: Any) -> Any:
        by, c = self._parts(other)
        if c:
            raise Unfollowed
        return self.of.number(self.a * by, self.c * by)

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return self * -1

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        by, c = self._parts(other)
        if c:
            raise Unfollowed
        if by and self.c % by:
            raise Finer(abs(by) // gcd(self.c, by))
        return self.of.number(self.a // by, self.c // by), self.a % by

    def __floordiv__(self, other: Any) -> Any:
        return divmod(self, other)[0]

    def __mod__(self, other: Any) -> Any:
        return divmod(self, other)[1]

    # ---- comparisons

    def _below(self, other: Any, more: int) -> bool:
        """Say whether `self < other + more`."""
        a, c = self._parts(other)
        a, c, of = self.a - a - more, self.c - c, self.of
        first, last = a + c * of.low < 0, a + c * of.high < 0
        if first == last:
            return first
        raise Parted(-(a // c) if c > 0 else a // -c + 1)

    def __lt__(self, other: Any) -> bool:
        return self._below(other, 0)

    def __le__(self, other: Any) -> bool:
        return self._below(other, 1)

    def __gt__(self, other: Any) -> bool:
        return not self._below(other, 1)

    def __ge__(self, other: Any) -> bool:
        return not self._below(other, 0)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, int | float):
            return False
        a, c = self._parts(other)
        a, c = self.a - a, self.c - c
        if not c:
            return not a
        at, rest = divmod(-a, c)
        if rest or not self.of.low <= at <= self.of.high:
            return False
        raise Parted(at, at + 1)

    def __hash__(self) -> int:
        raise Unhashable

    def __bool__(self) -> bool:
        return self != 0

    # ---- where one value would be needed

    def _refuse(self, *_: object) -> NoReturn:
        self.of.touched = True
        raise Unfollowed

    __index__ = __int__ = __float__ = __trunc__ = __floor__ = __ceil__ = __round__ = _refuse
    __truediv__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __pow__ = __rpow__ = __abs__ = _refuse

    def __str__(self) -> str:
        return f"{self.a} + {self.c} * k"

    __repr__ = __str__

    def __format__(self, _: str) -> str:
        return str(self)
