"""Numbers that know more than their value: the unknown number, and the number that remembers its formula.

Both are subclasses of `int`, so an operator's formula is written once, for plain integers, and
answers three questions: how much (`int`), what can be known without a size (`UNKNOWN`), and how
the result comes about (`Shown`, behind `--explain`).
"""

import math
from typing import Any, NoReturn

Shape = tuple[int, ...]

LARGEST = 2**63 - 1
"""The largest argument or dimension; torch refuses larger ones."""


class Unknown(int):
    """The integer that is not known: every sum and product with it is unknown too.

    Comparisons never refuse: `UNKNOWN != 64`, `UNKNOWN < 7` and `UNKNOWN % 4` are all false, so
    that a check of the form "if it differs, refuse" lets it pass.
    """

    def _absorb(self, *_: object) -> "Unknown":
        return self

    def _never(self, _: object) -> bool:
        return False

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _absorb
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __neg__ = __abs__ = _absorb
    __truediv__ = __rtruediv__ = __floor__ = __ceil__ = __round__ = __trunc__ = _absorb
    __lt__ = __gt__ = __ne__ = _never

    def __eq__(self, _: object) -> bool:
        return True

    def __le__(self, _: object) -> bool:
        return True

    __ge__ = __le__

    def __hash__(self) -> int:
        return -1_732_050_807

    def __bool__(self) -> bool:
        return False

    def __index__(self) -> NoReturn:
        raise TypeError("an unknown number has no value")

    def __repr__(self) -> str:
        return "?"

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        return "?"


UNKNOWN = Unknown()


def is_known(value: int) -> bool:
    """Say whether `value` is a number that is known."""
    return value is not UNKNOWN


SUM, PRODUCT, ATOM = 1, 2, 3


class Shown(int):
    """An integer that remembers the formula it came from, in words and in figures.

    `Shown.named(224, "height") + 2` is 226, with `words` "height + 2" and `figures` "224 + 2".
    """

    words: str
    figures: str
    rank: int

    def __new__(cls, value: int, words: str, figures: str, rank: int = ATOM) -> "Shown":
        self = super().__new__(cls, value)
        self.words, self.figures, self.rank = words, figures, rank
        return self

    @classmethod
    def named(cls, value: int, name: str) -> "Shown":
        """Give a number the name under which formulas show it."""
        return cls(value, name, str(int(value)))

    def plain(self) -> int:
        """Return the value without its history."""
        return int.__add__(self, 0)

    def __add__(self, other: Any) -> Any:
        return _join(self, other, "+", SUM, int.__add__)

    def __radd__(self, other: Any) -> Any:
        return _join(other, self, "+", SUM, int.__add__)

    def __sub__(self, other: Any) -> Any:
        return _join(self, other, "-", SUM, int.__sub__)

    def __rsub__(self, other: Any) -> Any:
        return _join(other, self, "-", SUM, int.__sub__)

    def __mul__(self, other: Any) -> Any:
        return _join(self, other, "*", PRODUCT, int.__mul__)

    def __rmul__(self, other: Any) -> Any:
        return _join(other, self, "*", PRODUCT, int.__mul__)

    def __floordiv__(self, other: Any) -> Any:
        return _divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _divide(other, self)

    def __neg__(self) -> "Shown":
        return Shown(int.__neg__(self), f"-{_wrap(self, ATOM)[0]}", f"-{_wrap(self, ATOM)[1]}", PRODUCT)

    # Python asks the left side first, so a comparison with the unknown must be answered here too.
    def __lt__(self, other: Any) -> Any:
        return other is not UNKNOWN and int.__lt__(self, other)

    def __gt__(self, other: Any) -> Any:
        return other is not UNKNOWN and int.__gt__(self, other)

    def __ne__(self, other: object) -> Any:
        return other is not UNKNOWN and int.__ne__(self, other)

    def __le__(self, other: Any) -> Any:
        return other is UNKNOWN or int.__le__(self, other)

    def __ge__(self, other: Any) -> Any:
        return other is UNKNOWN or int.__ge__(self, other)

    def __eq__(self, other: object) -> Any:
        return other is UNKNOWN or int.__eq__(self, other)

    def __mod__(self, other: Any) -> Any:
        return UNKNOWN if other is UNKNOWN else int.__mod__(self, other)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Shown, (self.plain(), self.words, self.figures, self.rank))

    __hash__ = int.__hash__


def named(value: Any, name: str) -> Any:
    """Give the name of an argument to its number, or to each of its numbers; leave other values alone."""
    if isinstance(value, bool) or not isinstance(value, int | tuple) or value is UNKNOWN:
        return value
    if isinstance(value, tuple) and type(value) is not tuple:  # a slot, a slice: no list of numbers
        return value
    if isinstance(value, tuple):
        same = len(set(value)) == 1
        return tuple(named(item, name if same else f"{name}[{i}]") for i, item in enumerate(value))
    return Shown.named(value, name)


def ceil_div(a: int, b: int) -> int:
    """Divide and round up; with `Shown` numbers the formula says `ceil`."""
    if isinstance(a, Shown) or isinstance(b, Shown):
        value = -(-int(a) // int(b))
        (aw, af), (bw, bf) = _wrap(a, PRODUCT), _wrap(b, ATOM)
        return Shown(value, f"ceil({aw} / {bw})", f"ceil({af} / {bf})")
    return -(-a // b)


def product(values: "tuple[int, ...] | list[int]") -> int:
    """Multiply, leaving out the factor 1 that `math.prod` starts from (formulas would show it)."""
    if not values:
        return 1
    return math.prod(values[1:], start=values[0])


def _wrap(value: Any, rank: int) -> tuple[str, str]:
    if not isinstance(value, Shown):
        return str(value), str(value)
    if value.rank < rank:
        return f"({value.words})", f"({value.figures})"
    return value.words, value.figures


def _join(a: Any, b: Any, sign: str, rank: int, compute: Any) -> Any:
    if not (isinstance(a, int) and isinstance(b, int)) or a is UNKNOWN or b is UNKNOWN:
        return NotImplemented
    value = compute(int.__add__(a, 0), int.__add__(b, 0))
    if sign == "*" and not isinstance(a, Shown) and a == 1:
        return b
    if sign == "*" and not isinstance(b, Shown) and b == 1:
        return a
    if sign != "*" and not isinstance(b, Shown) and b == 0:
        return a
    (aw, af), (bw, bf) = _wrap(a, rank), _wrap(b, rank + 1 if sign == "-" else rank)
    return Shown(value, f"{aw} {sign} {bw}", f"{af} {sign} {bf}", rank)


def _divide(a: Any, b: Any) -> Any:
    if not (isinstance(a, int) and isinstance(b, int)) or a is UNKNOWN or b is UNKNOWN:
        return NotImplemented
    x, y = int.__add__(a, 0), int.__add__(b, 0)
    (aw, af), (bw, bf) = _wrap(a, PRODUCT), _wrap(b, ATOM)
    if not isinstance(b, Shown) and y == 1:
        return a
    if x % y == 0:
        return Shown(x // y, f"{aw} / {bw}", f"{af} / {bf}", PRODUCT)
    return Shown(x // y, f"floor({aw} / {bw})", f"floor({af} / {bf})")
