"""What YAML makes of a colon that was meant otherwise: in a call, in a signature, without its blank."""

import re

from convcli.diagnostics import Diagnostic
from convcli.document import Scalar
from convcli.source import Source, Span

FARTHEST = 4_000
"""How many characters on either side of a colon are looked at."""

_BLANK_MISSING = re.compile(r"(\(?[A-Za-z_][\w.-]*\)?):(?!//)([^\s:].*)", re.DOTALL)
_BASE_60 = re.compile(r"[-+]?\d[\d_]{0,20}(?::[0-5]?\d){1,20}(?:\.\d{0,20})?")
_BASE_8 = re.compile(r"[-+]?0[0-7_]{1,20}")
_NAMED = re.compile(r"\s*([^\W\d]\w*)\s*:\s*(\S(?:.*\S)?)\s*", re.DOTALL)
_BLANKS_BEHIND = r":[ \t]+"
_BORDER = re.compile(r"\n[ \t]*(?=- |#|\n)")
_OPEN, _CLOSE = "([{", ")]}"


def mended(text: str) -> str:
    """Put the blank behind the colon of a text that is a name and a value; return nothing where it is not."""
    found = _BLANK_MISSING.fullmatch(text.strip())
    return f"{found[1]}: {shortened(found[2])}" if found else ""


def other_number(node: Scalar) -> Diagnostic | None:
    """Say which number YAML 1.1 makes of `1:30` and of `0777`; None for another text."""
    digits = node.text.lstrip("+-").replace("_", "")
    number: float = 0
    if _BASE_60.fullmatch(node.text):
        base = 60
        for part in digits.split(":"):
            number = number * 60 + (float(part) if "." in part else int(part))
    elif _BASE_8.fullmatch(node.text):
        base, number = 8, int(digits, 8)
    else:
        return None
    number = -number if node.text.startswith("-") else number
    help = f'other YAML tools read this as {number}, a number to the base {base}; quote it: "{node.text}"'
    return Diagnostic("CV101", f"`{node.text}` is not an expression", node.span, help=help)


def split_at_colon(source: Source, colon: int) -> Diagnostic | None:
    """Say what to type where a colon stands inside of a layer's brackets; None where it does not."""
    text = source.text
    start = max((one.end() for one in _BORDER.finditer(text, max(0, colon - FARTHEST), colon)), default=0)
    start = max(start, colon - FARTHEST)
    opened = _last_open(text[start:colon])
    if opened is None:
        return None
    border = _BORDER.search(text, colon, colon + FARTHEST)
    pieces, end = _pieces(text[start + opened + 1 : border.start() if border else colon + FARTHEST])
    called = re.search(r"[\w.]*$", text[start : start + opened])
    span = Span(source, start + opened - len(called[0] if called else ""), start + opened + 1 + end)
    arguments = [f"{one[1]}={one[2]}" for one in map(_NAMED.fullmatch, pieces) if one]
    bracket, help = text[start + opened], f'quote the layer: "{shortened(span.text())}"'
    if bracket == "[":
        help = f"write `{shortened(re.sub(_BLANKS_BEHIND, ':', span.text()))}`"
    elif arguments:
        help = f"write `{shortened(', '.join(arguments))}`"
    if text[span.end : span.end + 1] == ":":
        from convcli.readers.signature import without_types

        help = without_types(span.text()) or help
    where = "brackets" if bracket == "[" else "parentheses"
    return Diagnostic("CV111", f"YAML splits this at its colon, also inside of {where}", span, help=help)


def _last_open(text: str) -> int | None:
    """Return the place of the innermost bracket of a call or an index that a text leaves open."""
    places: list[int] = []
    for place, sign in enumerate(text):
        if sign in _OPEN:
            places.append(place)
        elif sign in _CLOSE and places:
            places.pop()
    ours = (place for place in reversed(places) if text[place] == "(" or _is_index(text, place))
    return next(ours, None)


def _is_index(text: str, place: int) -> bool:
    """Tell `x[` from a list."""
    before = text[max(0, place - 1) : place]
    return text[place] == "[" and (before.isalnum() or before in ("_", ")", "]"))


def _pieces(text: str) -> tuple[list[str], int]:
    """Split what stands behind a bracket at its commas; the second result is where its line or the bracket ends."""
    depth, begin, pieces = 0, 0, []
    for place, sign in enumerate(text):
        depth += (sign in _OPEN) - (sign in _CLOSE)
        if depth < 0 or (sign == "," and not depth):
            pieces.append(text[begin:place])
            begin = place + 1
        if depth < 0:
            return pieces, place + 1
    end = len(text.partition("\n")[0])
    return [*pieces, text[begin:end]], end


def shortened(text: str) -> str:
    """Return the first line of what a user wrote, if need be without its end, to be shown in a sentence."""
    first = text.partition("\n")[0].rstrip()
    return first if len(first) <= 60 else f"{first[:59]}…"
