"""Network files: a YAML document with places to a network in words."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from convcli.blocks import (
    Block,
    InputWords,
    Items,
    Network,
    Parameter,
    Variable,
    Variant,
    Words,
)
from convcli.diagnostics import ConvcliError, Diagnostic, nearest
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer import syntax
from convcli.layer.parse import parse_signature
from convcli.readers.items import RESERVED, ItemReader
from convcli.readers.uses import read_uses
from convcli.readers.words import blank_missing, is_empty
from convcli.source import Phrase, Source, Span

if TYPE_CHECKING:
    from convcli.readers.revision import Blob

MEANT = {"variables": "vars", "params": "vars", "model": "layers", "network": "layers", "backbone": "layers"}
"""What other formats call our keys."""

VARIANT_KEYS = ("of", "check")
"""What a variant has beside variables."""

KEYS = ("name", "input", "inputs", "outputs", "vars", "variants", "blocks", "layers", "uses", "check")


def read_network(source: Source, path: "Path | Blob | None" = None) -> Network:
    """Read a network file; `path` is where it lies, for `uses`.

    Mistakes in single lines are in the network's `findings`; the other lines are read all the same.

    Raises:
        ConvcliError: the text is no YAML, or no network file at all.
    """
    return _Reader(source, path).network()


def read_definitions(source: Source, path: "Path | Blob") -> Network:
    """Read a file that `uses` names: only its blocks and variables matter."""
    return _Reader(source, path).network(definitions=True)


class _Reader(ItemReader):
    """Turns the nodes of one file into words; keeps what is wrong and goes on."""

    def __init__(self, source: Source, path: "Path | Blob | None") -> None:
        super().__init__(source, path)
        self.unreadable: set[str] = set()

    # ---- the top level

    def network(self, *, definitions: bool = False) -> Network:
        root = self.document()
        if not isinstance(root, Mapping):
            help = "a network file begins like this:\n    input: [3, 224, 224]\n    layers:\n      - Conv2d(3, 64, 3)"
            message = "a network file is a mapping with `input` and `layers`"
            raise ConvcliError([*self.findings, Diagnostic("CV111", message, root.span, help=help)])
        top = {key.text: node for key, node in root.items}
        for key, _ in root.items:
            if key.text not in KEYS:
                meant = MEANT.get(key.text) or nearest(key.text, KEYS)
                help = f"did you mean `{meant}`?" if meant else f"the keys are: {', '.join(KEYS)}"
                self.complain("CV110", f"unknown key `{key.text}`", key.span, help)
                if meant == "layers":
                    top.setdefault(meant, Scalar(Phrase("", self.source, key.span.start), False, key.span))
        used = read_uses(self.scalars(top.get("uses")), self.path, read_definitions, self.findings)
        body = self.body(top, root, definitions=definitions)
        name = self.text(top.get("name")) or (self.path.stem if self.path else self.source.name.strip("<>"))
        variables = {v.name: v for network in used for v in network.variables}
        variables.update({v.name: v for v in self.variables(top.get("vars"), "vars")})
        blocks = self.blocks(top.get("blocks"), [block for network in used for block in network.blocks])
        return Network(
            name, self.source.name, "yaml", body,
            self.inputs(top), self.outputs(top.get("outputs")), tuple(variables.values()),
            self.variants(top.get("variants")), blocks, self.mapping(top.get("check"), "check"),
            self.unreadable.union(*(network.unreadable for network in used)), tuple(self.findings),
            self.comments + tuple(comment for network in used for comment in network.comments),
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
        return [item for item in nodes if isinstance(item, Scalar) and not self.is_refused(item.span)]

    def mapping(self, node: Node | None, what: str) -> Mapping | None:
        if node is None or isinstance(node, Mapping) or is_empty(node):
            return node if isinstance(node, Mapping) else None
        self.complain("CV111", f"`{what}` is a mapping: one `name: value` per line", node.span, blank_missing(node))
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
            if not key.text.isidentifier() or key.text in (*RESERVED, *VARIANT_KEYS):
                help = (
                    "a name has letters, digits and `_`; `x`, `input`, `in_channels`, `_`, `of` and `check` are taken"
                )
                message = f"`{key.text}` cannot be the name of a variable"
                self.complain("CV115", message, key.span, blank_missing(key) or help)
            found.append(Variable(key.text, Words(self.value(value), self.whole), key.span))
        return found

    def variants(self, node: Node | None) -> tuple[Variant, ...]:
        mapping = self.mapping(node, "variants")
        found = [self.variant(key, value) for key, value in mapping.items] if mapping else []
        known = [variant.name for variant, _ in found]
        variants = tuple(variant for variant, _ in found)
        for variant, of in found:
            if of is not None and of.text not in known:
                meant = nearest(of.text, known)
                help = f"did you mean `{meant}`?" if meant else f"the variants are: {', '.join(known)}"
                self.complain("CV005", f"the network has no variant `{of.text}`", of.span, help)
            elif of is not None and variant.name in ancestors(variants, variant):
                self.complain("CV113", f"the variant `{variant.name}` is a variant of itself", of.span)
        return variants

    def variant(self, key: Scalar, value: Node) -> tuple[Variant, Scalar | None]:
        """Read one variant; the second result is the name of the one that it is a variant of."""
        inner = self.mapping(value, key.text)
        pairs = inner.items if inner else ()
        own = tuple(pair for pair in pairs if pair[0].text not in VARIANT_KEYS)
        nodes = {name.text: node for name, node in pairs if name.text in VARIANT_KEYS}
        of = next(iter(self.scalars(nodes.get("of"))), None)
        variables = self.variables(Mapping(own, False, value.span), key.text)
        check = self.mapping(nodes.get("check"), "check")
        return Variant(key.text, of.text if of else None, tuple(variables), check, key.span), of

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
        """Read a block; where its key is not understood, its calls are no further mistakes."""
        call = parse_signature(key.phrase)
        if call is None:
            from convcli.readers.signature import explain

            found, call = explain(key)
            self.keep(found)
        before = len(self.findings)
        parameters = self.parameters(call, key.phrase) if call else ()
        good = len(self.findings) == before
        items = self.items(body)
        if call and isinstance(call.function, syntax.Name) and good:
            return Block(call.function.name, parameters, items, key.span)
        self.unreadable.update([word for word in re.findall(r"\w+", key.text) if word not in ("def", "class")][:1])
        return None

    def parameters(self, call: syntax.Call, phrase: Phrase) -> tuple[Parameter, ...]:
        parameters: list[Parameter] = []
        for argument in call.arguments:
            name = argument.name if isinstance(argument, syntax.Name) else ""
            self.parameter(parameters, name, None, phrase.span(*argument.at))
        for keyword in call.keywords:
            self.parameter(parameters, keyword.name, Words(keyword.value, phrase), phrase.span(*keyword.at))
        return tuple(parameters)

    def parameter(self, parameters: list[Parameter], name: str, default: Words | None, span: Span) -> None:
        if not name or name in RESERVED:
            help = "`in_channels`, `x` and `input` are known inside a block anyway" if name else ""
            self.complain("CV115", f"`{span.text()}` cannot be a parameter", span, help)
        elif any(parameter.name == name for parameter in parameters):
            self.complain("CV110", f"the parameter `{name}` stands twice", span)
        else:
            parameters.append(Parameter(name, default, span))


def ancestors(variants: tuple[Variant, ...], variant: Variant) -> set[str | None]:
    """Return the names of all that a variant is a variant of, itself too where they form a circle."""
    parents = {one.name: one.of for one in variants}
    found: set[str | None] = set()
    name = variant.of
    while name is not None and name not in found:
        found.add(name)
        name = parents.get(name)
    return found
