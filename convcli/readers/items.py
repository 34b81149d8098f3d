"""Lists of layers in a network file: the nodes of YAML to items in words."""

from pathlib import Path
from typing import TYPE_CHECKING

from convcli.blocks import (
    MERGES,
    Item,
    Items,
    Merge,
    Words,
)
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer import syntax
from convcli.layer.whitelist import without_prefix
from convcli.readers.words import WordReader, blank_missing, invalid, is_empty
from convcli.source import Source, Span

if TYPE_CHECKING:
    from convcli.readers.revision import Blob

RESERVED = ("x", "input", "_", "in_channels")
"""Names that mean something everywhere."""


class ItemReader(WordReader):
    """Reads lists of layers."""

    def __init__(self, source: Source, path: "Path | Blob | None") -> None:
        super().__init__(source, path)
        self.read_already: dict[int, Items] = {}

    def items(self, node: Node) -> Items:
        """Read a list of layers; what aliases stand for is read once, however often it is asked for."""
        found = self.read_already.get(id(node))
        if found is None:
            found = self.read_already[id(node)] = self._items(node)
        return found

    def _items(self, node: Node) -> Items:
        if isinstance(node, Sequence):
            if self.check_split(node):
                return Items((Item(None, invalid(node), node.span),), node.span)
            return Items(tuple(self.item(item) for item in node.items), node.span)
        if not is_empty(node):
            self.complain("CV111", "layers are a list: one layer per `- ` line", node.span)
        return Items((), node.span)

    def check_split(self, node: Node) -> bool:
        """Catch what YAML splits: `Conv2d(3, kernel_size: 3)` at its colon, `[Conv2d(3, 64, 3)]` at its commas."""
        if isinstance(node, Mapping) and node.items and not (node.flow and node.items[1:]):
            key = node.items[0][0]
            if ("(" in key.text or "[" in key.text) and self.is_split_at_colon(key):
                return True
        if not isinstance(node, Sequence | Mapping) or not node.flow:
            return False
        parts = node.items if isinstance(node, Sequence) else [part for pair in node.items for part in pair]
        split = any(isinstance(part, Scalar) and part.text.count("(") != part.text.count(")") for part in parts)
        if split:
            help = "write one layer per `- ` line, or quote each layer"
            self.complain("CV111", "YAML splits this at its commas, also inside of parentheses", node.span, help)
        return split

    def is_split_at_colon(self, key: Scalar) -> bool:
        """Complain of a key that is the beginning of a layer up to a colon in its brackets."""
        if key.quoted or all(key.text.count(sign) <= key.text.count(end) for sign, end in ("()", "[]")):
            return False
        from convcli.readers.colons import split_at_colon

        found = split_at_colon(self.source, self.source.text.find(":", key.span.end))
        if found:
            self.keep(found)
        return found is not None

    def item(self, node: Node) -> Item:
        if isinstance(node, Scalar):
            if is_empty(node):
                self.complain("CV101", "a layer is missing behind `-`", node.span)
                return Item(None, invalid(node), node.span)
            return Item(None, self.words(node, alone=True) or invalid(node), node.span)
        if self.check_split(node):
            return Item(None, invalid(node), node.span)
        if isinstance(node, Sequence) or not node.items:
            self.complain("CV111", "a list without a name", node.span, "write `- name:` and the list below it")
            return Item(None, invalid(node), node.span)
        return self.pair(node)

    def pair(self, node: Mapping) -> Item:
        """Read an item that is a mapping: a name with its layer, a merge, or a call as a mapping."""
        key, value = node.items[0]
        is_name = not isinstance(value, Mapping) or self.is_named_call(value)
        of = None
        if len(node.items) > 1:
            is_call = not is_name and key.text not in MERGES
            of = next((tensor for other, tensor in node.items[1:] if is_call and other.text == "of"), None)
            others = [other for other, _ in node.items[1:] if of is None or other.text != "of"]
            if others and self.belongs_below(key, value, others[0], is_name=is_name):
                name = None if _is_call(key) or key.text in MERGES else self.item_name(key)
                return Item(name, invalid(node), node.span)
        if key.text in MERGES and (not isinstance(value, Scalar) or is_empty(value)):
            return Item(None, self.merge(key, value), node.span)
        if isinstance(value, Mapping) and not is_name:
            if ":" in key.text:  # `conv:Conv2d:`, two keys
                return Item(self.item_name(key), invalid(node), node.span)
            call = invalid(node) if self.check_split(value) else self.call(key, value, of)
            return Item(None, call, node.span)
        name = self.item_name(key)
        if isinstance(value, Mapping):
            return Item(name, self.pair(value).body, node.span)
        if isinstance(value, Sequence):
            return Item(name, invalid(value) if self.check_split(value) else self.items(value), node.span)
        if is_empty(value):
            help = f"write `{key.text}()`, or `{key.text}: {{}}`" if _is_call(key) else ""
            help = help or "write it behind the colon, or below as a list, indented"
            self.complain("CV101", f"`{key.text}:` has no layer", key.span, help)
            return Item(name, invalid(value), node.span)
        return Item(name, self.words(value) or invalid(value), node.span)

    def belongs_below(self, key: Scalar, value: Node, other: Scalar, *, is_name: bool) -> bool:
        """Complain of a key beside an item's first one; say whether it belongs to what is below that."""
        kind, help = "an item", "begin each layer with `- `; "
        if key.text in MERGES and (is_empty(value) or isinstance(value, Mapping)):
            kind, help = "a merge", "the branches of a merge are indented below it"
        elif other.text == "of":
            help = "a layer is applied with `layer(tensor)`; `of` stands beside a call written as a mapping"
        else:
            if not is_name or (is_empty(value) and _is_call(key)):
                kind, help = "a call", ""
            help += "arguments of a call written as a mapping are indented below it"
        self.complain("CV110", f"`{other.text}` beside `{key.text}`: {kind} has one key", other.span, help)
        return is_empty(value) or not is_name

    @staticmethod
    def is_named_call(value: Mapping) -> bool:
        """Tell `conv1: {Conv2d: {...}}` from `Conv2d: {out_channels: 8}`: arguments are never mappings.

        What has a key without a value is also meant as a call, whose arguments are indented too little.
        """
        if not value.items:
            return False
        key, inner = value.items[0]
        if isinstance(inner, Scalar):
            return not inner.text and not inner.quoted and (_is_call(key) or key.text in MERGES)
        return isinstance(inner, Mapping) or key.text in MERGES

    def item_name(self, key: Scalar) -> str | None:
        name = key.text.strip()
        name = name[1:-1] if name.startswith("(") and name.endswith(")") else name
        if not _is_name(name) or name in RESERVED:
            help = "a name has letters, digits, `_` and `-`; `x`, `input`, `in_channels` and `_` are taken"
            self.complain(
                "CV115", f"`{key.text}` cannot be the name of a layer", key.span, blank_missing(key, "- ") or help
            )
            return None
        return name

    def merge(self, key: Scalar, node: Node) -> Merge:
        function = key.text
        branches = [self.branch(branch) for branch in node.items] if isinstance(node, Sequence) else []
        for name, branch in node.items if isinstance(node, Mapping) else ():
            whole = Span(self.source, name.span.start, max(name.span.end, branch.span.end))
            branches.append(self.branch(branch)._replace(name=self.item_name(name), span=whole))
        self.check_split(node)
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
        keywords = []
        for name, node in arguments.items:
            if name.text == "of":
                of = node
                continue
            place = (name.span.start, node.span.end)
            keywords.append(syntax.Keyword(name.text, self.value(node), place))
        operator = syntax.Name(without_prefix(key.text), at)
        call = syntax.Call(operator, (), tuple(keywords), (at[0], max(at[1], arguments.span.start)))
        if of is not None:
            call = syntax.Call(call, (self.value(of),), (), call.at)
        return Words(call, self.whole)


def _is_name(text: str) -> bool:
    """Say whether a text is made of letters, digits, `_` and `-`."""
    return text.isascii() and text.replace("_", "a").replace("-", "a").isalnum() and not text.startswith("-")


def _is_call(key: Scalar) -> bool:
    """Say whether a key is written like an operator or a block, and not like a name."""
    return without_prefix(key.text)[:1].isupper()
