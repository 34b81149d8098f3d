"""Operators of onnxruntime's own, as its quantiser and its optimiser write them: they are made of ONNX's.

What scales and zero points do to a result is not counted. The operators are described at
https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md.
"""

from convcli.onnx.asked import Asked, Flow
from convcli.onnx.within import Frame, Walker, applied

DOMAIN = "com.microsoft"
PLAIN: dict[str, tuple[str, tuple[int, ...]]] = {
    "QLinearAdd": ("Add", (0, 3)), "QLinearMul": ("Mul", (0, 3)), "QLinearSigmoid": ("Sigmoid", (0,)),
    "QLinearLeakyRelu": ("LeakyRelu", (0,)), "QLinearSoftmax": ("Softmax", (0,)), "QGemm": ("Gemm", (0, 3, 6)),
    "QLinearAveragePool": ("AveragePool", (0,)), "QLinearGlobalAveragePool": ("GlobalAveragePool", (0,)),
    "QLinearReduceMean": ("ReduceMean", (0,)), "Gelu": ("Gelu", (0,)), "QLinearWhere": ("Where", (0, 1, 4)),
}  # fmt: skip
"""The operator that each is, and which of its inputs that has."""
SUMMED = {"MatMulIntegerToFloat": ("MatMul", 6), "DynamicQuantizeMatMul": ("MatMul", 4), "BiasGelu": ("Gelu", 1)}
"""Operators to which one input is added, before `Gelu` and behind a product."""


def plain(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """Do what one of ONNX's operators does; with channels last it is none of them."""
    if asked.attribute("channels_last", 0):
        return None
    op, places = PLAIN[asked.node.op]
    flows = [asked.flow(at) for at in places if asked.has(at)]
    return applied(walk, op, flows, frame, asked, asked.node.attributes)


def joined(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`QLinearConcat`: each tensor with its scale and its zero point."""
    flows = [asked.flow(at) for at in range(2, len(asked.inputs), 3)]
    return applied(walk, "Concat", flows, frame, asked, asked.node.attributes)


def summed(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """Multiply and add, or add and activate."""
    op, at = SUMMED[asked.node.op]
    more = [asked.flow(at)] if asked.has(at) else []
    if op == "Gelu":
        return applied(walk, op, applied(walk, "Add", [asked.flow(), *more], frame, asked, {}), frame, asked, {})
    made = applied(walk, op, [asked.flow(0), asked.flow(1)], frame, asked, {})
    return applied(walk, "Add", [*made, *more], frame, asked, {}) if more else made


def fused_conv(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`FusedConv`: a convolution, maybe a sum, maybe an activation, whose numbers are lost."""
    own = {key: one for key, one in asked.node.attributes.items() if not key.startswith("activation")}
    made = applied(walk, "Conv", [asked.flow(at) for at in range(3) if asked.has(at)], frame, asked, own)
    if asked.has(3):
        made = applied(walk, "Add", [*made, asked.flow(3)], frame, asked, {})
    name, numbers = asked.attribute("activation", ""), asked.attribute("activation_params", [])
    given = dict(zip(ACTIVATIONS.get(name, ()), numbers, strict=False))
    return applied(walk, name, made, frame, asked, given) if name else made


ACTIVATIONS = {"LeakyRelu": ("alpha",), "HardSigmoid": ("alpha", "beta"), "Clip": ("min", "max")}
"""What the numbers of an activation are called."""
