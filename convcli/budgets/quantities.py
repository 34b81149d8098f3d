"""Quantities as people write them, exactly: `12M`, `1.5 G`, `11_689_512`, `64 MiB`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

COUNT, BYTES = "count", "bytes"

_SIGNS = ("", "k", "m", "g", "t", "p")
COUNTS: dict[str, int] = {sign: 1000**power for power, sign in enumerate(_SIGNS)}
SIZES: dict[str, int] = {"b": 1, **{f"{sign}b": 1000**power for power, sign in enumerate(_SIGNS) if sign},
         **{f"{sign}ib": 1024**power for power, sign in enumerate(_SIGNS) if sign}}  # fmt: skip
LONGEST = 40


class NoQuantity(Exception):
    """A text is no quantity; the message says what was meant, if that can be guessed."""


def parse(text: str, kind: str) -> int:
    """Read a quantity of a kind, `COUNT` or `BYTES`.

    Raises:
        NoQuantity: it is none, or one of the other kind, or no whole number.
    """
    number, decimals, unit = split(text)
    units, others = (COUNTS, SIZES) if kind == COUNT else ({"": 1, **SIZES}, COUNTS)
    if unit in units:
        value, rest = divmod(number * units[unit], int(10**decimals))
        if rest and kind == COUNT:
            raise NoQuantity(f"`{text.strip()}` is no whole number")
        return value
    if unit in others:
        raise NoQuantity(_other_kind(text, unit, kind))
    known = "k, M, G, T" if kind == COUNT else "B, KB, MB, GB, TB, KiB, MiB, GiB, TiB"
    raise NoQuantity(f"`{text.strip()}` has a unit that is not known; the units are: {known}")


def split(text: str) -> tuple[int, int, str]:
    """Return the digits of a quantity, how many of them are decimals, and the unit in small letters.

    Raises:
        NoQuantity: there is no number.
    """
    plain = text.strip()
    end = len(plain)
    while end and plain[end - 1].isalpha():
        end -= 1
    digits, unit = plain[:end].rstrip().replace("_", "").replace(",", ""), plain[end:].lower()
    whole, _, part = digits.partition(".")
    if not plain:
        raise NoQuantity("there is no value")
    if len(plain) > LONGEST:
        raise NoQuantity(f"`{plain[:8]}...` is longer than {LONGEST} characters")
    if plain.startswith("-"):
        raise NoQuantity(f"`{plain}` is negative")
    if not (digits.isascii() and (whole + part).isdecimal()):
        raise NoQuantity(f"`{plain}` is no number; write `1000`, or `1k`")
    return int(whole + part), len(part), unit


def parse_percent(text: str) -> "Fraction":
    """Read a share: `1%`, `0.5 %`.

    Raises:
        NoQuantity: it is none.
    """
    plain = text.strip()
    if not plain.endswith("%"):
        raise NoQuantity(f"`{plain[:LONGEST]}` is no share; write `1%`")
    from fractions import Fraction  # few budgets have a tolerance

    number, decimals, unit = split(plain[:-1])
    if unit:
        raise NoQuantity(f"`{plain[:LONGEST]}` is no share; write `1%`")
    return Fraction(number, 100 * 10**decimals)


def _other_kind(text: str, unit: str, kind: str) -> str:
    """Say what was meant by a unit of the other kind."""
    plain = text.strip()
    number = plain[: len(plain) - len(unit)].strip()
    sign = unit.rstrip("b").rstrip("i")
    letter = sign if sign == "k" else sign.upper()
    if kind == COUNT:
        return f"`{plain}` is a size in bytes, and this is a number of things: write `{number}{letter}`"
    upper = letter.upper()
    return f"`{plain}` has no unit of bytes: write `{number} {upper}B`, or `{number} {upper}iB` for powers of 1024"
