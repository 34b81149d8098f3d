"""JSON with the place of every value; a depth that would break a recursive reader is refused."""

import json
import re
from typing import Any, NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer.syntax import At
from convcli.source import Source, Span

MOST_LEVELS = 200
_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<text>\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\")|(?P<number>-?\d+(?P<part>\.\d+)?(?P<power>[eE][-+]?\d+)?)"
    r"|(?P<word>true|false|null|NaN|-?Infinity)|(?P<sign>[\[\]{},:])|(?P<end>\Z))"
)
_WORDS = {"true": True, "false": False, "null": None, "NaN": float("nan"), "Infinity": float("inf"),
          "-Infinity": -float("inf")}  # fmt: skip


class Object(dict[str, Any]):
    """An object, where it stands, and where its values do."""

    at: At = (0, 0)

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, At] = {}
        self.keys_at: dict[str, At] = {}

    def place(self, key: str) -> At:
        """Return where the value of a key stands, or the object."""
        return self.places.get(key, self.at)


def read_json(source: Source) -> Any:
    """Read a text.

    Raises:
        ConvcliError: it is no JSON.
    """
    return _Reader(source).read()


class _Reader:
    """Goes through a text, token by token."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.at = 0
        self.here: At = (0, 0)

    def refuse(self, message: str) -> NoReturn:
        """Give up."""
        at, end = self.here
        raise ConvcliError(
            [Diagnostic("CV081", f"this is no JSON: {message}", Span(self.source, at, max(end, at + 1)))]
        )

    def next(self) -> tuple[str, str]:
        """Return the kind and the text of what comes next."""
        found = _TOKEN.match(self.source.text, self.at)
        if found is None:
            blanks = re.compile(r"[ \t\r\n]*").match(self.source.text, self.at)
            self.here = (blanks.end(), blanks.end() + 1) if blanks else (self.at, self.at + 1)
            self.refuse("a value is expected here")
        kind = next(name for name in ("text", "number", "word", "sign", "end") if found[name] is not None)
        self.at, self.here = found.end(), found.span(kind)
        return kind, found[kind]

    def read(self) -> Any:
        """Return the whole value."""
        found = self.value(*self.next(), level=0)
        if self.next()[0] != "end":
            self.refuse("there is something behind the value")
        return found

    def value(self, kind: str, text: str, level: int) -> Any:
        """Return the value that begins with a token."""
        if level > MOST_LEVELS:
            self.refuse(f"it is nested deeper than {MOST_LEVELS} levels")
        if kind == "text":
            return self.text(text)
        if kind == "number":
            return self.number(text)
        if kind == "word":
            return _WORDS[text]
        if text == "[":
            return self.list(level)
        if text == "{":
            return self.object(level)
        self.refuse("the text ends here" if kind == "end" else f"`{text}` has no place here")

    def text(self, text: str) -> str:
        """Return what stands between quotes."""
        if "\\" not in text:
            return text[1:-1]
        try:
            return str(json.loads(text))
        except ValueError:
            self.refuse("a text with a wrong escape")

    def number(self, text: str) -> int | float:
        """Return a number."""
        if not text.lstrip("-").isdigit():
            return float(text)
        return int(text) if len(text) < 30 else float("inf")

    def list(self, level: int) -> list[Any]:
        """Return a list behind its bracket."""
        found: list[Any] = []
        kind, text = self.next()
        while text != "]" or kind != "sign":
            found.append(self.value(kind, text, level + 1))
            kind, text = self.next()
            kind, text = self.behind(kind, text, "]")
        return found

    def behind(self, kind: str, text: str, end: str) -> tuple[str, str]:
        """Return what begins the next value, behind a comma, or the end."""
        if (kind, text) == ("sign", end):
            return kind, text
        if (kind, text) != ("sign", ","):
            self.refuse(f"a comma or `{end}` is expected here")
        kind, text = self.next()
        if (kind, text) == ("sign", end):
            self.refuse(f"a value is expected between the comma and `{end}`")
        return kind, text

    def object(self, level: int) -> Object:
        """Return an object behind its brace."""
        made = Object()
        start = self.here[0]
        kind, text = self.next()
        while text != "}" or kind != "sign":
            if kind != "text":
                self.refuse("a key between quotes is expected here")
            key = self.text(text)
            made.keys_at[key] = self.here
            if self.next() != ("sign", ":"):
                self.refuse("a colon is expected here")
            kind, text = self.next()
            begin = self.here[0]
            made[key] = self.value(kind, text, level + 1)
            made.places[key] = (begin, self.at)
            kind, text = self.next()
            kind, text = self.behind(kind, text, "}")
        made.at = (start, start + 1)
        return made
