"""Where a chain's bars stand: the `|` outside of brackets and strings."""

from convcli.layer.syntax import At

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
