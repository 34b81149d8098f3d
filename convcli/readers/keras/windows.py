"""Keras's layers with windows: convolutions and pooling, with TensorFlow's `same`.

`same` makes the output the input divided by the stride, rounded up; what is padded depends on the size, and the larger
half comes behind. Where both halves are equal it is the layer's own padding, else a layer of padding stands in front.
"""

from math import prod
from typing import Any

from convcli.diagnostics import Refusal
from convcli.layer.syntax import Expression
from convcli.quantity import Shape
from convcli.readers.keras.layer import Layer
from convcli.readers.trees import INFERRED, call, chain, unknown
from convcli.readers.windows import expect_rank, flat, one_or_all, same, unusual


def axes_of(layer: Layer) -> int:
    """Return the number of axes in a layer's name."""
    return next((int(sign) for sign in layer.kind if sign in "123"), 2)


def expect_axes(layer: Layer, x: Shape) -> int:
    """Return the number of axes that a layer works on.

    Raises:
        Refusal: the input has others.
    """
    axes = axes_of(layer)
    expect_rank(x, axes + 2, layer.kind)
    return axes


def pads(layer: Layer, x: Shape, kernel: list[int], stride: list[int], dilation: list[int]) -> list[tuple[int, int]]:
    """Return what a layer pads."""
    how = layer.word("padding", "valid")
    if how == "same":
        return same(x, kernel, stride, dilation)
    if how == "causal":
        return [((size - 1) * apart, 0) for size, apart in zip(kernel, dilation, strict=True)]
    if how != "valid":
        layer.refuse("padding", "`same` or `valid`")
    return [(0, 0)] * len(kernel)


def padded(layer: Layer, found: list[tuple[int, int]], kind: str = "ZeroPad") -> Expression:
    """Write a layer of padding."""
    return call(f"{kind}{len(found)}d", layer.at, flat(found))


def convolution(layer: Layer, x: Shape) -> Expression:
    """Write a convolution; a depthwise one has its multiplier in place of filters."""
    axes = expect_axes(layer, x)
    kernel = layer.several("kernel_size", axes, None)
    stride = layer.several("strides", axes)
    dilation = layer.several("dilation_rate", axes)
    depthwise = layer.kind.startswith("Depthwise")
    groups = x[1] if depthwise else layer.integer("groups", 1)
    filters = x[1] * layer.integer("depth_multiplier", 1) if depthwise else layer.integer("filters")
    sides = pads(layer, x, kernel, stride, dilation)
    arguments: dict[str, Any] = {"stride": one_or_all(stride), "dilation": one_or_all(dilation), "groups": groups}
    arguments["bias"] = layer.flag("use_bias", default=True)
    return _convolved(layer, filters, kernel, sides, arguments)


def _convolved(
    layer: Layer, filters: int, kernel: list[int], sides: list[tuple[int, int]], arguments: dict[str, Any]
) -> Expression:
    even = all(before == behind for before, behind in sides)
    if even:
        arguments["padding"] = one_or_all([before for before, _ in sides])
    kept = unusual(arguments)
    names = {"stride": "strides", "dilation": "dilation_rate", "padding": "padding", "bias": "use_bias"}
    places = {name: layer.config.place(names[name]) for name in kept if names.get(name) in layer.config}
    conv = call(f"Conv{len(kernel)}d", layer.at, INFERRED, filters, one_or_all(kernel), places=places, **kept)
    return conv if even else chain(padded(layer, sides), conv)


