"""MobileNet v1 and v2, as the classes of `transformers` build them from their configurations.

Howard et al. (2017), Sandler et al. (2018). Names of layers are those of `transformers`.
"""

from convcli.blocks import Item
from convcli.readers.huggingface.parts import Body, Family

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
        self.eps = family.real("layer_norm_eps", EPS)

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
        same = self.pads and kernel > 1
        before = self.family.padding(kernel, stride, dilation) if same else None
        padding = {"padding": 0} if same else {}
        conv = self.family.conv(outputs, kernel, stride, groups, dilation=dilation, **padding)
        return self.family.layer(name, conv, act, eps=self.eps, before=before)

    def body(self, items: list[Item], usual: float) -> Body:
        """Return the model; of either the head has a dropout."""
        drop = self.family.op("Dropout", self.family.real("classifier_dropout_prob", usual))
        pooled, last = self.family.average(), str(items[-1].name)
        head = [self.family.item("dropout", drop), self.family.item("classifier", self.family.classes())]
        return Body(items, last, pooled, head)


def mobilenet_v1(family: Family) -> Body:
    """Return the layers of the first MobileNet."""
    made = _Mobile(family)
    depth = 32
    outputs = max(int(depth * made.times), made.least)
    stem = made.layer("conv_stem", outputs, 3, 2)
    family.at = family.config.place("depth_multiplier")
    items = []
    for at, stride in enumerate([1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]):
        inputs = outputs
        if stride == 2 or at == 0:
            depth *= 2
            outputs = max(int(depth * made.times), made.least)
        items += [made.layer(str(2 * at), inputs, 3, stride, inputs), made.layer(str(2 * at + 1), outputs, 1)]
    return made.body([stem, family.scope("layer", items)], 0.999)


def mobilenet_v2(family: Family) -> Body:
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
    start = family.scope("conv_stem", stem)
    family.at = family.config.place("depth_multiplier")
    blocks: list[list[Item]] = []
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
        blocks.append([*row, family.joined("add", str(at - 1) if at else "conv_stem")] if joins else row)
    fine = family.flag("finegrained_output", default=True) and made.times < 1
    last = made.layer("conv_1x1", 1280 if fine else scaled(1280), 1)
    return made.body([start, family.numbered("layer", blocks), last], 0.8)
