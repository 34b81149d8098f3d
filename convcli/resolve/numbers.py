"""Arithmetic on plain values: the functions and signs that variables and arguments may use."""

import math
import operator
from collections.abc import Callable
from typing import Any

from convcli.quantity import LARGEST, UNKNOWN

Number = int | float


def make_divisible(value: Number, divisor: Number = 8, minimum: Number | None = None) -> int:
    """Round to a multiple of `divisor`, at least `minimum`, and never below nine tenths of `value`.

    The rule for channel numbers of MobileNet (Howard et al., 2017, and all that follow it).
    """
    rounded = max(divisor if minimum is None else minimum, int(value + divisor / 2) // divisor * divisor)
    return int(rounded + divisor if rounded < 0.9 * value else rounded)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "round": round,
    "int": int,
    "ceil": math.ceil,
    "floor": math.floor,
    "len": len,
    "make_divisible": make_divisible,
}

SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda item, items: item in items,
    "not in": lambda item, items: item not in items,
}


class NotANumber(ValueError):
    """A calculation that has no result; the text says why."""


def is_number(value: object) -> bool:
    """Say whether a value takes part in arithmetic."""
    return isinstance(value, int | float)


def compute(sign: str, left: Any, right: Any) -> Any:
    """Return `left sign right`.

    Raises:
        NotANumber: a division by zero, a number out of range.
    """
    try:
        return in_range(SIGNS[sign](left, right))
    except ZeroDivisionError:
        raise NotANumber("a division by zero") from None
    except OverflowError:
        raise NotANumber("a number larger than 2^63 - 1") from None


def call(name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Return the value of an arithmetic function.

    Raises:
        NotANumber: the arguments do not fit.
    """
    if UNKNOWN in [a for a in arguments if a is UNKNOWN]:
        return UNKNOWN
    strings = [a for a in arguments if isinstance(a, str)]
    try:
        if strings and name != "len":
            raise NotANumber(f"{name} takes numbers, found {strings[0]!r}")
        return in_range(FUNCTIONS[name](*arguments, **keywords))
    except ZeroDivisionError:
        raise NotANumber("a division by zero") from None
    except OverflowError:
        raise NotANumber("a number larger than 2^63 - 1") from None
    except (TypeError, ValueError) as error:
        if isinstance(error, NotANumber):
            raise
        raise NotANumber(f"{name} does not take {', '.join(map(repr, arguments)) or 'nothing'}") from None


def in_range(value: Any) -> Any:
    """Return a result that torch's integers can hold.

    Raises:
        NotANumber: it is larger, or not a number at all.
    """
    if isinstance(value, int | float) and value is not UNKNOWN and not -LARGEST <= value <= LARGEST:
        raise NotANumber("a number larger than 2^63 - 1")
    return value
