"""Nodes that compute element by element, along axes, or matrix by matrix."""

import math
from typing import Any

from convcli.aten.call import AT, Ref
from convcli.onnx.along import reduced_axes
from convcli.onnx.asked import Flow
from convcli.onnx.constants import broadcast, shortest
from convcli.onnx.names import MODULES
from convcli.onnx.turn import Turn
from convcli.ops.catalogue import operator
from convcli.quantity import UNKNOWN, is_known, product

PLAIN = {
    "Abs": "abs", "Acos": "acos", "Acosh": "acosh", "Asin": "asin", "Asinh": "asinh", "Atan": "atan",
    "Atanh": "atanh", "Ceil": "ceil", "Cos": "cos", "Cosh": "cosh", "Erf": "erf", "Exp": "exp", "Floor": "floor",
    "HardSwish": "hardswish", "Log": "log", "Mish": "mish", "Neg": "neg", "Not": "logical_not",
    "Reciprocal": "reciprocal", "Relu": "relu", "Round": "round", "Selu": "selu", "Sigmoid": "sigmoid",
    "Sign": "sign", "Sin": "sin", "Sinh": "sinh", "Softplus": "softplus", "Sqrt": "sqrt", "Tan": "tan", "Tanh": "tanh",
    "BitwiseNot": "bitwise_not", "IsInf": "isinf", "IsNaN": "isnan",
}  # fmt: skip
"""Functions of each element without arguments, by torch's names."""
PAIRS = {
    "Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div", "Pow": "pow", "Max": "maximum", "Min": "minimum",
    "Sum": "add", "Equal": "eq", "Less": "lt", "Greater": "gt", "LessOrEqual": "le", "GreaterOrEqual": "ge",
    "And": "logical_and", "Or": "logical_or", "Xor": "logical_xor", "BitwiseAnd": "bitwise_and",
    "BitwiseOr": "bitwise_or", "BitwiseXor": "bitwise_xor", "Mod": "remainder",
}  # fmt: skip
"""Functions of two tensors by torch's names."""
NUMBERS = ("add", "sub", "mul", "div", "pow")
"""Those that take a number for a tensor."""


def plain(turn: Turn) -> None:
    """Apply a function without arguments."""
    op, asked = turn.asked.node.op, turn.asked
    one_sign = not (asked.attribute("detect_negative", 1) and asked.attribute("detect_positive", 1))  # of `IsInf`
    turn.emit(PLAIN[op], {"self": turn.ref()}, kind=MODULES.get(op, ""), library="" if one_sign else AT)


def pairs(turn: Turn) -> None:
    """Apply a function of two tensors, one after the other where there are more."""
    flows = [flow for flow in turn.asked.inputs if flow is not None]
    name = PAIRS[turn.asked.node.op]
    if len(flows) == 1:
        turn.emit("alias", {"self": flows[0].ref})
        return
    library = "" if turn.asked.attribute("fmod", 0) else AT  # the remainder of C, which torch has by another name
    made: Any = _side(flows[0], flows[1], name)
    for at, flow in enumerate(flows[1:], 1):
        last = at == len(flows) - 1
        second = _side(flow, flows[0] if at == 1 else None, name)
        outputs = (
            None if last else [turn.between(turn.outputs[0].shape if at > 1 else _wide(made, second), turn.outputs[0])]
        )
        args = {"self": made, "exponent" if name == "pow" else "other": second}
        made = turn.emit(name, args, outputs, library=library)


def _wide(one: Any, other: Any) -> Any:
    shapes = [part.shape if isinstance(part, Ref) else () for part in (one, other)]
    return None if None in shapes else broadcast(*shapes)


def _side(flow: Flow, other: Flow | None, name: str) -> Any:
    """Return a tensor, or the one number that it is, where the other side has the result's shape."""
    known = flow.constant
    one = known is not None and flow.standing and known.shape == () and is_known(known.values[0])
    if name in NUMBERS and one and known is not None and not (other is not None and other.constant):
        value = known.values[0]
        if not isinstance(value, bool) and math.isfinite(value):
            return int(value) if float(value).is_integer() else value
    return flow.ref


def mean(turn: Turn) -> None:
    """`Mean`: a sum and a division."""
    shape = turn.outputs[0].shape
    each = UNKNOWN if shape is None else product(shape)
    turn.opaque(macs=0, other_ops=each * len(turn.refs()), alike=True)


def where(turn: Turn) -> None:
    """`Where`."""
    turn.emit("where", {"condition": turn.ref(0), "self": turn.ref(1), "other": turn.ref(2)}, library=AT)


def leaky(turn: Turn) -> None:
    """`LeakyRelu`."""
    slope = shortest(turn.asked.attribute("alpha", 0.01))
    turn.emit("leaky_relu", {"self": turn.ref(), "negative_slope": slope}, kind="LeakyReLU")


def exponential(turn: Turn) -> None:
    """`Elu` and `Celu`."""
    op = turn.asked.node.op
    turn.emit(op.lower(), {"self": turn.ref(), "alpha": shortest(turn.asked.attribute("alpha", 1.0))}, kind=MODULES[op])


def hard_sigmoid(turn: Turn) -> None:
    """`HardSigmoid`, which is torch's with a slope of a sixth."""
    slope, start = turn.asked.attribute("alpha", 0.2), turn.asked.attribute("beta", 0.5)
    if abs(slope - 1 / 6) < 1e-4 and start == 0.5:
        turn.emit("hardsigmoid", {"self": turn.ref()}, kind="Hardsigmoid")
    else:
        turn.each(4)  # a product, a sum, two bounds


def threshold(turn: Turn) -> None:
    """`ThresholdedRelu`."""
    turn.emit("threshold", {"self": turn.ref(), "threshold": shortest(turn.asked.attribute("alpha", 1.0)), "value": 0})


