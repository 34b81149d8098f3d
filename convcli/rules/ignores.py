"""Comments that silence a rule on one line: `# convcli: ignore[bias-before-norm] exported with the bias`."""

import re
from collections.abc import Iterable, Mapping

from convcli.blocks import Words
from convcli.graph import Node
from convcli.record import Record
from convcli.rules.written import Line, Nest, Written, extent, lines_of, said
from convcli.source import Span

_CALL = re.compile(r"#[ \t]*convcli:[ \t]*([\w-]*)[ \t]*(\[[^\]\n]*\]?)?([^\r\n]*)")
_NAMES = re.compile(r"[^\s,\[\]]+")


class Name(Record):
    """The name of a rule as it is written; `code` is None where there is no such rule."""

    text: str
    span: Span
    code: str | None


class Ignore(Record):
    """A comment that silences rules, or is meant to.

    Attributes:
        line: where it stands.
        span: the comment, or what of it begins with `convcli:`.
        word: what stands in front of the brackets, `ignore` if it is right.
        names: the rules.
        closed: the brackets are closed.
        reason: what stands behind them.
    """

    line: Line
    span: Span
    word: str
    names: tuple[Name, ...]
    closed: bool
    reason: str

    @property
    def counts(self) -> bool:
        """Whether it silences the rules that it names: not without a reason."""
        return self.word == "ignore" and self.closed and bool(self.reason)


class Ignores:
    """All such comments of a network; `codes` are those of rules by their names, and by themselves.

    Attributes:
        all: in order of place.
        used: which of them have silenced what, by place in `all` and the rule's code.
    """

    def __init__(self, written: Written, comments: Iterable[Span], codes: Mapping[str, str]) -> None:
        lines = lines_of(written.network, comments)
        self.all = [ignore for line in lines if (ignore := _read(line, codes))]
        self.used: set[tuple[int, str]] = set()
        self._lines: dict[tuple[int, int], list[int]] = {}
        layers: dict[int, list[tuple[Span, int]]] = {}
        for at, ignore in enumerate(self.all):
            source = ignore.span.source
            self._lines.setdefault((id(source), ignore.span.line), []).append(at)
            if ignore.line.item and isinstance(ignore.line.item.body, Words):
                layers.setdefault(id(source), []).append((extent(ignore.line.item), at))
        self._layers = {source: Nest(stretches) for source, stretches in layers.items()}

    def covers_node(self, code: str, node: Node) -> bool:
        """Say whether a rule is silenced for a layer: on its own lines, or on those of a call that leads to it."""
        silent = [self.covers(code, span) for span in (node.span, *node.via) if span]  # all that do so are in use
        return any(silent)

    def covers(self, code: str, span: Span) -> bool:
        """Say whether a rule is silenced at a place, and note by which comments."""
        source = id(span.source)
        found = list(self._lines.get((source, span.line), ()))
        if source in self._layers:
            found += self._layers[source].around(span.start)
        silent = {at for at in found if self.all[at].counts and any(code == name.code for name in self.all[at].names)}
        self.used.update((at, code) for at in silent)
        return bool(silent)


def _read(line: Line, codes: Mapping[str, str]) -> Ignore | None:
    """Read a comment; None where it is none of these, but says something else behind `convcli:`."""
    comment = line.comment
    found = _CALL.search(said(comment))
    if found is None or (found[2] is None and found[1] != "ignore"):
        return None
    brackets = found[2] or ""
    names = []
    for name in _NAMES.finditer(brackets):
        start = comment.start + found.start(2) + name.start()
        names.append(Name(name[0], Span(comment.source, start, start + len(name[0])), codes.get(name[0])))
    span = Span(comment.source, comment.start + found.start(), comment.start + found.end())
    return Ignore(line, span, found[1], tuple(names), brackets.endswith("]"), found[3].strip(" \t:;,.-"))
