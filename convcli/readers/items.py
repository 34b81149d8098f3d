"""Lists of layers in a network file: the nodes of YAML to items in words."""

import re
from pathlib import Path

from convcli.blocks import (
    MERGES,
    Item,
    Items,
    Merge,
    Words,
)
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer import syntax
from convcli.layer.parse import parse, parse_at
from convcli.layer.syntax import Expression
from convcli.source import Phrase, Source, Span

MOST_FINDINGS = 100
"""Reading stops at this many mistakes."""

RESERVED = ("x", "input", "_", "in_channels")
"""Names that mean something everywhere."""


class ItemReader:
    """Reads one file; keeps what is wrong with single lines and goes on."""

    def __init__(self, source: Source, path: Path | None) -> None:
        self.source = source
        self.path = path
        self.whole = Phrase(source.text, source, 0)
        self.findings: list[Diagnostic] = []
        self.read_already: dict[int, Items] = {}
        self.lists_read: dict[int, Expression] = {}

    def complain(self, code: str, message: str, span: Span, help: str = "") -> None:
        """Keep a mistake, and go on."""
        self.keep(Diagnostic(code, message, span, help=help))

    def keep(self, *found: Diagnostic) -> None:
        """Keep mistakes; give up where there are more than anybody reads."""
        self.findings.extend(found)
        if len(self.findings) >= MOST_FINDINGS:
            raise ConvcliError(self.findings)

    def items(self, node: Node) -> Items:
        """Read a list of layers; what aliases stand for is read once, however often it is asked for."""
        found = self.read_already.get(id(node))
        if found is None:
            found = self.read_already[id(node)] = self._items(node)
        return found

    def _items(self, node: Node) -> Items:
        if isinstance(node, Sequence):
            if self.check_split_at_commas(node):
                return Items((Item(None, _invalid(node), node.span),), node.span)
            return Items(tuple(self.item(item) for item in node.items), node.span)
        if not is_empty(node):
            self.complain("CV111", "layers are a list: one layer per `- ` line", node.span)
        return Items((), node.span)

    def check_split_at_commas(self, node: Node) -> bool:
        """Catch `[Conv2d(3, 64, 3), ReLU()]`, which YAML splits at every comma."""
        if not isinstance(node, Sequence | Mapping) or not node.flow:
            return False
        parts = node.items if isinstance(node, Sequence) else [part for pair in node.items for part in pair]
        split = any(isinstance(part, Scalar) and part.text.count("(") != part.text.count(")") for part in parts)
        if split:
            help = "write one layer per `- ` line, or quote each layer"
            self.complain("CV111", "YAML splits this at its commas, also inside of parentheses", node.span, help)
        return split

    def item(self, node: Node) -> Item:
        if isinstance(node, Scalar):
            if is_empty(node):
                self.complain("CV101", "a layer is missing behind `-`", node.span)
                return Item(None, _invalid(node), node.span)
            return Item(None, self.words(node) or _invalid(node), node.span)
        if self.check_split_at_commas(node):
            return Item(None, _invalid(node), node.span)
        if isinstance(node, Sequence) or not node.items:
            self.complain("CV111", "a list without a name", node.span, "write `- name:` and the list below it")
            return Item(None, _invalid(node), node.span)
        return self.pair(node)

    def pair(self, node: Mapping) -> Item:
        """Read an item that is a mapping: a name with its layer, a merge, or a call as a mapping."""
        (key, value), of = node.items[0], None
        if len(node.items) == 2 and node.items[1][0].text == "of":
            of = node.items[1][1]
        elif len(node.items) > 1:
            second = node.items[1][0]
            help = "begin each layer with `- `; arguments of a call written as a mapping are indented below it"
            self.complain("CV110", f"`{second.text}` beside `{key.text}`: an item has one key", second.span, help)
        if key.text in MERGES and isinstance(value, Sequence | Mapping):
            return Item(None, self.merge(key, value), node.span)
        inner = value.items[0] if isinstance(value, Mapping) and value.items else None
        if isinstance(value, Mapping) and not (inner and self.is_named_call(value)):
            return Item(None, self.call(key, value, of), node.span)
        name = self.item_name(key)
        if inner and inner[0].text in MERGES and isinstance(inner[1], Sequence | Mapping):
            return Item(name, self.merge(inner[0], inner[1]), node.span)
        if isinstance(value, Mapping):
            named = self.pair(value)
            return Item(name, named.body, node.span)
        if isinstance(value, Sequence):
            return Item(name, _invalid(value) if self.check_split_at_commas(value) else self.items(value), node.span)
        if is_empty(value):
            self.complain("CV101", f"`{key.text}:` has no layer", key.span)
            return Item(name, _invalid(value), node.span)
        return Item(name, self.words(value) or _invalid(value), node.span)

    @staticmethod
    def is_named_call(value: Mapping) -> bool:
        """Tell `conv1: {Conv2d: {...}}` from `Conv2d: {out_channels: 8}`: arguments are never mappings."""
        key, inner = value.items[0]
        return isinstance(inner, Mapping) or (key.text in MERGES and isinstance(inner, Sequence))

    def item_name(self, key: Scalar) -> str | None:
        name = key.text.strip()
        name = name[1:-1] if name.startswith("(") and name.endswith(")") else name
        if not _is_name(name) or name in RESERVED:
            help = "a name has letters, digits, `_` and `-`; `x`, `input`, `in_channels` and `_` are taken"
            self.complain("CV115", f"`{key.text}` cannot be the name of a layer", key.span, help)
            return None
        return name

    def merge(self, key: Scalar, node: Node) -> Merge:
        function = key.text
        branches = [self.branch(branch) for branch in node.items] if isinstance(node, Sequence) else []
        for name, branch in node.items if isinstance(node, Mapping) else ():
            whole = Span(self.source, name.span.start, max(name.span.end, branch.span.end))
            branches.append(self.branch(branch)._replace(name=self.item_name(name), span=whole))
        self.check_split_at_commas(node)
        if not branches:
            self.complain("CV111", f"`{function}` has no branches", node.span, "write the branches as a list below it")
        return Merge(function, tuple(branches), key.span)

    def branch(self, node: Node) -> Item:
        """Read a branch: a list, a layer, or nothing, which passes the tensor on."""
        if isinstance(node, Sequence):
            return Item(None, self.items(node), node.span)
        if is_empty(node):
            return Item(None, Items((), node.span), node.span)
        return self.item(node)

    def call(self, key: Scalar, arguments: Mapping, of: Node | None) -> Words:
        """Read a call written as a mapping, `Conv2d: {out_channels: 8, kernel_size: 3}`."""
        at = (key.span.start, key.span.end)
        prefix, _, last = key.text.rpartition(".")
        operator = last if prefix in ("nn", "torch.nn", "F", "torch.nn.functional", "torch") else key.text
        keywords = []
        for name, node in arguments.items:
            if name.text == "of":
                of = node
                continue
            place = (name.span.start, node.span.end)
            keywords.append(syntax.Keyword(name.text, self.value(node), place))
        call = syntax.Call(syntax.Name(operator, at), (), tuple(keywords), (at[0], max(at[1], arguments.span.start)))
        if of is not None:
            call = syntax.Call(call, (self.value(of),), (), call.at)
        return Words(call, self.whole)

    # ---- expressions

    def words(self, node: Scalar) -> Words | None:
        try:
            return Words(parse(node.phrase), node.phrase)
        except ConvcliError as error:
            self.keep(*error.diagnostics)
            return None

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
            return parse_at(self.whole, *at)
        except ConvcliError as error:
            sexagesimal = re.fullmatch(r"\d+(:\d+)+", node.text)
            help = f'other YAML tools read this as a number to the base 60; quote it: "{node.text}"'
            self.keep(*(d._replace(help=help) if sexagesimal else d for d in error.diagnostics))
            return syntax.Invalid(at)


def _is_name(text: str) -> bool:
    """Say whether a text is made of letters, digits, `_` and `-`."""
    return text.isascii() and text.replace("_", "a").replace("-", "a").isalnum() and not text.startswith("-")


def is_empty(node: Node) -> bool:
    """Say whether a node is YAML's nothing: no text, `~` or `null`."""
    return isinstance(node, Scalar) and not node.quoted and node.text in ("", "~", "null")


def _invalid(node: Node) -> Words:
    return Words(syntax.Invalid((0, node.span.end - node.span.start)), Phrase(node.span.text(), *_origin(node)))


def _origin(node: Node) -> tuple[Source, int]:
    return node.span.source, node.span.start
