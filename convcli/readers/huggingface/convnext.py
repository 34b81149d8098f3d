"""ConvNeXt and ConvNeXt V2, as the classes of `transformers` build them from their configurations.

Liu et al. (2022), Woo et al. (2023) for the second. Names of layers are those of `transformers`.
"""

from typing import Any

from convcli.blocks import Item
from convcli.readers.huggingface.parts import Body, Family
from convcli.readers.trees import CURRENT, INFERRED

EPS = 1e-6


def convnext(family: Family) -> Body:
    """Return the layers of a ConvNeXt, of both versions."""
    sizes, depths = family.several("hidden_sizes", [96, 192, 384, 768]), family.several("depths", [3, 3, 9, 3])
    if family.integer("num_stages", len(sizes)) != len(sizes):
        family.refuse("num_stages", f"the length of `hidden_sizes`, {len(sizes)}")
    stages = family.stages(sizes, depths)
    patch = family.config.get("patch_size", 4)
    patch = patch if isinstance(patch, list) and len(patch) == 2 else family.integer("patch_size", 4)
    embeddings = family.scope("embeddings", [
        family.item("patch_embeddings", family.op("Conv2d", INFERRED, sizes[0], patch, stride=patch)),
        family.item("layernorm", _norm(family)),
    ])  # fmt: skip
    family.at = family.config.place("depths")
    made = []
    for place, (size, depth) in enumerate(stages):
        down = family.op("Conv2d", INFERRED, size, 2, stride=2)
        smaller = [family.item("0", _norm(family)), family.item("1", down)]
        before = "downsampling_layer" if place else "embeddings"
        layers = [_layer(family, size, str(at - 1) if at else before) for at in range(depth)]
        made.append(
            [*([family.scope("downsampling_layer", smaller)] if place else ()), family.numbered("layers", layers)]
        )
    encoder = family.scope("encoder", [family.numbered("stages", made)])
    norm = family.op("LayerNorm", sizes[-1], eps=family.real("layer_norm_eps", 1e-12))
    pooled = [family.item("pooled", family.op("mean", CURRENT, [-2, -1])), family.item("layernorm", norm)]
    named = {"stem": family.name("embeddings")}
    named |= {f"stage{at + 1}": family.name("encoder", "stages", at) for at in range(len(stages))}
    head = [family.item("classifier", family.classes())]
    return Body([embeddings, encoder], "encoder", pooled, head, named, normed=True)


def _norm(family: Family) -> Any:
    return family.op("LayerNorm2d", INFERRED, eps=EPS)


def _layer(family: Family, size: int, before: str) -> list[Item]:
    """Return a layer, most of which works with the channels last."""
    second = family.config.get("model_type") == "convnextv2"
    row = [
        family.item("dwconv", family.conv(size, 7, groups=size, bias=True)),
        family.item(None, family.op("permute", CURRENT, [0, 2, 3, 1])),
        family.item("layernorm", family.op("LayerNorm", size, eps=EPS)),
        family.item("pwconv1", family.op("Linear", INFERRED, 4 * size)),
        family.item("act", family.act()),
        *([family.scope("grn", _response_norm(family, 4 * size))] if second else ()),
        family.item("pwconv2", family.op("Linear", INFERRED, size)),
    ]
    if not second and family.real("layer_scale_init_value", 1e-6) > 0:
        row.append(family.item("layer_scale_parameter", family.op("Parameter", size)))
        row.append(family.item(None, family.op("mul", family.name("layer_scale_parameter"), CURRENT)))
    return [*row, family.item(None, family.op("permute", CURRENT, [0, 3, 1, 2])), family.joined("add", before)]


def _response_norm(family: Family, channels: int) -> list[Item]:
    """Return the global response norm: each channel's length against the mean of all, and what flows in beside it."""
    squares = family.op("sum", family.op("pow", family.name("act"), 2), [1, 2], keepdim=True)
    mean = family.op("mean", family.name("lengths"), -1, keepdim=True)
    against = family.op("div", family.name("lengths"), family.op("add", mean, EPS))
    scaled = family.op("mul", family.name("act"), against)
    return [
        family.item("weight", family.op("Parameter", 1, 1, 1, channels)),
        family.item("bias", family.op("Parameter", 1, 1, 1, channels)),
        family.item("lengths", family.op("sqrt", squares)),
        family.item(None, family.op("mul", family.name("weight"), scaled)),
        family.joined("add", "bias"),
        family.joined("add", "act"),
    ]
