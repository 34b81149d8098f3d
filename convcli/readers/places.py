"""Where the characters of a YAML text stand in its file: through quotes, escapes, folds and indentation.

A text is read in units. A unit is a stretch of the file that gives no, one or several characters:
an escape, a doubled quote, a folded line end with the indentation behind it. So a character ends
where the next one begins, however long it is written.
"""

import re
from collections.abc import Iterator
from itertools import islice

_BREAK = r"(?:\r\n|[\n\r\x85\u2028\u2029])"
_FOLD = rf"[ \t]*{_BREAK}(?:[ \t]*{_BREAK})*[ \t]*"
_BREAKS = re.compile(_BREAK)
_LINES = re.compile(rf"([^\n\r\x85\u2028\u2029]*)({_BREAK}|$)")
_ESCAPES = rf"(?P<joined>\\{_BREAK}(?:[ \t]*{_BREAK})*[ \t]*)|(?P<one>\\(?:x..|u.{{4}}|U.{{8}}|.))"
_UNITS = {
    '"': re.compile(rf'(?P<fold>{_FOLD})|{_ESCAPES}|[^\S\n\r\x85\u2028\u2029]+|[^\s\\"]+|.', re.DOTALL),
    "'": re.compile(rf"(?P<fold>{_FOLD})|(?P<one>'')|[^\S\n\r\x85\u2028\u2029]+|[^\s']+|.", re.DOTALL),
    "": re.compile(rf"(?P<fold>{_FOLD})|[^\S\n\r\x85\u2028\u2029]+|\S+|.", re.DOTALL),
}


def places(text: str, start: int, end: int, value: str, style: str) -> tuple[int, ...]:
    """Return the place of each character of `value`, which the text from `start` to `end` stands for, and its end.

    Args:
        text: the whole file.
        start: where the text begins, with its quote, or with the sign that begins a block of text.
        end: where it ends, with its quote.
        value: what YAML makes of it.
        style: the quote, `|` or `>`, empty for a plain text.
    """
    if style in ("|", ">"):
        found = list(islice(_block(text, start, end, value, folded=style == ">"), len(value) + 1))
    else:
        inner = (start + len(style), max(end - len(style), start))
        found = [*islice(_inline(text, *inner, _UNITS[style]), len(value)), inner[1]]
    return (*found, *found[-1:] * (len(value) + 1 - len(found)))


def _inline(text: str, start: int, end: int, units: re.Pattern[str]) -> Iterator[int]:
    for unit in units.finditer(text, start, end):
        kind = unit.lastgroup
        if kind is None:
            yield from range(*unit.span())
        elif kind == "one":
            yield unit.start()
        else:
            yield from [unit.start()] * _characters_of_breaks(unit.group(), joined=kind == "joined")


def _characters_of_breaks(unit: str, *, joined: bool) -> int:
    """Count what is left of line ends: the first one is dropped, or becomes a blank if it is the only one."""
    breaks = _BREAKS.findall(unit)
    if breaks[0] in "\u2028\u2029" and not joined:  # these two are never folded
        return len(breaks)
    return len(breaks) - 1 if joined or len(breaks) > 1 else 1


def _block(text: str, start: int, end: int, value: str, *, folded: bool) -> Iterator[int]:
    header, *lines = _LINES.finditer(text, start, end)
    indent = _indentation(lines, value)
    last, blank_lines, before_is_indented = header.end(), 0, None
    for line in lines:
        content = line.start() + indent
        if content >= line.end(1):
            blank_lines += 1
            continue
        is_indented = text[content] in " \t"
        folds = folded and text[last : last + 1] not in "\u2028\u2029" and not (before_is_indented or is_indented)
        if before_is_indented is not None:
            blank_lines = max(blank_lines, 1) if folds else blank_lines + 1
        yield from [last] * blank_lines
        yield from range(content, line.end(1))
        last, blank_lines, before_is_indented = line.end(1), 0, is_indented
    yield from [last] * (len(value) + 1)


def _indentation(lines: list[re.Match[str]], value: str) -> int:
    """Return how deep a block of text stands: its first line of signs has this many blanks more than its value."""
    written = next((line[1] for line in lines if line[1].strip(" ")), "")
    meant = next((line for line in _BREAKS.split(value) if line.strip(" ")), "")
    return max(_blanks(written) - _blanks(meant), 0)


def _blanks(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
