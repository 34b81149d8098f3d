"""Which nodes are worked out where all that they take is known: sizes and what is computed of them."""

import math
from collections.abc import Callable
from typing import Any

from convcli.onnx.along import reduced_axes
from convcli.onnx.asked import NOT_KNOWN, Asked
from convcli.onnx.constants import Constant, each, expanded, places, sized, steps, taken
from convcli.onnx.moving import stretches
from convcli.onnx.record import Tensor, kind_of
from convcli.quantity import UNKNOWN, Shape, is_known, product

Fold = Callable[[Asked, Shape | None], "Constant | None"]
"""What works out the first result, of the shape that the rules have found."""


def constant_of(tensor: Tensor) -> Constant | None:
    """Return a constant of a file, where its values are known."""
    return None if tensor.values is None else Constant(tensor.shape, tensor.values, kind_of(tensor.type))


def _given(asked: Asked) -> list[Constant]:
    """Return all inputs.

    Raises:
        LookupError: one of them is not known.
    """
    found = [asked.values(at) for at in range(len(asked.inputs)) if asked.has(at)]
    if any(one is None for one in found):
        raise LookupError
    return [one for one in found if one is not None]


def shape_of(asked: Asked, shape: Shape | None) -> Constant | None:
    """`Shape`, all of it or a stretch."""
    x = asked.shape()
    start = _clamped(asked.attribute("start", 0), len(x))
    end = _clamped(asked.attribute("end", len(x)), len(x))
    return Constant((len(x[start:end]),), x[start:end])


def _clamped(at: int, rank: int) -> int:
    return min(max(at + rank if at < 0 else at, 0), rank)


def _size(asked: Asked, shape: Shape | None) -> Constant | None:
    return Constant((), (product(asked.shape()),))


NAMES = ("value_float", "value_int", "value_floats", "value_ints")


def _constant(asked: Asked, shape: Shape | None) -> Constant | None:
    value = asked.node.attributes.get("value")
    if isinstance(value, Tensor):
        return constant_of(value)
    for name in NAMES:
        found = asked.node.attributes.get(name)
        if found is not None:
            kind = "int64" if "int" in name else "float32"
            values = tuple(found) if isinstance(found, list) else (found,)
            return Constant((len(values),) if name.endswith("s") else (), values, kind)
    return None


def _filled(asked: Asked, shape: Shape | None) -> Constant | None:
    value = asked.node.attributes.get("value")
    if shape is None or not sized(shape):
        return None
    one, kind = (0.0, "float32")
    if isinstance(value, Tensor) and value.values:
        one, kind = value.values[0], kind_of(value.type)
    return Constant(shape, (one,) * product(shape), kind)


def _cast(asked: Asked, shape: Shape | None) -> Constant | None:
    x = asked.values(0)
    if x is None:
        return None
    kind = kind_of(asked.attribute("to", 1)) if asked.node.op == "Cast" else asked.flow(1).ref.dtype
    convert = float if kind == "float32" else bool if kind == "bool" else int
    return Constant(x.shape, tuple(v if v is UNKNOWN else convert(v) for v in x.values), kind)


def _same_order(asked: Asked, shape: Shape | None) -> Constant | None:
    x = _given(asked)[0]
    if shape is None or not sized(shape) or product(shape) != len(x.values):
        return None
    return Constant(shape, x.values, x.kind)


def _concat(asked: Asked, shape: Shape | None) -> Constant | None:
    parts = _given(asked)
    if shape is None or not sized(shape):
        return None
    axis, kind = asked.axis(0, rank=len(shape)), parts[0].kind
    values: list[Any] = []
    for at in range(product(shape[:axis])):
        for part in parts:
            width = product(part.shape[axis:])
            values += part.values[at * width : (at + 1) * width]
    return Constant(shape, tuple(values), kind)


def _gather(asked: Asked, shape: Shape | None) -> Constant | None:
    x, index = _given(asked)
    axis = asked.axis(0)
    if shape is None or not sized(shape) or not all(map(is_known, index.values)):
        return None
    size, width, apart = x.shape[axis], len(index.shape), steps(index.shape)
    if any(not -size <= one < size for one in index.ints()):
        raise ValueError(f"it picks {index.values} of {size}")

    def where(at: tuple[int, ...]) -> tuple[int, ...]:
        place = sum(a * b for a, b in zip(at[axis : axis + width], apart, strict=True))
        return (*at[:axis], index.ints()[place] % size, *at[axis + width :])

    return taken(x, shape, where)


def _slice(asked: Asked, shape: Shape | None) -> Constant | None:
    x = asked.values(0)
    if x is None or shape is None or not sized(shape):
        return None
    ranges = stretches(asked)
    return taken(x, shape, lambda at: [ranges[axis][i] for axis, i in enumerate(at)])


def _expand(asked: Asked, shape: Shape | None) -> Constant | None:
    x = _given(asked)[0]
    return expanded(x, shape) if shape is not None and sized(shape) else None


