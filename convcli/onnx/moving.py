"""The shapes of what moves elements: reshaping, joining, cutting, padding, looking up."""

from convcli.human import show_shape
from convcli.onnx.asked import Asked, counted
from convcli.onnx.constants import broadcast
from convcli.onnx.record import Tensor
from convcli.quantity import UNKNOWN, Shape, ceil_div, is_known, product

FAR = 2**31
"""Ends from here on mean all that there is."""


def reshaped(asked: Asked) -> list[Shape | None]:
    """`Reshape`: 0 copies a size, -1 is what is left."""
    x, wanted = asked.shape(), asked.ints(1, "shape")
    if wanted is None:
        raise ValueError("its `shape` is missing")
    literal = asked.attribute("allowzero", 0)
    sizes = [
        x[at] if one == 0 and is_known(one) and not literal and at < len(x) else one for at, one in enumerate(wanted)
    ]
    open_at = [at for at, one in enumerate(sizes) if is_known(one) and one == -1]
    if len(open_at) > 1:
        raise ValueError(f"its shape {show_shape(wanted)} has -1 more than once")
    total = product(x)
    if open_at:
        rest = product([one for at, one in enumerate(sizes) if at != open_at[0]])
        if is_known(total) and is_known(rest) and (total % rest if rest else total):
            raise ValueError(f"{show_shape(x)} cannot be given the shape {show_shape(wanted)}")
        sizes[open_at[0]] = total // rest if rest else 0
    if is_known(total) and is_known(product(sizes)) and product(sizes) != total:
        raise ValueError(f"{show_shape(x)} cannot be given the shape {show_shape(wanted)}")
    return [tuple(sizes)]


def flattened(asked: Asked) -> list[Shape | None]:
    """`Flatten`: two axes are left."""
    x = asked.shape()
    axis = asked.attribute("axis", 1)
    axis = axis + len(x) if axis < 0 else axis
    if not 0 <= axis <= len(x):
        raise ValueError(f"there is no axis {axis} in {len(x)}")
    return [(product(x[:axis]), product(x[axis:]))]


def squeezed(asked: Asked) -> list[Shape | None]:
    """`Squeeze`."""
    x, axes = asked.shape(), asked.ints(1, "axes")
    if axes is None:
        if not all(map(is_known, x)):
            raise LookupError
        return [tuple(size for size in x if size != 1)]
    gone = {counted(axis, len(x)) for axis in axes}
    if any(x[axis] != 1 for axis in gone):
        raise ValueError(f"an axis of {show_shape(x)} that is to go is not 1")
    return [tuple(size for axis, size in enumerate(x) if axis not in gone)]


def unsqueezed(asked: Asked) -> list[Shape | None]:
    """`Unsqueeze`."""
    x, axes = asked.shape(), asked.ints(1, "axes")
    if axes is None:
        raise ValueError("its `axes` are missing")
    rank = len(x) + len(axes)
    new, rest = {counted(axis, rank) for axis in axes}, iter(x)
    if len(new) != len(axes):
        raise ValueError(f"its axes {[*axes]} are not all different")
    return [tuple(1 if axis in new else next(rest) for axis in range(rank))]


def transposed(asked: Asked) -> list[Shape | None]:
    """`Transpose`."""
    x = asked.shape()
    order = asked.attribute("perm", [*reversed(range(len(x)))])
    if sorted(order) != [*range(len(x))]:
        raise ValueError(f"its `perm` {order} is no order of {len(x)} axes")
    return [tuple(x[axis] for axis in order)]


def concatenated(asked: Asked) -> list[Shape | None]:
    """`Concat`."""
    shapes = [asked.shape(at) for at in range(len(asked.inputs))]
    first = shapes[0]
    axis = asked.axis(0)
    for shape in shapes[1:]:
        if len(shape) != len(first) or any(
            a != b for at, (a, b) in enumerate(zip(first, shape, strict=True)) if at != axis
        ):
            raise ValueError(f"{show_shape(first)} and {show_shape(shape)} do not fit along axis {axis}")
    known = [next((s[at] for s in shapes if is_known(s[at])), UNKNOWN) for at in range(len(first))]
    known[axis] = sum(shape[axis] for shape in shapes)
    return [tuple(known)]


def parts(asked: Asked) -> list[int]:
    """Return the sizes of the parts of `Split`.

    Raises:
        ValueError: they are not those of the axis.
    """
    size, count = asked.shape()[asked.axis(0)], len(asked.node.outputs)
    sizes = asked.ints(1, "split")
    if sizes is None:
        step = ceil_div(size, asked.attribute("num_outputs", count)) if is_known(size) else UNKNOWN
        return [step] * (count - 1) + [size - step * (count - 1)]
    total = sum(sizes)
    if len(sizes) != count or (is_known(size) and is_known(total) and total != size):
        raise ValueError(f"its parts {[*sizes]} are not {count} of {size}")
    return [*sizes]


def split(asked: Asked) -> list[Shape | None]:
    """`Split`."""
    x, axis = asked.shape(), asked.axis(0)
    return [(*x[:axis], part, *x[axis + 1 :]) for part in parts(asked)]


def stretches(asked: Asked) -> list[range]:
    """Return what `Slice` takes along each axis.

    Raises:
        ValueError: it is not said along which axes, or a step is 0.
        LookupError: it is not known.
    """
    x = asked.shape()
    starts, ends = asked.ints(1, "starts"), asked.ints(2, "ends")
    if starts is None or ends is None:
        raise ValueError("its `starts` or `ends` are missing")
    axes = asked.ints(3, "axes") or tuple(range(len(starts)))
    by = asked.ints(4) or (1,) * len(starts)
    taken = [range(size) if is_known(size) else range(0) for size in x]
    for axis, start, end, step in zip(axes, starts, ends, by, strict=True):
        if not all(map(is_known, (axis, start, end, step, x[counted(axis, len(x))]))):
            raise LookupError
        if step == 0:
            raise ValueError("a step is 0")
        at = counted(axis, len(x))
        taken[at] = range(x[at])[start if start > -FAR else None : end if -FAR < end < FAR else None : step]
        if end <= -FAR and step > 0:
            taken[at] = range(0)
    return taken


