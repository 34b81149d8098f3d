"""MONAI's `BasicUNet`: five levels of two convolutions, as Falk et al. (2019) draw them.

Where a side was odd before it was halved, the enlarged map is repeated by one at its end, as MONAI's documentation
of `UpCat` says.
"""

from typing import Any

from convcli.blocks import Item
from convcli.document import Mapping
from convcli.layer.syntax import Name
from convcli.quantity import Shape
from convcli.readers.hydra.parts import Parts
from convcli.readers.hydra.values import Configuration
from convcli.readers.trees import CURRENT, applied, fitted

LEVELS = 6
"""Numbers of features: five levels, and one behind the last enlargement."""


class _Network(Parts):
    """What all layers of one network share."""

    def __init__(self, given: dict[str, Any], reader: Configuration, node: Mapping) -> None:
        super().__init__(given, reader, node)
        self.axes = self.number("spatial_dims", 3, most=3)
        self.normal = self.named("norm", ["instance", {"affine": True}])
        self.active = self.named("act", ["leakyrelu", {"negative_slope": 0.1, "inplace": True}])
        self.bias = bool(given.get("bias", True))
        self.mode = str(given.get("upsample", "deconv")).lower()

    def twice(self, channels: int) -> list[Item]:
        """Return two convolutions, each with its norm, dropout and activation."""
        return [self.convolution(f"conv_{at}", channels) for at in range(2)]

    def convolution(self, name: str, channels: int) -> Item:
        conv = self.conv(channels, [3] * self.axes, padding=[1] * self.axes, bias=self.bias)
        inner = [self.item("N", self.norm(self.normal, self.axes))] if self.normal else []
        inner += self.dropout(self.given.get("dropout", 0.0))
        inner += [self.item("A", self.act(self.active))] if self.active else []
        return self.scope(name, [self.item("conv", conv), *([self.scope("adn", inner)] if inner else ())])

    def up(self, level: int, inputs: int, channels: int) -> Item:
        """Return a level that enlarges, and joins what came before the level below."""
        skip = Name("conv_0" if level == 1 else f"down_{level - 1}", self.at)
        outputs = inputs if level == 1 else inputs // 2
        larger = self.enlarged(self.mode, "upsample", outputs, self.axes, narrows=level != 1, corners=True)
        return self.scope(f"upcat_{level}", [
            self.scope("upsample", larger),
            self.item(None, fitted(self.fit, self.at, CURRENT, skip)),
            self.item(None, self.op("cat", [skip, CURRENT], dim=1)),
            self.scope("convs", self.twice(channels)),
        ])  # fmt: skip

    def fit(self, x: Shape, skip: Shape) -> Any:
        """Repeat the end of each side that is one less than that of the skip."""
        more = [int(one != other) for one, other in zip(x[2:], skip[2:], strict=True)]
        if not any(more):
            return CURRENT
        flat = [side for one in reversed(more) for side in (0, one)]
        return applied(self.op(f"ReplicationPad{self.axes}d", flat), CURRENT)


def basic_unet(given: dict[str, Any], reader: Configuration, node: Mapping) -> list[Item]:
    """Return the layers of a `BasicUNet`."""
    made = _Network(given, reader, node)
    features = made.numbers("features", [32, 32, 64, 128, 256, 32])
    if len(features) != LEVELS:
        made.refuse("features", f"a list of {LEVELS} numbers")
        return []
    made.number("in_channels", 1)
    classes = made.number("out_channels", 2)
    items = [made.scope("conv_0", made.twice(features[0]))]
    for level in range(1, 5):
        pool = made.item("max_pooling", made.op(f"MaxPool{made.axes}d", 2))
        items.append(made.scope(f"down_{level}", [pool, made.scope("convs", made.twice(features[level]))]))
    ups = [made.up(level, features[level], features[level - 1] if level > 1 else features[5]) for level in (4, 3, 2, 1)]
    return [*items, *ups, made.item("final_conv", made.conv(classes, [1] * made.axes))]
