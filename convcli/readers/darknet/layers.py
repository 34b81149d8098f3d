"""Darknet's layers without weights: pooling, joins, what keeps its size.

Pooling pads by its size less one, the smaller half in front.
"""

from collections.abc import Callable
from math import prod
from typing import Any

from convcli.diagnostics import Refusal
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.quantity import Shape
from convcli.readers.darknet.activations import activation, parts
from convcli.readers.darknet.sections import Layer, Section
from convcli.readers.trees import CURRENT, call, chain, fitted, unknown
from convcli.readers.windows import expect_rank, one_or_all


def maxpool(section: Section) -> Layer:
    """Write a maximum, whose padding is its size less one unless it says otherwise."""
    return _pool(section, "MaxPool2d")


def local_avgpool(section: Section) -> Layer:
    """Write an average of windows."""
    return _pool(section, "AvgPool2d")


def _pool(section: Section, name: str) -> Expression:
    stride = section.positive("stride", 1)
    steps = [section.positive(option, stride) for option in ("stride_y", "stride_x")]
    size = section.positive("size", stride)
    total = max(section.number("padding", size - 1), 0)
    if section.number("maxpool_depth", 0):
        outputs = section.positive("out_channels", 1)
        return fitted(lambda x: unknown("maxpool_depth", (x[0], outputs, *x[2:]), macs=0, size=size), section.at)
    if name == "AvgPool2d":
        return fitted(lambda x: _average(x, size, steps, total, section.at), section.at)
    even, odd = divmod(total, 2)
    arguments: dict[str, Any] = {"kernel_size": size, "stride": one_or_all(steps)}
    arguments |= {"padding": even} if even else {}
    written = {"kernel_size": "size", "stride": "stride", "padding": "padding"}
    places = {name: section.place(option) for name, option in written.items()}
    if odd and steps == [2, 2] and size > 1:  # one more at the end, and every second place, is the size rounded up
        return call(name, section.at, places=places, **arguments, ceil_mode=True)
    pooled = call(name, section.at, places=places, **arguments)
    # a repeated border changes no maximum, which Darknet's padding does not either
    return chain(call("ReplicationPad2d", section.at, (0, 1, 0, 1)), pooled) if odd else pooled


