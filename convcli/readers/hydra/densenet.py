"""MONAI's DenseNets: every layer of a block takes what all before it gave.

Huang et al., Densely connected convolutional networks (2017), in one to three dimensions, as MONAI's documentation of
the class describes it.
"""

from collections.abc import Callable
from typing import Any

from convcli.blocks import Item
from convcli.document import Mapping
from convcli.layer.syntax import Name
from convcli.readers.hydra.parts import LARGEST, MOST_LEVELS, Parts
from convcli.readers.hydra.values import Configuration
from convcli.readers.trees import CURRENT, INFERRED

DEPTHS = {
    "DenseNet": (64, 32, [6, 12, 24, 16]),
    "DenseNet121": (64, 32, [6, 12, 24, 16]),
    "DenseNet169": (64, 32, [6, 12, 32, 32]),
    "DenseNet201": (64, 32, [6, 12, 48, 32]),
    "DenseNet264": (64, 32, [6, 12, 64, 48]),
}
"""Features at first, features that each layer adds, and layers of each block, of the classes."""
ARGUMENTS = (
    "spatial_dims in_channels out_channels init_features growth_rate block_config bn_size act norm dropout_prob "
    "pretrained progress"
)


class _Network(Parts):
    """What all layers of one network share."""

    def __init__(self, given: dict[str, Any], reader: Configuration, node: Mapping) -> None:
        super().__init__(given, reader, node)
        self.axes = self.number("spatial_dims", most=3)
        self.normal = self.named("norm", "batch") or ("", {})
        self.active = self.named("act", ["relu", {"inplace": True}]) or ("", {})

    def plain(self, name: str, channels: int, kernel: int, stride: int = 1) -> Item:
        """Return a convolution without a bias."""
        sides, steps, pads = ([one] * self.axes for one in (kernel, stride, kernel // 2))
        return self.item(name, self.conv(channels, sides, stride=steps, padding=pads, bias=False))

    def front(self, number: str) -> list[Item]:
        """Return a norm and an activation."""
        norm, act = self.norm(self.normal, self.axes), self.act(self.active)
        return [self.item(f"norm{number}", norm), self.item(f"relu{number}", act)]

    def dense(self, name: str, before: str, wide: int, growth: int) -> Item:
        """Return a layer, whose result stands behind what it takes."""
        row = [
            *self.front("1"), self.plain("conv1", wide * growth, 1), *self.front("2"),
            self.plain("conv2", growth, 3),
        ]  # fmt: skip
        dropped = self.given.get("dropout_prob", 0.0)
        if isinstance(dropped, int | float) and dropped > 0:
            row.append(self.item("dropout", self.op(f"Dropout{self.axes}d", dropped)))
        joined = self.item(None, self.op("cat", [Name(before, self.at), CURRENT], dim=1))
        return self.scope(name, [self.scope("layers", row), joined])


def _densenet(made: _Network, first: int, growth: int, depths: list[int]) -> list[Item]:
    """Return the layers of a network."""
    wide, classes = made.number("bn_size", 4), made.number("out_channels")
    made.number("in_channels")
    if len(depths) > MOST_LEVELS or sum(depths) > LARGEST:
        made.refuse("block_config", f"a list of at most {MOST_LEVELS} numbers")
    if made.reader.findings:
        return []
    pool = made.item("pool0", made.op(f"MaxPool{made.axes}d", 3, stride=2, padding=1))
    features = [made.plain("conv0", first, 7, 2), *made.front("0"), pool]
    before, channels = "pool0", first
    for at, depth in enumerate(depths, 1):
        names = [before, *(f"denselayer{layer}" for layer in range(1, depth + 1))]
        layers = [made.dense(names[layer + 1], names[layer], wide, growth) for layer in range(depth)]
        features.append(made.scope(f"denseblock{at}", layers))
        channels += depth * growth
        if at == len(depths):
            features.append(made.item("norm5", made.norm(made.normal, made.axes)))
            break
        channels //= 2
        smaller = made.item("pool", made.op(f"AvgPool{made.axes}d", 2))
        features.append(made.scope(f"transition{at}", [*made.front(""), made.plain("conv", channels, 1), smaller]))
        before = f"transition{at}"
    head = [
        made.item("relu", made.act(made.active)), made.item("pool", made.op(f"AdaptiveAvgPool{made.axes}d", 1)),
        made.item("flatten", made.op("Flatten", 1)), made.item("out", made.op("Linear", INFERRED, classes)),
    ]  # fmt: skip
    return [made.scope("features", features), made.scope("class_layers", head)]


def densenet(name: str) -> Callable[[dict[str, Any], Configuration, Mapping], list[Item]]:
    """Return what writes a DenseNet of a class."""
    first, growth, depths = DEPTHS[name]

    def build(given: dict[str, Any], reader: Configuration, node: Mapping) -> list[Item]:
        made = _Network(given, reader, node)
        own = made.number("init_features", first), made.number("growth_rate", growth)
        return _densenet(made, *own, made.numbers("block_config", depths))

    return build
