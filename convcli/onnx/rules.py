"""What every operator gives: a row for each rule of sizes, and the types that are not those of the first input."""

from collections.abc import Callable

from convcli.onnx import along, moving, sliding, special
from convcli.onnx.asked import NOT_KNOWN, Asked
from convcli.onnx.constants import broadcast
from convcli.onnx.folding import shape_of
from convcli.onnx.record import Function, Node, Tensor, kind_of
from convcli.quantity import Shape

Rule = Callable[[Asked], "list[Shape | None]"]


def alike(asked: Asked) -> list[Shape | None]:
    """Return the shape of the first input, for all results."""
    return [asked.shape()] * max(len(asked.node.outputs), 1)


def fitted(asked: Asked) -> list[Shape | None]:
    """Return the shape that all inputs are broadcast to."""
    return [broadcast(*(asked.shape(at) for at in range(len(asked.inputs))))]


def _with_statistics(asked: Asked) -> list[Shape | None]:
    """Return the shape of the first input, and those of the statistics where they come out in training."""
    return [asked.shape(), *[asked.shape(3)] * (len(asked.node.outputs) - 1)]


def _number(asked: Asked) -> list[Shape | None]:
    return [()]


def _shape(asked: Asked) -> list[Shape | None]:
    found = shape_of(asked, None)
    return [found.shape if found else None]


def _normalised(asked: Asked) -> list[Shape | None]:
    """`LayerNormalization`: the statistics have 1 where it normalises."""
    x = asked.shape()
    axis = asked.axis(-1)
    inner = (*x[:axis], *(1,) * (len(x) - axis))
    return [x, *[inner] * (len(asked.node.outputs) - 1)]


def _dynamic(asked: Asked) -> list[Shape | None]:
    return [asked.shape(), (), ()]


def _random(asked: Asked) -> list[Shape | None]:
    return [tuple(asked.attribute("shape", []))]


def _qlinear_conv(asked: Asked) -> list[Shape | None]:
    return sliding.convolution(asked, 0, 3)


def _qlinear_product(asked: Asked) -> list[Shape | None]:
    return along.multiplied(asked, 0, 3)


_ROWS: tuple[tuple[Rule, str], ...] = (
    (alike, "Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Celu Clip Cos Cosh CumSum CumProd DequantizeLinear"),
    (alike, "Elu Erf Exp Floor Gelu Hardmax HardSigmoid HardSwish Identity InstanceNormalization IsInf IsNaN LRN"),
    (alike, "LeakyRelu Log LogSoftmax LpNormalization MeanVarianceNormalization Mish Neg Not PRelu QuantizeLinear"),
    (alike, "Reciprocal Relu ReverseSequence Round ScatterElements Scatter ScatterND Selu Shrink Sigmoid Sign Sin"),
    (alike, "Sinh Softmax Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu Trilu Cast CastLike Dropout"),
    (alike, "GroupNormalization RMSNormalization Bernoulli EyeLike RandomNormalLike RandomUniformLike BitCast"),
    (alike, "RotaryEmbedding TensorScatter SwiGLU RegexFullMatch"),
    (alike, "ai.onnx.ml::Binarizer ai.onnx.ml::LabelEncoder ai.onnx.ml::Normalizer ai.onnx.ml::Scaler"),
    (fitted, "Add Sub Mul Div Pow Mod And Or Xor Equal Greater Less GreaterOrEqual LessOrEqual BitShift BitwiseAnd"),
    (fitted, "BitwiseOr BitwiseXor Where Max Min Mean Sum StringConcat"),
    (_with_statistics, "BatchNormalization"),
    (_normalised, "LayerNormalization"),
    (_number, "Size OptionalHasElement"),
    (_shape, "Shape"),
    (_dynamic, "DynamicQuantizeLinear"),
    (_random, "RandomNormal RandomUniform"),
    (sliding.convolution, "Conv ConvInteger DeformConv"),
    (_qlinear_conv, "QLinearConv"),
    (sliding.transposed_shape, "ConvTranspose"),
    (sliding.pooled, "MaxPool AveragePool LpPool"),
    (sliding.pooled_whole, "GlobalAveragePool GlobalMaxPool GlobalLpPool"),
    (sliding.unpooled, "MaxUnpool"),
    (special.attended, "Attention"),
    (special.like_second, "GatherElements"),
    (special.grid, "AffineGrid"),
    (special.columns_back, "Col2Im"),
    (special.determinant, "Det"),
    (special.places, "NonZero NonMaxSuppression"),
    (special.attended_flexibly, "ai.onnx.preview::FlexAttention"),
    (special.attended_linearly, "LinearAttention"),
    (special.causal, "CausalConvWithState"),
    (special.compressed, "Compress"),
    (special.different, "Unique"),
    (special.loss, "NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss"),
    (special.window, "HannWindow HammingWindow BlackmanWindow"),
    (special.mel, "MelWeightMatrix"),
    (special.fourier, "DFT"),
    (special.short_fourier, "STFT"),
    (special.picture, "ImageDecoder"),
    (special.words, "StringSplit"),
    (special.counts, "TfIdfVectorizer"),
    (special.regions, "RoiAlign MaxRoiPool"),
    (along.multiplied, "MatMul MatMulInteger"),
    (_qlinear_product, "QLinearMatMul"),
    (along.gemm, "Gemm"),
    (along.einsum, "Einsum"),
    (along.recurrent, "LSTM GRU RNN"),
    (along.reduced, "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd"),
    (along.reduced, "ReduceSum ReduceSumSquare"),
    (along.found_at, "ArgMax ArgMin"),
    (along.best, "TopK"),
    (along.grid_sampled, "GridSample"),
    (along.resized, "Resize Upsample"),
    (moving.reshaped, "Reshape"),
    (moving.flattened, "Flatten"),
    (moving.squeezed, "Squeeze"),
    (moving.unsqueezed, "Unsqueeze"),
    (moving.transposed, "Transpose"),
    (moving.concatenated, "Concat"),
    (moving.split, "Split"),
    (moving.sliced, "Slice"),
    (moving.gathered, "Gather"),
    (moving.gathered_nd, "GatherND"),
    (moving.expanded, "Expand"),
    (moving.tiled, "Tile"),
    (moving.padded, "Pad"),
    (moving.to_space, "DepthToSpace SpaceToDepth"),
    (moving.cropped, "CenterCropPad"),
    (moving.filled, "ConstantOfShape"),
    (moving.constant, "Constant"),
    (moving.spread, "Range"),
    (moving.one_hot, "OneHot"),
)