def _average(x: Shape, size: int, steps: list[int], total: int, at: At) -> Any:
    """Return an average whose padding is not counted in."""
    expect_rank(x, 4, "pooling")
    out = tuple((side + total - size) // step + 1 for side, step in zip(x[2:], steps, strict=True))
    if total % 2 == 0:
        return call("AvgPool2d", at, size, steps, total // 2, count_include_pad=False)
    if all(side % size == 0 for side in x[2:]) and steps == [size, size]:
        return call("AvgPool2d", at, size)
    return unknown("local_avgpool", (*x[:2], *out), macs=0, size=size)


def avgpool(section: Section) -> Layer:
    """Write the average of each channel."""
    return call("AdaptiveAvgPool2d", section.at, 1)


def upsample(section: Section) -> Layer:
    """Write an enlargement; a negative stride makes smaller."""
    stride = section.number("stride", 2)
    if stride == 0:
        section.reader.complain("CV081", "`stride` is not 0", section.place("stride"))
    if stride < 0:
        return call("AvgPool2d", section.at, -stride)
    return call("Upsample", section.at, scale_factor=max(stride, 1))


def reorg(section: Section) -> Layer:
    """Write what moves places into channels, or back with `reverse`."""
    stride = section.positive("stride", 1)
    name = "PixelShuffle" if section.number("reverse", 0) else "PixelUnshuffle"
    places = {"upscale_factor" if name == "PixelShuffle" else "downscale_factor": section.place("stride")}
    return call(name, section.at, places=places, **dict.fromkeys(places, stride))


def crop(section: Section) -> Layer:
    """Write a crop, which in a test is the middle."""
    size = section.positive("crop_height", 1), section.positive("crop_width", 1)
    return call("center_crop", section.at, CURRENT, size)


# ---- joins


def route(section: Section) -> Layer:
    """Write the channels of several layers one behind the other, or a part of them."""
    reader, at = section.reader, section.place("layers")
    if "layers" not in section.options:
        reader.complain("CV081", "`[route]` needs `layers`", section.at)
    groups, group = section.positive("groups", 1), section.number("group_id", 0)
    if not 0 <= group < groups:
        reader.complain("CV081", f"`group_id` is one of 0 to {groups - 1}, found {group}", section.place("group_id"))
        group = 0
    found: list[Expression] = [reader.earlier(section, place, "layers") for place in section.numbers("layers")]
    joined = found[0] if len(found) == 1 else call("cat", at, found, dim=1)
    if groups == 1:
        return joined

    def make(*shapes: Shape) -> Any:
        odd = next((shape[1] for shape in shapes if shape[1] % groups), 0)
        if odd:
            raise Refusal("CV084", f"{odd} channels are no {groups} groups of equal size")
        part = (syntax.Constant(group, at),)
        parts = [syntax.Index(call("chunk", at, one, groups, dim=1), part, at) for one in found]
        return parts[0] if len(parts) == 1 else call("cat", at, parts, dim=1)

    return fitted(make, at, *found)


def shortcut(section: Section) -> Layer:
    """Write a sum; where sizes differ it has the size of what came before."""
    reader, at = section.reader, section.place("from")
    if "from" not in section.options:
        reader.complain("CV081", "`[shortcut]` needs `from`", section.at)
    others = [reader.earlier(section, place, "from") for place in section.numbers("from")]
    weighted = section.text("weights_type", "none")

    def make(x: Shape, *shapes: Shape) -> Any:
        if weighted not in ("none", ""):
            count = (len(shapes) + 1) * (x[1] if weighted == "per_channel" else 1)
            macs = (len(shapes) + 1) * prod(x)
            return unknown("weighted_shortcut", x, {"weight": (count,)}, macs=macs, other=0, alike=True)
        if all(shape == x for shape in shapes):
            added: Expression = CURRENT
            for other in others:
                added = call("add", at, added, other)
            return added
        return unknown("shortcut", x, macs=0, other=len(shapes) * prod(x))

    return parts(section, fitted(make, at, CURRENT, *others), None, activation(section, "linear"))


def scale_channels(section: Section) -> Layer:
    """Write another layer scaled by this one, channel by channel, or place by place."""
    other = section.reader.earlier(section, section.number("from", -1), "from")
    tree = call("mul", section.place("from"), other, CURRENT)
    return parts(section, tree, None, activation(section, "linear"))


# ---- what keeps its size


def keeps(name: str) -> Callable[[Section], Layer]:
    """Return what writes a layer that keeps its size, and multiplies nothing."""

    def write(section: Section) -> Layer:
        return fitted(lambda x: unknown(name, x, macs=0, alike=True), section.at)

    return write


def plain(name: str, *values: Any) -> Callable[[Section], Layer]:
    """Return what writes an operator without options."""
    return lambda section: call(name, section.at, *values)


def dropout(section: Section) -> Layer:
    """Write a dropout."""
    return call("Dropout", section.at)


def softmax(section: Section) -> Layer:
    """Write a softmax over all, or over groups or a tree of classes."""
    if section.number("groups", 1) == 1 and "tree" not in section.options:
        return call("Softmax", section.at, dim=1)
    return keeps("softmax")(section)


def activate(section: Section) -> Layer:
    """Write an activation that is a layer."""
    act = activation(section, "linear")
    return act if act is not None else call("Identity", section.at)


def detector(name: str) -> Callable[[Section], Layer]:
    """Return what writes a detector's head, whose input has to fit its classes and anchors."""

    def write(section: Section) -> Layer:
        expected = _head(name, section)
        option, where = ("output", "in all") if name == "detection" else ("filters", "at each place")

        def make(x: Shape) -> Any:
            found = prod(x[1:]) if name == "detection" else x[1]
            if found != expected:
                help = f"write `{option}={expected}` in the layer before, or change the classes and anchors here"
                raise Refusal("CV084", f"[{section.kind}] takes {expected} numbers {where}, found {found}", help=help)
            return unknown(name, x, macs=0, alike=True)

        return fitted(make, section.at)

    return write


def _head(name: str, section: Section) -> int:
    """Return how many numbers a head takes: at each place, or of a detection in all."""
    classes = section.number("classes", 20 if name != "detection" else 1)
    if name == "detection":
        boxes = section.number("num", 1) * (1 + section.number("coords", 1))
        return section.number("side", 7) ** 2 * (boxes + classes)
    if name == "region":
        return section.number("num", 1) * (section.number("coords", 4) + 1 + classes)
    anchors = len(section.numbers("mask")) if "mask" in section.options else section.number("num", 1)
    return anchors * (classes + (9 if name == "gaussian_yolo" else 5))
