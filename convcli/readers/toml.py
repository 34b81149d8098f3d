"""TOML with places: what `tomllib` reads, as the nodes that YAML gives, each where it stands.

`tomllib` keeps no places. They are found by going over the lines once more: each table and each
key at the beginning of a line has its own; what stands deeper, in brackets, has that of its key.
"""

import re
import sys
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.source import Phrase, Source, Span

Path = tuple[str | int, ...]

_NAME = r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[\w-]+)"""
_NAMES = rf"[ \t]*({_NAME}(?:[ \t]*\.[ \t]*{_NAME})*)[ \t]*"
_KEY, _TABLE = re.compile(rf"{_NAMES}=[ \t]*"), re.compile(rf"[ \t]*(\[\[?){_NAMES}\]\]?")
_PART = re.compile(r""""([^"\n]*)"|'([^'\n]*)'|([\w-]+)""")
_SIGNS = re.compile(r"""[\[{\]}\n]|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_TEXTS = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL)


def read_toml(source: Source) -> Mapping:
    """Read a TOML text.

    Raises:
        ConvcliError: it is none.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        values = tomllib.loads(source.text)
        found = _Places(source)
        node = _node(values, (), found.spans, Span(source, 0, len(source.text)))
    except tomllib.TOMLDecodeError as error:
        raise ConvcliError([_mistake(source, str(error))]) from None
    except (RecursionError, ValueError):  # thousands of tables in each other, or of digits
        raise ConvcliError([_mistake(source, "it is nested too deep, or has a number that is too long")]) from None
    return node if isinstance(node, Mapping) else Mapping((), False, Span(source, 0, 0))


def _mistake(source: Source, message: str) -> Diagnostic:
    words, _, place = message.partition(" (at ")
    numbers = [int(number) for number in re.findall(r"\d+", place)]
    if len(numbers) == 2:
        starts = [0, *(found.end() for found in re.finditer("\n", source.text))]
        at = starts[min(numbers[0], len(starts)) - 1] + numbers[1] - 1
    else:
        at = max(0, len(source.text) - 1)
    return Diagnostic("CV414", f"this is no TOML: {words[:1].lower() + words[1:]}", Span(source, at, at + 1))


class _Places:
    """Finds where tables and keys stand."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.spans: dict[Path, tuple[Span, Span]] = {}
        # texts and comments are blanked, so that no bracket, sign or end of line in them counts
        self.text = _TEXTS.sub(lambda found: self._blank(found.group()), source.text)
        self._walk()

    @staticmethod
    def _blank(text: str) -> str:
        return (
            text
            if "\n" not in text and text[0] in "\"'"
            else re.sub(r"[^\n]" if text[0] == "#" else r"(?s).", " ", text)
        )

    def _walk(self) -> None:
        at, counts = 0, dict[Path, int]()
        path: Path = ()
        while at < len(self.text):
            header, key = _TABLE.match(self.text, at), _KEY.match(self.text, at)
            end = self._end(key.end() if key else at)
            if header:
                table = self._parts(header.group(2))
                if header.group(1) == "[[":
                    counts[table] = counts.get(table, -1) + 1
                path = self._numbered(table, counts)
                span = Span(self.source, header.start(1), header.end())
                self.spans[path] = span, span
            elif key:
                name = Span(self.source, key.start(1), key.end(1))
                self.spans[path + self._parts(key.group(1))] = name, Span(self.source, key.end(), end)
            at = self.text.find("\n", end) + 1 or len(self.text)

    def _end(self, at: int) -> int:
        """Return where a value ends: at the end of the line, or behind the last bracket that it opens."""
        depth = 0
        for found in _SIGNS.finditer(self.text, at):
            sign = found.group()
            if sign == "\n" and depth <= 0:
                return at + len(self.text[at : found.start()].rstrip())
            depth += (sign in ("[", "{")) - (sign in ("]", "}"))
        return at + len(self.text[at:].rstrip())

    @staticmethod
    def _parts(text: str) -> tuple[str, ...]:
        return tuple("".join(found.groups("")) for found in _PART.finditer(text))

    @staticmethod
    def _numbered(table: tuple[str, ...], counts: dict[Path, int]) -> Path:
        path: Path = ()
        for place, part in enumerate(table, 1):
            path = (*path, part)
            if table[:place] in counts:
                path = (*path, counts[table[:place]])
        return path


def _node(value: Any, path: Path, spans: dict[Path, tuple[Span, Span]], outer: Span) -> Node:
    """Make a node of a value; what has no place of its own has that of what it stands in."""
    span = spans[path][1] if path in spans else outer
    if isinstance(value, dict):
        pairs = []
        for name, inner in value.items():
            own = (*path, name)
            key = spans[own][0] if own in spans else span
            pairs.append((Scalar(Phrase(name, key.source, key.start), True, key), _node(inner, own, spans, span)))
        return Mapping(tuple(pairs), False, span)
    if isinstance(value, list):
        return Sequence(tuple(_node(inner, (*path, at), spans, span) for at, inner in enumerate(value)), True, span)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Scalar(Phrase(text, span.source, span.start), isinstance(value, str), span)
