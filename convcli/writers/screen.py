"""Printing lines: in colour on a terminal, through rich; as plain text everywhere else."""

import os
from typing import TextIO

from convcli.styled import (
    BAR,
    DIM,
    ERROR,
    GOOD,
    HELP,
    NAME,
    NUMBER,
    PLAIN,
    SCOPE,
    TITLE,
    WARNING,
    Line,
    in_ascii,
    printable,
    text_of,
)  # fmt: skip

STYLES = {
    PLAIN: "", TITLE: "bold", NAME: "cyan", SCOPE: "bold cyan", DIM: "bright_black", NUMBER: "", BAR: "blue",
    ERROR: "bold red", WARNING: "bold yellow", HELP: "green", GOOD: "bold green",
}  # fmt: skip


def print_lines(lines: list[Line], out: TextIO, *, color: bool | None = None) -> None:
    """Write lines; `color` None means: if `out` is a terminal and NO_COLOR is not set."""
    if color is None:
        color = wants_color(out)
    if not color:
        write_text("".join(text_of(line) + "\n" for line in lines), out)
        return
    from rich.console import Console  # 30 ms; only colour needs it
    from rich.text import Text

    console = Console(file=out, force_terminal=True, highlight=False, soft_wrap=True)
    for line in lines:
        text = Text.assemble(*((printable(piece), STYLES[role]) for piece, role in line))
        text.rstrip()  # a blank behind the last column of a full line would begin a new one
        console.print(text)


def write_text(text: str, out: TextIO) -> None:
    """Write a text to an output that may not have all its characters."""
    out.write(text if _can_write(text, out) else in_ascii(text).encode("ascii", "replace").decode())


def wants_color(out: TextIO) -> bool:
    """Say whether an output is a terminal whose user has not declined colour."""
    return bool(not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and out.isatty())


def terminal_width(out: TextIO) -> int | None:
    """Return the width of a terminal; None where the output is none and lines may be as long as they like."""
    if not out.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(out.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _can_write(text: str, out: TextIO) -> bool:
    if text.isascii():
        return True
    try:
        text.encode(getattr(out, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
