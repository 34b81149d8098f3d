"""Functions over weights that are no layer's own, as torch.nn.functional has them, and what else torch can say."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from convcli.argument import Slot
from convcli.aten.loose import Loose
from convcli.graph import Node
from convcli.op import Operator
from convcli.ops.opaque import Opaque
from convcli.writers.torch_source.layout import Code, call, flat
from convcli.writers.torch_source.spelling import filled, literal, spelled_operator

_ALONG = ("stride", "padding", "dilation", "groups")
FUNCTIONS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "Linear": ("linear", "", ()),
    "Bilinear": ("bilinear", "", ()),
    **{f"Conv{axes}d": (f"conv{axes}d", "", _ALONG) for axes in (1, 2, 3)},
    **{
        f"ConvTranspose{axes}d": (f"conv_transpose{axes}d", "", (*_ALONG[:2], "output_padding", *_ALONG[:1:-1]))
        for axes in (1, 2, 3)
    },
    "LayerNorm": ("layer_norm", "normalized_shape", ("eps",)),
    "RMSNorm": ("rms_norm", "normalized_shape", ("eps",)),
    "GroupNorm": ("group_norm", "num_groups", ("eps",)),
    "Embedding": ("embedding", "", ("padding_idx",)),
    "PReLU": ("prelu", "", ()),
}
"""For each layer its function, the argument in front of the weights, and those behind them."""

OTHERS = {"einsum": "equation", "_weight_norm_interface": "dim"}
"""Functions that the catalogue does not have, each with the argument that it cannot do without."""


_PUBLIC = (
    "where masked_fill tril triu logical_not logical_and logical_or logical_xor bitwise_not bitwise_and bitwise_or "
    "bitwise_xor floor ceil round sign erf log1p expm1 atan tan remainder acos acosh asin asinh atanh cosh sinh isinf "
    "isnan index_select gather cumsum sort topk addmm baddbmm dot vdot mv hstack vstack dstack rot90 diagonal"
)
PUBLIC = frozenset(_PUBLIC.split())
"""Operators that `torch` has under their own names, with tensors in the same order."""
COMPARED = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}


def is_functional(node: Node) -> bool:
    """Say whether a node that is no operator of the catalogue can be written as a function of torch's."""
    op = node.op
    if isinstance(op, Opaque) and op.call is not None:
        return True
    if isinstance(op, Loose):
        return op.inner.name in FUNCTIONS and len(node.inputs) == op.count + len(_weights(op.inner))
    return op.name in OTHERS and OTHERS[op.name] in op.values


def _weights(op: Operator) -> list[str]:
    return [name for name in ("weight", "bias") if name in op.weights()]


def functional_call(op: Operator, tensors: Sequence[str]) -> Code:
    """Return the call of such a node."""
    if isinstance(op, Opaque) and op.call is not None and op.name not in OTHERS:
        return _own_call(op.name.removeprefix("aten::"), op.call, tensors)
    if op.name == "einsum":
        return call("torch.einsum", literal(op.values["equation"]), *tensors)
    if not isinstance(op, Loose):  # torch has no public name for it
        return call("torch._weight_norm_interface", *tensors, literal(op.values["dim"]))
    name, first, behind = FUNCTIONS[op.inner.name]
    own, texts, usual = op.inner.values, spelled_operator(op.inner), op.inner.usual()
    items = [*tensors[: op.count], *([literal(own[first])] if first else [])]
    items += [
        ("" if not first else f"{word}=") + text
        for word, text in zip(_weights(op.inner), tensors[op.count :], strict=True)
    ]
    items += [f"{word}={texts[word]}" for word in behind if own[word] != usual[word]]
    return call(f"F.{name}", *items)


def _own_call(name: str, arguments: Mapping[str, Any], tensors: Sequence[str]) -> Code:
    """Return the call of an operator that torch has under this name, as it was called; a comparison by its sign."""
    given = {word: filled(value, tensors) for word, value in arguments.items() if value is not None}
    texts = {word: code if isinstance(code, str) else flat(code) for word, code in given.items()}
    if name in COMPARED and list(texts) == ["self", "other"]:
        return f"{texts['self']} {COMPARED[name]} {texts['other']}"
    if name in ("to", "_to_copy") and list(texts)[:2] == ["self", "dtype"]:
        return call(f"{texts['self']}.to", texts["dtype"])
    front = list(takewhile(lambda word: isinstance(arguments[word], Slot), texts))
    if name not in PUBLIC:  # which may have left out what comes between
        front = front[:1] if front[:1] == list(arguments)[:1] else []
    items = [*(texts[word] for word in front), *(f"{word}={text}" for word, text in texts.items() if word not in front)]
    return call(f"torch.{name}" if name in PUBLIC else f"torch.ops.aten.{name}", *items)
