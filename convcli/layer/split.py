"""What a text tells before it is parsed: where a chain's bars stand, and whether it is short words."""

from convcli.layer.syntax import At

_NEVER_FIRST = ("if", "and", "or", "in", "is", "not", "else", "for")
_NEVER_A_WORD = ("not", "lambda", "await", "return", "import", "from", "del", "assert", "raise", "global")
_OPEN, _CLOSE = "([{", ")]}"


def split_chain(text: str) -> list[At]:
    """Return the stretches between the top-level bars of a text; one stretch if there is no bar."""
    if "|" not in text:
        return [(0, len(text))]
    pieces, depth, start, quote, skip = [], 0, 0, "", False
    for at, character in enumerate(text):
        if skip:
            skip = False
        elif quote:
            skip = character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth -= 1
        elif character == "|" and depth <= 0:
            pieces.append((start, at))
            start = at + 1
    return [*pieces, (start, len(text))]


def looks_short(text: str) -> bool:
    """Say whether a text is short words: a word, then something that no Python expression has there."""
    head, _, rest = text.partition(" ")
    first = rest.split(None, 1)[0] if rest and head.isidentifier() and head not in _NEVER_A_WORD else ""
    if not first or first in _NEVER_FIRST:
        return False
    return first[0].isalnum() or first[0] == "_" or (first[0] == "-" and first[1:2].isdigit())