def _transpose(asked: Asked, shape: Shape | None) -> Constant | None:
    x = _given(asked)[0]
    order = asked.attribute("perm", [*reversed(range(len(x.shape)))])
    if shape is None:
        return None
    return taken(x, shape, lambda at: [at[order.index(axis)] for axis in range(len(at))])


def _tile(asked: Asked, shape: Shape | None) -> Constant | None:
    x = _given(asked)[0]
    if shape is None or not sized(shape):
        return None
    return taken(x, shape, lambda at: [i % size for i, size in zip(at, x.shape, strict=True)])


def _range(asked: Asked, shape: Shape | None) -> Constant | None:
    start, _, step = (one.values[0] for one in _given(asked))
    if shape is None or not sized(shape):
        return None
    return Constant(shape, tuple(start + i * step for i in range(shape[0])), _given(asked)[0].kind)


def _where(asked: Asked, shape: Shape | None) -> Constant | None:
    condition, one, other = _given(asked)
    return each(lambda c, a, b: a if c else b, condition, one, other, kind=one.kind)


def _reduced(asked: Asked, shape: Shape | None) -> Constant | None:
    x = asked.values(0)
    axes = reduced_axes(asked)
    if x is None or len(x.shape) > 1 or not axes or shape is None or not x.values:
        return None
    if not all(map(is_known, x.values)):
        return Constant(shape, (UNKNOWN,), x.kind)
    return Constant(shape, (REDUCTIONS[asked.node.op](x.values),), x.kind)


def _nonzero(asked: Asked, shape: Shape | None) -> Constant | None:
    x = asked.values(0)
    if x is None or not all(map(is_known, x.values)):
        return None
    found = [at for at, value in zip(places(x.shape), x.values, strict=True) if value]
    return Constant((len(x.shape), len(found)), tuple(at[axis] for axis in range(len(x.shape)) for at in found))


def _by_element(asked: Asked, shape: Shape | None) -> Constant | None:
    op = asked.node.op
    inputs = _given(asked)
    if op in BINARY:
        made: Constant | None = inputs[0]
        for other in inputs[1:]:
            made = made and each(BINARY[op], made, other)
        return made
    if op in COMPARED:
        return each(COMPARED[op], *inputs, kind="bool")
    return each(UNARY[op], inputs[0])


def _divided(a: Any, b: Any) -> Any:
    if isinstance(a, float) or isinstance(b, float):
        return a / b
    return (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1)  # towards 0, as in C


def _power(a: Any, b: Any) -> Any:
    if abs(b) > 64 or abs(a) > 2**32:
        raise ValueError("a power that large says nothing of a size")
    return a**b


REDUCTIONS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "ReduceProd": math.prod, "ReduceSum": sum, "ReduceMax": max, "ReduceMin": min,
}  # fmt: skip
UNARY: dict[str, Callable[..., Any]] = {
    "Neg": lambda a: -a, "Abs": abs, "Not": lambda a: not a, "Floor": lambda a: float(math.floor(a)),
    "Ceil": lambda a: float(math.ceil(a)), "Round": lambda a: float(round(a)), "Sqrt": math.sqrt,
    "Reciprocal": lambda a: 1 / a, "Sign": lambda a: (a > 0) - (a < 0),
    "Relu": lambda a: max(a, 0),
}  # fmt: skip
BINARY: dict[str, Callable[..., Any]] = {
    "Add": lambda a, b: a + b, "Sub": lambda a, b: a - b, "Mul": lambda a, b: a * b, "Div": _divided,
    "Mod": lambda a, b: math.fmod(a, b) if isinstance(a, float) else a % b, "Pow": _power, "Max": max, "Min": min,
    "Sum": lambda a, b: a + b,
}  # fmt: skip
COMPARED: dict[str, Callable[..., Any]] = {
    "Equal": lambda a, b: a == b, "Less": lambda a, b: a < b, "Greater": lambda a, b: a > b,
    "LessOrEqual": lambda a, b: a <= b, "GreaterOrEqual": lambda a, b: a >= b, "And": lambda a, b: a and b,
    "Or": lambda a, b: a or b, "Xor": lambda a, b: bool(a) != bool(b),
}  # fmt: skip

FOLDS: dict[str, Fold] = {
    "Shape": shape_of, "Size": _size, "Constant": _constant, "ConstantOfShape": _filled, "Cast": _cast,
    "CastLike": _cast, "Concat": _concat, "Gather": _gather, "Slice": _slice, "Expand": _expand,
    "Transpose": _transpose, "Tile": _tile, "Range": _range, "Where": _where, "NonZero": _nonzero,
    **dict.fromkeys(("Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze"), _same_order),
    **dict.fromkeys(REDUCTIONS, _reduced), **dict.fromkeys((*UNARY, *BINARY, *COMPARED), _by_element),
}  # fmt: skip


def folded(asked: Asked, shape: Shape | None) -> Constant | None:
    """Return the first result of a node where it can be worked out.

    Raises:
        ValueError: the node asks for something that is not there.
    """
    fold = FOLDS.get(asked.node.key())
    if fold is None:
        return None
    try:
        made = fold(asked, shape)
    except NOT_KNOWN:
        return None
    return made if made is not None and sized(made.shape) else None
