"""Network files: a YAML document with places to a network in words."""

import re
from pathlib import Path

from convcli.blocks import (
    MERGES,
    Block,
    InputWords,
    Item,
    Items,
    Merge,
    Network,
    Parameter,
    Variable,
    Variant,
    Words,
)
from convcli.diagnostics import ConvcliError, Diagnostic, nearest
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer import syntax
from convcli.layer.parse import parse, parse_at
from convcli.layer.syntax import Expression
from convcli.readers.document import read_document
from convcli.readers.uses import read_uses
from convcli.source import Phrase, Source, Span

KEYS = ("name", "input", "inputs", "outputs", "vars", "variants", "blocks", "layers", "uses", "check")
RESERVED = ("x", "input", "_", "in_channels")


def read_network(source: Source, path: Path | None = None) -> Network:
    """Read a network file; `path` is where it lies, for `uses`.

    Mistakes in single lines are in the network's `findings`; the other lines are read all the same.

    Raises:
        ConvcliError: the text is no YAML, or no network file at all.
    """
    return _Reader(source, path).network(read_document(source))


def read_definitions(source: Source, path: Path) -> Network:
    """Read a file that `uses` names: only its blocks and variables matter."""
    return _Reader(source, path).network(read_document(source), definitions=True)


class _Reader:
    """Turns the nodes of one file into words; keeps what is wrong and goes on."""

    def __init__(self, source: Source, path: Path | None) -> None:
        self.source = source
        self.path = path
        self.whole = Phrase(source.text, source, 0)
        self.findings: list[Diagnostic] = []

    def complain(self, code: str, message: str, span: Span, help: str = "") -> None:
        self.findings.append(Diagnostic(code, message, span, help=help))

    # ---- the top level

    def network(self, root: Node, *, definitions: bool = False) -> Network:
        if not isinstance(root, Mapping):
            help = "a network file begins like this:\n    input: [3, 224, 224]\n    layers:\n      - Conv2d(3, 64, 3)"
            message = "a network file is a mapping with `input` and `layers`"
            raise ConvcliError([Diagnostic("CV111", message, root.span, help=help)])
        top = {key.text: node for key, node in root.items}
        for key, _ in root.items:
            if key.text not in KEYS:
                meant = nearest(key.text, KEYS)
                help = f"did you mean `{meant}`?" if meant else f"the keys are: {', '.join(KEYS)}"
                self.complain("CV110", f"unknown key `{key.text}`", key.span, help)
        used = read_uses(self.scalars(top.get("uses")), self.path, read_definitions, self.findings)
        body = self.body(top, root, definitions=definitions)
        name = self.text(top.get("name")) or (self.path.stem if self.path else self.source.name.strip("<>"))
        variables = {v.name: v for network in used for v in network.variables}
        variables.update({v.name: v for v in self.variables(top.get("vars"), "vars")})
        blocks = [block for network in used for block in network.blocks]
        return Network(
            name, self.source.name, "yaml", body,
            self.inputs(top), self.outputs(top.get("outputs")), tuple(variables.values()),
            self.variants(top.get("variants")), self.blocks(top.get("blocks"), blocks),
            self.mapping(top.get("check"), "check"), tuple(self.findings),
        )  # fmt: skip

    def body(self, top: dict[str, Node], root: Mapping, *, definitions: bool) -> Items:
        layers = top.get("layers")
        if definitions or (layers is None and "layers" in top):
            return Items((), root.span)
        if layers is None:
            self.complain("CV111", "the file has no `layers`", root.items[0][0].span if root.items else root.span)
            return Items((), root.span)
        return self.items(layers)

    def text(self, node: Node | None) -> str:
        if node is not None and not isinstance(node, Scalar):
            self.complain("CV111", "a plain text is expected here", node.span)
        return node.text if isinstance(node, Scalar) else ""

    def scalars(self, node: Node | None) -> list[Scalar]:
        nodes = node.items if isinstance(node, Sequence) else () if node is None else (node,)
        for item in nodes:
            if not isinstance(item, Scalar):
                self.complain("CV111", "a plain text is expected here", item.span)
        return [item for item in nodes if isinstance(item, Scalar)]

    def mapping(self, node: Node | None, what: str) -> Mapping | None:
        if node is None or isinstance(node, Mapping) or _empty(node):
            return node if isinstance(node, Mapping) else None
        self.complain("CV111", f"`{what}` is a mapping: one `name: value` per line", node.span)
        return None

    def inputs(self, top: dict[str, Node]) -> tuple[InputWords, ...]:
        if "input" in top and "inputs" in top:
            self.complain("CV110", "`input` and `inputs` are for one and for several inputs", top["inputs"].span)
        if "input" in top:
            return (self.input("input", top["input"]),)
        inputs = self.mapping(top.get("inputs"), "inputs")
        return tuple(self.input(key.text, node) for key, node in inputs.items) if inputs else ()

    def input(self, name: str, node: Node) -> InputWords:
        if isinstance(node, Scalar):
            sizes = [self._size(part) for part in re.finditer(r"[^x,\s]+", node.text)]
            words = [Words(syntax.Constant(size, at), node.phrase) for size, at in sizes if size is not None]
            if len(words) != len(sizes) or not words:
                help = "write `input: [3, 224, 224]`: channels, height, width, without the batch"
                self.complain("CV112", f"`{node.text}` is no size", node.span, help)
        elif isinstance(node, Sequence):
            words = [Words(tree, self.whole) for tree in map(self.value, node.items)]
        else:
            words = []
            self.complain("CV112", "an input is a list of sizes", node.span, "write `input: [3, 224, 224]`")
        return InputWords(name, tuple(words), node.span)

    @staticmethod
    def _size(part: re.Match[str]) -> tuple[int | None, syntax.At]:
        digits = part.group().replace("_", "")
        return (int(digits) if digits.isdecimal() and len(digits) < 20 else None), part.span()

    def outputs(self, node: Node | None) -> tuple[Words, ...]:
        return tuple(words for scalar in self.scalars(node) if (words := self.words(scalar)))

    def variables(self, node: Node | None, what: str) -> list[Variable]:
        mapping = self.mapping(node, what)
        found = []
        for key, value in mapping.items if mapping else ():
            if not key.text.isidentifier() or key.text in RESERVED:
                self.complain("CV115", f"`{key.text}` cannot be the name of a variable", key.span)
            found.append(Variable(key.text, Words(self.value(value), self.whole), key.span))
        return found

    def variants(self, node: Node | None) -> tuple[Variant, ...]:
        mapping = self.mapping(node, "variants")
        found = []
        for key, value in mapping.items if mapping else ():
            inner = self.mapping(value, key.text)
            own = tuple(pair for pair in inner.items if pair[0].text != "check") if inner else ()
            check = next((n for k, n in inner.items if k.text == "check"), None) if inner else None
            variables = self.variables(Mapping(own, False, value.span), key.text)
            found.append(Variant(key.text, tuple(variables), self.mapping(check, "check"), key.span))
        return tuple(found)

    # ---- blocks

    def blocks(self, node: Node | None, used: list[Block]) -> tuple[Block, ...]:
        mapping = self.mapping(node, "blocks")
        blocks = {block.name: block for block in used}
        for key, body in mapping.items if mapping else ():
            block = self.block(key, body)
            if block and block.name in blocks:
                self.complain("CV110", f"a block called `{block.name}` stands already", key.span)
            elif block:
                blocks[block.name] = block
        return tuple(blocks.values())

    def block(self, key: Scalar, body: Node) -> Block | None:
        words = self.words(key)
        tree = words.tree if words else None
        if isinstance(tree, syntax.Name):
            tree = syntax.Call(tree, (), (), tree.at)
        if not isinstance(tree, syntax.Call) or not isinstance(tree.function, syntax.Name):
            if words:
                help = "write it as in `def`: `Bottleneck(planes, stride=1):`"
                self.complain("CV111", "a block's key is its name with its parameters", key.span, help)
            return None
        parameters: list[Parameter] = []
        for argument in tree.arguments:
            name = argument.name if isinstance(argument, syntax.Name) else ""
            self.parameter(parameters, name, None, key.phrase.span(*argument.at))
        for keyword in tree.keywords:
            self.parameter(parameters, keyword.name, Words(keyword.value, key.phrase), key.phrase.span(*keyword.at))
        return Block(tree.function.name, tuple(parameters), self.items(body), key.span)

    def parameter(self, parameters: list[Parameter], name: str, default: Words | None, span: Span) -> None:
        if not name or name in RESERVED:
            help = "`in_channels`, `x` and `input` are known inside a block anyway" if name else ""
            self.complain("CV115", f"`{span.text()}` cannot be a parameter", span, help)
        elif any(parameter.name == name for parameter in parameters):
            self.complain("CV110", f"the parameter `{name}` stands twice", span)
        else:
            parameters.append(Parameter(name, default, span))

    # ---- lists of layers

    def items(self, node: Node) -> Items:
        if isinstance(node, Sequence):
            self.check_split_at_commas(node)
            return Items(tuple(self.item(item) for item in node.items), node.span)
        if not _empty(node):
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
            if _empty(node):
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
            return Item(None, self.merge(key.text, value), node.span)
        inner = value.items[0] if isinstance(value, Mapping) and value.items else None
        if isinstance(value, Mapping) and not (inner and self.is_named_call(value)):
            return Item(None, self.call(key, value, of), node.span)
        name = self.item_name(key)
        if inner and inner[0].text in MERGES and isinstance(inner[1], Sequence | Mapping):
            return Item(name, self.merge(inner[0].text, inner[1]), node.span)
        if isinstance(value, Mapping):
            named = self.pair(value)
            return Item(name, named.body, node.span)
        if isinstance(value, Sequence):
            return Item(name, _invalid(value) if self.check_split_at_commas(value) else self.items(value), node.span)
        if _empty(value):
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

    def merge(self, function: str, node: Node) -> Merge:
        branches: list[Item] = []
        for branch in node.items if isinstance(node, Sequence) else ():
            branches.append(self.branch(branch))
        for key, branch in node.items if isinstance(node, Mapping) else ():
            branches.append(self.branch(branch)._replace(name=self.item_name(key)))
        self.check_split_at_commas(node)
        if not branches:
            self.complain("CV111", f"`{function}` has no branches", node.span)
        return Merge(function, tuple(branches), node.span)

    def branch(self, node: Node) -> Item:
        """Read a branch: a list, a layer, or nothing, which passes the tensor on."""
        if isinstance(node, Sequence):
            return Item(None, self.items(node), node.span)
        if _empty(node):
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
        call = syntax.Call(syntax.Name(key.text, at), (), tuple(keywords), (at[0], max(at[1], arguments.span.start)))
        if of is not None:
            call = syntax.Call(call, (self.value(of),), (), call.at)
        return Words(call, self.whole)

    # ---- expressions

    def words(self, node: Scalar) -> Words | None:
        try:
            return Words(parse(node.phrase), node.phrase)
        except ConvcliError as error:
            self.findings.extend(error.diagnostics)
            return None

    def value(self, node: Node) -> Expression:
        """Read a value whose positions count in the whole file: a plain text is an expression."""
        at = (node.span.start, node.span.end)
        if isinstance(node, Sequence):
            return syntax.List(tuple(map(self.value, node.items)), "[]", at)
        if isinstance(node, Mapping):
            self.complain("CV111", "a mapping has no place in an expression", node.span)
            return syntax.Invalid(at)
        if node.quoted:
            return syntax.Constant(node.text, at)
        if _empty(node):
            return syntax.Constant(None, at)
        try:
            return parse_at(self.whole, *at)
        except ConvcliError as error:
            sexagesimal = re.fullmatch(r"\d+(:\d+)+", node.text)
            help = f'other YAML tools read this as a number to the base 60; quote it: "{node.text}"'
            self.findings.extend(d._replace(help=help) if sexagesimal else d for d in error.diagnostics)
            return syntax.Invalid(at)


def _is_name(text: str) -> bool:
    """Say whether a text is made of letters, digits, `_` and `-`."""
    return text.isascii() and text.replace("_", "a").replace("-", "a").isalnum() and not text.startswith("-")


def _empty(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.quoted and node.text in ("", "~", "null")


def _invalid(node: Node) -> Words:
    return Words(syntax.Invalid((0, node.span.end - node.span.start)), Phrase(node.span.text(), *_origin(node)))


def _origin(node: Node) -> tuple[Source, int]:
    return node.span.source, node.span.start
