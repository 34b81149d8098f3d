"""Text with roles: what a line says, and which part of it is a name, a number, an error.

Whoever prints decides what a role looks like; without colour the text alone is printed.
"""

PLAIN, TITLE, NAME, SCOPE, DIM, NUMBER, BAR, ERROR, WARNING, HELP, GOOD = (
    "", "title", "name", "scope", "dim", "number", "bar", "error", "warning", "help", "good",
)  # fmt: skip

Line = list[tuple[str, str]]
"""Pieces of text, each with its role."""

_BEYOND_ASCII = str.maketrans("…✗█▏▎▍▌▋▊▉", ".x########")


def text_of(line: Line) -> str:
    """Return the text of a line, without trailing blanks."""
    return "".join(printable(text) for text, _ in line).rstrip()


def in_ascii(text: str) -> str:
    """Replace the few signs beyond ASCII that tables use, for outputs that cannot show them."""
    return text.translate(_BEYOND_ASCII)


def printable(text: str) -> str:
    """Replace control characters, which could move the cursor or change colours."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def width_of(text: str) -> int:
    """Return the number of terminal cells of a text."""
    if text.isascii() or in_ascii(text).isascii():
        return len(text)
    from rich.cells import cell_len  # wide characters are rare; rich knows their width

    return cell_len(text)


def shorten(text: str, width: int) -> str:
    """Cut a text to a number of cells, with `…` where something is missing."""
    if width_of(text) <= width:
        return text
    left = width - 1
    for at, sign in enumerate(text):
        left -= width_of(sign)
        if left < 0:
            return text[:at] + "…" if width > 0 else ""
    return text


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill a text with blanks to a number of cells."""
    blanks = " " * max(0, width - width_of(text))
    return blanks + text if right else text + blanks
