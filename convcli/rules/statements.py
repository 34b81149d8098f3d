"""What comments state: a size, `# 64x112x112`, or a number, `# 11.7M params`, and nothing beside it."""

import re
from fractions import Fraction
from typing import Any

from convcli.record import Record

SHAPE, PARAMS, MACS, FLOPS, NUMBER = "shape", "params", "macs", "flops", "number"

_START = re.compile(
    r"#+[ \t]*(?:(?:output|out)(?:[ \t]+(?:shape|size))?[ \t]*[:=]?[ \t]*)?(?:(?:->|=>|→)[ \t]*)?", re.IGNORECASE
)
_SIZE = r"[1-9]\d{0,17}"
_SHAPES = re.compile(
    rf"(?P<batch>[NB]|{_SIZE})(?P<crosses>(?:[ \t]*[x\u00d7][ \t]*{_SIZE})+)\b"
    rf"|[\[(][ \t]*(?:(?P<first>[NB])[ \t]*,[ \t]*)?(?P<listed>{_SIZE}(?:[ \t]*,[ \t]*{_SIZE})*)[ \t]*,?[ \t]*[\])]"
)
_NUMBERS = re.compile(
    r"(?P<figures>\d{1,3}(?:[,_]\d{3})+|\d{1,30}(?:\.\d{1,12})?)[ \t]*(?P<unit>[kMGBTP]?)[ \t]*"
    r"(?P<word>param(?:eter)?s?|macs?|flops?)?(?![\w.])",
    re.IGNORECASE,
)
_NEXT = re.compile(r"[ \t]*[,;|][ \t]*")
_END = re.compile(r"[ \t\r]*(?:$|[ \t]#)")
_UNITS = {"": 0, "k": 3, "m": 6, "g": 9, "b": 9, "t": 12, "p": 15}
BARE = ("k", "K", "M", "G", "T")
"""Units that say enough without a word; a `B` may be bytes, an `m` anything."""
_WORDS = {"p": PARAMS, "m": MACS, "f": FLOPS}


class Statement(Record):
    """One thing that a comment states.

    Attributes:
        kind: a shape, parameters, MACs, FLOPs, or a number that does not say what it counts.
        start: where it begins in its comment, `end` where it ends.
        shape: the sizes; the first one is 0 for a batch that is a letter.
        low, high: what the number can be that rounds to what is written.
    """

    kind: str
    start: int
    end: int
    shape: tuple[int, ...] = ()
    low: Any = 0
    high: Any = 0

    def holds(self, value: int) -> bool:
        """Say whether a number rounds to what is written."""
        return bool(self.low <= value <= self.high)


def statements(text: str) -> list[Statement]:
    """Return what a comment states; nothing where it has other words too. `text` begins with its `#`."""
    found: list[Statement] = []
    start = _START.match(text)
    at = start.end() if start else 0
    while True:
        one = _shape(text, at) or _number(text, at)
        if one is None:
            return []
        found.append(one)
        if _END.match(text, one.end):
            return found
        following = _NEXT.match(text, one.end)
        if following is None:
            return []
        at = following.end()


def _shape(text: str, at: int) -> Statement | None:
    found = _SHAPES.match(text, at)
    if found is None:
        return None
    letter = (found["first"] or found["batch"] or "")[:1] in ("N", "B")
    sizes = re.findall(r"\d+", found[0])
    return Statement(SHAPE, found.start(), found.end(), (0,) * letter + tuple(map(int, sizes)))


def _number(text: str, at: int) -> Statement | None:
    """Read a number with a unit, or with a word that says what it counts."""
    found = _NUMBERS.match(text, at)
    if found is None or not (found["word"] or found["unit"] in BARE):
        return None
    digits = found["figures"].replace(",", "").replace("_", "")
    scale = 10 ** _UNITS[found["unit"].lower()]
    places = len(digits.partition(".")[2])
    value, half = Fraction(digits) * scale, Fraction(scale, 2 * 10**places)
    if scale == 1 and not places:
        half = Fraction(0)
    kind = _WORDS[found["word"][0].lower()] if found["word"] else NUMBER
    return Statement(kind, found.start(), found.end(), (), value - half, value + half)
