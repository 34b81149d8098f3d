"""A YAML document with the place of every node: what readers of YAML work on."""

from convcli.record import Record
from convcli.source import Phrase, Span


class Scalar(Record):
    """A plain or quoted text."""

    __slots__ = ()

    phrase: Phrase
    quoted: bool
    span: Span

    @property
    def text(self) -> str:
        """The text, without quotes."""
        return self.phrase.text


class Sequence(Record):
    """A list; `flow` if written in brackets."""

    items: tuple["Node", ...]
    flow: bool
    span: Span


class Mapping(Record):
    """Keys with their values, in order; `flow` if written in braces."""

    items: tuple[tuple[Scalar, "Node"], ...]
    flow: bool
    span: Span


Node = Scalar | Sequence | Mapping
