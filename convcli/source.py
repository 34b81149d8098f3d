"""Where a text came from, and the places in it: offsets in, lines and columns out."""

from bisect import bisect_right
from collections.abc import Callable

from convcli.record import Record


class Source:
    """A text under the name that messages show for it.

    Attributes:
        beside: reads another text that lies beside this one, None where there is no such text; of a text that lies
            elsewhere than in a folder on disk.
    """

    __slots__ = ("_starts", "beside", "name", "text")

    def __init__(self, name: str, text: str, beside: "Callable[[str], Source | None] | None" = None) -> None:
        self.name = name
        self.text = text
        self.beside = beside
        self._starts: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of a character, both counted from 1."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of a line, without its end."""
        starts = self._line_starts()
        number = min(number, len(starts))
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def line_end(self, offset: int) -> int:
        """Return where the line of a character ends."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return starts[line] - 1 if line < len(starts) else len(self.text)

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            starts, at = [0], self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return self._starts


class Span(Record):
    """A stretch of a source, from character `start` up to, not including, `end`."""

    __slots__ = ()

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line of the first character, from 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """The column of the first character, from 1."""
        return self.source.position(self.start)[1]

    def last(self) -> tuple[int, int]:
        """Return line and column of the last character."""
        return self.source.position(max(self.start, self.end - 1))

    def text(self) -> str:
        """Return the characters themselves."""
        return self.source.text[self.start : self.end]


class Phrase(Record):
    """A piece of text that is parsed on its own, and where each of its characters stands.

    `offsets` is the place of the first character where the phrase stands in its source as it is,
    or one place for each character, and the end of the last, where quoting or folding moved them.
    """

    __slots__ = ()

    text: str
    source: Source
    offsets: int | tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """Turn a stretch of the phrase into a stretch of its source."""
        if isinstance(self.offsets, int):
            return Span(self.source, self.offsets + start, self.offsets + end)
        last = len(self.offsets) - 1
        return Span(self.source, self.offsets[min(start, last)], self.offsets[min(max(start, end), last)])

    def whole(self) -> Span:
        """Return the span of the whole phrase."""
        return self.span(0, len(self.text))

    def part(self, start: int, end: int) -> "Phrase":
        """Return a stretch of the phrase as a phrase of its own."""
        if isinstance(self.offsets, int):
            return Phrase(self.text[start:end], self.source, self.offsets + start)
        return Phrase(self.text[start:end], self.source, self.offsets[start : end + 1])


def phrase(text: str, name: str) -> Phrase:
    """Make a phrase of a text that is a source of its own, such as an option's value."""
    return Phrase(text, Source(name, text), 0)
