"""Where YAML's parser stumbles over the structure of a file: brackets, colons, dashes, indentation.

The cause seldom stands where the parser stops: an open bracket swallows the lines below it, and
so does a text whose colon lacks its blank.
"""

import re
from typing import Any

from convcli.diagnostics import Diagnostic, Related
from convcli.document import Scalar
from convcli.readers.colons import mended, split_at_colon
from convcli.record import Record
from convcli.source import Source, Span

_SIGNS = re.compile(r"""(?<![\w)\]])(?:"(?:\\.|[^"\\])*"?|'[^']*'?)|(?<=\s)#[^\n]*|[\[\]{}]""", re.DOTALL)
_CLOSING = {"[": "]", "{": "}"}
_BRACKETS = {"[": "a list", "{": "a mapping in braces"}
_ENDS = {"'": "a quoted text", '"': "a quoted text", "]": "a list in brackets", "}": "a mapping in braces"}
_EXPECTED = re.compile(
    r"expected (?:'-' indicator|key|'?<document start>|<block end>)|entries are not allowed|expected comment"
)
_COLON = re.compile(r":(?:\s|$)")

LONGEST_KEY = 1024
"""YAML looks no further for the colon behind a key."""

LINES_ABOVE = 50
"""How many lines above a place are looked at."""


class Stumble(Record):
    """A place at which YAML's parser gives up, what it says, and what was open there.

    `began` is where the parser began with what it could not end; `opened` has for each collection
    the event that began it, and what was read of it.
    """

    source: Source
    at: int
    began: int
    problem: str
    context: str
    opened: list[tuple[Any, list[Any]]]

    @property
    def sign(self) -> str:
        """The character at the place."""
        return self.source.text[self.at : self.at + 1]

    @property
    def line(self) -> str:
        """The line of the place."""
        return self.source.line(self.source.position(self.at)[0])

    @property
    def before(self) -> str:
        """What stands on this line before the place, without indentation."""
        return self.line[: self.source.position(self.at)[1] - 1].lstrip()

    def says(self, reason: str, help: str = "", at: int | None = None, related: tuple[Related, ...] = ()) -> Diagnostic:
        """Make a diagnostic at the place, or at another one."""
        at = self.at if at is None else at
        message = f"this is no YAML: {reason}"
        return Diagnostic("CV111", message, Span(self.source, at, at + 1), help=help, related=related)


def open_bracket(stumble: Stumble) -> Diagnostic | None:
    """A bracket that is never closed, or by another kind."""
    start = stumble.opened[-1][0] if stumble.opened else None
    if start is None or not start.flow_style:
        return None
    at = start.start_mark.index
    at += len(re.match(r"[^\[{]*", stumble.source.text[at : at + 200])[0])  # type: ignore[index]  # an anchor, a tag
    bracket = stumble.source.text[at : at + 1]
    if bracket not in _CLOSING:
        return None
    closed = _closing(stumble.source.text, at)
    if closed == _CLOSING[bracket]:
        return None
    kind, help = _BRACKETS[bracket], f"close it with `{_CLOSING[bracket]}`"
    how = f"{kind} that begins here ends with `{closed}`" if closed else f"the file ends within {kind} that begins here"
    return stumble.says(how, help, at)


def _closing(text: str, at: int) -> str:
    """Return the sign that closes a bracket, rightly or not; empty if none does."""
    depth = 0
    for found in _SIGNS.finditer(text, at):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if not depth and found[0] in "]}":
            return found[0]
    return ""


def colon(stumble: Stumble) -> Diagnostic | None:
    """A second key on a line, or a key on a line that continues the text above it."""
    if "mapping values are not allowed" not in stumble.problem:
        return None
    split = _split(stumble)
    if split:
        return split
    if len(stumble.before) >= LONGEST_KEY:
        return stumble.says(f"the key in front of this colon is longer than {LONGEST_KEY:,} characters")
    if _COLON.search(stumble.before):
        help = "a name and its colon stand first on a line; quote a text that has a colon and a blank"
        return stumble.says("a second colon on this line", help)
    help = "begin it with `- `, or indent it like its neighbours; a text that has a colon is quoted"
    line = stumble.at - len(stumble.before)
    return _blank_missing_above(stumble, line) or stumble.says("this line continues the text above it", help, line)


def _split(stumble: Stumble) -> Diagnostic | None:
    """Look at the place, and at the colon in front of it on the line: one may stand inside of a layer's brackets."""
    line = stumble.at - len(stumble.before)
    earlier = [line + one.start() for one in _COLON.finditer(stumble.before)][-1:]
    found = (split_at_colon(stumble.source, place) for place in (*earlier, stumble.at))
    return next(filter(None, found), None)


