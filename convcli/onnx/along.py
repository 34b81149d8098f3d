"""The shapes of products, of what works along axes, of sequences and of resizing."""

import math

from convcli.human import show_shape
from convcli.onnx.asked import Asked, counted
from convcli.onnx.constants import broadcast
from convcli.quantity import UNKNOWN, Shape, is_known


def reduced_axes(asked: Asked) -> Shape:
    """Return the axes along which a node reduces, counted from the front."""
    rank = len(asked.shape())
    axes = asked.ints(1, "axes")
    if not axes:
        return () if asked.attribute("noop_with_empty_axes", 0) else tuple(range(rank))
    return tuple(sorted({counted(axis, rank) for axis in axes}))


def reduced(asked: Asked) -> list[Shape | None]:
    """`ReduceMean` and the like."""
    return [_without(asked, asked.shape(), reduced_axes(asked))]


def found_at(asked: Asked) -> list[Shape | None]:
    """`ArgMax` and `ArgMin`."""
    return [_without(asked, asked.shape(), (asked.axis(0),))]


def _without(asked: Asked, x: Shape, axes: Shape) -> Shape:
    if asked.attribute("keepdims", 1):
        return tuple(1 if axis in axes else size for axis, size in enumerate(x))
    return tuple(size for axis, size in enumerate(x) if axis not in axes)


def best(asked: Asked) -> list[Shape | None]:
    """`TopK`."""
    x, axis = asked.shape(), asked.axis(-1)
    count = asked.ints(1) if asked.has(1) else (asked.attribute("k", UNKNOWN),)
    shape = (*x[:axis], (count or (UNKNOWN,))[0], *x[axis + 1 :])
    return [shape, shape]


def multiplied(asked: Asked, a: int = 0, b: int = 1) -> list[Shape | None]:
    """`MatMul`, quantised or not, as in numpy."""
    x, y = asked.shape(a), asked.shape(b)
    if not x or not y:
        raise ValueError("it takes no single number")
    left, right = (x if len(x) > 1 else (1, *x)), (y if len(y) > 1 else (*y, 1))
    if left[-1] != right[-2]:
        raise ValueError(f"{show_shape(x)} and {show_shape(y)} cannot be multiplied")
    shape = broadcast(left[:-2], right[:-2])
    return [(*shape, *((left[-2],) if len(x) > 1 else ()), *((right[-1],) if len(y) > 1 else ()))]


def gemm(asked: Asked) -> list[Shape | None]:
    """`Gemm`."""
    (m, k), (n, j) = asked.shape(0), asked.shape(1)
    if asked.attribute("transA", 0):
        m, k = k, m
    if not asked.attribute("transB", 0):
        n, j = j, n
    if k != j:
        raise ValueError(f"{show_shape(asked.shape(0))} and {show_shape(asked.shape(1))} cannot be multiplied")
    return [(m, n)]


def einsum(asked: Asked) -> list[Shape | None]:
    """`Einsum`, with or without an arrow and dots."""
    words = asked.attribute("equation", "").replace(" ", "")
    left, arrow, right = words.partition("->")
    names = left.split(",")
    sizes: dict[str, int] = {}
    dots: Shape = ()
    for at, name in enumerate(names):
        shape = asked.shape(at)
        head, has, tail = name.partition("...")
        if len(shape) < len(head) + len(tail) or (not has and len(shape) != len(head)):
            raise ValueError(f"`{words[:80]}` does not fit {show_shape(shape)}")
        middle = len(shape) - len(tail)
        pairs = [*zip(head, shape, strict=False), *zip(tail, shape[middle:], strict=True)]
        for letter, size in pairs:
            if sizes.get(letter, size) != size and 1 not in (sizes[letter], size):
                raise ValueError(f"`{letter}` of `{words[:80]}` is {sizes[letter]} and {size}")
            sizes[letter] = max(sizes.get(letter, size), size)
        dots = broadcast(dots, shape[len(head) : middle]) if has else dots
    if not arrow:
        letters = left.replace(",", "").replace(".", "")
        right = ("..." if "..." in left else "") + "".join(sorted(one for one in {*letters} if letters.count(one) == 1))
    head, has, tail = right.partition("...")
    return [(*(sizes[one] for one in head), *(dots if has else ()), *(sizes[one] for one in tail))]


def recurrent(asked: Asked) -> list[Shape | None]:
    """`LSTM`, `GRU`, `RNN`."""
    steps, batch, _ = asked.shape(0)
    size = asked.attribute("hidden_size", 0) or asked.shape(2)[-1]
    ways = 2 if asked.attribute("direction", "forward") == "bidirectional" else 1
    if asked.attribute("layout", 0):
        steps, batch = batch, steps
        return [(batch, steps, ways, size), *[(batch, ways, size)] * 2]
    return [(steps, ways, batch, size), *[(ways, batch, size)] * 2]


def grid_sampled(asked: Asked) -> list[Shape | None]:
    """`GridSample`."""
    return [(*asked.shape(0)[:2], *asked.shape(1)[1:-1])]


def resized(asked: Asked) -> list[Shape | None]:
    """`Resize` and `Upsample`: by sizes or by factors, of all axes or of some, which may keep their ratio."""
    x = asked.shape()
    axes = asked.attribute("axes", [*range(len(x))])
    places = [counted(axis, len(x)) for axis in axes]
    scales, sizes = factors(asked), asked.ints(3) if asked.has(3) else None
    made = [*x]
    if sizes:
        policy = asked.attribute("keep_aspect_ratio_policy", "stretch")
        if policy != "stretch":
            choose = min if policy == "not_larger" else max
            one = choose(size / x[axis] for axis, size in zip(places, sizes, strict=True) if size)
            sizes = tuple(math.floor(x[axis] * one + 0.5) for axis in places)
        for axis, size in zip(places, sizes, strict=True):
            made[axis] = size
        return [tuple(made)]
    if scales is None:
        raise LookupError
    for axis, scale in zip(places, scales, strict=True):
        made[axis] = math.floor(x[axis] * scale) if is_known(x[axis]) else x[axis] if scale == 1 else UNKNOWN
    return [tuple(made)]


def factors(asked: Asked) -> tuple[float, ...] | None:
    """Return the factors of `Resize` or `Upsample`, None where there are none.

    Raises:
        LookupError: they are not known.
    """
    written = asked.node.attributes.get("scales")
    if written:
        return tuple(written)
    at = 1 if asked.node.op == "Upsample" or asked.opset < 11 else 2
    if not asked.has(at) or asked.shape(at) == (0,):
        return None
    found = asked.values(at)
    if found is None or any(not isinstance(one, float) for one in found.values):
        raise LookupError
    if any(not 0 < one < 2**31 for one in found.values):
        raise ValueError(f"its factors are {[*found.values]}")
    return found.values
