"""Caffe's recurrent layers, and those that forks of it have for detectors: sizes and weights are known, no more.

Sizes are those that the layers' own checks in the forks' sources give: SSD's priors, regions of Faster R-CNN.
"""

from math import prod
from typing import Any

from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.ops.opaque import opaque
from convcli.quantity import UNKNOWN, Shape
from convcli.readers.caffe.layer import Layer
from convcli.readers.caffe.layers import Made, on
from convcli.readers.trees import call, chain, fitted, unknown


def axpy(layer: Layer) -> Made:
    """Write `a * x + y`, where a has one number for each channel."""
    if len(layer.inputs) != 3:
        layer.complaints.complain("CV081", f"{layer.kind} takes three blobs, found {len(layer.inputs)}", layer.at)
        return layer.inputs[0]
    scaled = call("mul", layer.at, layer.inputs[0], layer.inputs[1])
    return call("add", layer.at, scaled, layer.inputs[2])


def clip(layer: Layer) -> Made:
    """Write what keeps numbers between two ends."""
    own = layer.options("clip_param")
    return on(layer, call("Hardtanh", layer.at, own.real("min", 0.0), own.real("max", 1.0)))


def tile(layer: Layer) -> Made:
    """Write a blob several times along an axis."""
    own = layer.options("tile_param")
    axis, tiles = own.integer("axis", 1), own.positive("tiles")

    def make(x: Shape) -> Any:
        if not -len(x) <= axis < len(x):
            raise Refusal("CV084", f"{show_shape(x)} has no axis {axis}")
        times = [tiles if at == axis % len(x) else 1 for at in range(len(x))]
        return call("tile", layer.at, layer.inputs[0], times)

    return fitted(make, layer.at, layer.inputs[0])


def embed(layer: Layer) -> Made:
    """Write a table of vectors, which may have a bias."""
    own = layer.options("embed_param")
    count, size = own.positive("input_dim"), own.positive("num_output")
    if not own.flag("bias_term", default=True):
        return on(layer, call("Embedding", layer.at, count, size))
    weights: dict[str, Shape] = {"weight": (count, size), "bias": (size,)}
    return fitted(lambda x: unknown("Embed", (*x, size), weights, macs=0), layer.at, layer.inputs[0])


def parameter(layer: Layer) -> Made:
    """Write a bare weight."""
    shapes = layer.options("parameter_param").shapes()
    return call("Parameter", layer.at, *(shapes[0] if shapes else ()))


def recurrent(layer: Layer) -> Made:
    """Write an RNN or an LSTM over steps that stand in front of the batch."""
    units = layer.options("recurrent_param").positive("num_output")
    gates = 4 if layer.kind == "LSTM" else 1

    def make(x: Shape) -> Any:
        if len(x) < 3:
            raise Refusal("CV203", f"{layer.kind} takes steps, batch and features, found {show_shape(x)}")
        features = prod(x[2:])
        weights: dict[str, Shape] = {
            "W_x": (gates * units, features), "b_x": (gates * units,), "W_h": (gates * units, units),
        }  # fmt: skip
        if gates == 1:
            weights |= {"W_o": (units, units), "b_o": (units,)}
        macs = prod(x[:2]) * sum(prod(one) for name, one in weights.items() if name.startswith("W"))
        return unknown(f"Caffe{layer.kind}", (*x[:2], units), weights, macs=macs)

    return fitted(make, layer.at, layer.inputs[0])


# ---- detectors


def priors(layer: Layer) -> Made:
    """Write the boxes that a detector starts from: some at each place of a map."""
    own = layer.options("prior_box_param")
    ratios = {1.0}
    flips = own.flag("flip", default=True)
    for text in own.texts("aspect_ratio"):
        try:
            ratio = float(text)
        except ValueError:
            ratio = 0.0
        if ratio <= 0:
            layer.complaints.complain("CV081", f"`aspect_ratio` is a positive number, found `{text[:40]}`", layer.at)
            continue
        ratios |= {ratio, 1 / ratio} if flips else {ratio}
    each = len(own.texts("min_size")) * len(ratios) + len(own.texts("max_size"))

    def make(x: Shape) -> Any:
        return unknown("PriorBox", (1, 2, prod(x[2:]) * each * 4), macs=0)

    return fitted(make, layer.at, layer.inputs[0])


def detections(layer: Layer) -> Made:
    """Write what a detector finds, seven numbers each; how many it finds is not known."""
    return fitted(lambda _: unknown(layer.kind, (1, 1, UNKNOWN, 7), macs=0), layer.at, layer.inputs[0])


def proposals(layer: Layer) -> Made:
    """Write the regions that a detector looks at, five numbers each, and their scores."""
    shapes: tuple[Shape, ...] = ((UNKNOWN, 5), (UNKNOWN, 1))[: max(layer.tops, 1)]
    types = ("float32",) * len(shapes)
    return fitted(lambda _: opaque(layer.kind, shapes, types, costs=(0, UNKNOWN)), layer.at, layer.inputs[0])


def regions(layer: Layer) -> Made:
    """Write a pooling of regions: each becomes a map of one size."""
    own = layer.options("psroi_pooling_param" if layer.kind == "PSROIPooling" else "roi_pooling_param")
    group = own.positive("group_size", 1)
    size = (own.positive("pooled_h", group), own.positive("pooled_w", group))
    channels = own.positive("output_dim") if layer.kind == "PSROIPooling" else None

    def make(x: Shape, *others: Shape) -> Any:
        return unknown(layer.kind, (others[0][0] if others else UNKNOWN, channels or x[1], *size), macs=0)

    return fitted(make, layer.at, *layer.inputs[:2])


def pyramid(layer: Layer) -> Made:
    """Write poolings of one, four, sixteen places, one behind the other."""
    own = layer.options("spp_param")
    height = own.positive("pyramid_height")
    name = "AdaptiveAvgPool2d" if own.text("pool", "MAX") in ("AVE", "1") else "AdaptiveMaxPool2d"
    if height > 16:
        layer.complaints.complain("CV081", f"`pyramid_height` is at most 16, found {height}", own.at("pyramid_height"))
        height = 1
    levels = [
        chain(layer.inputs[0], call(name, layer.at, 2**level), call("Flatten", layer.at)) for level in range(height)
    ]
    return call("cat", layer.at, levels, dim=1)
