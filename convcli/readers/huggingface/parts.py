"""What the families share: values of a configuration, and layers that stand where their value does."""

from typing import Any

from convcli.blocks import Item
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.quantity import Shape
from convcli.readers.complaints import in_order, slips
from convcli.readers.places_json import Object
from convcli.readers.trees import CURRENT, INFERRED, Placed, fitted
from convcli.readers.windows import flat, same, unusual
from convcli.record import Record
from convcli.source import Source, Span

LARGEST = 1_000_000
MOST, MOST_LAYERS = 1000, 10_000
"""Stages, and layers of all of them."""
ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("ReLU", {}), "relu6": ("ReLU6", {}), "gelu": ("GELU", {}), "silu": ("SiLU", {}), "swish": ("SiLU", {}),
    "sigmoid": ("Sigmoid", {}), "tanh": ("Tanh", {}), "mish": ("Mish", {}), "leaky_relu": ("LeakyReLU", {}),
    "hardswish": ("Hardswish", {}), "prelu": ("PReLU", {}), "linear": ("Identity", {}),
    "gelu_new": ("GELU", {"approximate": "tanh"}), "gelu_pytorch_tanh": ("GELU", {"approximate": "tanh"}),
}  # fmt: skip


class Body(Record):
    """What the model of a family is made of.

    Attributes:
        items: its layers up to the last maps, whose item is called `last`.
        pooled: what makes a vector of them, inside of the model.
        head: what makes classes of that, beside the model.
        stages: the maps that a backbone can give, `stem` and each stage; none for a family without backbones.
        normed: whether a backbone normalises what it gives.
    """

    items: list[Item]
    last: str
    pooled: list[Item]
    head: list[Item]
    stages: dict[str, Expression] = {}
    normed: bool = False