def _blank_missing_above(stumble: Stumble, line: int) -> Diagnostic | None:
    """Look through the text that a line continues for a colon whose blank is missing."""
    found, start = None, stumble.source.text.rfind("\n", 0, line) + 1
    for above in reversed(stumble.source.text[:start].split("\n")[-LINES_ABOVE:-1]):
        start -= len(above) + 1
        found = _blank_missing(stumble, start, above) or found
        if _COLON.search(above) or above.lstrip().startswith("- "):
            break
    return found


def _blank_missing(stumble: Stumble, start: int, line: str) -> Diagnostic | None:
    """Look at a line for a colon whose blank is missing."""
    text = line.lstrip(" -")
    before, better = line[: len(line) - len(text)], mended(text)
    at = start + len(before) + text.find(":")
    help = f"write `{before.lstrip()}{better}`"
    return stumble.says("a blank is missing behind this colon", help, at) if better else None


def key_without_colon(stumble: Stumble) -> Diagnostic | None:
    """A line that stands where a key is expected."""
    if "could not find expected ':'" not in stumble.problem:
        return None
    help = "a key and its value are written `key: value`; an item of a list begins with `- `"
    line = stumble.source.text[stumble.began :].partition("\n")[0]
    found = _blank_missing(stumble, stumble.began, line)
    return found or stumble.says("a key without its colon", help, stumble.began)


def dash(stumble: Stumble) -> Diagnostic | None:
    """A dash where no list can begin."""
    if stumble.sign != "-" or not re.search("entries are not allowed|expected node content", stumble.problem):
        return None
    if stumble.opened and stumble.opened[-1][0].flow_style:
        help = "separate the items by commas, or leave the brackets out"
        return stumble.says("inside of brackets a dash begins no item", help)
    return stumble.says("a list begins on a line of its own", "write its first `- ` below the key")


def comma(stumble: Stumble) -> Diagnostic | None:
    """Something between brackets that neither ends an item nor belongs to it."""
    if "expected ','" not in stumble.problem:
        return None
    if stumble.sign == ":":
        help = "quote a text that has a colon and a blank"
        return _split(stumble) or stumble.says("a second colon in this item", help)
    return stumble.says("a comma is missing in front of this")


def leftover(stumble: Stumble) -> Diagnostic | None:
    """Something behind the end of a text in quotes, of brackets, or of an alias."""
    ended = stumble.before.rstrip()
    what = "an alias" if re.search(r"(?:^|\s)\*[\w-]+$", ended) else _ENDS.get(ended[-1:], "")
    if not what or not _EXPECTED.search(stumble.problem):
        return None
    reason, help = f"this stands behind the end of {what}", "put quotes around the whole text"
    quoted = _quoted_text_before(stumble)
    line = stumble.source.position(stumble.at)[0]
    if quoted and quoted.line != line:
        related = (Related(Span(stumble.source, stumble.at, stumble.at + 1), "where this follows"),)
        reason = f"the quoted text that begins here ends on line {line}"
        return stumble.says(reason, "close it on the line where it begins", quoted.start, related)
    if what == "a quoted text" and ended == stumble.before and stumble.sign.isalnum():
        help = "inside of the quotes write the quote as " + ("`''`" if ended[-1] == "'" else '`\\"`')
    return stumble.says(reason, help)


def _quoted_text_before(stumble: Stumble) -> Span | None:
    read = stumble.opened[-1][1] if stumble.opened else []
    last = read[-1] if read else None
    if not isinstance(last, Scalar) or not last.quoted or stumble.source.text[last.span.end : stumble.at].strip():
        return None
    return last.span


def indentation(stumble: Stumble) -> Diagnostic | None:
    """A line that belongs to none of the lists and mappings around it."""
    if not _EXPECTED.search(stumble.problem):
        return None
    if stumble.sign == ":":
        return stumble.says("a name is missing in front of this colon")
    if stumble.before:
        return stumble.says("this does not go with what stands in front of it")
    same = stumble.source.position(stumble.at)[1] == stumble.source.position(stumble.began)[1]
    if same and "collection" in stumble.context:
        return stumble.says("an item of a list lacks its dash", "begin it with `- `")
    if same and "mapping" in stumble.context and stumble.line.lstrip().startswith("- "):
        return stumble.says("an item of a list stands among keys", "indent the list below the key it belongs to")
    help = "lines that belong together begin in the same column"
    return stumble.says("this line's indentation fits none of the lines above it", help)
