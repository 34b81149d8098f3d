"""YAML text to a document with places, from parse events, within limits.

Parse events instead of PyYAML's composer: the composer recurses in C and crashes the interpreter
on deep nesting, and it knows no limits. Nothing is ever constructed from a tag.
"""

import re
import sys
from typing import Any, NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic, Related
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.source import Phrase, Source, Span

MAX_LEVELS = 64
MAX_NODES = 400_000
MAX_IN_BRACKETS = 50_000


MOST_FINDINGS = 100
"""Reading stops at this many mistakes."""


def read_document(source: Source, findings: list[Diagnostic], texts: list[tuple[int, int]] | None = None) -> Node:
    """Read a text that holds one YAML document; mistakes that can be read past go into `findings`.

    Where quoted texts and blocks of text stand goes into `texts`.

    Raises:
        ConvcliError: it is no YAML, or passes a limit, or has more mistakes than anybody reads.
    """
    if source.text.count("\n") > MAX_NODES // 2:
        found = Span(source, 0, 1)
        raise ConvcliError([Diagnostic("CV111", f"more than {MAX_NODES // 2:,} lines", found)])
    yaml = import_yaml()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    composer = _Composer(source, yaml, findings, [] if texts is None else texts)
    try:
        return composer.compose(loader(source.text))
    except yaml.MarkedYAMLError as error:
        from convcli.readers.yaml_mistakes import explain

        composer.give_up(explain(source, error, composer.stack))
    except yaml.reader.ReaderError as error:
        start = len(source.text.encode()[: error.position].decode(errors="ignore"))  # it counts in bytes
        at = Span(source, start, start + 1)
        composer.give_up(Diagnostic("CV111", "a character that YAML does not allow", at))


def import_yaml() -> Any:
    """Import PyYAML without compiling the patterns of its pure-Python resolver and reader.

    They are a quarter of convcli's whole start, and the C parser uses none of them. A pattern
    that is used after all, by somebody else in this process, is compiled then.
    See docs/decisions/0006-yaml-patterns-on-demand.md.
    """
    if "yaml" not in sys.modules:
        compile_now = re.compile
        re.compile = lambda *pattern: _Pattern(compile_now, pattern)  # type: ignore[assignment]
        try:
            import yaml
        finally:
            re.compile = compile_now
    import yaml

    return yaml


class _Pattern:
    """A regular expression that is compiled when it is first used."""

    def __init__(self, compile_now: Any, pattern: tuple[Any, ...]) -> None:
        self._compile = compile_now
        self._pattern = pattern

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compile(*self._pattern), name)


