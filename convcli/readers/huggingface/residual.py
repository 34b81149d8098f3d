"""ResNet, RegNet and ConvNeXt, as the classes of `transformers` build them from their configurations.

He et al. (2015), Radosavovic et al. (2020), Liu et al. (2022), Woo et al. (2023) for the second ConvNeXt.
"""

from collections.abc import Callable, Sequence

from convcli.blocks import Item
from convcli.layer import syntax
from convcli.quantity import Shape
from convcli.readers.huggingface.parts import Family
from convcli.readers.trees import CURRENT, INFERRED, call, fitted, unknown


def _shortcut(family: Family, outputs: int, stride: int) -> Item:
    return family.scope("shortcut", [
        family.item("convolution", family.conv(outputs, 1, stride)),
        family.item("normalization", family.op("BatchNorm2d", INFERRED)),
    ])  # fmt: skip


def _stages(
    family: Family,
    stages: Sequence[tuple[int, int]],
    inputs: int,
    row: Callable[[int, int, int], list[Item]],
    *,
    first: bool,
) -> list[Item]:
    """Return the stages of residual blocks.

    `row` makes the layers of a block of its channels in and out and its stride; `first` says whether the first
    stage makes maps smaller, where the configuration does not.
    """
    items = []
    family.at = family.config.place("depths")
    for place, (size, depth) in enumerate(stages):
        stride = 2 if place or family.flag("downsample_in_first_stage", default=first) else 1
        layers = []
        for at in range(depth):
            step = stride if at == 0 else 1
            made = row(inputs, size, step)
            beside = _shortcut(family, size, step) if step != 1 or inputs != size else None
            layers += [family.residual(f"layer{at}", made, beside), family.item(f"activation{at}", family.act())]
            inputs = size
        items.append(family.scope(f"stage{place}", layers))
    return items


def resnet(family: Family) -> list[Item]:
    """Return the layers of a ResNet."""
    inputs = family.integer("embedding_size", 64)
    stages = family.stages(family.several("hidden_sizes"), family.several("depths"))
    bottleneck = family.config.get("layer_type", "bottleneck") == "bottleneck"
    early = family.flag("downsample_in_bottleneck", default=False)
    items = [
        family.layer("embedder", family.conv(inputs, 7, 2)),
        family.item("pooler0", family.op("MaxPool2d", 3, stride=2, padding=1)),
    ]

    def row(_: int, size: int, step: int) -> list[Item]:
        if not bottleneck:
            return [family.layer("0", family.conv(size, 3, step)), family.layer("1", family.conv(size, 3), None)]
        inner = size // 4
        return [
            family.layer("0", family.conv(inner, 1, step if early else 1)),
            family.layer("1", family.conv(inner, 3, 1 if early else step)),
            family.layer("2", family.conv(size), None),
        ]

    return [*items, *_stages(family, stages, inputs, row, first=False), *family.head()]


def regnet(family: Family) -> list[Item]:
    """Return the layers of a RegNet, of the kinds X and Y."""
    inputs, width = family.integer("embedding_size", 32), family.integer("groups_width", 64)
    stages = family.stages(family.several("hidden_sizes"), family.several("depths"))
    gated = family.config.get("layer_type", "y") == "y"
    items = [family.layer("embedder", family.conv(inputs, 3, 2))]

    def row(inputs: int, size: int, step: int) -> list[Item]:
        return [
            family.layer("0", family.conv(size)),
            family.layer("1", family.conv(size, 3, step, max(1, size // width))),
            *(family.squeeze(max(round(inputs / 4), 1), size, "relu") if gated else ()),
            family.layer("2", family.conv(size), None),
        ]

    return [*items, *_stages(family, stages, inputs, row, first=True), *family.head()]


def convnext(family: Family) -> list[Item]:
    """Return the layers of a ConvNeXt, of both versions."""
    stages = family.stages(family.several("hidden_sizes"), family.several("depths"))
    patch = family.integer("patch_size", 4)
    items = [family.scope("embeddings", [
        family.item("patch_embeddings", family.op("Conv2d", INFERRED, stages[0][0], patch, stride=patch)),
        family.item("layernorm", family.op("LayerNorm2d", INFERRED, eps=1e-6)),
    ])]  # fmt: skip
    family.at = family.config.place("depths")
    for place, (size, depth) in enumerate(stages):
        layers = [_next(family, f"layer{at}", size) for at in range(depth)]
        if place:
            norm = family.item("norm", family.op("LayerNorm2d", INFERRED, eps=1e-6))
            down = family.item("convolution", family.op("Conv2d", INFERRED, size, 2, stride=2))
            layers.insert(0, family.scope("downsampling", [norm, down]))
        items.append(family.scope(f"stage{place}", layers))
    pooler, flatten, classifier = family.head()
    norm = family.item("layernorm", family.op("LayerNorm", stages[-1][0], eps=family.real("layer_norm_eps", 1e-12)))
    return [*items, pooler, flatten, norm, classifier]


def _next(family: Family, name: str, size: int) -> Item:
    """Return a layer of a ConvNeXt: most of it works with the channels last."""
    second = family.config.get("model_type") == "convnextv2"
    row = [
        family.item("dwconv", family.conv(size, 7, groups=size, bias=True)),
        family.item("last", family.op("Permute", [0, 2, 3, 1])),
        family.item("norm", family.op("LayerNorm", size, eps=1e-6)),
        family.item("pwconv1", family.op("Linear", INFERRED, 4 * size)),
        family.item("act", family.act(str(family.config.get("hidden_act", "gelu")))),
    ]
    if second:
        row.append(family.item("grn", fitted(_response_norm, family.at)))
    row.append(family.item("pwconv2", family.op("Linear", INFERRED, size)))
    if not second and family.real("layer_scale_init_value", 1e-6) > 0:
        row.append(family.item("gamma", family.op("Parameter", size)))
        row.append(family.item("scaled", call("mul", family.at, CURRENT, syntax.Name("gamma", family.at))))
    row.append(family.item("first", family.op("Permute", [0, 3, 1, 2])))
    return family.residual(name, row)


def _response_norm(x: Shape) -> object:
    weights: dict[str, Shape] = {"weight": (1, 1, 1, x[-1]), "bias": (1, 1, 1, x[-1])}
    return unknown("GRN", x, weights, macs=0)