def gelu(turn: Turn) -> None:
    """`Gelu`."""
    turn.emit("gelu", {"self": turn.ref(), "approximate": turn.asked.attribute("approximate", "none")}, kind="GELU")


def swish(turn: Turn) -> None:
    """`Swish`, which is SiLU without a factor."""
    if turn.asked.attribute("alpha", 1.0) == 1:
        turn.emit("silu", {"self": turn.ref()}, kind="SiLU")
    else:
        turn.each(3)


def clip(turn: Turn) -> None:
    """`Clip`, whose bounds are inputs or attributes."""
    bounds = {}
    for at, name in ((1, "min"), (2, "max")):
        known = turn.asked.values(at)
        written = turn.asked.node.attributes.get(name)
        if turn.asked.has(at) and (known is None or len(known.values) != 1):
            turn.emit("clamp", {"self": turn.ref(), **_bounds(turn)})
            return
        value = known.values[0] if known is not None else written
        if value is not None and abs(value) < 1e38:
            bounds[name] = shortest(float(value))
    if bounds == {"min": 0, "max": 6} and turn.path:
        turn.emit("hardtanh", {"self": turn.ref(), "min_val": 0, "max_val": 6}, kind="ReLU6")
    elif bounds:
        turn.emit("clamp", {"self": turn.ref(), **bounds})
    else:
        turn.emit("alias", {"self": turn.ref()})


def _bounds(turn: Turn) -> dict[str, Ref]:
    return {name: turn.ref(at) for at, name in ((1, "min"), (2, "max")) if turn.asked.has(at)}


def soft(turn: Turn) -> None:
    """`Softmax` and `LogSoftmax`, along one axis or, before opset 13, along all from it on."""
    op, old = turn.asked.node.op, turn.asked.opset < 13
    name, x = ("softmax" if op == "Softmax" else "log_softmax"), turn.ref()
    if x.shape is None:
        turn.opaque()
        return
    axis = turn.asked.axis(1 if old else -1)
    if old and axis != len(x.shape) - 1 and any(size != 1 for size in x.shape[axis + 1 :]):
        flat = turn.between((*x.shape[:axis], product(x.shape[axis:])), x)
        turn.emit("reshape", {"self": x}, [flat])
        made = turn.emit(name, {"self": flat, "dim": axis}, [turn.between(flat.shape, x)])
        turn.emit("reshape", {"self": made})
        return
    turn.emit(name, {"self": x, "dim": axis}, kind=op if op == "Softmax" else "LogSoftmax")


def dropout(turn: Turn) -> None:
    """`Dropout`, which does nothing here."""
    ratio = turn.asked.node.attributes.get("ratio")
    known = turn.asked.values(1)
    p = known.values[0] if known is not None and known.values else ratio if ratio is not None else 0.5
    turn.emit("dropout", {"self": turn.ref(), "p": shortest(float(p))}, turn.outputs[:1], kind="Dropout")


REDUCED = {"ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "amax", "ReduceMin": "amin"}
SQUARED = {"ReduceL2": 2, "ReduceSumSquare": 2, "ReduceL1": 2, "ReduceLogSum": 1, "ReduceLogSumExp": 2, "ReduceProd": 1}
"""Operations for each element of the input: what is done to it, and that it is summed."""


def reduced(turn: Turn) -> None:
    """`ReduceMean` and the like."""
    op, x = turn.asked.node.op, turn.ref()
    if x.shape is None or op not in REDUCED:
        turn.each(SQUARED.get(op, 1))
        return
    axes = reduced_axes(turn.asked)
    if not axes:
        turn.emit("alias", {"self": x})
        return
    keep = bool(turn.asked.attribute("keepdims", 1))
    turn.emit(REDUCED[op], {"self": x, "dim": [*axes], "keepdim": keep})


def found_at(turn: Turn) -> None:
    """`ArgMax` and `ArgMin`."""
    keep = bool(turn.asked.attribute("keepdims", 1))
    turn.emit(turn.asked.node.op.lower(), {"self": turn.ref(), "dim": turn.asked.attribute("axis", 0), "keepdim": keep})


def einsum(turn: Turn) -> None:
    """`Einsum`."""
    turn.emit("einsum", {"equation": turn.asked.attribute("equation", ""), "tensors": turn.refs()})


def local_norm(turn: Turn) -> None:
    """`LRN`."""
    asked = turn.asked
    values = {"size": asked.attribute("size", 1), "alpha": shortest(asked.attribute("alpha", 1e-4))}
    values |= {"beta": shortest(asked.attribute("beta", 0.75)), "k": shortest(asked.attribute("bias", 1.0))}
    turn.operator(operator("LocalResponseNorm").of(**values), [turn.ref()])


def normalize(turn: Turn) -> None:
    """`LpNormalization`: powers, their sum, its root, the division."""
    turn.each(3)


def quantized(turn: Turn) -> None:
    """`QuantizeLinear`: a division, rounding, and the zero point."""
    turn.each(3 if turn.asked.has(2) else 2, keeps=())


def quantized_by_range(turn: Turn) -> None:
    """`DynamicQuantizeLinear`: the least and the largest, then a division, rounding, and the zero point."""
    turn.each(5, keeps=())


def dequantized(turn: Turn) -> None:
    """`DequantizeLinear`: the zero point, and a product."""
    turn.each(2 if turn.asked.has(2) else 1, keeps=())


def no_products(turn: Turn) -> None:
    """Compute in a way that is not counted, without products that are summed up."""
    turn.opaque(macs=0)


def one_each(turn: Turn) -> None:
    """Work at one operation for each element."""
    turn.each(1)
