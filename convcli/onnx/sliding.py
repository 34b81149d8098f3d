"""Windows that slide: their padding as it is written or asked for, and how many there are.

Sizes as in the documentation of `Conv`, `ConvTranspose`, `MaxPool` and `AveragePool` at https://onnx.ai/onnx/operators.
"""

from convcli.human import show_shape
from convcli.onnx.asked import Asked
from convcli.quantity import UNKNOWN, Shape, ceil_div, is_known
from convcli.record import Record

SAME = ("SAME_UPPER", "SAME_LOWER")


class Sliding(Record):
    """The windows of a node along each spatial axis: sizes, steps, padding on either side, and their number."""

    kernel: Shape
    stride: Shape
    dilation: Shape
    before: Shape
    after: Shape
    counts: Shape
    rounded_up: bool = False

    def symmetric(self) -> bool:
        """Say whether both sides are padded alike."""
        return self.before == self.after

    def needed(self, sizes: Shape) -> Shape:
        """Return the padding behind each axis that makes just this many windows, none left over."""
        found = []
        for at, size in enumerate(sizes):
            end = (self.counts[at] - 1) * self.stride[at] + self.dilation[at] * (self.kernel[at] - 1) + 1
            needed = end - size - self.before[at]
            found.append(needed if is_known(needed) and needed > 0 else 0 if is_known(needed) else self.after[at])
        return tuple(found)


def each_axis(asked: Asked, name: str, axes: int, default: int) -> Shape:
    """Return an attribute of one number for each axis.

    Raises:
        ValueError: it has another number of them, or one that is not positive.
    """
    found = tuple(asked.attribute(name, [default] * axes))
    if len(found) != axes or any(one < 1 for one in found):
        raise ValueError(f"its `{name}` {[*found]} is not {axes} positive numbers")
    return found


