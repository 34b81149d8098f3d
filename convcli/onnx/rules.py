"""What every operator gives: a row for each rule of sizes, and the types that are not those of the first input."""

from collections.abc import Callable

from convcli.onnx import along, moving, sliding
from convcli.onnx.asked import Asked
from convcli.onnx.constants import broadcast
from convcli.onnx.record import Tensor, kind_of
from convcli.quantity import UNKNOWN, Shape, product

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
    from convcli.onnx.folding import _shape as of

    found = of(asked, None)
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


def _conv_integer(asked: Asked) -> list[Shape | None]:
    return sliding.convolution(asked)


def _qlinear_conv(asked: Asked) -> list[Shape | None]:
    return sliding.convolution(asked, 0, 3)


def _qlinear_product(asked: Asked) -> list[Shape | None]:
    return along.multiplied(asked, 0, 3)


def _attended(asked: Asked) -> list[Shape | None]:
    """`Attention`: with three axes the heads lie side by side; what it keeps for later is longer."""
    q, k, v = (asked.shape(at) for at in range(3))
    flat = len(q) != 4
    if flat:
        heads, inner = asked.attribute("q_num_heads", 1), asked.attribute("kv_num_heads", 1)
        q = (q[0], heads, q[1], q[2] // heads)
        k, v = ((one[0], inner, one[1], one[2] // inner) for one in (k, v))
    batch, heads, rows, _ = q
    total = k[2] + (asked.shape(4)[2] if asked.has(4) else 0)
    found: Shape = (batch, rows, heads * v[3]) if flat else (batch, heads, rows, v[3])
    return [found, (batch, k[1], total, k[3]), (batch, v[1], total, v[3]), (batch, heads, rows, total)]


def _like_second(asked: Asked) -> list[Shape | None]:
    return [asked.shape(1)]


def _grid(asked: Asked) -> list[Shape | None]:
    """`AffineGrid`: a place for each position of the size."""
    wanted = asked.ints(1) or ()
    return [(wanted[0], *wanted[2:], len(wanted) - 2)]


def _columns_back(asked: Asked) -> list[Shape | None]:
    """`Col2Im`."""
    x, image, block = asked.shape(), asked.ints(1) or (), asked.ints(2) or ()
    return [(x[0], x[1] // product(block), *image)]


def _determinant(asked: Asked) -> list[Shape | None]:
    return [asked.shape()[:-2]]


def _places(asked: Asked) -> list[Shape | None]:
    """`NonZero` and `NonMaxSuppression`: how many are found depends on the numbers."""
    return [(len(asked.shape()), UNKNOWN) if asked.node.op == "NonZero" else (UNKNOWN, 3)]


def _compressed(asked: Asked) -> list[Shape | None]:
    x = asked.shape()
    if "axis" not in asked.node.attributes:
        return [(UNKNOWN,)]
    axis = asked.axis()
    return [(*x[:axis], UNKNOWN, *x[axis + 1 :])]


def _regions(asked: Asked) -> list[Shape | None]:
    """`RoiAlign` and `MaxRoiPool`: a picture for each region."""
    x, rois = asked.shape(0), asked.shape(1)
    if asked.node.op == "MaxRoiPool":
        return [(rois[0], x[1], *asked.attribute("pooled_shape", [1, 1]))]
    return [(rois[0], x[1], asked.attribute("output_height", 1), asked.attribute("output_width", 1))]


def _deformed(asked: Asked) -> list[Shape | None]:
    return sliding.convolution(asked)


_ROWS: tuple[tuple[Rule, str], ...] = (
    (alike, "Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Celu Clip Cos Cosh CumSum CumProd DequantizeLinear"),
    (alike, "Elu Erf Exp Floor Gelu Hardmax HardSigmoid HardSwish Identity InstanceNormalization IsInf IsNaN LRN"),
    (alike, "LeakyRelu Log LogSoftmax LpNormalization MeanVarianceNormalization Mish Neg Not PRelu QuantizeLinear"),
    (alike, "Reciprocal Relu ReverseSequence Round ScatterElements Scatter ScatterND Selu Shrink Sigmoid Sign Sin"),
    (alike, "Sinh Softmax Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu Trilu Cast CastLike Dropout"),
    (alike, "GroupNormalization RMSNormalization Bernoulli EyeLike RandomNormalLike RandomUniformLike BitCast"),
    (alike, "RotaryEmbedding TensorScatter"),
    (fitted, "Add Sub Mul Div Pow Mod And Or Xor Equal Greater Less GreaterOrEqual LessOrEqual BitShift BitwiseAnd"),
    (fitted, "BitwiseOr BitwiseXor Where Max Min Mean Sum"),
    (_with_statistics, "BatchNormalization"),
    (_normalised, "LayerNormalization"),
    (_number, "Size"),
    (_shape, "Shape"),
    (_dynamic, "DynamicQuantizeLinear"),
    (_random, "RandomNormal RandomUniform"),
    (sliding.convolution, "Conv"),
    (_conv_integer, "ConvInteger"),
    (_deformed, "DeformConv"),
    (_qlinear_conv, "QLinearConv"),
    (sliding.transposed_shape, "ConvTranspose"),
    (sliding.pooled, "MaxPool AveragePool LpPool"),
    (sliding.pooled_whole, "GlobalAveragePool GlobalMaxPool GlobalLpPool"),
    (sliding.unpooled, "MaxUnpool"),
    (_attended, "Attention"),
    (_like_second, "GatherElements"),
    (_grid, "AffineGrid"),
    (_columns_back, "Col2Im"),
    (_determinant, "Det"),
    (_places, "NonZero NonMaxSuppression"),
    (_compressed, "Compress"),
    (_regions, "RoiAlign MaxRoiPool"),
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
)  # fmt: skip
_FIXED = dict.fromkeys(_INTEGERS, "int64") | dict.fromkeys(_TRUTHS, "bool")
_FIXED |= {"DequantizeLinear": "float32", "ConvInteger": "int32", "MatMulInteger": "int32"}
_FIXED |= {"RandomNormal": "float32", "RandomUniform": "float32"}
_LIKE = {"Where": 1, "CastLike": 1, "OneHot": 2, "QLinearConv": 7, "QLinearMatMul": 7, "QuantizeLinear": 2}
"""Operators whose result has the type of another input than the first."""


def shapes_of(asked: Asked) -> list[Shape | None]:
    """Return the shape of each result, None where it cannot be known from the inputs.

    Raises:
        ValueError: the inputs do not fit; the text says why.
    """
    count = len(asked.node.outputs)
    rule = None if asked.node.domain else RULES.get(asked.node.op)
    if rule is None:
        return [None] * count
    try:
        found = rule(asked)
    except (LookupError, TypeError):
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
