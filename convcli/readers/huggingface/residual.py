"""ResNet and RegNet, as the classes of `transformers` build them from their configurations.

He et al. (2015), Radosavovic et al. (2020). Names of layers are those of `transformers`.
"""

from collections.abc import Callable

from convcli.blocks import Item, Items, Merge
from convcli.readers.huggingface.parts import Body, Family
from convcli.source import Span

Row = Callable[[int, int, int], list[Item]]
"""Makes the layers of a block of its channels in and out and its stride."""


def _stages(family: Family, inputs: int, sizes: list[int], depths: list[int], row: Row, *, first: bool) -> list[Item]:
    """Return the stages of residual blocks.

    `first` says whether the first stage makes maps smaller, where the configuration does not.
    """
    stages = family.stages(sizes, depths)
    made = []
    family.at = family.config.place("depths")
    for place, (size, depth) in enumerate(stages):
        stride = 2 if place or family.flag("downsample_in_first_stage", default=first) else 1
        blocks = []
        for at in range(depth):
            step = stride if at == 0 else 1
            blocks.append(_block(family, row(inputs, size, step), size, step, same=step == 1 and inputs == size))
            inputs = size
        made.append([family.numbered("layers", blocks)])
    return [family.scope("encoder", [family.numbered("stages", made)])]


def _block(family: Family, row: list[Item], size: int, stride: int, *, same: bool) -> list[Item]:
    """Return layers in a row, whose result is added to what flowed in, and the activation behind."""
    span = Span(family.source, *family.at)
    beside = Item("shortcut", Items((), span), span)
    if not same:
        beside = family.scope("shortcut", [
            family.item("convolution", family.conv(size, 1, stride)), family.item("normalization", family.norm()),
        ])  # fmt: skip
    added = Item(None, Merge("add", (family.scope("layer", row), beside), span), span)
    return [added, family.item("activation", family.act())]


def _body(family: Family, stem: list[Item], encoder: list[Item], count: int) -> Body:
    """Return the model of either family."""
    stages = {"stem": family.name("embedder")}
    stages |= {f"stage{at + 1}": family.name("encoder", "stages", at) for at in range(count)}
    pooler = family.item("pooler", family.op("AdaptiveAvgPool2d", 1))
    flat = family.item("0", family.op("Flatten"))
    head = family.scope("classifier", [flat, family.item("1", family.classes())])
    return Body([family.scope("embedder", stem), *encoder], "encoder", [pooler], [head], stages)


def resnet(family: Family) -> Body:
    """Return the layers of a ResNet."""
    inputs = family.integer("embedding_size", 64)
    sizes, depths = family.several("hidden_sizes", [256, 512, 1024, 2048]), family.several("depths", [3, 4, 6, 3])
    bottleneck = family.choice("layer_type", ("basic", "bottleneck"), "bottleneck") == "bottleneck"
    early = family.flag("downsample_in_bottleneck", default=False)
    stem = [
        family.layer("embedder", family.conv(inputs, 7, 2)),
        family.item("pooler", family.op("MaxPool2d", 3, stride=2, padding=1)),
    ]

    def row(_: int, size: int, step: int) -> list[Item]:
        if not bottleneck:
            first = family.layer("0", family.conv(size, 3, step), "relu")
            return [first, family.layer("1", family.conv(size, 3), "linear")]
        inner = size // 4
        return [
            family.layer("0", family.conv(inner, 1, step if early else 1), "relu"),
            family.layer("1", family.conv(inner, 3, 1 if early else step), "relu"),
            family.layer("2", family.conv(size), "linear"),
        ]

    return _body(family, stem, _stages(family, inputs, sizes, depths, row, first=False), len(depths))


def regnet(family: Family) -> Body:
    """Return the layers of a RegNet, of the kinds X and Y."""
    inputs, width = family.integer("embedding_size", 32), family.integer("groups_width", 64)
    sizes, depths = family.several("hidden_sizes", [128, 192, 512, 1088]), family.several("depths", [2, 6, 12, 2])
    gated = family.choice("layer_type", ("x", "y"), "y") == "y"
    stem = [family.layer("embedder", family.conv(inputs, 3, 2))]

    def row(inputs: int, size: int, step: int) -> list[Item]:
        found = [
            family.layer("0", family.conv(size)),
            family.layer("1", family.conv(size, 3, step, max(1, size // width))),
        ]
        if gated:
            found.append(_gate(family, max(round(inputs / 4), 1), size))
        return [*found, family.layer(str(len(found)), family.conv(size), "linear")]

    return _body(family, stem, _stages(family, inputs, sizes, depths, row, first=True), len(depths))


def _gate(family: Family, reduced: int, channels: int) -> Item:
    """Return squeeze and excitation: what flows in, scaled by what its mean says."""
    attention = [
        family.item("0", family.conv(reduced, bias=True)), family.item("1", family.op("ReLU")),
        family.item("2", family.conv(channels, bias=True)), family.item("3", family.op("Sigmoid")),
    ]  # fmt: skip
    pooler = family.item("pooler", family.op("AdaptiveAvgPool2d", 1))
    return family.scope("2", [pooler, family.scope("attention", attention), family.joined("mul", "1")])