def sliding(asked: Asked, x: Shape, kernel: Shape) -> Sliding:
    """Return the windows of a convolution or a pool.

    Raises:
        ValueError: they do not fit.
    """
    axes, sizes = len(x) - 2, x[2:]
    if axes < 1 or len(kernel) != axes:
        raise ValueError(f"its kernel has {len(kernel)} axes, its input {max(axes, 0)}")
    stride, dilation = each_axis(asked, "strides", axes, 1), each_axis(asked, "dilations", axes, 1)
    spans = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    auto, up = _automatic(asked), bool(asked.attribute("ceil_mode", 0))
    if auto in SAME:
        counts = tuple(
            ceil_div(size, step) if is_known(size) else UNKNOWN for size, step in zip(sizes, stride, strict=True)
        )
        totals = [
            max((count - 1) * step + span - size, 0) if is_known(size) else UNKNOWN
            for count, step, span, size in zip(counts, stride, spans, sizes, strict=True)
        ]
        small = tuple(total // 2 for total in totals)
        large = tuple(total - half for total, half in zip(totals, small, strict=True))
        before, after = (small, large) if auto == "SAME_UPPER" else (large, small)
        return Sliding(kernel, stride, dilation, before, after, counts)
    pads = written_pads(asked, axes) if auto == "NOTSET" else (0,) * 2 * axes
    before, after = pads[:axes], pads[axes:]
    counts = tuple(_count(*one, up) for one in zip(sizes, spans, stride, before, after, strict=True))
    return Sliding(kernel, stride, dilation, before, after, counts, up)


def _automatic(asked: Asked) -> str:
    """Return how the padding follows from the sizes, if it does."""
    found: str = asked.attribute("auto_pad", "NOTSET") or "NOTSET"
    if found not in ("NOTSET", "VALID", *SAME):
        raise ValueError(f"there is no `auto_pad` {found[:40]!r}")
    return found


def written_pads(asked: Asked, axes: int) -> Shape:
    """Return the attribute `pads`: all before, then all after."""
    pads = tuple(asked.attribute("pads", [0] * 2 * axes))
    if len(pads) != 2 * axes:
        raise ValueError(f"its `pads` {[*pads]} are not two for each of {axes} axes")
    return pads


def _count(size: int, span: int, step: int, before: int, after: int, up: bool) -> int:
    if not is_known(size):
        return UNKNOWN
    reach = size + before + after - span
    if reach < 0:
        raise ValueError(f"a window that spans {span} is larger than its input of {size} with its padding")
    count = (ceil_div(reach, step) if up else reach // step) + 1
    return count - 1 if up and (count - 1) * step >= size + before else count


def convolution(asked: Asked, x: int = 0, w: int = 1) -> list[Shape | None]:
    """Return the shape that a convolution gives, quantised or not."""
    data, weight = asked.shape(x), asked.shape(w)
    groups = asked.attribute("group", 1)
    if len(data) != len(weight):
        raise ValueError(f"its weight has {len(weight)} axes, its input {len(data)}")
    if groups < 1 or weight[1] * groups != data[1] or weight[0] % groups:
        raise ValueError(
            f"its weight {show_shape(weight)} in {groups} groups does not fit its input {show_shape(data)}"
        )
    kernel = tuple(asked.attribute("kernel_shape", [*weight[2:]]))
    return [(data[0], weight[0], *sliding(asked, data, kernel).counts)]


def transposed(asked: Asked) -> tuple[Sliding, Shape]:
    """Return the windows of a transposed convolution, and what is added behind."""
    data, weight = asked.shape(0), asked.shape(1)
    axes = len(data) - 2
    if len(data) != len(weight) or axes < 1 or weight[0] != data[1]:
        raise ValueError(f"its weight {show_shape(weight)} does not fit its input {show_shape(data)}")
    kernel = tuple(asked.attribute("kernel_shape", [*weight[2:]]))
    if len(kernel) != axes:
        raise ValueError(f"its kernel has {len(kernel)} axes, its input {axes}")
    stride, dilation = each_axis(asked, "strides", axes, 1), each_axis(asked, "dilations", axes, 1)
    more = tuple(asked.attribute("output_padding", [0] * axes))
    auto, wanted = _automatic(asked), asked.attribute("output_shape", [])
    if len(more) != axes:
        raise ValueError(f"its `output_padding` {[*more]} is not {axes} numbers")
    pads = written_pads(asked, axes) if auto == "NOTSET" else (0,) * 2 * axes
    ends = [
        step * (size - 1) + extra + d * (k - 1) + 1
        for step, size, extra, d, k in zip(stride, data[2:], more, dilation, kernel, strict=True)
    ]
    before, after = pads[:axes], pads[axes:]
    if wanted or auto in SAME:
        goals = tuple(wanted)[-axes:] if wanted else tuple(s * n for s, n in zip(stride, data[2:], strict=True))
        totals = [end - goal for end, goal in zip(ends, goals, strict=True)]
        first = tuple(t // 2 if auto == "SAME_UPPER" else t - t // 2 for t in totals)
        before, after = first, tuple(t - f for t, f in zip(totals, first, strict=True))
    counts = tuple(end - b - a for end, b, a in zip(ends, before, after, strict=True))
    if any(is_known(count) and count < 1 for count in counts):
        raise ValueError("its padding leaves nothing")
    return Sliding(kernel, stride, dilation, before, after, counts), more


def transposed_shape(asked: Asked) -> list[Shape | None]:
    """Return the shape that a transposed convolution gives."""
    windows, _ = transposed(asked)
    return [(asked.shape(0)[0], asked.shape(1)[1] * asked.attribute("group", 1), *windows.counts)]


def pooled(asked: Asked) -> list[Shape | None]:
    """Return the shape that a pool gives, twice where the places are wanted."""
    x = asked.shape()
    kernel = tuple(asked.attribute("kernel_shape", []))
    shape = (*x[:2], *sliding(asked, x, kernel).counts)
    return [shape] * len(asked.node.outputs)


def pooled_whole(asked: Asked) -> list[Shape | None]:
    """Return the shape that pooling over all positions gives."""
    x = asked.shape()
    return [(*x[:2], *(1,) * (len(x) - 2))]


def unpooled(asked: Asked) -> list[Shape | None]:
    """Return the shape of `MaxUnpool`."""
    wanted = asked.ints(2) if asked.has(2) else None
    if wanted is not None:
        return [wanted]
    x, axes = asked.shape(), len(asked.shape()) - 2
    kernel, stride = tuple(asked.attribute("kernel_shape", [])), each_axis(asked, "strides", axes, 1)
    pads = written_pads(asked, axes)
    each = zip(x[2:], kernel, stride, pads[:axes], pads[axes:], strict=True)
    return [(*x[:2], *((n - 1) * s + k - b - a for n, k, s, b, a in each))]
