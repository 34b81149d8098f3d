"""MONAI's `DynUNet`: a U-Net whose kernels and strides differ by level and axis.

Isensee et al., Automated design of deep learning methods for biomedical image segmentation (2019), as MONAI's
documentation of the class and of its blocks describes it. Heads for deep supervision are what they are in training:
further outputs, here at their own sizes.
"""

from typing import Any

from convcli.blocks import Item
from convcli.document import Mapping
from convcli.layer.syntax import Expression, Name
from convcli.readers.hydra.parts import Parts, Sides
from convcli.readers.hydra.values import Configuration
from convcli.readers.trees import CURRENT, applied

FEWEST_LEVELS = 3


class _Network(Parts):
    """What all layers of one network share."""

    def __init__(self, given: dict[str, Any], reader: Configuration, node: Mapping) -> None:
        super().__init__(given, reader, node)
        self.axes = self.number("spatial_dims", least=2, most=3)
        self.kernels, self.strides = self.each("kernel_size", self.axes), self.each("strides", self.axes)
        self.ups = self.each("upsample_kernel_size", self.axes)
        self.normal = self.named("norm_name", ["instance", {"affine": True}]) or ("", {})
        self.active = self.named("act_name", ["leakyrelu", {"inplace": True, "negative_slope": 0.01}]) or ("", {})
        self.residual = bool(given.get("res_block", False))

    def convolution(
        self, name: str, channels: int, kernel: Sides, stride: Sides, *, bias: bool = False, up: bool = False
    ) -> Item:
        """Return a convolution that its stride alone makes smaller, or larger with `up`, and its dropout."""
        sides = [size - step + 1 for size, step in zip(kernel, stride, strict=True)]
        more = [2 * (side // 2) + step - size for side, size, step in zip(sides, kernel, stride, strict=True)]
        if min(sides) < 0 or (up and min(more) < 0):
            self.refuse("kernel_size", f"at least as long as the stride less one, {stride}, on each axis")
            sides = more = [0] * self.axes
        arguments: dict[str, Any] = {"stride": stride, "padding": [side // 2 for side in sides], "bias": bias}
        arguments |= {"output_padding": more} if up else {}
        drop = self.dropout(self.given.get("dropout"))
        parts = [self.item("conv", self.conv(channels, kernel, up=up, **arguments))]
        return self.scope(name, [*parts, *([self.scope("adn", drop)] if drop else ())])

    def norm_item(self, name: str) -> Item:
        return self.item(name, self.norm(self.normal, self.axes, "norm_name"))

    def row(self, channels: int, kernel: Sides, stride: Sides) -> list[Item]:
        """Return two convolutions, each with its norm, and the activation between them."""
        return [
            self.convolution("conv1", channels, kernel, stride), self.norm_item("norm1"),
            self.item("lrelu", self.act(self.active, "act_name")),
            self.convolution("conv2", channels, kernel, [1] * self.axes), self.norm_item("norm2"),
        ]  # fmt: skip

    def block(self, name: str, before: Expression, sizes: tuple[int, int], kernel: Sides, stride: Sides) -> Item:
        """Return a block, beside a shortcut if the network is residual; `before` is what flows in."""
        inputs, channels = sizes
        items = self.row(channels, kernel, stride)
        again = self.item(None, applied(Name("lrelu", self.at), CURRENT))
        if not self.residual:
            return self.scope(name, [*items, again])
        beside = before
        if inputs != channels or set(stride) != {1}:
            conv = self.convolution("conv3", channels, [1] * self.axes, stride)
            items += [self.item(None, before), conv, self.norm_item("norm3")]
            beside = Name("norm3", self.at)
        added = self.item(None, self.op("add", Name("norm2", self.at), beside))
        return self.scope(name, [*items, added, again])

    def up(self, name: str, skip: str, channels: int, kernel: Sides, stride: Sides, *, bias: bool) -> Item:
        """Return what enlarges, joins, and convolves."""
        again = self.item(None, applied(Name("lrelu", self.at), CURRENT))
        return self.scope(name, [
            self.convolution("transp_conv", channels, stride, stride, bias=bias, up=True),
            self.item(None, self.op("cat", [CURRENT, Name(skip, self.at)], dim=1)),
            self.scope("conv_block", [*self.row(channels, kernel, [1] * self.axes), again]),
        ])  # fmt: skip

    def output(self, name: str, classes: int) -> Item:
        """Return the convolution that gives classes."""
        return self.scope(name, [self.convolution("conv", classes, [1] * self.axes, [1] * self.axes, bias=True)])


def dynunet(given: dict[str, Any], reader: Configuration, node: Mapping) -> list[Item]:
    """Return the layers of a `DynUNet`."""
    made = _Network(given, reader, node)
    levels = len(made.strides)
    largest = 320 if made.axes == 3 else 512
    usual = [min(2 ** (5 + at), largest) for at in range(levels)]
    filters = usual if given.get("filters") is None else made.numbers("filters")[:levels]
    inputs, classes = made.number("in_channels"), made.number("out_channels")
    if levels < FEWEST_LEVELS or len(made.kernels) != levels:
        made.refuse("strides", f"as long as `kernel_size`, at least {FEWEST_LEVELS} levels")
    if len(made.ups) != levels - 1:
        made.refuse("upsample_kernel_size", f"one shorter than `strides`: {levels - 1} numbers or lists")
    if len(filters) != levels:
        made.refuse("filters", f"a list of {levels} numbers, one for each level")
    heads = made.number("deep_supr_num", 1, most=max(levels - 2, 1)) if given.get("deep_supervision") else 0
    if reader.findings:
        return []
    names = ["input_block", *(f"downsamples.{at}" for at in range(levels - 2)), "bottleneck"]
    items: list[Item] = []
    before: Expression = Name("input", made.at)
    for name, channels, kernel, stride in zip(names, filters, made.kernels, made.strides, strict=True):
        items.append(made.block(name, before, (inputs, channels), kernel, stride))
        before, inputs = Name(name, made.at), channels
    bias = bool(given.get("trans_bias", False))
    for at in range(levels - 1):
        level = levels - 2 - at
        where = filters[level], made.kernels[level + 1], made.ups[level]
        items.append(made.up(f"upsamples.{at}", names[level], *where, bias=bias))
    items.append(made.output("output_block", classes))
    for at in range(heads):
        items.append(made.item(None, Name(f"upsamples.{levels - 3 - at}", made.at)))
        items.append(made.output(f"deep_supervision_heads.{at}", classes))
    return items
