"""What the families share: values of a configuration, and layers that stand where their value does."""

from typing import Any

from convcli.blocks import Item, Items, Merge
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer.syntax import At, Expression
from convcli.quantity import Shape
from convcli.readers.places_json import Object
from convcli.readers.trees import CURRENT, INFERRED, Writer, applied, call, chain, fitted
from convcli.source import Source, Span

LARGEST = 1_000_000
MOST, MOST_LAYERS = 1000, 10_000
"""Stages, and layers of all of them."""
ACTIVATIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "silu": "SiLU", "swish": "SiLU", "sigmoid": "Sigmoid",
    "tanh": "Tanh", "mish": "Mish", "leaky_relu": "LeakyReLU",
}  # fmt: skip


class Family:
    """A network while it is written; each layer stands where the value that asks for it does."""

    def __init__(self, config: Object, source: Source) -> None:
        self.config = config
        self.source = source
        self.writer = Writer(source)
        self.at: At = config.place("model_type")
        self.findings: list[Diagnostic] = []

    # ---- values

    def refuse(self, name: str, what: str) -> None:
        """Complain of a value."""
        found = f", found {str(self.config[name])[:40]}" if name in self.config else ", and is missing"
        span = Span(self.source, *self.config.place(name))
        self.findings.append(Diagnostic("CV081", f"`{name}` is {what}{found}", span))

    def integer(self, name: str, default: Any = None, least: int = 1) -> int:
        """Return a whole number."""
        found = self.config.get(name, default)
        if type(found) is int and least <= found <= LARGEST:
            return int(found)
        self.refuse(name, f"a whole number from {least} to {LARGEST:,}")
        return least

    def real(self, name: str, default: float) -> float:
        """Return a positive number."""
        found = self.config.get(name, default)
        if isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found <= LARGEST:
            return float(found)
        self.refuse(name, "a positive number")
        return default

    def several(self, name: str, default: list[int] | None = None) -> list[int]:
        """Return a list of whole numbers."""
        found = self.config.get(name, default)
        if (
            isinstance(found, list)
            and 0 < len(found) <= MOST
            and all(type(n) is int and 0 < n <= LARGEST for n in found)
        ):
            return list(found)
        self.refuse(name, "a list of positive whole numbers")
        return [1]

    def stages(self, sizes: list[int], depths: list[int]) -> list[tuple[int, int]]:
        """Return the size and the depth of each stage.

        Raises:
            ConvcliError: they are not as many, or something else is wrong up to here.
        """
        if not self.findings and (len(sizes) != len(depths) or sum(depths) > MOST_LAYERS):
            self.refuse("depths", f"a list of {len(sizes)} numbers of layers, {MOST_LAYERS:,} in all")
        self.expect_good()
        return list(zip(sizes, depths, strict=True))

    def expect_good(self) -> None:
        """Give up where something is wrong up to here.

        Raises:
            ConvcliError: it is.
        """
        if self.findings:
            raise ConvcliError(self.findings)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return what is true or false."""
        return bool(self.config.get(name, default))

    def labels(self) -> int:
        """Return the number of classes: `num_labels` is not written, its names are; without them there are two."""
        found = self.config.get("id2label")
        return len(found) if isinstance(found, Object) else self.integer("num_labels", 2)

    # ---- layers

    def item(self, name: str | None, tree: Expression) -> Item:
        """Return a layer."""
        return self.writer.item(name, tree)

    def scope(self, name: str, items: list[Item]) -> Item:
        """Return a scope."""
        return self.writer.scope(name, items, self.at)

    def op(self, kind: str, *values: Any, **arguments: Any) -> Expression:
        """Write an operator."""
        return call(kind, self.at, *values, **arguments)

    def conv(self, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, **more: Any) -> Expression:
        """Write a convolution that keeps the size but for its stride, without a bias unless it is asked for."""
        usual = {"stride": 1, "padding": 0, "groups": 1, "dilation": 1, "bias": True}
        padding = (kernel - 1) // 2 * int(more.get("dilation", 1))
        given = {"stride": stride, "padding": padding, "groups": groups, "bias": False, **more}
        kept = {name: value for name, value in given.items() if usual[name] != value}
        return self.op("Conv2d", INFERRED, outputs, kernel, **kept)

    def act(self, name: str | None = None) -> Expression:
        """Write an activation, by default the configuration's."""
        wanted = name or str(self.config.get("hidden_act", "relu"))
        if wanted not in ACTIVATIONS:
            self.refuse("hidden_act", f"one of {', '.join(ACTIVATIONS)}")
            raise ConvcliError(self.findings)
        return self.op(ACTIVATIONS[wanted])

    def layer(self, name: str, conv: Expression, act: str | None = "", eps: float = 1e-5) -> Item:
        """Return a convolution with its norm and its activation, the configuration's if none is named."""
        norm = self.op("BatchNorm2d", INFERRED) if eps == 1e-5 else self.op("BatchNorm2d", INFERRED, eps)
        items = [self.item("convolution", conv), self.item("normalization", norm)]
        return self.scope(name, [*items, self.item("activation", self.act(act))] if act is not None else items)

    def residual(self, name: str, row: list[Item], beside: Item | None = None) -> Item:
        """Return layers in a row, whose result is added to what flowed in, or to what stands beside them."""
        span = Span(self.source, *self.at)
        shortcut = beside or Item("shortcut", Items((), span), span)
        return Item(name, Merge("add", (self.scope("layer", row), shortcut), span), span)

    def same(self, outputs: int, kernel: int, stride: int, groups: int = 1, dilation: int = 1) -> Expression:
        """Write a convolution padded as TensorFlow does, more behind than in front where that is odd."""
        conv = self.conv(outputs, kernel, stride, groups, padding=0, dilation=dilation)

        def make(x: Shape) -> Expression:
            totals = [max((-(-side // stride) - 1) * stride + (kernel - 1) * dilation + 1 - side, 0) for side in x[2:]]
            pads = [side for total in reversed(totals) for side in (total // 2, total - total // 2)]
            return chain(applied(self.op("ZeroPad2d", pads), CURRENT), conv) if any(pads) else conv

        return fitted(make, self.at)

    def squeeze(self, reduced: int, channels: int, first: str) -> list[Item]:
        """Return the gate of squeeze and excitation: what flows in, scaled by what its mean says."""
        span = Span(self.source, *self.at)
        row = [
            self.item("pooler", self.op("AdaptiveAvgPool2d", 1)),
            self.item("reduce", self.conv(reduced, bias=True)), self.item("act", self.act(first)),
            self.item("expand", self.conv(channels, bias=True)), self.item("gate", self.op("Sigmoid")),
        ]  # fmt: skip
        same = Item("input_", Items((), span), span)
        return [Item("se", Merge("mul", (self.scope("attention", row), same), span), span)]

    def head(self, *, dropout: bool = False) -> list[Item]:
        """Return the mean of each channel, and the classifier."""
        parts = [self.item("pooler", self.op("AdaptiveAvgPool2d", 1)), self.item("flatten", self.op("Flatten"))]
        if dropout:
            parts.append(self.item("dropout", self.op("Dropout", self.real("classifier_dropout_prob", 0.2))))
        self.at = self.config.place("id2label")
        return [*parts, self.item("classifier", self.op("Linear", INFERRED, self.labels()))]
