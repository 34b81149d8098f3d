"""protobuf's text format, as far as Caffe's network files use it: fields and messages, each with its place."""

import re
from typing import NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer.syntax import At
from convcli.source import Source, Span

MOST_LEVELS = 64
_TOKEN = re.compile(
    r"""[\s,;]*(?:\#[^\n]*[\s,;]*)*"""  # blanks and comments
    r"""(?:(?P<word>[A-Za-z_][\w.]*)|(?P<number>[-+]?[\d.][\w.+-]*)"""
    r"""|(?P<text>"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')"""
    r"""|(?P<sign>[:{}<>\[\]-])|(?P<end>\Z)|(?P<other>.))""",
    re.VERBOSE,
)


class Field:
    """A value: a number, a text, a word, or a message; where it stands, and where its name does."""

    __slots__ = ("at", "name_at", "value")

    def __init__(self, value: "str | Message", at: At, name_at: At) -> None:
        self.value = value
        self.at = at
        self.name_at = name_at


class Message:
    """Fields by name, in order; a field may stand several times."""

    def __init__(self, at: At) -> None:
        self.at = at
        self.fields: dict[str, list[Field]] = {}

    def messages(self, name: str) -> "list[Message]":
        """Return the messages of a name."""
        return [one.value for one in self.fields.get(name, ()) if isinstance(one.value, Message)]

    def message(self, name: str) -> "Message":
        """Return a message, an empty one where there is none."""
        found = self.messages(name)
        return found[0] if found else Message(self.at)

    def texts(self, name: str) -> list[str]:
        """Return the texts of a name."""
        return [one.value for one in self.fields.get(name, ()) if isinstance(one.value, str)]

    def text(self, name: str, default: str = "") -> str:
        """Return a text; of several the last counts, as for protobuf."""
        found = self.texts(name)
        return found[-1] if found else default

    def place(self, *names: str) -> At:
        """Return where the first of some fields stands that does, or the message."""
        found = next((self.fields[name] for name in names if name in self.fields), None)
        return (found[0].name_at[0], found[0].at[1]) if found else self.at


class Text:
    """Reads one text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.at = 0
        self.part = self.kind = ""
        self.here: At = (0, 0)

    def refuse(self, message: str, at: At) -> NoReturn:
        """Give up: what follows cannot be understood."""
        raise ConvcliError([Diagnostic("CV081", message, Span(self.source, *at))])

    def next(self) -> None:
        """Go on to the next word, number, text or sign."""
        found = _TOKEN.match(self.source.text, self.at)
        kind = found.lastgroup if found else None
        if found is None or kind is None:
            self.refuse("this is no text of protobuf", (self.at, self.at + 1))
        self.kind, self.part, self.here = kind, found[kind], found.span(kind)
        self.at = found.end()
        if kind == "other":
            self.refuse(f"`{self.part}` has no place here", self.here)

    def read(self) -> Message:
        """Return the whole text as one message.

        Raises:
            ConvcliError: it is not written as protobuf writes.
        """
        stack = [Message((0, 0))]
        self.next()
        while True:
            if self.kind == "end" or self.part in ("}", ">"):
                if self.kind == "end":
                    if len(stack) > 1:
                        self.refuse("a bracket that is opened here is not closed", stack[-1].at)
                    return stack[0]
                if len(stack) == 1:
                    self.refuse(f"`{self.part}` closes nothing", self.here)
                stack.pop()
                self.next()
                continue
            self.field(stack)

    def field(self, stack: list[Message]) -> None:
        """Read a name and its value; of a message only how it begins."""
        if self.kind != "word":
            self.refuse(f"the name of a field is expected here, found `{self.part[:40]}`", self.here)
        name, at = self.part, self.here
        self.next()
        colon = self.part == ":"
        if colon:
            self.next()
        if self.part in ("{", "<"):
            if len(stack) >= MOST_LEVELS:
                self.refuse(f"messages are nested deeper than {MOST_LEVELS} levels", at)
            inner = Message((at[0], self.here[1]))
            stack[-1].fields.setdefault(name, []).append(Field(inner, inner.at, at))
            stack.append(inner)
            self.next()
            return
        if not colon:
            self.refuse(f"`{name[:40]}` has no value: `{name[:40]}: ...` or `{name[:40]} {{ ... }}`", at)
        for value in self.values():
            stack[-1].fields.setdefault(name, []).append(Field(value, self.value_at, at))
        self.next()

    value_at: At = (0, 0)

    def values(self) -> list[str]:
        """Return a value, or those of a list in brackets; the text goes on behind the last."""
        if self.part != "[":
            return [self.value()]
        found = []
        self.next()
        while self.part != "]":
            found.append(self.value())
            self.next()
        return found

    def value(self) -> str:
        """Return a number, a word, or what stands between quotes."""
        self.value_at = self.here
        if self.kind == "text":
            return self.part[1:-1]
        if self.kind not in ("word", "number"):
            shown = f"`{self.part[:40]}`" if self.part else "the end"
            self.refuse(f"a value is expected here, found {shown}", self.here)
        return self.part
