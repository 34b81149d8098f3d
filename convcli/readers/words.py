"""Expressions in a network file: the texts of YAML to words, and what is wrong with single ones."""

from pathlib import Path
from typing import TYPE_CHECKING

from convcli.blocks import Words
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer import syntax
from convcli.layer.parse import parse, parse_at
from convcli.layer.syntax import Expression
from convcli.readers.comments import comments_of
from convcli.readers.document import MOST_FINDINGS, read_document
from convcli.source import Phrase, Source, Span

if TYPE_CHECKING:
    from convcli.readers.revision import Blob


class WordReader:
    """Reads one file; keeps what is wrong with single lines and goes on."""

    def __init__(self, source: Source, path: "Path | Blob | None") -> None:
        self.source = source
        self.path = path
        self.whole = Phrase(source.text, source, 0)
        self.findings: list[Diagnostic] = []
        self.refused: tuple[Span, ...] = ()
        self.lists_read: dict[int, Expression] = {}
        self.comments: tuple[Span, ...] = ()

    def document(self) -> Node:
        """Read the file as YAML; what is refused of it is not complained of again."""
        texts: list[tuple[int, int]] = []
        root = read_document(self.source, self.findings, texts)
        self.comments = comments_of(self.source, texts)
        self.refused = tuple(found.span for found in self.findings if found.span)
        return root

    def complain(self, code: str, message: str, span: Span, help: str = "") -> None:
        """Keep a mistake, and go on."""
        self.keep(Diagnostic(code, message, span, help=help))

    def keep(self, *found: Diagnostic) -> None:
        """Keep mistakes, each once; give up where there are more than anybody reads."""
        for one in found:
            if one not in self.findings and not (one.span and self.is_refused(one.span)):
                self.findings.append(one)
        if len(self.findings) >= MOST_FINDINGS:
            raise ConvcliError(self.findings)

    def is_refused(self, span: Span) -> bool:
        """Say whether a place lies within what YAML's own reading has complained of."""
        return any(one.start <= span.start < one.end and one.source is span.source for one in self.refused)

    def words(self, node: Scalar, *, alone: bool = False) -> Words | None:
        """Read an expression; what stands alone in its item may be a name whose colon lacks a blank."""
        try:
            return Words(parse(node.phrase), node.phrase)
        except ConvcliError as error:
            (found,) = error.diagnostics
            help = blank_missing(node, "- ") if alone and found.span and found.span.text() == ":" else ""
            self.keep(found._replace(help=help or found.help))
            return None

    def as_words(self, tree: Expression) -> Words:
        """Make words of an expression whose positions count in the whole file."""
        return Words(tree, self.whole)

    def value(self, node: Node) -> Expression:
        """Read a value whose positions count in the whole file: a plain text is an expression."""
        at = (node.span.start, node.span.end)
        if isinstance(node, Sequence):
            found = self.lists_read.get(id(node))
            if found is None:
                found = self.lists_read[id(node)] = syntax.List(tuple(map(self.value, node.items)), "[]", at)
            return found
        if isinstance(node, Mapping):
            self.complain("CV111", "a mapping has no place in an expression", node.span)
            return syntax.Invalid(at)
        if node.quoted:
            return syntax.Constant(node.text, at)
        if is_empty(node):
            return syntax.Constant(None, at)
        try:
            text = node.phrase.whole()  # without the sign that begins a block of text
            return parse_at(self.whole, text.start, text.end)
        except ConvcliError as error:
            from convcli.readers.colons import other_number

            number = other_number(node)
            self.keep(*([number] if number else error.diagnostics))
            return syntax.Invalid(at)


def blank_missing(node: Node, before: str = "") -> str:
    """Say what to type where a text is a name and a value that no blank parts; empty where it is not."""
    from convcli.readers.colons import mended  # only mistakes need it

    better = mended(node.text) if isinstance(node, Scalar) else ""
    return f"a blank belongs behind the colon: `{before}{better}`" if better else ""


def is_empty(node: Node) -> bool:
    """Say whether a node is YAML's nothing: no text, `~` or `null`."""
    return isinstance(node, Scalar) and not node.quoted and node.text in ("", "~", "null")


def invalid(node: Node) -> Words:
    """Return words for what could not be read, at its place."""
    span = node.span
    return Words(syntax.Invalid((0, span.end - span.start)), Phrase(span.text(), span.source, span.start))
