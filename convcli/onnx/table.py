"""Which of ONNX's operators becomes what: a row for each translation."""

from collections.abc import Callable

from convcli.onnx import elementwise, moved, recurrent, weighted, windows
from convcli.onnx.turn import Turn

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
    (elementwise.one_each, "CumSum CumProd TopK Softsign Shrink Hardmax"),
    (weighted.conv, "Conv"),
    (weighted.conv_integer, "ConvInteger"),
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
    (moved.free, "EyeLike OneHot Range ConstantOfShape Shape Size BitCast"),
    (moved.first_only, "CenterCropPad"),
)

TRANSLATIONS: dict[str, Translation] = {name: function for function, names in _ROWS for name in names.split()}
