"""A configuration to a network in words: `torch.nn` classes, and the networks of MONAI that are known."""

from collections.abc import Iterator
from typing import Any

from convcli.blocks import InputWords, Item, Items, Network, Words
from convcli.diagnostics import ConvcliError, Diagnostic, nearest, suggestion
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer import syntax
from convcli.readers.hydra import monai
from convcli.readers.hydra.metadata import checked, read_metadata
from convcli.readers.hydra.metadata import inputs as input_words
from convcli.readers.hydra.values import Configuration, place
from convcli.readers.trees import Writer, call
from convcli.source import Source, Span

TARGET, POSITIONAL = "_target_", ("_args_", "args")
OURS = ("_partial_", "_convert_", "_recursive_", "_mode_", "_desc_", "_requires_", "_disabled_", TARGET, *POSITIONAL)
"""Keys that are no arguments."""
PARTIAL = ("_partial_", "_mode_")
NAMES = ("network_def", "network", "net", "model")
"""What a network is called where there are several things."""
HEADS = "deep_supervision_heads."
MOST_LAYERS = 100_000
MOST_LEVELS = 32


def read_hydra(source: Source, name: str) -> Network:
    """Read a configuration; mistakes in single layers are in the network's `findings`.

    Raises:
        ConvcliError: it is no YAML, or has no network or several.
    """
    return _Reader(source).network(name)


