"""Caffe's layers that join, part and reshape blobs."""

from math import prod
from typing import Any

from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.quantity import Shape
from convcli.readers.caffe.layer import Layer
from convcli.readers.caffe.layers import Made, on
from convcli.readers.trees import call, fitted, unknown, value

MOST_AXES = 32
"""Caffe's own limit."""


def eltwise(layer: Layer) -> Made:
    """Write a sum, a product or a maximum of several blobs."""
    name = {"PROD": "mul", "0": "mul", "MAX": "maximum", "2": "maximum"}.get(
        layer.options("eltwise_param").text("operation", "SUM"), "add"
    )
    found, *others = layer.inputs
    for other in others:
        found = call(name, layer.at, found, other)
    return found


def concat(layer: Layer) -> Made:
    """Write what puts blobs one behind the other."""
    own = layer.options("concat_param")
    axis = own.integer("axis", own.integer("concat_dim", 1))
    return call("cat", layer.at, layer.inputs, dim=axis)


def cut(tensor: Expression, axis: int, start: int, end: int | None, at: At) -> Expression:
    """Write a part of a tensor along an axis."""
    whole = syntax.Slice(None, None, None, at)
    part = syntax.Slice(value(start, at), None if end is None else value(end, at), None, at)
    return syntax.Index(tensor, (*(whole for _ in range(axis)), part), at)


def slices(layer: Layer) -> Made:
    """Write the parts of a blob, equal ones where nothing says how they are cut."""
    own = layer.options("slice_param")
    axis, points = own.integer("axis", own.integer("slice_dim", 1)), own.integers("slice_point")
    tensor = layer.inputs[0]
    if points and (not 0 <= axis < MOST_AXES or len(points) != layer.tops - 1 or points != sorted(points)):
        layer.complaints.complain(
            "CV081", f"{layer.tops} parts are cut at {layer.tops - 1} ascending points", own.at("slice_point")
        )
        return syntax.Invalid(layer.at)
    if points:
        ends = [*points, None]
        return [cut(tensor, axis, *both, layer.at) for both in zip([0, *points], ends, strict=True)]
    parts = call("chunk", layer.at, tensor, layer.tops, dim=axis)
    return [syntax.Index(parts, (value(part, layer.at),), layer.at) for part in range(layer.tops)]


def split(layer: Layer) -> Made:
    """Give the same blob several names."""
    return [layer.inputs[0]] * layer.tops


def flatten(layer: Layer) -> Made:
    """Write a flattening."""
    own = layer.options("flatten_param")
    return on(layer, call("Flatten", layer.at, own.integer("axis", 1), own.integer("end_axis", -1)))


def reshape(layer: Layer) -> Made:
    """Write a new shape: 0 is the axis that was there, -1 what is left."""
    own = layer.options("reshape_param")
    shapes = own.shapes()
    own_dims = shapes[0] if shapes else []
    start, count = own.integer("axis", 0), own.integer("num_axes", -1)

    def make(x: Shape) -> Any:
        first = start if start >= 0 else len(x) + start + 1
        last = len(x) if count < 0 else first + count
        inner = x[first:last]
        if any(dim == 0 and at >= len(inner) for at, dim in enumerate(own_dims)):
            raise Refusal("CV084", f"a 0 in the shape stands for an axis that {show_shape(x)} does not have")
        dims = [inner[at] if dim == 0 else dim for at, dim in enumerate(own_dims)]
        return call("reshape", layer.at, layer.inputs[0], [*x[:first], *dims, *x[last:]])

    return fitted(make, layer.at, layer.inputs[0])


def permute(layer: Layer) -> Made:
    """Write another order of the axes; those that are not named keep theirs."""
    order = layer.options("permute_param").integers("order")

    def make(x: Shape) -> Any:
        rest = [axis for axis in range(len(x)) if axis not in order]
        return call("permute", layer.at, layer.inputs[0], [*order, *rest])

    return fitted(make, layer.at, layer.inputs[0])


def crop(layer: Layer) -> Made:
    """Write the part of a blob that has the size of another, from an axis on."""
    own = layer.options("crop_param")
    axis, offsets = own.integer("axis", 2), own.integers("offset") or [0]
    if len(layer.inputs) < 2 or axis < 0 or min(offsets) < 0:
        layer.complaints.complain("CV081", "a crop takes two blobs, and a positive axis and offset", layer.at)
        return syntax.Invalid(layer.at)

    def make(x: Shape, like: Shape) -> Any:
        found = layer.inputs[0]
        for at in range(axis, len(x)):
            start = offsets[0] if len(offsets) == 1 else offsets[min(at - axis, len(offsets) - 1)]
            if at >= len(like) or start + like[at] > x[at]:
                raise Refusal("CV084", f"{show_shape(like)} at {start} does not fit into {show_shape(x)}")
            found = cut(found, at, start, start + like[at], layer.at)
        return found

    return fitted(make, layer.at, *layer.inputs[:2])


def upsample(layer: Layer) -> Made:
    """Write an enlargement by a whole number, or to a size."""
    own = layer.options("upsample_param" if layer.kind == "Upsample" else "interp_param")
    if own.has("height", "width"):
        size = [own.positive("height", 1), own.positive("width", 1)]
        return on(layer, call("Upsample", layer.at, size, mode="bilinear", align_corners=True))
    factor = own.positive("scale" if layer.kind == "Upsample" else "zoom_factor", 1)
    if layer.kind == "Upsample":
        return on(layer, call("Upsample", layer.at, scale_factor=factor))

    shrink = own.positive("shrink_factor", 1)

    def make(x: Shape) -> Any:
        sizes = [(side - 1) // shrink + 1 for side in x[2:]]
        sizes = [side + (side - 1) * (factor - 1) for side in sizes]
        return on(layer, call("Upsample", layer.at, sizes, mode="bilinear", align_corners=True))

    return fitted(make, layer.at, layer.inputs[0])


def shuffle(layer: Layer) -> Made:
    """Write a shuffling of channels."""
    return on(layer, call("ChannelShuffle", layer.at, layer.options("shuffle_channel_param").positive("group", 1)))


def reduction(layer: Layer) -> Made:
    """Write a sum or a mean over all axes from one on."""
    own = layer.options("reduction_param")
    axis = own.integer("axis", 0)

    def make(x: Shape) -> Any:
        kept = x[: axis if axis >= 0 else len(x) + axis]
        return unknown("Reduction", kept or (1,), macs=0, other=prod(x))

    return fitted(make, layer.at, layer.inputs[0])
