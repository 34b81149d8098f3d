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


def read_document(source: Source) -> Node:
    """Read a text that holds one YAML document.

    Raises:
        ConvcliError: it is no YAML, or passes a limit, or uses tags or merge keys.
    """
    if source.text.count("\n") > MAX_NODES // 2:
        found = Span(source, 0, 1)
        raise ConvcliError([Diagnostic("CV111", f"more than {MAX_NODES // 2:,} lines", found)])
    yaml = import_yaml()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Composer(source, yaml).compose(yaml.parse(source.text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        raise ConvcliError([_yaml_error(source, error)]) from None
    except yaml.reader.ReaderError as error:
        start = len(source.text.encode()[: error.position].decode(errors="ignore"))  # it counts in bytes
        at = Span(source, start, start + 1)
        raise ConvcliError([Diagnostic("CV111", "a character that YAML does not allow", at)]) from None


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

    def __init__(self, source: Source, yaml: Any) -> None:
        self.source = source
        self.yaml = yaml
        self.anchors: dict[str, Node | None] = {}
        self.nodes = 0

    def compose(self, events: Any) -> Node:
        stack: list[tuple[Any, list[Any]]] = []
        root: Node | None = None
        yaml = self.yaml
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                done: Node = self.scalar(event)
            elif kind is yaml.SequenceStartEvent or kind is yaml.MappingStartEvent:
                self.open(event, len(stack))
                stack.append((event, []))
                continue
            elif kind is yaml.SequenceEndEvent or kind is yaml.MappingEndEvent:
                done = self.close(*stack.pop(), event)
            elif kind is yaml.AliasEvent:
                done = self.alias(event)
            elif kind is yaml.DocumentStartEvent and root is not None:
                self.refuse("a second document begins here; a network file holds one", self.span(event))
            else:
                continue
            if stack:
                start, nodes = stack[-1]
                nodes.append(done)
                if len(nodes) == MAX_IN_BRACKETS and (start.flow_style or type(start) is yaml.MappingStartEvent):
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

    def refuse(self, message: str, span: Span, help: str = "") -> NoReturn:
        raise ConvcliError([Diagnostic("CV111", message, span, help=help)])

    def count(self, event: Any) -> None:
        """Count a node against the limit; refuse tags, which a network file has no use for."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.refuse(f"more than {MAX_NODES:,} YAML nodes", self.span(event))
        if event.tag is not None:
            self.refuse(f"the tag `{event.tag}` has no place in a network file", self.span(event), "leave it out")

    def scalar(self, event: Any) -> Scalar:
        self.count(event)
        start, end, value, style = event.start_mark.index, event.end_mark.index, event.value, event.style or ""
        text = self.source.text
        if event.anchor:
            start = _behind_anchor(text, start, end)
        offsets: int | tuple[int, ...] = start + len(style)
        if not text.startswith(value, start + len(style)) or (style and end - start != len(value) + 2):
            from convcli.readers.places import places  # most texts stand in the file as they are

            offsets = places(text, start, end, value, style)
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
        pairs = tuple(zip(nodes[::2], nodes[1::2], strict=True))
        if len(pairs) == 1 and type(pairs[0][0]) is Scalar and pairs[0][0].phrase.text != "<<":
            return pairs
        seen: dict[str, Scalar] = {}
        for key, _ in pairs:
            if not isinstance(key, Scalar):
                self.refuse("a key must be a plain text", key.span, "quote the layer, or write one layer per `- ` line")
            if key.text == "<<" and not key.quoted:
                help = "use `vars`, `blocks` and `variants` instead"
                self.refuse("merge keys (`<<`) have no place in a network file", key.span, help)
            if key.text in seen:
                first = Related(seen[key.text].span, "first here")
                raise ConvcliError(
                    [Diagnostic("CV110", f"the key `{key.text}` stands twice", key.span, related=(first,))]
                )
            seen[key.text] = key
        return pairs

    def alias(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            self.refuse(f"there is no anchor `&{event.anchor}` above", self.span(event))
        node = self.anchors[event.anchor]
        if node is None:
            self.refuse(f"the anchor `&{event.anchor}` contains itself", self.span(event))
        return node


def _behind_anchor(text: str, start: int, end: int) -> int:
    """Return where a text begins behind its anchor, with comments between them."""
    found = re.compile(r"(?:&\S*|#[^\n]*|[ \t\r\n]+)*").match(text, start, end)
    return found.end() if found else start


def _yaml_error(source: Source, error: Any) -> Diagnostic:
    mark, reason = error.problem_mark or error.context_mark, error.problem or error.context or ""
    if "quoted scalar" in (error.context or "") and "end of stream" in reason:
        mark, reason = error.context_mark, "a quote is never closed"
    at = min(mark.index, max(len(source.text) - 1, 0)) if mark else 0
    line = source.line(source.position(at)[0])
    if "\t" in line[: len(line) - len(line.lstrip())] and "cannot start any token" in reason:
        reason = "a tab indents this line"
    if "expected comment or line break" in reason and source.text[at - 1 : at] == ">":
        at, reason = at - 1, "a bare `>` begins a block of text"
    return Diagnostic("CV111", f"this is no YAML: {reason}", Span(source, at, at + 1), help=_yaml_help(line, reason))


def _yaml_help(line: str, reason: str) -> str:
    if reason.startswith("a tab"):
        return "tabs do not indent in YAML; write spaces"
    value = line.partition(": ")[2].strip()
    if value.startswith((">", "|")) or "block scalar" in reason:
        return f'quote it: "{value}"'
    if "mapping values are not allowed" in reason:
        return "in a call an argument is written `name=value`; a layer's name and its colon stand first on the line"
    if value.startswith(("*", "&", "!", "%", "@", "`")):
        return f"quote it: '{value}'"
    return ""
