"""Telling network files from other YAML files, without reading them as YAML."""

import re
import stat
from pathlib import Path

_START = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n|%[^\n]*\n|---(?=[\s{])[^\n{#]*)*")
"""What may stand in front of a document: comments, directives, and its mark."""

_PROPERTIES = r"(?:[&!][^\s{}]*[ \t]+)*"
_FLOW = re.compile(rf"\s*{_PROPERTIES}\{{")
_KEY = re.compile(r"""\blayers["']?\s*:""")
_BLOCK_KEY = rf"""{_PROPERTIES}(?:layers|"layers"|'layers')[ \t]*:"""


def why_no_network(path: Path, limit: int) -> str:
    """Say why a file is no network file; empty if it is one, or cannot be read, which is for its reader to say."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "no regular file"
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError:
        return ""
    if has_layers(data.decode(errors="replace")):
        return ""
    return "no `layers`" if len(data) <= limit else f"no `layers` in its first {limit:,} bytes, which is the limit"


def has_layers(text: str) -> bool:
    """Say whether a text has the key of a network's layers.

    In a file that is written like JSON it may stand anywhere; else it is as far in as the first key,
    or at the beginning of a line, where its reader finds what is wrong with that.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    start = _START.match(text)
    at = start.end() if start else 0
    if _FLOW.match(text, at):
        return bool(_KEY.search(text, at))
    indent = len(text[at:]) - len(text[at:].lstrip(" "))
    return bool(re.compile(rf"^(?: {{{indent}}})?{_BLOCK_KEY}", re.MULTILINE).search(text, at))
