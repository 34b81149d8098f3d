"""Keras's layers that multiply tensors: attention, dot products, Einstein sums. Each is counted, none is built.

Their axes are counted as Keras counts them, channels last, and only the result is turned round.
"""

from collections.abc import Callable
from math import prod
from typing import Any

from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.quantity import Shape
from convcli.readers.keras.layer import Layer
from convcli.readers.trees import unknown

Join = Callable[..., Any]
"""Makes an operator of a layer and the shapes of all its inputs."""


def theirs(layer: Layer, x: Shape) -> Shape:
    """Return a shape as Keras has it."""
    return x if layer.channels_first or len(x) < 3 else (x[0], *x[2:], x[1])


def ours(layer: Layer, x: Shape) -> Shape:
    """Return a shape of Keras with its channels behind the batch."""
    return x if layer.channels_first or len(x) < 3 else (x[0], x[-1], *x[1:-1])


def multi_head(layer: Layer, *shapes: Shape) -> Any:
    """Write attention of several heads: of a query, a value, and a key, which is the value where it is left out."""
    found = [theirs(layer, x) for x in shapes]
    query, value = found[0], found[min(1, len(found) - 1)]
    key = found[2] if len(found) > 2 else value
    if {len(query), len(value), len(key)} != {3} or layer.config.get("attention_axes") not in (None, [1], 1):
        raise Refusal("CV083", f"{layer.kind} of {show_shape(shapes[0])} along other axes than one is not known")
    heads, depth = layer.integer("num_heads"), layer.integer("key_dim")
    wide = layer.integer("value_dim", depth) if layer.config.get("value_dim") is not None else depth
    out = layer.config.get("output_shape")
    out = out if isinstance(out, list) else [out] if type(out) is int else [query[-1]]
    sizes = {"query": (query[-1], depth), "key": (key[-1], depth), "value": (value[-1], wide)}
    weights: dict[str, Shape] = {f"{name}.kernel": (into, heads, size) for name, (into, size) in sizes.items()}
    weights["attention_output.kernel"] = (heads, wide, *out)
    if layer.flag("use_bias", default=True):
        weights |= {f"{name}.bias": (heads, size) for name, (_, size) in sizes.items()}
        weights["attention_output.bias"] = tuple(out)
    batch, steps, others = query[0], query[1], value[1]
    macs = batch * heads * (
        steps * query[-1] * depth + others * (key[-1] * depth + value[-1] * wide)
        + steps * others * (depth + wide) + steps * wide * prod(out)
    )  # fmt: skip
    shape = ours(layer, (batch, steps, *out))
    return unknown(layer.kind, shape, weights, macs=macs, num_heads=heads, key_dim=depth)


def attention(layer: Layer, *shapes: Shape) -> Any:
    """Write attention without projections, of products or of sums."""
    found = [theirs(layer, x) for x in shapes]
    query, value = found[0], found[min(1, len(found) - 1)]
    if len(query) != len(value) or len(query) < 3:
        raise Refusal("CV203", f"{layer.kind} takes a query and a value, found {show_shape(query)}")
    pairs = prod(query[:-1]) * value[-2]
    summed = layer.kind == "AdditiveAttention"
    weights: dict[str, Shape] = {}
    if summed and layer.flag("use_scale", default=True):
        weights = {"scale": (query[-1],)}
    elif not summed and layer.flag("use_scale", default=False):
        weights = {"scale": ()}
    if not summed and layer.word("score_mode", "dot") == "concat":
        weights["concat_score_weight"] = ()
    macs = pairs * value[-1] + (0 if summed else pairs * query[-1])
    return unknown(layer.kind, ours(layer, (*query[:-1], value[-1])), weights, macs=macs)


def dot(layer: Layer, *shapes: Shape) -> Any:
    """Write the products of two tensors along an axis of each."""
    first, second = (theirs(layer, x) for x in shapes[:2])
    axes = layer.config.get("axes", -1)
    axes = [axes, axes] if type(axes) is int else axes
    good = isinstance(axes, list) and len(axes) == 2 and all(type(one) is int for one in axes)
    if not good or not all(-len(x) <= one < len(x) for one, x in zip(axes, (first, second), strict=True)):
        layer.refuse("axes", "an axis of both tensors, or one of each")
        return unknown(layer.kind, first)
    one, other = axes[0] % len(first), axes[1] % len(second)
    rest = [size for at, size in enumerate(first) if at != one]
    more = [size for at, size in enumerate(second) if at not in (0, other)]
    shape = (*rest, *more) if len(rest) + len(more) > 1 else (*rest, 1)
    return unknown(layer.kind, ours(layer, shape), macs=prod(rest) * prod(more) * first[one])


def einsum(layer: Layer, x: Shape) -> Any:
    """Write a linear layer that is an Einstein sum, `...x,xy->...y`."""
    text = str(layer.config.get("equation", "")).replace(" ", "")
    taken, _, given = text.partition("->")
    left, _, kernel = taken.partition(",")
    own = theirs(layer, x)
    dots = "".join(chr(ord("A") + at) for at in range(max(len(own) - len(left.replace("...", "")), 0)))
    left, given = left.replace("...", dots), given.replace("...", dots)
    out = layer.config.get("output_shape")
    out = out if isinstance(out, list) else [out]
    sizes = dict(zip(left, own, strict=False))
    for sign, size in zip(reversed(given), reversed(out), strict=False):
        if type(size) is int:
            sizes.setdefault(sign, size)
    if not kernel or len(left) != len(own) or not {*given, *kernel} <= set(sizes):
        layer.refuse("equation", f"an Einstein sum of {show_shape(own)} and a kernel, with an `output_shape`")
        return unknown(layer.kind, x)
    weights: dict[str, Shape] = {"kernel": tuple(sizes[sign] for sign in kernel)}
    biases = str(layer.config.get("bias_axes") or "")
    if biases:
        first = min(map(given.find, biases))
        weights["bias"] = tuple(sizes[sign] if sign in biases else 1 for sign in given[first:])
    macs = prod(sizes[sign] for sign in {*left, *kernel, *given})
    return unknown(layer.kind, ours(layer, tuple(sizes[sign] for sign in given)), weights, macs=macs)


JOINS: dict[str, Join] = {
    "MultiHeadAttention": multi_head,
    "Attention": attention,
    "AdditiveAttention": attention,
    "Dot": dot,
}
"""Layers that take several tensors, by their classes."""