def sliced(asked: Asked) -> list[Shape | None]:
    """`Slice`."""
    x = asked.shape()
    try:
        taken = stretches(asked)
    except LookupError:  # the axes that are not cut stay what they are
        axes = asked.ints(3, "axes")
        cut = {counted(axis, len(x)) for axis in axes} if axes else set(range(len(x)))
        return [tuple(UNKNOWN if at in cut else size for at, size in enumerate(x))]
    return [tuple(len(one) if is_known(size) else size for one, size in zip(taken, x, strict=True))]


def gathered(asked: Asked) -> list[Shape | None]:
    """`Gather`."""
    x, index = asked.shape(0), asked.shape(1)
    axis = asked.axis(0)
    return [(*x[:axis], *index, *x[axis + 1 :])]


def gathered_nd(asked: Asked) -> list[Shape | None]:
    """`GatherND`."""
    x, index = asked.shape(0), asked.shape(1)
    skip = asked.attribute("batch_dims", 0)
    if not index or not is_known(index[-1]) or index[-1] > len(x) - skip:
        raise ValueError("its indices do not fit")
    return [(*index[:-1], *x[skip + index[-1] :])]


def expanded(asked: Asked) -> list[Shape | None]:
    """`Expand`."""
    wanted = asked.ints(1)
    return [broadcast(asked.shape(), wanted or ())]


def tiled(asked: Asked) -> list[Shape | None]:
    """`Tile`."""
    x, times = asked.shape(), asked.ints(1)
    return [tuple(size * many for size, many in zip(x, times or (), strict=True))]


def pads_of(asked: Asked) -> Shape:
    """Return what `Pad` adds before all axes, then behind all."""
    rank = len(asked.shape())
    pads, axes = asked.ints(1, "pads"), asked.ints(3)
    if pads is None:  # as the first versions called it
        pads = tuple(asked.attribute("paddings", []))
    if axes is None:
        axes = tuple(range(rank))
    if len(pads) != 2 * len(axes):
        raise ValueError(f"its `pads` {[*pads]} are not two for each of {len(axes)} axes")
    found = [0] * 2 * rank
    for at, axis in enumerate(axes):
        place = counted(axis, rank)
        found[place], found[rank + place] = pads[at], pads[len(axes) + at]
    return tuple(found)


def padded(asked: Asked) -> list[Shape | None]:
    """`Pad`, which crops below 0."""
    x, pads = asked.shape(), pads_of(asked)
    shape = tuple(size + before + after for size, before, after in zip(x, pads, pads[len(x) :], strict=False))
    if any(is_known(size) and size < 0 for size in shape):
        raise ValueError(f"its padding leaves nothing of {show_shape(x)}")
    return [shape]


def to_space(asked: Asked) -> list[Shape | None]:
    """`DepthToSpace` and `SpaceToDepth`."""
    n, c, h, w = asked.shape()
    block = asked.attribute("blocksize", 0)
    if block < 1:
        raise ValueError("its `blocksize` is no positive number")
    if asked.node.op == "DepthToSpace":
        if is_known(c) and c % block**2:
            raise ValueError(f"its {c} channels are no multiple of {block**2}")
        return [(n, c // block**2, h * block, w * block)]
    return [(n, c * block**2, h // block, w // block)]


def cropped(asked: Asked) -> list[Shape | None]:
    """`CenterCropPad`."""
    x, wanted = asked.shape(), asked.ints(1) or ()
    axes = asked.attribute("axes", [*range(len(x))])
    sizes = {counted(axis, len(x)): size for axis, size in zip(axes, wanted, strict=True)}
    return [tuple(sizes.get(axis, size) for axis, size in enumerate(x))]


def filled(asked: Asked) -> list[Shape | None]:
    """`ConstantOfShape`, and what draws numbers of a shape."""
    sizes = asked.ints(0, "shape")
    if sizes is None or any(is_known(size) and size < 0 for size in sizes):
        raise ValueError("its shape is missing" if sizes is None else f"its shape is {show_shape(sizes)}")
    return [sizes]


def constant(asked: Asked) -> list[Shape | None]:
    """`Constant`."""
    for name, value in asked.node.attributes.items():
        if isinstance(value, Tensor):
            return [value.shape]
        if name.startswith("value_"):
            return [(len(value),) if isinstance(value, list) else ()]
    return [None]


def spread(asked: Asked) -> list[Shape | None]:
    """`Range`."""
    start, end, step = (asked.values(at) for at in range(3))
    if start is None or end is None or step is None:
        return [(UNKNOWN,)]
    (a,), (b,), (by,) = start.values, end.values, step.values
    if not all(map(is_known, (a, b, by))):
        return [(UNKNOWN,)]
    if not by:
        raise ValueError("its step is 0")
    return [(max(int(-((a - b) // by)), 0),)]


def one_hot(asked: Asked) -> list[Shape | None]:
    """`OneHot`."""
    x, depth = asked.shape(), asked.values(1)
    axis = counted(asked.attribute("axis", -1), len(x) + 1)
    size = depth.ints()[0] if depth is not None and depth.values else UNKNOWN
    return [(*x[:axis], size, *x[axis:])]
