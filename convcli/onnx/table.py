"""Which of ONNX's operators becomes what: a row for each translation, and for each that is made of other nodes."""

from collections.abc import Callable

from convcli.onnx import attending, bodies, elementwise, moved, recurrent, runtime, sequences, weighted, windows
from convcli.onnx.asked import Asked, Flow
from convcli.onnx.turn import Turn
from convcli.onnx.within import Frame, Walker

Translation = Callable[[Turn], None]

_ROWS: tuple[tuple[Translation, str], ...] = (
    (elementwise.plain, " ".join(elementwise.PLAIN)),
    (elementwise.pairs, " ".join(elementwise.PAIRS)),
    (elementwise.mean, "Mean"),
    (elementwise.where, "Where"),
    (elementwise.leaky, "LeakyRelu"),
    (elementwise.exponential, "Elu Celu"),
    (elementwise.hard_sigmoid, "HardSigmoid"),
    (elementwise.threshold, "ThresholdedRelu"),
    (elementwise.gelu, "Gelu"),
    (elementwise.swish, "Swish"),
    (elementwise.clip, "Clip"),
    (elementwise.soft, "Softmax LogSoftmax"),
    (elementwise.dropout, "Dropout"),
    (elementwise.reduced, "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd"),
    (elementwise.reduced, "ReduceSum ReduceSumSquare"),
    (elementwise.found_at, "ArgMax ArgMin"),
    (elementwise.einsum, "Einsum"),
    (elementwise.local_norm, "LRN"),
    (elementwise.normalize, "LpNormalization"),
    (elementwise.quantized, "QuantizeLinear"),
    (elementwise.dequantized, "DequantizeLinear"),
    (elementwise.quantized_by_range, "DynamicQuantizeLinear"),
    (elementwise.one_each, "CumSum CumProd TopK Softsign Shrink Hardmax BitShift"),
    (
        elementwise.no_products,
        "GridSample RoiAlign MaxRoiPool MeanVarianceNormalization NonMaxSuppression Unique Col2Im",
    ),
    (elementwise.no_products, "NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss HannWindow HammingWindow AffineGrid"),
    (elementwise.no_products, "BlackmanWindow MelWeightMatrix Bernoulli RandomNormal RandomNormalLike RandomUniform"),
    (elementwise.no_products, "RandomUniformLike OptionalHasElement"),
    (weighted.conv, "Conv"),
    (weighted.conv_integer, "ConvInteger"),
    (weighted.deformed, "DeformConv"),
    (weighted.qlinear_conv, "QLinearConv"),
    (weighted.conv_transpose, "ConvTranspose"),
    (weighted.gemm, "Gemm"),
    (weighted.matmul, "MatMul MatMulInteger"),
    (weighted.qlinear_matmul, "QLinearMatMul"),
    (weighted.batch_norm, "BatchNormalization"),
    (weighted.instance_norm, "InstanceNormalization"),
    (weighted.layer_norm, "LayerNormalization RMSNormalization"),
    (weighted.group_norm, "GroupNormalization"),
    (weighted.prelu, "PRelu"),
    (recurrent.recurrent, "LSTM GRU RNN"),
    (weighted.gather, "Gather"),
    (attending.attention, "Attention"),
    (attending.linear_attention, "LinearAttention"),
    (attending.rotary, "RotaryEmbedding"),
    (attending.gated, "SwiGLU"),
    (attending.causal_conv, "CausalConvWithState"),
    (windows.pool, "MaxPool AveragePool LpPool"),
    (windows.pooled_whole, "GlobalAveragePool GlobalMaxPool GlobalLpPool"),
    (windows.pad, "Pad"),
    (windows.resize, "Resize Upsample"),
    (moved.same, "Identity Cast CastLike"),
    (moved.reshape, "Reshape Squeeze Unsqueeze Flatten"),
    (moved.transpose, "Transpose"),
    (moved.concat, "Concat"),
    (moved.split, "Split"),
    (moved.cut, "Slice"),
    (moved.expand, "Expand"),
    (moved.tile, "Tile"),
    (moved.to_space, "DepthToSpace SpaceToDepth"),
    (moved.free, "GatherElements GatherND ScatterElements Scatter ScatterND Trilu ReverseSequence Compress NonZero"),
    (moved.free, "MaxUnpool TensorScatter"),
    (moved.free, "EyeLike OneHot Range ConstantOfShape Shape Size BitCast"),
    (moved.first_only, "CenterCropPad"),
)

Structure = Callable[[Walker, Asked, Frame], "list[Flow] | None"]
"""What gives the results of a node by doing others; None where it cannot be known which."""

STRUCTURES: dict[str, Structure] = {
    "If": bodies.choose, "Loop": bodies.loop, "Scan": bodies.scan, "SequenceMap": sequences.mapped,
    "SequenceConstruct": sequences.constructed, "SequenceEmpty": sequences.constructed, "SequenceAt": sequences.taken,
    "SequenceLength": sequences.length, "SequenceInsert": sequences.inserted, "SequenceErase": sequences.erased,
    "ConcatFromSequence": sequences.joined, "SplitToSequence": sequences.split, "Optional": sequences.same,
    "OptionalGetElement": sequences.same, "Split": sequences.parted,
    **{f"{runtime.DOMAIN}::{name}": runtime.plain for name in runtime.PLAIN},
    **{f"{runtime.DOMAIN}::{name}": runtime.summed for name in runtime.SUMMED},
    f"{runtime.DOMAIN}::QLinearConcat": runtime.joined, f"{runtime.DOMAIN}::FusedConv": runtime.fused_conv,
}  # fmt: skip

TRANSLATIONS: dict[str, Translation] = {name: function for function, names in _ROWS for name in names.split()}