class Family(Placed):
    """A network while it is written; each layer stands where the value that asks for it does."""

    def __init__(self, config: Object, source: Source) -> None:
        super().__init__(source, config.place("model_type"))
        self.config = config
        self.findings: list[Diagnostic] = []
        self.asked: set[str] = set()
        self.refused: set[str] = set()

    # ---- values

    def refuse(self, name: str, what: str) -> None:
        """Complain of a value, once: several layers may ask for it."""
        if name in self.refused:
            return
        self.refused.add(name)
        found = f", found {str(self.config[name])[:40]}" if name in self.config else ", and is missing"
        span = Span(self.source, *self.config.place(name))
        self.findings.append(Diagnostic("CV081", f"`{name}` is {what}{found}", span))

    def integer(self, name: str, default: Any = None, least: int = 1) -> int:
        """Return a whole number."""
        self.asked.add(name)
        found = self.config.get(name, default)
        if type(found) is int and least <= found <= LARGEST:
            return int(found)
        self.refuse(name, f"a whole number from {least} to {LARGEST:,}")
        return least

    def real(self, name: str, default: float) -> float:
        """Return a positive number."""
        self.asked.add(name)
        found = self.config.get(name, default)
        if isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found <= LARGEST:
            return float(found)
        self.refuse(name, "a positive number")
        return default

    def several(self, name: str, default: list[int]) -> list[int]:
        """Return a list of whole numbers."""
        self.asked.add(name)
        found = self.config.get(name, default)
        if (
            isinstance(found, list)
            and 0 < len(found) <= MOST
            and all(type(n) is int and 0 < n <= LARGEST for n in found)
        ):
            return list(found)
        self.refuse(name, "a list of positive whole numbers")
        return [1]

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """Return one of several words."""
        self.asked.add(name)
        found = self.config.get(name, default)
        if found in choices:
            return str(found)
        self.refuse(name, f"one of {', '.join(choices)}")
        return default

    def stages(self, sizes: list[int], depths: list[int]) -> list[tuple[int, int]]:
        """Return the size and the depth of each stage.

        Raises:
            ConvcliError: they are not as many, or something else is wrong up to here.
        """
        if not self.findings and (len(sizes) != len(depths) or sum(depths) > MOST_LAYERS):
            self.refuse("depths", f"a list of {len(sizes)} numbers of layers, {MOST_LAYERS:,} in all")
        self.expect_good()
        return list(zip(sizes, depths, strict=True))

    def slips(self) -> list[Diagnostic]:
        """Return a warning for each value that is nearly one that the family asks for."""
        places = {name: Span(self.source, *at) for name, at in self.config.keys_at.items()}
        return slips(places, self.asked, f"`{self.config.get('model_type')}`")

    def expect_good(self) -> None:
        """Give up where something is wrong up to here.

        Raises:
            ConvcliError: it is.
        """
        if self.findings:
            raise ConvcliError(in_order(self.findings))

    def flag(self, name: str, *, default: bool) -> bool:
        """Return what is true or false."""
        self.asked.add(name)
        return bool(self.config.get(name, default))

    def labels(self) -> int:
        """Return the number of classes: `num_labels` is not written, its names are; without them there are two."""
        found = self.config.get("id2label")
        return len(found) if isinstance(found, Object) else self.integer("num_labels", 2)

    # ---- layers

    def conv(self, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, **more: Any) -> Expression:
        """Write a convolution that keeps the size but for its stride, without a bias unless it is asked for."""
        padding = (kernel - 1) // 2 * int(more.get("dilation", 1))
        given = {"stride": stride, "padding": padding, "groups": groups, "bias": False, **more}
        return self.op("Conv2d", INFERRED, outputs, kernel, **unusual(given))

    def act(self, name: str | None = None) -> Expression:
        """Write an activation, by default the configuration's."""
        wanted = name or str(self.config["hidden_act"])
        if wanted not in ACTIVATIONS:
            self.refuse("hidden_act", f"one of {', '.join(ACTIVATIONS)}")
            raise ConvcliError(self.findings)
        kind, arguments = ACTIVATIONS[wanted]
        return self.op(kind, **arguments)

    def norm(self, eps: float = 1e-5) -> Expression:
        """Write a batch norm."""
        return self.op("BatchNorm2d", INFERRED) if eps == 1e-5 else self.op("BatchNorm2d", INFERRED, eps)

    def layer(
        self, name: str, conv: Expression, act: str | None = "", *, eps: float = 1e-5, before: Item | None = None
    ) -> Item:
        """Return a convolution with its norm and its activation, the configuration's if none is named."""
        items = [self.item("convolution", conv), self.item("normalization", self.norm(eps))]
        items += [self.item("activation", self.act(act))] if act is not None else []
        return self.scope(name, items if before is None else [before, *items])

    def padding(self, kernel: int, stride: int, dilation: int) -> Item:
        """Return what pads as TensorFlow does, more behind than in front where that is odd."""

        def make(x: Shape) -> Expression:
            axes = len(x) - 2
            pads = flat(same(x, [kernel] * axes, [stride] * axes, [dilation] * axes))
            return self.op("pad", CURRENT, pads) if any(pads) else CURRENT

        return self.item(None, fitted(make, self.at))

    def name(self, *parts: "str | int") -> Expression:
        """Write the name of what a layer gives, `encoder`, `encoder.stages[0]`."""
        first, *rest = parts
        found: Expression = syntax.Name(str(first), self.at)
        for part in rest:
            if isinstance(part, int):
                found = syntax.Index(found, (syntax.Constant(part, self.at),), self.at)
            else:
                found = syntax.Attribute(found, part, self.at)
        return found

    def joined(self, function: str, before: str) -> Item:
        """Return what joins the current maps with those of an earlier layer."""
        return self.item(None, self.op(function, CURRENT, self.name(before)))

    def numbered(self, name: str, items: list[list[Item]]) -> Item:
        """Return a list of modules that are called by their numbers."""
        return self.scope(name, [self.scope(str(at), inner) for at, inner in enumerate(items)])

    def classes(self) -> Expression:
        """Write the classifier."""
        self.at = self.config.place("id2label")
        return self.op("Linear", INFERRED, self.labels())

    def average(self) -> list[Item]:
        """Return the mean of each channel, as a list of numbers."""
        return [
            self.item("pooler", self.op("AdaptiveAvgPool2d", 1)),
            self.item("pooled", self.op("flatten", CURRENT, 1)),
        ]
