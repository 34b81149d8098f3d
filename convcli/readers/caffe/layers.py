"""What Caffe's layers are in our operators.

Each function writes one layer; several results are a list. Convolutions round down and pooling rounds up.
"""

from collections.abc import Callable
from math import prod
from typing import Any

from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.quantity import Shape
from convcli.readers.caffe.layer import Layer
from convcli.readers.trees import INFERRED, applied, call, chain, fitted, unknown
from convcli.readers.windows import expect_rank, one_or_all, unusual

Made = Expression | list[Expression]
Write = Callable[[Layer], Made]


def on(layer: Layer, written: Expression) -> Expression:
    """Apply a layer to what it reads."""
    return applied(written, layer.inputs[0])


def convolution(layer: Layer) -> Made:
    """Write a convolution, or a transposed one."""
    own = layer.options("convolution_param")
    filters = own.positive("num_output")
    values = {
        "kernel_size": own.sides("kernel_size", 0, "kernel_h", "kernel_w"),
        "stride": own.sides("stride", 1, "stride_h", "stride_w"),
        "padding": own.sides("pad", 0, "pad_h", "pad_w"),
        "dilation": own.sides("dilation", 1),
    }
    places = {name: own.at(*_NAMES[name]) for name in values}
    arguments: dict[str, Any] = {name: one_or_all(value) for name, value in values.items()}
    arguments["groups"] = filters if "Depthwise" in layer.kind else own.positive("group", 1)
    arguments["bias"] = own.flag("bias_term", default=True)
    name = "ConvTranspose2d" if layer.kind == "Deconvolution" else "Conv2d"
    return on(layer, call(name, layer.at, INFERRED, filters, places=places, **unusual(arguments)))


_NAMES = {
    "kernel_size": ("kernel_size", "kernel_h"), "stride": ("stride", "stride_h"), "padding": ("pad", "pad_h"),
    "dilation": ("dilation",),
}  # fmt: skip


METHODS = ("MAX", "AVE", "STOCHASTIC")
"""Ways to pool, by Caffe's numbers for them; the last draws one of the values, and gives the same size."""


def pooling(layer: Layer) -> Made:
    """Write a pooling, which rounds up unless it says otherwise."""
    own = layer.options("pooling_param")
    average = own.choice("pool", METHODS) == "AVE"
    if own.flag("global_pooling", default=False):
        return on(layer, call("AdaptiveAvgPool2d" if average else "AdaptiveMaxPool2d", layer.at, 1))
    kernel = own.sides("kernel_size", 0, "kernel_h", "kernel_w")
    stride = own.sides("stride", 1, "stride_h", "stride_w")
    pad = own.sides("pad", 0, "pad_h", "pad_w")
    up = own.text("round_mode", "CEIL") in ("CEIL", "0") and own.flag("ceil_mode", default=True)
    name = "AvgPool2d" if average else "MaxPool2d"
    if min(kernel) < 1 or min(stride) < 1 or min(pad) < 0:
        layer.complaints.complain(
            "CV081", f"{name} takes a positive `kernel_size` and `stride`", own.at("kernel_size", "stride")
        )
        return syntax.Invalid(layer.at)

    arguments: dict[str, Any] = {"stride": one_or_all(stride)}
    arguments |= {"padding": one_or_all(pad)} if any(pad) else {}
    arguments |= {"ceil_mode": True} if up else {}

    def make(x: Shape) -> Any:
        expect_rank(x, 4, "pooling")
        sides = [_pooled(*numbers, up=up) for numbers in zip(x[2:], kernel, stride, pad, strict=False)]
        same = all(one is not None for one in sides) and all(2 * p <= k for k, p in zip(kernel, pad, strict=True))
        pooled = call(name, layer.at, one_or_all(kernel), **arguments)
        if same:
            return on(layer, pooled)
        return unknown("Pooling", (*x[:2], *(_size(*n) for n in zip(x[2:], kernel, stride, pad, strict=False))), macs=0)

    return fitted(make, layer.at, layer.inputs[0])