def separable(layer: Layer, x: Shape) -> Expression:
    """Write a depthwise convolution and one of 1 behind it."""
    axes = expect_axes(layer, x)
    kernel, stride = layer.several("kernel_size", axes, None), layer.several("strides", axes)
    dilation = layer.several("dilation_rate", axes)
    sides = pads(layer, x, kernel, stride, dilation)
    arguments = {"stride": one_or_all(stride), "dilation": one_or_all(dilation), "groups": x[1], "bias": False}
    depthwise = _convolved(layer, x[1] * layer.integer("depth_multiplier", 1), kernel, sides, arguments)
    own: dict[str, Any] = {} if layer.flag("use_bias", default=True) else {"bias": False}
    pointwise = call(f"Conv{axes}d", layer.at, INFERRED, layer.integer("filters"), 1, **own)
    return chain(*getattr(depthwise, "items", (depthwise,)), pointwise)


def transposed(layer: Layer, x: Shape) -> Expression:
    """Write a transposed convolution: `same` multiplies the size by the stride."""
    axes = expect_axes(layer, x)
    kernel, stride = layer.several("kernel_size", axes, None), layer.several("strides", axes)
    how = layer.word("padding", "valid")
    more = [size - step for size, step in zip(kernel, stride, strict=True)]
    cut = [max(one, 0) if how == "same" else 0 for one in more]
    arguments: dict[str, Any] = {"stride": one_or_all(stride), "padding": one_or_all([one // 2 for one in cut])}
    arguments |= {"output_padding": one_or_all([max(-one, 0) for one in more])}
    arguments |= {"bias": layer.flag("use_bias", default=True)}
    dilation = layer.several("dilation_rate", axes)
    if set(dilation) != {1} or layer.config.get("output_padding") is not None:
        raise Refusal("CV083", f"{layer.kind} with a dilation or an `output_padding` is not known")
    filters = layer.integer("filters")
    conv = call(f"ConvTranspose{axes}d", layer.at, INFERRED, filters, one_or_all(kernel), **arguments)
    odd = [(0, -(one % 2)) for one in cut]
    return chain(conv, padded(layer, odd)) if any(behind for _, behind in odd) else conv


def pooling(layer: Layer, x: Shape) -> Any:
    """Write a pooling."""
    axes = expect_axes(layer, x)
    kernel = layer.several("pool_size", axes, 2)
    stride = layer.several("strides", axes, kernel)
    name = f"{'Max' if layer.kind.startswith('Max') else 'Avg'}Pool{axes}d"
    sides = pads(layer, x, kernel, stride, [1] * axes)
    first: dict[str, Any] = {} if kernel == stride else {"stride": one_or_all(stride)}
    size = one_or_all(kernel)
    if all(before == behind for before, behind in sides):
        if any(before for before, _ in sides):
            first["padding"] = one_or_all([before for before, _ in sides])
            first |= {"count_include_pad": False} if name.startswith("Avg") else {}
        return call(name, layer.at, size, **first)
    if _rounds_up(x, kernel, stride, sides):
        return call(name, layer.at, size, **first, ceil_mode=True)
    if name.startswith("Max"):  # a repeated border changes no maximum
        return chain(padded(layer, sides, "ReplicationPad"), call(name, layer.at, size, **first))
    outs = tuple(-(-side // step) for side, step in zip(x[2:], stride, strict=True))
    shape = (*x[:2], *outs)
    return unknown(layer.kind, shape, macs=0, other=prod(shape) * prod(kernel))


def _rounds_up(x: Shape, kernel: list[int], stride: list[int], sides: list[tuple[int, int]]) -> bool:
    """Say whether windows without padding in front reach as far as `same` does if their number is rounded up."""
    return all(
        before == 0 and -(-(side - size) // step) + 1 == -(-side // step) and (-(-side // step) - 1) * step < side
        for side, size, step, (before, _) in zip(x[2:], kernel, stride, sides, strict=True)
    )


def global_pooling(layer: Layer, x: Shape) -> Expression:
    """Write the average or the maximum of each channel."""
    axes = expect_axes(layer, x)
    pooled = call(f"Adaptive{'Max' if 'Max' in layer.kind else 'Avg'}Pool{axes}d", layer.at, 1)
    return pooled if layer.flag("keepdims", default=False) else chain(pooled, call("Flatten", layer.at))
