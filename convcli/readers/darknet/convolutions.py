"""Darknet's layers with weights.

Sizes follow Darknet's own rules: `pad=1` is half the kernel, and a dilated kernel is padded as far again.
"""

from collections.abc import Callable
from math import prod
from typing import Any

from convcli.aten.loose import loose
from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.ops.catalogue import operator
from convcli.quantity import Shape
from convcli.readers.darknet.activations import activation, parts
from convcli.readers.darknet.sections import Layer, Section
from convcli.readers.trees import INFERRED, call, fitted, unknown
from convcli.readers.windows import expect_rank, one_or_all, unusual


def convolutional(section: Section) -> Layer:
    """Write a convolution, its norm, its activation."""
    size = section.positive("size", 1)
    stride = [section.positive(name, section.positive("stride", 1)) for name in ("stride_y", "stride_x")]
    dilation = section.positive("dilation", 1) if size > 1 else 1
    pad = padding(section, size)
    normed = section.number("batch_normalize", 0) != 0
    where = {"out_channels": "filters", "kernel_size": "size", "groups": "groups", "padding": "pad"}
    arguments: dict[str, Any] = {
        "out_channels": section.positive("filters", 1), "kernel_size": size,
        "stride": one_or_all(stride), "padding": pad * dilation,
        "dilation": dilation, "groups": section.positive("groups", 1), "bias": not normed,
    }  # fmt: skip
    conv: Expression
    norm: Expression
    shared = "share_index" in section.options
    if shared:
        section.reader.earlier(section, section.number("share_index", 0))
    smooth = section.number("antialiasing", 0)
    if smooth and max(stride) > 1:
        arguments["stride"] = 1
    arguments = unusual(arguments)
    places = {name: section.place(where.get(name, name), "padding", "stride_y") for name in arguments}
    if shared:
        conv = _shared("Conv2d", "in_channels", arguments, section)
        norm = _shared("BatchNorm2d", "num_features", {}, section)
    else:
        conv = call("Conv2d", section.at, places=places, in_channels=INFERRED, **arguments)
        conv = _signs(arguments, section) if section.number("xnor", 0) else conv
        norm = call("BatchNorm2d", section.at, INFERRED)
    act = activation(section, "logistic")
    found = parts(section, conv, norm if normed else None, act)
    if smooth and max(stride) > 1:
        found = found if isinstance(found, dict) else {"conv": conv}
        return {**found, "blur": fitted(_blur(stride, 3 if smooth == 1 else 2), section.at)}
    return found


def padding(section: Section, size: int) -> int:
    """Return the zeros on each side: half the kernel with `pad=1`, else what `padding` says."""
    found = size // 2 if section.number("pad", 0) else section.number("padding", 0)
    if found < 0:
        section.reader.complain("CV081", f"`padding` is 0 or more, found {found}", section.place("padding"))
    return max(found, 0)


def _shared(name: str, channels: str, arguments: dict[str, Any], section: Section) -> Expression:
    """Write a layer whose weights are those of another."""

    def make(x: Shape) -> Any:
        expect_rank(x, 4, name)
        return loose(operator(name).of(**{channels: x[1]}, **arguments), "conv2d" if name == "Conv2d" else "batch_norm")

    return fitted(make, section.at)


def _signs(arguments: dict[str, Any], section: Section) -> Expression:
    """Write a convolution of signs: what it computes is Darknet's own, sizes and products are those of any other."""

    def make(x: Shape) -> Any:
        expect_rank(x, 4, "Conv2d")
        op = operator("Conv2d").of(in_channels=x[1], **{**arguments, "groups": 1})  # Darknet takes no groups there
        found = op.answer((x,), ("float32",))
        return unknown("xnor", found.outputs[0], op.weights(), macs=found.macs, **op.values)

    return fitted(make, section.at)


def _blur(stride: list[int], size: int) -> Callable[[Shape], Any]:
    """Return what makes a fixed filter of each channel, which takes the stride."""

    def make(x: Shape) -> Any:
        pad = 2 if size == 3 else 0
        out = tuple((side + pad - size) // step + 1 for side, step in zip(x[2:], stride, strict=True))
        if len(x) != 4 or min(out) < 1:
            raise Refusal("CV221", f"nothing is left of {show_shape(x)} under a blur of {size}")
        return unknown("blur", (*x[:2], *out), macs=prod((*x[:2], *out)) * size * size, other=0, kernel_size=size)

    return make


def deconvolutional(section: Section) -> Layer:
    """Write a transposed convolution."""
    size = section.positive("size", 1)
    normed = section.number("batch_normalize", 0) != 0
    conv = call(
        "ConvTranspose2d", section.at, INFERRED, section.positive("filters", 1), size,
        stride=section.positive("stride", 1), padding=padding(section, size), bias=not normed,
    )  # fmt: skip
    norm = call("BatchNorm2d", section.at, INFERRED) if normed else None
    return parts(section, conv, norm, activation(section, "logistic"))


def local(section: Section) -> Layer:
    """Write a convolution that has weights of its own at each place."""
    size, stride = section.positive("size", 1), section.positive("stride", 1)
    filters, pad = section.positive("filters", 1), size // 2 if section.number("pad", 0) else 0

    def make(x: Shape) -> Any:
        out = tuple((side - (1 if pad else size)) // stride + 1 for side in x[2:])
        if len(x) != 4 or min(out) < 1:
            raise Refusal("CV221", f"nothing is left of {show_shape(x)} under a kernel of {size}")
        weights = {"weight": (*out, filters, x[1], size, size), "bias": (filters, *out)}
        shape = (x[0], filters, *out)
        macs = x[0] * prod(weights["weight"])
        return unknown("local", shape, weights, macs=macs, other=prod(shape), size=size, stride=stride)

    return parts(section, fitted(make, section.at), None, activation(section, "logistic"))


def connected(section: Section) -> Layer:
    """Write a layer that is connected to everything before it."""
    outputs, normed = section.positive("output", 1), section.number("batch_normalize", 0) != 0
    linear = call("Linear", section.at, INFERRED, outputs, bias=not normed)
    flat = fitted(lambda x: call("Flatten", section.at) if len(x) > 2 else syntax.Name("x", section.at), section.at)
    norm = call("BatchNorm1d", section.at, INFERRED) if normed else None
    found = parts(section, linear, norm, activation(section, "logistic"))
    return {"flatten": flat, **(found if isinstance(found, dict) else {"conn": linear})}
