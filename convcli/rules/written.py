"""What is written about a network beside its layers: comments, and the items on whose lines they stand."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from convcli.blocks import Item, Items, Merge, Network
from convcli.record import Record
from convcli.source import Source, Span

T = TypeVar("T")

LONGEST = 1000
"""Characters of a comment that are read."""
LONGEST_STATEMENT = 200
"""Characters of a comment that states sizes and numbers alone."""
WORDS, COUNTS = ("out", "shape", "size", "param"), ("mac", "flop")
"""What words in such a comment begin and end with, beside numbers and single signs."""


class Written(Record):
    """A network in words.

    `untouched` says that it was resolved as its file has it: no option gave it a size, a batch or a
    variable. It may be one of the file's variants.
    """

    network: Network
    untouched: bool

    def source(self) -> Source:
        """Return the text of the file itself, as against those that it uses."""
        return self.network.body.span.source

    def stating(self) -> list[Span]:
        """Return the comments that stand behind something and may state a size or a number, and nothing else."""
        return [comment for comment in self.network.comments if _may_state(comment)]


def _may_state(comment: Span) -> bool:
    """Say whether a comment is short and has only numbers and words of statements, without reading it closely."""
    source, start, end = comment
    if end - start > LONGEST_STATEMENT or not start or source.text[start - 1] == "\n":
        return False
    words = [word.strip("[](),;:|=->→").lower() for word in comment.text().lstrip("#").partition(" #")[0].split()]
    return any(map(str.isdigit, comment.text())) and all(
        len(word) < 2 or _begins_with_digit(word) or word.startswith(WORDS) or word.rstrip("s").endswith(COUNTS)
        for word in words
    )


def _begins_with_digit(word: str) -> bool:
    """Say whether a word is a number or a shape, whose batch may be an N or a B."""
    return word.lstrip("nbx\u00d7,")[:1].isdigit()


class Line(Record):
    """A comment and where it stands.

    Attributes:
        comment: from its `#` to the end of the line.
        item: the innermost item on whose lines it stands, None where that is none.
        alone: nothing else stands on its line.
        shared: an alias puts the item in several places.
    """

    comment: Span
    item: Item | None
    alone: bool
    shared: bool

    def own(self) -> Span:
        """Return all of its line."""
        source, start, end = self.comment
        return Span(source, source.text.rfind("\n", 0, start) + 1, end)

    def before(self) -> str:
        """Return what stands in front of it on its line."""
        return self.own().text()[: self.comment.start - self.own().start].strip()


def said(comment: Span) -> str:
    """Return a comment's text, of a very long one the beginning."""
    return comment._replace(end=min(comment.end, comment.start + LONGEST)).text()


def lines_of(network: Network, comments: Iterable[Span]) -> list[Line]:
    """Return where comments stand."""
    comments = list(comments)
    by_source: dict[int, list[Span]] = {}
    for comment in comments:
        by_source.setdefault(id(comment.source), []).append(comment)
    items: dict[Span, Item] = {}
    shared: set[Span] = set()
    seen: set[int] = set()
    waiting: list[Items | Merge] = [network.body, *(block.body for block in network.blocks)]
    while waiting:
        body = waiting.pop()
        own = by_source.get(id(body.span.source), [])
        if id(body) in seen:
            shared.update(_within(own, body.span))
            continue
        seen.add(id(body))
        for item in body.items if isinstance(body, Items) else body.branches:
            for comment in _within(own, extent(item)):
                if comment in items and items[comment].span == item.span:
                    shared.add(comment)
                items[comment] = item
            if isinstance(item.body, Items | Merge):
                waiting.append(item.body)
    lines = [Line(comment, items.get(comment), False, comment in shared) for comment in comments]
    return [line._replace(alone=not line.before()) for line in lines]


def extent(item: Item) -> Span:
    """Return all of an item's lines from where it begins; YAML ends a mapping only where something else begins."""
    source, start, end = item.span
    text = source.text
    while end > start:
        line = text.rfind("\n", start, end) + 1 or start
        if line == start or text[line:end].lstrip()[:1] not in ("", "#"):
            break
        end = line - 1
    return Span(source, start, source.line_end(end))


def _within(comments: list[Span], span: Span) -> list[Span]:
    """Return the comments of one source, which are in order, that begin within a span."""
    starts = bisect_right(comments, span.start, key=_start), bisect_right(comments, span.end, key=_start)
    return comments[starts[0] : starts[1]]


def _start(span: Span) -> int:
    return span.start


class Nest(Generic[T]):
    """Finds the stretches of one source that a place lies in; of two of them one holds the other, or they are apart."""

    def __init__(self, stretches: Iterable[tuple[Span, T]]) -> None:
        self._stretches = sorted(stretches, key=lambda pair: (pair[0].start, -pair[0].end))
        self._starts = [span.start for span, _ in self._stretches]
        self._outer: list[int] = []
        open_ones: list[int] = []
        for at, (span, _) in enumerate(self._stretches):
            while open_ones and self._stretches[open_ones[-1]][0].end < span.end:
                open_ones.pop()
            self._outer.append(open_ones[-1] if open_ones else -1)
            open_ones.append(at)

    def around(self, place: int) -> Iterator[T]:
        """Give what belongs to the stretches around a place, the innermost first."""
        at = bisect_right(self._starts, place) - 1
        while at >= 0:
            span, value = self._stretches[at]
            if place < span.end:
                yield value
            at = self._outer[at]
