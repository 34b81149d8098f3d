"""MONAI's `SegResNet`: residual blocks with norms in front, down and up again, added across.

Myronenko, 3D MRI brain tumor segmentation using autoencoder regularization (2018), without the autoencoder, as
MONAI's documentation of the class and of `ResBlock` describes it.
"""

from itertools import pairwise
from typing import Any

from convcli.blocks import Item
from convcli.document import Mapping
from convcli.layer.syntax import Expression, Name
from convcli.readers.hydra.parts import LARGEST, MOST_LEVELS, Parts
from convcli.readers.hydra.values import Configuration
from convcli.readers.trees import CURRENT, applied


class _Network(Parts):
    """What all layers of one network share."""

    def __init__(self, given: dict[str, Any], reader: Configuration, node: Mapping) -> None:
        super().__init__(given, reader, node)
        self.axes = self.number("spatial_dims", 3, least=2, most=3)
        groups = ["group", {"num_groups": given.get("num_groups", 8)}]
        self.normal = self.named("norm", groups) or ("", {})
        if given.get("norm_name"):
            self.normal = ("group", {"num_groups": self.number("num_groups", 8)})
        self.active = self.named("act", ["relu", {"inplace": True}]) or ("", {})
        self.mode = str(given.get("upsample_mode", "nontrainable")).lower()

    def plain(self, name: str, channels: int, kernel: int = 3, stride: int = 1, *, bias: bool = False) -> Item:
        """Return a convolution alone."""
        sides = [stride] * self.axes
        padding = [(kernel - stride + 1) // 2] * self.axes
        conv = self.conv(channels, [kernel] * self.axes, stride=sides, padding=padding, bias=bias)
        return self.scope(name, [self.item("conv", conv)])

    def block(self, name: str, before: Expression, channels: int) -> Item:
        """Return two convolutions, each behind its norm and an activation, beside what flows in."""
        return self.scope(name, [
            self.item("norm1", self.norm(self.normal, self.axes)),
            self.item("act", self.act(self.active)),
            self.plain("conv1", channels),
            self.item("norm2", self.norm(self.normal, self.axes)),
            self.item(None, applied(Name("act", self.at), CURRENT)),
            self.plain("conv2", channels),
            self.item(None, self.op("add", CURRENT, before)),
        ])  # fmt: skip

    def blocks(self, start: int, before: str, channels: int, count: int) -> list[Item]:
        """Return blocks in a row, numbered from a number on."""
        names = [before, *(str(start + at) for at in range(count))]
        return [self.block(name, Name(last, self.at), channels) for last, name in pairwise(names)]

    def up(self, place: int, skip: str, channels: int, count: int) -> list[Item]:
        """Return what enlarges, adds, and the blocks behind it."""
        larger = self.enlarged(self.mode, "upsample_mode", channels, self.axes, narrows=False, corners=False)
        added = f"added_{place}"
        return [
            self.scope(f"up_samples.{place}", [self.plain("0", channels, 1), self.scope("1", larger)]),
            self.item(added, self.op("add", CURRENT, Name(skip, self.at))),
            *([self.scope(f"up_layers.{place}", self.blocks(0, added, channels, count))] if count else ()),
        ]

    def final(self, classes: int) -> Item:
        """Return the last norm, activation and convolution."""
        return self.scope("conv_final", [
            self.item("0", self.norm(self.normal, self.axes)),
            self.item("1", self.act(self.active)),
            self.plain("2", classes, 1, bias=True),
        ])  # fmt: skip


def segresnet(given: dict[str, Any], reader: Configuration, node: Mapping) -> list[Item]:
    """Return the layers of a `SegResNet`."""
    made = _Network(given, reader, node)
    down = made.numbers("blocks_down", [1, 2, 2, 4], least=0)
    up = made.numbers("blocks_up", [1, 1, 1], least=0)
    filters = made.number("init_filters", 8)
    made.number("in_channels", 1)
    classes = made.number("out_channels", 2)
    if len(down) > MOST_LEVELS or sum([*down, *up]) > LARGEST:
        made.refuse("blocks_down", f"a list of at most {MOST_LEVELS} numbers")
    if len(up) != len(down) - 1:
        made.refuse("blocks_up", f"one shorter than `blocks_down`: {len(down) - 1} numbers")
    if reader.findings:
        return []
    items = [made.plain("convInit", filters)]
    if given.get("dropout_prob") is not None:
        items.append(made.item("dropout", made.op(f"Dropout{made.axes}d", given["dropout_prob"])))
    for place, count in enumerate(down):
        channels = filters * 2**place
        first = made.plain("0", channels, 3, 2) if place else made.item("0", made.op("Identity"))
        items.append(made.scope(f"down_layers.{place}", [first, *made.blocks(1, "0", channels, count)]))
    for place, count in enumerate(up):
        level = len(up) - 1 - place
        items += made.up(place, f"down_layers.{level}", filters * 2**level, count)
    return [*items, made.final(classes)] if given.get("use_conv_final", True) else items
