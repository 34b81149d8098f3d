"""How a layer's numbers come about: its own formulas, run with numbers that remember them."""

from convcli.graph import Node
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shape, Shown, is_known, product
from convcli.report import Formula
from convcli.window import AXIS_NAMES


def explain(node: Node) -> tuple[Formula, ...]:
    """Return the formulas of a layer: each output size that is not copied, parameters, MACs, other operations."""
    formulas: list[Formula] = []
    op = node.op.shown()
    if node.answer is not None and None not in node.input_shapes:
        inputs = [
            _shown_shape(shape, op, f"{at}" if at else "")
            for at, shape in enumerate(node.input_shapes)
            if shape is not None
        ]
        outputs = op.outputs(*inputs)
        formulas += _sizes(outputs, op)
        renamed = [_shown_shape(_plain(shape), op, "_out") for shape in outputs]
        formulas += _cost("MACs", op.macs(inputs, renamed))
        formulas += _cost("other ops", op.other_ops(inputs, renamed))
    return (*formulas[: len(formulas)], *_params(op))


def _sizes(outputs: tuple[Shape, ...], op: Operator) -> list[Formula]:
    found = []
    for at, shape in enumerate(outputs):
        for axis, size in enumerate(shape):
            if isinstance(size, Shown) and not size.words.replace("_", "").isalnum():
                name = _axis_name(op, len(shape), axis)
                found.append(Formula(f"{name} of result {at}" if at else name, size.words, size.figures, size.plain()))
    return found


def _cost(name: str, value: int) -> list[Formula]:
    if isinstance(value, Shown):
        return [Formula(name, value.words, value.figures, value.plain())]
    return [Formula(name, "", "", value)] if is_known(value) and value else []


def _params(op: Operator) -> list[Formula]:
    found = []
    for name, shape in op.weights().items():
        size = product(shape)
        if isinstance(size, Shown):
            found.append(Formula(name or "weight", size.words, size.figures, size.plain()))
        else:
            figures = " * ".join(map(str, shape))
            found.append(Formula(name or "weight", "", figures, int(size)))
    return found


def _plain(shape: Shape) -> Shape:
    return tuple(size.plain() if isinstance(size, Shown) else size for size in shape)


def _shown_shape(shape: Shape, op: Operator, suffix: str) -> Shape:
    return tuple(
        size if size is UNKNOWN else Shown.named(size, _letter(op, len(shape), axis) + suffix)
        for axis, size in enumerate(shape)
    )


def _letter(op: Operator, rank: int, axis: int) -> str:
    """Return the usual letter of an axis: N, C, D, H, W, or d0, d1, ... where an operator takes any rank."""
    axes = op.axes or (rank - 2 if 3 <= rank <= 5 else 0)
    letters = ["C", *{1: ["L"], 2: ["H", "W"], 3: ["D", "H", "W"]}.get(axes, [])]
    at = axis - (rank - len(letters))
    if at < 0:
        return "N" if axis == 0 else f"d{axis}"
    return letters[at]


def _axis_name(op: Operator, rank: int, axis: int) -> str:
    axes = op.axes or (rank - 2 if 3 <= rank <= 5 else 0)
    spatial = axis - (rank - axes)
    if axes and spatial >= 0:
        return AXIS_NAMES[axes][spatial]
    return {rank - axes - 1: "channels"}.get(axis, f"axis {axis}")
