"""MobileNet v1 and v2 and EfficientNet, as the classes of `transformers` build them from their configurations.

Howard et al. (2017), Sandler et al. (2018), Tan and Le (2019).
"""

from math import ceil

from convcli.blocks import Item
from convcli.layer.syntax import Expression
from convcli.readers.huggingface.parts import LARGEST, MOST_LAYERS, Family

EPS = 1e-3


def divisible(value: float, divisor: int, least: int | None = None) -> int:
    """Return the nearest multiple, not less than nine tenths of the value."""
    found = max(least or divisor, int(value + divisor / 2) // divisor * divisor)
    return found + divisor if found < 0.9 * value else found


class _Mobile:
    """What both MobileNets share."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.times = family.real("depth_multiplier", 1.0)
        self.least = family.integer("min_depth", 8)
        self.pads = family.flag("tf_padding", default=True)

    def layer(
        self,
        name: str,
        outputs: int,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        act: str | None = "",
        dilation: int = 1,
    ) -> Item:
        """Return a convolution, padded as TensorFlow does if the configuration says so."""
        family = self.family
        if self.pads and kernel > 1:
            conv: Expression = family.same(outputs, kernel, stride, groups, dilation)
        else:
            conv = family.conv(outputs, kernel, stride, groups, dilation=dilation)
        return family.layer(name, conv, act, family.real("layer_norm_eps", EPS))


def mobilenet_v1(family: Family) -> list[Item]:
    """Return the layers of the first MobileNet."""
    made = _Mobile(family)
    depth = 32
    outputs = max(int(depth * made.times), made.least)
    items = [made.layer("conv_stem", outputs, 3, 2)]
    family.at = family.config.place("depth_multiplier")
    for at, stride in enumerate([1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]):
        inputs = outputs
        if stride == 2 or at == 0:
            depth *= 2
            outputs = max(int(depth * made.times), made.least)
        items.append(made.layer(f"layer{2 * at}", inputs, 3, stride, inputs))
        items.append(made.layer(f"layer{2 * at + 1}", outputs, 1))
    return [*items, *family.head(dropout=True)]


def mobilenet_v2(family: Family) -> list[Item]:
    """Return the layers of the second MobileNet."""
    made = _Mobile(family)
    unit, ratio = family.integer("depth_divisible_by", 8), family.real("expand_ratio", 6.0)

    def scaled(channels: int) -> int:
        return divisible(round(channels * made.times), unit, made.least)

    sizes = [16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320]
    channels, first = [scaled(size) for size in sizes], scaled(32)
    stem = [made.layer("first_conv", first, 3, 2)]
    if not family.flag("first_layer_is_expansion", default=True):
        stem.append(made.layer("expand_1x1", first, 1))
    stem += [made.layer("conv_3x3", first, 3, 1, first), made.layer("reduce_1x1", channels[0], 1, act=None)]
    items = [family.scope("conv_stem", stem)]
    family.at = family.config.place("depth_multiplier")
    reached, dilation = 2, 1
    for at, wanted in enumerate([2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]):
        stride, apart = wanted, 1
        if reached == family.integer("output_stride", 32):
            stride, apart, dilation = 1, dilation, dilation * wanted
        else:
            reached *= stride
        inner = divisible(round(channels[at] * ratio), unit, made.least)
        row = [
            made.layer("expand_1x1", inner, 1), made.layer("conv_3x3", inner, 3, stride, inner, dilation=apart),
            made.layer("reduce_1x1", channels[at + 1], 1, act=None),
        ]  # fmt: skip
        joins = stride == 1 and channels[at] == channels[at + 1]
        items.append(family.residual(f"layer{at}", row) if joins else family.scope(f"layer{at}", row))
    fine = family.flag("finegrained_output", default=True) and made.times < 1
    return [*items, made.layer("conv_1x1", 1280 if fine else scaled(1280), 1), *family.head(dropout=True)]


def efficientnet(family: Family) -> list[Item]:
    """Return the layers of an EfficientNet."""
    unit, wide = family.integer("depth_divisor", 8), family.real("width_coefficient", 2.0)
    deep = family.real("depth_coefficient", 3.1)
    names = ("in_channels", "out_channels", "kernel_sizes", "strides", "num_block_repeats", "expand_ratios")
    usual = ([32, 16, 24, 40, 80, 112, 192], [16, 24, 40, 80, 112, 192, 320], [3, 3, 5, 3, 5, 5, 3],
             [1, 2, 2, 2, 1, 2, 1], [1, 2, 2, 3, 3, 4, 1], [1, 6, 6, 6, 6, 6, 6])  # fmt: skip
    columns = [family.several(name, default) for name, default in zip(names, usual, strict=True)]
    repeats = [ceil(min(deep * count, LARGEST)) for count in columns[4]]
    if len(set(map(len, columns))) > 1 or sum(repeats) > MOST_LAYERS:
        family.refuse("num_block_repeats", f"as long as the other lists, with at most {MOST_LAYERS:,} blocks in all")
    family.expect_good()
    ratio = family.real("squeeze_expansion_ratio", 0.25)
    stem = divisible(32 * wide, unit)
    padded = [family.item("padding", family.op("ZeroPad2d", [0, 1, 0, 1]))]
    items = [*padded, family.layer("embeddings", family.conv(stem, 3, 2, padding=0), eps=EPS)]
    family.at = family.config.place("num_block_repeats")
    unpadded, number = family.config.get("depthwise_padding"), 0
    unpadded = unpadded if isinstance(unpadded, list) else []
    for inputs, outputs, kernel, stride, count, expand in zip(*columns[:4], repeats, columns[5], strict=True):
        before, after = divisible(inputs * wide, unit), divisible(outputs * wide, unit)
        for at in range(count):
            own, step = (before, stride) if at == 0 else (after, 1)
            row = _block(family, (own, after), kernel, step, expand, max(1, int(own * ratio)), even=number in unpadded)
            joins = at > 0 and step == 1
            items.append(family.residual(f"block{number}", row) if joins else family.scope(f"block{number}", row))
            number += 1
    top = divisible(1280 * wide, unit)
    return [*items, family.layer("top", family.conv(top), eps=EPS), *family.head(dropout=True)]


def _block(
    family: Family, channels: tuple[int, int], kernel: int, stride: int, expand: int, squeezed: int, *, even: bool
) -> list[Item]:
    """Return an inverted bottleneck; with a stride its border is padded less in front."""
    inputs, outputs = channels
    inner = inputs * expand
    row = [family.layer("expansion", family.conv(inner), eps=EPS)] if expand != 1 else []
    half = kernel // 2
    if stride != 1:
        pads = [half] * 4 if even else [half - 1, half, half - 1, half]
        row.append(family.item("padding", family.op("ZeroPad2d", pads)))
    padding = {"padding": 0} if stride != 1 else {}
    row.append(family.layer("depthwise", family.conv(inner, kernel, stride, inner, **padding), eps=EPS))
    row += family.squeeze(squeezed, inner, str(family.config.get("hidden_act", "swish")))
    return [*row, family.layer("projection", family.conv(outputs), None, EPS)]
