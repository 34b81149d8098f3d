"""EfficientNet, as the class of `transformers` builds it from its configuration.

Tan and Le (2019). Names of layers are those of `transformers`.
"""

from math import ceil

from convcli.blocks import Item
from convcli.readers.huggingface.mobile import divisible
from convcli.readers.huggingface.parts import LARGEST, MOST_LAYERS, Body, Family
from convcli.readers.trees import CURRENT

EPS = 1e-3
COLUMNS = {
    "in_channels": [32, 16, 24, 40, 80, 112, 192], "out_channels": [16, 24, 40, 80, 112, 192, 320],
    "kernel_sizes": [3, 3, 5, 3, 5, 5, 3], "strides": [1, 2, 2, 2, 1, 2, 1],
    "num_block_repeats": [1, 2, 2, 3, 3, 4, 1], "expand_ratios": [1, 6, 6, 6, 6, 6, 6],
}  # fmt: skip
"""What a configuration says of each stage, and its class without it."""


class _Made:
    """What all layers of one network share."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.unit, self.wide = family.integer("depth_divisor", 8), family.real("width_coefficient", 2.0)
        self.eps = family.real("batch_norm_eps", EPS)
        self.ratio = family.real("squeeze_expansion_ratio", 0.25)

    def size(self, channels: int) -> int:
        """Return a number of channels at the network's width."""
        return divisible(channels * self.wide, self.unit)

    def block(self, sizes: tuple[int, int, int], shape: tuple[int, int], before: str, *, even: bool) -> list[Item]:
        """Return an inverted bottleneck of channels in, out and inside, a kernel and a stride.

        With a stride its border is padded less in front, unless it is `even`; with `before` it is added to what
        flowed in.
        """
        family, (inputs, outputs, inner), (kernel, stride) = self.family, sizes, shape
        row = [self.layer("expansion", "expand", inner)] if inner != inputs else []
        half = kernel // 2
        pads = [half] * 4 if even else [half - 1, half, half - 1, half]
        padding = {"padding": 0} if stride != 1 else {}
        depthwise = [
            *([family.item("depthwise_conv_pad", family.op("ZeroPad2d", pads))] if stride != 1 else ()),
            family.item("depthwise_conv", family.conv(inner, kernel, stride, inner, **padding)),
            family.item("depthwise_norm", family.norm(self.eps)), family.item("depthwise_act", family.act()),
        ]  # fmt: skip
        gate = [
            family.item("squeeze", family.op("AdaptiveAvgPool2d", 1)),
            family.item("reduce", family.conv(max(1, int(inputs * self.ratio)), bias=True)),
            family.item("act_reduce", family.act()),
            family.item("expand", family.conv(inner, bias=True)), family.item("act_expand", family.op("Sigmoid")),
            family.joined("mul", "depthwise_conv"),
        ]  # fmt: skip
        last = [
            family.item("project_conv", family.conv(outputs)), family.item("project_bn", family.norm(self.eps)),
            *([family.joined("add", before)] if before else ()),
        ]  # fmt: skip
        parts = (("depthwise_conv", depthwise), ("squeeze_excite", gate), ("projection", last))
        return [*row, *(family.scope(name, items) for name, items in parts)]

    def layer(self, name: str, prefix: str, channels: int) -> Item:
        """Return a convolution of 1, its norm, its activation."""
        family = self.family
        return family.scope(name, [
            family.item(f"{prefix}_conv", family.conv(channels)),
            family.item(f"{prefix}_bn", family.norm(self.eps)), family.item(f"{prefix}_act", family.act()),
        ])  # fmt: skip


def efficientnet(family: Family) -> Body:
    """Return the layers of an EfficientNet."""
    made = _Made(family)
    deep = family.real("depth_coefficient", 3.1)
    columns = {name: family.several(name, usual) for name, usual in COLUMNS.items()}
    columns["num_block_repeats"] = [ceil(min(deep * count, LARGEST)) for count in columns["num_block_repeats"]]
    if len(set(map(len, columns.values()))) > 1 or sum(columns["num_block_repeats"]) > MOST_LAYERS:
        family.refuse("num_block_repeats", f"as long as the other lists, with at most {MOST_LAYERS:,} blocks in all")
    hidden = family.integer("hidden_dim", 2560)
    kind = {"mean": "AvgPool2d", "max": "MaxPool2d"}[family.choice("pooling_type", ("mean", "max"), "mean")]
    family.expect_good()
    stem = family.scope("embeddings", [
        family.item("padding", family.op("ZeroPad2d", [0, 1, 0, 1])),
        family.item("convolution", family.conv(made.size(32), 3, 2, padding=0)),
        family.item("batchnorm", family.norm(made.eps)), family.item("activation", family.act()),
    ])  # fmt: skip
    family.at = family.config.place("num_block_repeats")
    blocks = family.numbered("blocks", _blocks(family, made, columns))
    family.at = family.config.place("hidden_dim")
    top = [
        family.item("top_conv", family.conv(made.size(1280))),
        family.item("top_bn", family.op("BatchNorm2d", hidden, made.eps)), family.item("top_activation", family.act()),
    ]  # fmt: skip
    pooled = [
        family.item("pooler", family.op(kind, hidden, ceil_mode=True)),
        family.item("pooled", family.op("flatten", CURRENT, 1)),
    ]
    drop = family.item("dropout", family.op("Dropout", family.real("dropout_rate", 0.5)))
    head = [drop, family.item("classifier", family.classes())]
    return Body([stem, family.scope("encoder", [blocks, *top])], "encoder", pooled, head)


def _blocks(family: Family, made: _Made, columns: dict[str, list[int]]) -> list[list[Item]]:
    """Return the layers of each block of all stages."""
    unpadded = family.config.get("depthwise_padding")
    unpadded = unpadded if isinstance(unpadded, list) else []
    found: list[list[Item]] = []
    for inputs, outputs, kernel, stride, count, expand in zip(*columns.values(), strict=True):
        own, after = made.size(inputs), made.size(outputs)
        for at in range(count):
            step, before = (stride, "") if at == 0 else (1, str(len(found) - 1))
            sizes = own, after, own * expand
            found.append(made.block(sizes, (kernel, step), before, even=len(found) in unpadded))
            own = after
    return found