class _Composer:
    """Builds nodes from events, with a stack of its own."""

    def __init__(self, source: Source, yaml: Any, findings: list[Diagnostic], texts: list[tuple[int, int]]) -> None:
        self.source = source
        self.yaml = yaml
        self.findings = findings
        self.texts = texts
        self.stack: list[tuple[Any, list[Any]]] = []
        self.anchors: dict[str, Node | None] = {}
        self.nodes = 0

    def compose(self, loader: Any) -> Node:
        """Build the document from a loader's events, which end with None."""
        stack, yaml = self.stack, self.yaml
        text, list_start, map_start = yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent
        root: Node | None = None
        for event in iter(loader.get_event, None):
            kind = type(event)
            if kind is text:
                done: Node = self.scalar(event)
            elif kind is list_start or kind is map_start:
                self.open(event, len(stack))
                stack.append((event, []))
                continue
            elif kind is yaml.SequenceEndEvent or kind is yaml.MappingEndEvent:
                done = self.close(*stack.pop(), event)
            elif kind is yaml.AliasEvent:
                done = self.alias(event)
            elif kind is yaml.DocumentStartEvent and root is not None:
                self.complain("CV111", "a second document begins here; a network file holds one", self.span(event))
                break
            else:
                continue
            if stack:
                start, nodes = stack[-1]
                nodes.append(done)
                if len(nodes) == MAX_IN_BRACKETS and (start.flow_style or type(start) is map_start):
                    self.refuse(
                        f"more than {MAX_IN_BRACKETS:,} keys and values, or items in brackets", self.span(start)
                    )
            else:
                root = done
        if root is None:
            self.refuse("the file is empty", Span(self.source, 0, 0))
        return root

    def span(self, event: Any) -> Span:
        return Span(self.source, event.start_mark.index, event.end_mark.index)

    def refuse(self, message: str, span: Span) -> NoReturn:
        """Give up: a limit is passed, or nothing is there to be read."""
        self.give_up(Diagnostic("CV111", message, span))

    def give_up(self, *found: Diagnostic) -> NoReturn:
        """Raise what was found on the way, in order of place, and then what ends the reading."""
        raise ConvcliError([*sorted(self.findings, key=lambda one: one.span.start if one.span else 0), *found])

    def complain(self, code: str, message: str, span: Span, help: str = "", related: tuple[Related, ...] = ()) -> None:
        """Keep a mistake, and go on."""
        self.keep(Diagnostic(code, message, span, help=help, related=related))

    def keep(self, found: Diagnostic) -> None:
        self.findings.append(found)
        if len(self.findings) >= MOST_FINDINGS:
            self.give_up()

    def count(self, event: Any) -> None:
        """Count a node against the limit; complain of tags, which a network file has no use for."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.refuse(f"more than {MAX_NODES:,} YAML nodes", self.span(event))
        if event.tag is not None:
            from convcli.readers.yaml_mistakes import tag

            self.keep(tag(self.source, event.start_mark.index))

    def scalar(self, event: Any) -> Scalar:
        self.count(event)
        start, end, value, style = event.start_mark.index, event.end_mark.index, event.value, event.style or ""
        text = self.source.text
        if event.anchor or event.tag is not None:
            start = _behind_properties(text, start, end)
        offsets: int | tuple[int, ...] = start + len(style)
        if not text.startswith(value, start + len(style)) or (style and end - start != len(value) + 2):
            from convcli.readers.places import places  # most texts stand in the file as they are

            offsets = places(text, start, end, value, style)
        if style:
            self.texts.append((start, end))
        node = Scalar(Phrase(value, self.source, offsets), style in ("'", '"'), Span(self.source, start, end))
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def open(self, event: Any, depth: int) -> None:
        self.count(event)
        if depth >= MAX_LEVELS:
            self.refuse(f"YAML nested deeper than {MAX_LEVELS} levels", self.span(event))
        if event.anchor:
            self.anchors[event.anchor] = None

    def close(self, start: Any, nodes: list[Any], end: Any) -> Node:
        span = Span(self.source, start.start_mark.index, end.end_mark.index)
        if type(start) is self.yaml.SequenceStartEvent:
            node: Node = Sequence(tuple(nodes), bool(start.flow_style), span)
        else:
            node = Mapping(self.pairs(nodes), bool(start.flow_style), span)
        if start.anchor:
            self.anchors[start.anchor] = node
        return node

    def pairs(self, nodes: list[Any]) -> tuple[tuple[Scalar, Node], ...]:
        """Return keys with their values, each key once."""
        pairs = tuple(zip(nodes[::2], nodes[1::2], strict=True))
        if len(pairs) == 1 and type(pairs[0][0]) is Scalar and pairs[0][0].phrase.text != "<<":
            return pairs
        kept: dict[str, tuple[Scalar, Node]] = {}
        for key, value in pairs:
            if not isinstance(key, Scalar):
                self.complain_of_key(key.span)
            elif key.text == "<<" and not key.quoted:
                help = "use `vars`, `blocks` and `variants` instead"
                self.complain("CV111", "merge keys (`<<`) have no place in a network file", key.span, help)
            elif key.text in kept:
                first, known = kept[key.text]
                related = (Related(first.span, "first here"),)
                self.complain("CV110", f"the key `{key.text}` stands twice", key.span, related=related)
                if isinstance(known, Mapping) and isinstance(value, Mapping):  # what both hold may be in use
                    kept[key.text] = first, known._replace(items=known.items + value.items)
            else:
                kept[key.text] = key, value
        return tuple(kept.values())

    def complain_of_key(self, span: Span) -> None:
        if not any(found.span and span.start <= found.span.start < span.end for found in self.findings):
            help = "quote the layer, or write one layer per `- ` line"
            self.complain("CV111", "a key must be a plain text", span, help)

    def alias(self, event: Any) -> Node:
        """Return what an alias stands for; the alias itself, as a text, where that is not known."""
        node = self.anchors.get(event.anchor)
        if node is not None:
            return node
        span = self.span(event)
        known = event.anchor in self.anchors
        message = (
            f"the anchor `&{event.anchor}` contains itself" if known else f"there is no anchor `&{event.anchor}` above"
        )
        self.complain("CV111", message, span)
        return Scalar(Phrase(span.text(), self.source, span.start), False, span)


def _behind_properties(text: str, start: int, end: int) -> int:
    """Return where a text begins behind its anchor and its tag, between which comments may stand."""
    found = re.compile(r"(?:[&!]\S*|#[^\n]*|[ \t\r\n]+)*").match(text, start, end)
    return found.end() if found else start
