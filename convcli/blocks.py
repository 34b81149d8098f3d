"""A network in words: what a reader yields and `resolve` turns into a graph.

Everything here is text with places; nothing is worked out, and no operator is known.
"""

from collections.abc import Set as AbstractSet
from typing import Any

from convcli.diagnostics import Diagnostic
from convcli.document import Mapping
from convcli.layer.parse import parse_at
from convcli.layer.syntax import Expression
from convcli.record import Record
from convcli.source import Phrase, Source, Span, phrase


class Words(Record):
    """An expression and the phrase that its positions count in."""

    __slots__ = ()

    tree: Expression
    phrase: Phrase

    @property
    def span(self) -> Span:
        """Where the expression stands."""
        return self.phrase.span(*self.tree.at)


class Items(Record):
    """A list of items: a nested scope, or the body of a block or of a network."""

    items: tuple["Item", ...]
    span: Span


class Merge(Record):
    """Branches that all start from the current tensor and meet in a function, `cat` or `add`."""

    function: str
    branches: tuple["Item", ...]
    span: Span


class Item(Record):
    """One line of a list."""

    __slots__ = ()

    name: str | None
    body: Words | Items | Merge
    span: Span

    def name_span(self) -> Span:
        """Return where the name stands: at the beginning."""
        start = self.span.start
        return Span(self.span.source, start, min(self.span.end, start + len(self.name or "")))


class Parameter(Record):
    """A parameter of a block, with its default."""

    name: str
    default: Words | None
    span: Span


class Block(Record):
    """A named, parameterised piece of network."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Items
    span: Span


class Variable(Record):
    """A variable, and the expression it stands for."""

    name: str
    value: Words
    span: Span


class Variant(Record):
    """Variables that replace others, and budgets of their own; `of` is the variant whose it has beside them."""

    name: str
    of: str | None
    variables: tuple[Variable, ...]
    check: Mapping | None
    span: Span


MERGES = ("add", "sub", "mul", "div", "cat", "stack", "matmul", "maximum", "minimum")
"""The functions in which the branches of a merge can meet."""


class InputWords(Record):
    """An input and its size, without the batch."""

    name: str
    sizes: tuple[Words, ...]
    span: Span


class Stated(Record):
    """What a file of another tool says of its input beside a whole size; `axes` are those behind the channels."""

    channels: int
    axes: int
    span: Span | None


class Network(Record):
    """A whole network file, or a layer expression from the prompt."""

    name: str
    source: str
    format: str
    body: Items
    inputs: tuple[InputWords, ...] = ()
    outputs: tuple[Words, ...] = ()
    variables: tuple[Variable, ...] = ()
    variants: tuple[Variant, ...] = ()
    blocks: tuple[Block, ...] = ()
    check: Mapping | None = None
    unreadable: AbstractSet[str] = frozenset()
    """The names of blocks whose parameters could not be read: a call of one is no second mistake."""
    findings: tuple[Diagnostic, ...] = ()
    """What was wrong with single lines; the rest is read all the same."""
    comments: tuple[Span, ...] = ()
    """Each from its `#` to the end of its line; those of files that it uses come behind its own."""
    library: Source | None = None
    """The text of the blocks, where it is convcli's own: places in it are those of the calls that led there."""
    chosen: str | None = None
    """The variant that it is where none is asked for, if that has a name."""
    stated: dict[str, Stated] = {}
    """What the file says of its input, by variant; for all of them under the empty name."""

    def lineage(self, name: str | None) -> tuple[Variant, ...]:
        """Return a variant behind those that it is a variant of; what the later ones replace counts."""
        by_name = {variant.name: variant for variant in self.variants}
        found: list[Variant] = []
        while name in by_name and by_name[name] not in found:
            found.insert(0, by_name[name])
            name = found[0].of
        return tuple(found)


def setting(name: str, value: Any) -> Words:
    """Make words of a variable's new value; a text is an expression, as behind `--set`."""
    words = phrase(value if isinstance(value, str) else repr(value), f"--set {name}")
    return Words(parse_at(words, 0, len(words.text)), words)