def _size(side: int, kernel: int, stride: int, pad: int) -> int:
    """Return the size that Caffe gives: rounded up, without a window that begins in the padding behind."""
    found = -((kernel - side - 2 * pad) // stride) + 1
    return found - 1 if pad and (found - 1) * stride >= side + pad else found


def _pooled(side: int, kernel: int, stride: int, pad: int, *, up: bool) -> int | None:
    """Return the size of a side; None where torch would leave out a window that Caffe does not."""
    found = _size(side, kernel, stride, pad)
    return None if up and not pad and (found - 1) * stride >= side else found


def inner_product(layer: Layer) -> Made:
    """Write a linear layer, which takes all axes from `axis` on as one."""
    own = layer.options("inner_product_param")
    outputs, axis = own.positive("num_output"), own.integer("axis", 1)
    linear = call("Linear", layer.at, INFERRED, outputs, bias=own.flag("bias_term", default=True))
    flat = call("Flatten", layer.at) if axis == 1 else call("Flatten", layer.at, axis)

    def make(x: Shape) -> Any:
        return on(layer, linear if axis in (-1, len(x) - 1) else chain(flat, linear))

    return fitted(make, layer.at, layer.inputs[0])


def batch_norm(layer: Layer) -> Made:
    """Write a norm, which has no weights of its own."""
    own = layer.options("batch_norm_param")
    return on(layer, call("BatchNorm2d", layer.at, INFERRED, eps=own.real("eps", 1e-5), affine=False))


def whole_norm(layer: Layer) -> Made:
    """Write a norm together with the scale behind it."""
    own = layer.options("batch_norm_param")
    return on(layer, call("BatchNorm2d", layer.at, INFERRED, eps=own.real("eps", 1e-5)))


def scale(layer: Layer) -> Made:
    """Write a product with weights, one for each channel; of two blobs, with the second."""
    own = layer.options("scale_param" if layer.kind == "Scale" else "bias_param")
    if len(layer.inputs) > 1:
        return call("mul" if layer.kind == "Scale" else "add", layer.at, *layer.inputs)
    axis, count = own.integer("axis", 1), own.integer("num_axes", 1)
    shifts = own.flag("bias_term", default=False)

    def make(x: Shape) -> Any:
        shape = x[axis:] if count == -1 else x[axis:][:count]
        weights = {"weight": shape} | ({"bias": shape} if shifts else {})
        return unknown(layer.kind, x, weights, macs=0, other=len(weights) * prod(x), alike=True)

    return fitted(make, layer.at, layer.inputs[0])


def normalize(layer: Layer) -> Made:
    """Write a norm over channels with a learned scale, of single-shot detectors."""
    shared = layer.options("norm_param").flag("channel_shared", default=True)

    def make(x: Shape) -> Any:
        return unknown("Normalize", x, {"weight": (1 if shared else x[1],)}, macs=0)

    return fitted(make, layer.at, layer.inputs[0])


# ---- functions of single numbers


def plain(name: str) -> Write:
    """Return what writes an operator without arguments."""
    return lambda layer: on(layer, call(name, layer.at))


def function(name: str) -> Write:
    """Return what writes a function."""
    return lambda layer: call(name, layer.at, layer.inputs[0])


def keeps(layer: Layer) -> Made:
    """Write what keeps its size and is known to nobody else."""
    return fitted(lambda x: unknown(layer.kind, x, macs=0, alike=True), layer.at, layer.inputs[0])


def relu(layer: Layer) -> Made:
    """Write a ReLU, which may leak."""
    slope = layer.options("relu_param").real("negative_slope", 0.0)
    return on(layer, call("LeakyReLU", layer.at, slope) if slope else call("ReLU", layer.at))


def prelu(layer: Layer) -> Made:
    """Write a PReLU, with one weight for each channel or one for all."""
    if layer.options("prelu_param").flag("channel_shared", default=False):
        return on(layer, call("PReLU", layer.at))
    return fitted(lambda x: on(layer, call("PReLU", layer.at, x[1])), layer.at, layer.inputs[0])


def elu(layer: Layer) -> Made:
    """Write an ELU."""
    return on(layer, call("ELU", layer.at, layer.options("elu_param").real("alpha", 1.0)))


def dropout(layer: Layer) -> Made:
    """Write a dropout."""
    return on(layer, call("Dropout", layer.at, layer.options("dropout_param").real("dropout_ratio", 0.5)))


def local_norm(layer: Layer) -> Made:
    """Write a local response norm."""
    own = layer.options("lrn_param")
    if own.text("norm_region", "ACROSS_CHANNELS") not in ("ACROSS_CHANNELS", "0"):
        return keeps(layer)
    size, alpha = own.positive("local_size", 5), own.real("alpha", 1.0)
    norm = call("LocalResponseNorm", layer.at, size, alpha=alpha, beta=own.real("beta", 0.75), k=own.real("k", 1.0))
    return on(layer, norm)


def softmax(layer: Layer) -> Made:
    """Write a softmax."""
    return on(layer, call("Softmax", layer.at, dim=layer.options("softmax_param").integer("axis", 1)))
