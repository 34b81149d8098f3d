"""The sections of a Darknet file, with the place of each option."""

import re

from convcli.diagnostics import Diagnostic
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.readers.complaints import Complaints, slips
from convcli.source import Source, Span

_NUMBER = re.compile(r"[+-]?\d{1,19}(?!\d)")
_BLANKS = re.compile(r"[ \t\r]")
LONGEST = 200
"""Characters of a line that are marked."""

Layer = Expression | dict[str, Expression]
"""What a section is: one layer, or several under its name."""


class Section:
    """One section: its type, and its options, of which the first of a name counts."""

    def __init__(self, kind: str, at: At, reader: "Sections") -> None:
        self.kind = kind
        self.at = at
        self.reader = reader
        self.options: dict[str, tuple[str, At]] = {}
        self.asked: set[str] = set()

    def text(self, name: str, default: str) -> str:
        """Return an option's text."""
        self.asked.add(name)
        return self.options[name][0] if name in self.options else default

    def place(self, *names: str) -> At:
        """Return where the first of some options stands that does, or the section."""
        return next((self.options[name][1] for name in names if name in self.options), self.at)

    def number(self, name: str, default: int) -> int:
        """Return an option as the number that its text begins with, as Darknet reads it."""
        self.asked.add(name)
        return self.numbers(name)[0] if name in self.options else default

    def numbers(self, name: str) -> list[int]:
        """Return the numbers of an option, with commas between them."""
        self.asked.add(name)
        text, at = self.options.get(name, ("", self.at))
        parts = [part for part in text.split(",") if part] or [""]
        found = [_NUMBER.match(part) for part in parts]
        if None in found:
            shown = f"`{text[:40]}`" if text else "nothing"
            self.reader.complain("CV081", f"`{name}` is a number, found {shown}", at)
        return [int(one.group()) if one else 1 for one in found]

    def positive(self, name: str, default: int) -> int:
        """Return an option that has to be 1 or more."""
        found = self.number(name, default)
        if found < 1:
            self.reader.complain("CV081", f"`{name}` is a positive number, found {found}", self.place(name))
        return max(found, 1)

    def slips(self) -> list[Diagnostic]:
        """Return a warning for each option that is nearly one of this type."""
        places = {name: Span(self.reader.source, *at) for name, (_, at) in self.options.items()}
        return slips(places, self.asked, f"`[{self.kind}]`")


class Sections(Complaints):
    """Reads a file's lines; keeps what is wrong and goes on."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.found: list[Section] = []
        self.names: list[str] = []

    def read(self) -> list[Section]:
        """Return the sections in order."""
        start = 0
        for line in self.source.text.split("\n"):
            text = _BLANKS.sub("", line)
            first = start + len(line) - len(line.lstrip())
            at = first, min(max(start + len(line.rstrip()), first), first + LONGEST)
            start += len(line) + 1
            if text.startswith("["):
                self.section(text, at)
            elif text and text[0] not in "#;":
                self.option(text, at)
        return self.found

    def section(self, text: str, at: At) -> None:
        if not text.endswith("]"):
            self.complain("CV081", f"a section is written `[type]`, found `{text[:40]}`", at)
        self.found.append(Section(text.strip("[]"), at, self))

    def option(self, text: str, at: At) -> None:
        name, equals, found = text.partition("=")
        if not equals:
            self.complain("CV081", f"an option is written `name=value`, found `{text[:40]}`", at)
        elif not self.found:
            self.complain("CV081", f"`{name[:40]}` stands in no section", at, "a file begins with `[net]`")
        else:
            self.found[-1].options.setdefault(name, (found, at))

    def earlier(self, section: Section, place: int, option: str = "share_index") -> Expression:
        """Return the layer that a number means: counted from the beginning, or, below 0, from here."""
        at, here = section.place(option), len(self.names) - 1
        number = place if place >= 0 else here + place
        if 0 <= number < here:
            return syntax.Name(self.names[number], at)
        help = f"this is layer {here}; layers count from 0, without `[net]`, and numbers below 0 count back from here"
        self.complain("CV082", f"there is no layer {number} before this one (`{option}={place}`)", at, help)
        return syntax.Invalid(at)