class _Reader(Configuration):
    """Writes the layers of one file."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.writer = Writer(source)
        self.made = 0

    def network(self, name: str) -> Network:
        node = self.chosen()
        known = monai.network(self.target(node))
        arguments: dict[str, Any] = {}
        if known:
            arguments = {key.text: self.value(one) for key, one in node.items if key.text not in OURS}
            items = monai.layers(known, arguments, self, node)
            inputs, outputs = self.bundled(node, items) if items else ((), ())
        else:
            items, inputs, outputs = self.items(node, 0), (), ()
        if not items and not self.findings:
            self.complain("CV081", "the network has no layers", node.span)
        body = Items(tuple(items), node.span)
        return Network(
            name, self.source.name, "hydra", body, inputs, outputs, findings=tuple(self.findings),
            stated=monai.stated(arguments, node) if known else {},
        )  # fmt: skip

    def bundled(self, node: Mapping, items: list[Item]) -> tuple[tuple[InputWords, ...], tuple[Words, ...]]:
        """Return the input that the metadata of a bundle give, and the outputs; what they say of these is checked.

        A network of MONAI has one output, and heads behind it that are outputs in training.
        """
        at = place(node.items[0][1])
        heads = [item.name for item in items if item.name and item.name.startswith(HEADS)]
        named = ["output_block", *heads] if heads else []
        outputs = tuple(self.writer.words(syntax.Name(name, at)) for name in named)
        found = read_metadata(self.source)
        if found is None:
            return (), outputs
        first, last = found
        where = next((place for place, item in enumerate(items) if item.name in named), len(items) - 1) + 1
        items.insert(where, self.writer.item(None, checked(first, last, Span(self.source, *at))))
        return input_words(first), outputs

    def chosen(self) -> Mapping:
        """Return the network: the outermost class of torch.nn, or one of MONAI's.

        Raises:
            ConvcliError: there is none, or several.
        """
        found = dict(self.candidates(self.root, "", set()))
        preferred = {path: node for path, node in found.items() if path.rpartition(".")[2] in NAMES}
        found = preferred or found
        if len(found) == 1:
            return next(iter(found.values()))
        span = Span(self.source, 0, 1)
        if not found:
            raise ConvcliError([*self.findings, self.no_network(span)])
        listed = ", ".join(found)
        message = f"there are several networks: {listed}"
        raise ConvcliError([*self.findings, Diagnostic("CV085", message, span, help="keep one of them in the file")])

    def candidates(self, node: Node, path: str, seen: set[int]) -> Iterator[tuple[str, Mapping]]:
        """Give what may be a network, outermost first, with its path; what an alias repeats is one."""
        if isinstance(node, Mapping) and id(node) not in seen:
            seen.add(id(node))
            target = self.target(node)
            if _is_torch(target) or monai.network(target):
                yield path or "the file", node
                return
            for key, inner in node.items:
                yield from self.candidates(inner, f"{path}.{key.text}".strip("."), seen)

    def no_network(self, top: Span) -> Diagnostic:
        """Say which classes the file names instead of a network that is known."""
        named = dict(self.targets(self.root, "", set()))
        likely = next((span for path, (_, span) in named.items() if path.rpartition(".")[2] in NAMES), None)
        slip = None if named else next(self.slips(self.root, set()), None)
        if slip is not None:
            message = f"`{slip.text[:40]}` names no class, and no other key does"
            return Diagnostic("CV083", message, slip.span, help=f"did you mean `{TARGET}`?")
        listed = ", ".join(dict.fromkeys(target for target, _ in named.values())) or "none"
        message = f"there is no network of torch.nn or of MONAI that is known; its classes are: {listed}"
        known = (
            f"MONAI's are: {', '.join(monai.NETWORKS)}; for classes of your own name the model: `package.module:Net`"
        )
        bare = [target for target, _ in named.values() if target.partition(".")[0] in ("monai", target)]
        meant = [suggestion(_class(target), monai.NETWORKS) for target in bare]
        help = next(filter(None, meant), known)
        if self.get(self.root, "defaults") is not None:
            help = "it is put together from files under `defaults`: read what `--cfg job --resolve` prints of it"
        return Diagnostic("CV083", message, likely or top, help=help)

    def targets(self, node: Node, path: str, seen: set[int]) -> Iterator[tuple[str, tuple[str, Span]]]:
        """Give the classes that a file names, with the path of each and its place."""
        if isinstance(node, Mapping) and id(node) not in seen:
            seen.add(id(node))
            found = self.get(node, TARGET)
            if isinstance(found, Scalar):
                yield path, (found.text[:60], found.span)
            for key, inner in node.items[:50]:
                yield from self.targets(inner, f"{path}.{key.text}".strip("."), seen)

    def slips(self, node: Node, seen: set[int]) -> Iterator[Scalar]:
        """Give the keys that are nearly the one that names a class."""
        if isinstance(node, Mapping) and id(node) not in seen:
            seen.add(id(node))
            for key, inner in node.items[:50]:
                if key.text.startswith("_") and nearest(key.text, [TARGET]):
                    yield key
                yield from self.slips(inner, seen)

    def target(self, node: Node) -> str:
        """Return the class that a mapping names, empty without one."""
        found = self.get(node, TARGET)
        return found.text if isinstance(found, Scalar) else ""

    # ---- layers

    def items(self, node: Mapping, level: int) -> list[Item]:
        """Return the layers of a Sequential, or the one layer of another class."""
        if _class(self.target(node)) != "Sequential":
            return [self.item(None, node, level)]
        found = []
        for at, inner in enumerate(self.positional(node)):
            part = self.followed(inner)
            if isinstance(part, Mapping):
                if self.is_on(part, "_disabled_"):
                    continue
                found.append(self.item(str(at), part, level))
            elif part is not None:
                self.complain("CV081", "a layer is a mapping with `_target_`", inner.span)
        return found

    def item(self, name: str | None, node: Mapping, level: int) -> Item:
        """Return a layer."""
        target = self.target(node)
        self.made += 1
        if self.made > MOST_LAYERS:
            raise ConvcliError([Diagnostic("CV120", f"the file has more than {MOST_LAYERS:,} layers", node.span)])
        if level > MOST_LEVELS:
            raise ConvcliError([Diagnostic("CV081", "layers are nested too deeply", node.span)])
        if _is_torch(target) and _class(target) == "Sequential":
            return Item(name, Items(tuple(self.items(node, level + 1)), node.span), node.span)
        found = self.get(node, TARGET)
        at = place(found) if found is not None else place(node)
        if not _is_torch(target):
            message = f"`{target[:60]}` is no class of torch.nn" if target else "a layer has a `_target_`"
            self.complain("CV083", message, Span(self.source, *at), "layers that Python defines are not read")
            return self.writer.item(name, syntax.Invalid(at))
        partial = next((key for key in PARTIAL if self.is_on(node, key)), None)
        if partial is not None:
            message = f"with `{partial}` this is a function that makes layers, and no layer"
            self.complain("CV081", message, Span(self.source, *at), f"leave `{partial}` out")
        keywords: dict[str, Any] = {}
        places = {}
        for key, one in node.items:
            if key.text not in OURS:
                keywords[key.text] = self.value(one)
                places[key.text] = (key.span.start, one.span.end)
        positional = [self.value(one) for one in self.positional(node)]
        layer = call(_class(target), at, *positional, places=places, **keywords)
        return self.writer.item(name, layer)

    def is_on(self, node: Mapping, key: str) -> bool:
        """Say whether a key that changes how a class is used is set."""
        found = self.get(node, key)
        return isinstance(found, Scalar) and found.text.lower() in ("true", "partial", "callable")

    def positional(self, node: Mapping) -> tuple[Node, ...]:
        """Return arguments without a name."""
        found = next((one for key in POSITIONAL if (one := self.get(node, key)) is not None), None)
        found = self.followed(found) if found is not None else None
        if found is not None and not isinstance(found, Sequence):
            self.complain("CV081", "arguments without names are a list", found.span)
        return found.items if isinstance(found, Sequence) else ()


def _is_torch(target: str) -> bool:
    return target.startswith(("torch.nn.", "nn."))


def _class(target: str) -> str:
    return target.rpartition(".")[2]