RULES: dict[str, Rule] = {name: rule for rule, names in _ROWS for name in names.split()}

_INTEGERS = ("Shape", "Size", "NonZero", "ArgMax", "ArgMin", "NonMaxSuppression")
_TRUTHS = (
    "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor", "Not", "IsInf", "IsNaN",
    "RegexFullMatch", "OptionalHasElement",
)  # fmt: skip
_FIXED = dict.fromkeys(_INTEGERS, "int64") | dict.fromkeys(_TRUTHS, "bool")
_FIXED |= {"DequantizeLinear": "float32", "ConvInteger": "int32", "MatMulInteger": "int32"}
_FIXED |= {"RandomNormal": "float32", "RandomUniform": "float32"}
_LIKE = {"Where": 1, "CastLike": 1, "OneHot": 2, "QLinearConv": 7, "QLinearMatMul": 7, "QuantizeLinear": 2}
"""Operators whose result has the type of another input than the first."""

_SEVERAL = {
    "Attention": 4, "BatchNormalization": 5, "CausalConvWithState": 2, "Dropout": 2, "DynamicQuantizeLinear": 3,
    "GRU": 2, "LayerNormalization": 3, "LinearAttention": 2, "LSTM": 3, "MaxPool": 2, "RNN": 2,
    "SoftmaxCrossEntropyLoss": 2, "StringSplit": 2, "TopK": 2, "Unique": 4,
}  # fmt: skip
"""The results that an operator has at most, in any version; all others have one, and `Split` any number."""


def expect_results(node: Node, function: Function | None) -> None:
    """Refuse a node whose results are none, or more than its operator has, or the function that it is.

    Raises:
        ValueError: they are.
    """
    key, count = node.key(), len(node.outputs)
    if not count:
        raise ValueError("it has no result")
    most = len(function.outputs) if function else _SEVERAL.get(key, 1)
    if count > most and (function or (key in RULES and key != "Split")):
        raise ValueError(f"it has {count} results, where {node.op} gives {f'at most {most}' if most != 1 else 'one'}")


def shapes_of(asked: Asked) -> list[Shape | None]:
    """Return the shape of each result, None where it cannot be known from the inputs.

    Raises:
        ValueError: the inputs do not fit; the text says why.
    """
    count = len(asked.node.outputs)
    rule = RULES.get(asked.node.key())
    if rule is None:
        return [None] * count
    try:
        found = rule(asked)
    except NOT_KNOWN:
        return [None] * count
    return (found + [None] * count)[:count]


def kinds_of(asked: Asked) -> list[str]:
    """Return the type of each result."""
    op, node = asked.node.op, asked.node
    first = asked.inputs[0].ref.dtype if asked.has(0) else "float32"  # type: ignore[union-attr]
    if op in _FIXED:
        first = _FIXED[op]
    elif op in _LIKE:
        at = _LIKE[op]
        first = asked.flow(at).ref.dtype if asked.has(at) else "uint8"
    elif op == "Cast":
        first = kind_of(asked.attribute("to", 1))
    elif op in ("Constant", "ConstantOfShape"):
        value = node.attributes.get("value")
        first = (
            kind_of(value.type)
            if isinstance(value, Tensor)
            else "int64"
            if "value_int" in node.attributes
            else "float32"
        )
    return [first, *("int64" if op in ("MaxPool", "TopK") else first for _ in node.outputs[1:])]
