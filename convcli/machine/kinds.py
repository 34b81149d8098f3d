"""Kinds of layers that take time in like ways, and what of a layer takes it: arithmetic, bytes, bytes in another order.

Beside the bytes that must be moved, oneDNN brings weights of kernels larger than 1 into its own order
in each call, and pictures that lie channels first. Weights are read once a pass, so that how fast they
come depends on all that a pass moves; inputs have just been written.
"""

from collections.abc import Sequence

from convcli.graph import Graph
from convcli.quantity import product
from convcli.record import Record
from convcli.report import LayerReport
from convcli.roofline.traffic import traffic
from convcli.tape import BYTES

VIEW, CONV, ONE, DEPTHWISE, GROUPED, STEM, TRANSPOSED, LINEAR = (
    "view", "convolution", "1x1 convolution", "depthwise convolution", "grouped convolution", "first convolution",
    "transposed convolution", "linear",
)  # fmt: skip
BATCH_NORM, NORM, SIMPLE, SMOOTH, MAX_POOL, POOL, GLOBAL, COPY, RESIZE = (
    "batch norm", "norm", "element-wise", "smooth activation", "max pool", "average pool", "global pool", "copy",
    "resize",
)  # fmt: skip
KINDS = (
    VIEW, CONV, ONE, DEPTHWISE, GROUPED, STEM, TRANSPOSED, LINEAR, BATCH_NORM, NORM, SIMPLE, SMOOTH, MAX_POOL, POOL,
    GLOBAL, COPY, RESIZE,
)  # fmt: skip
"""All kinds; a layer of none of them is not predicted."""

SLOW = (DEPTHWISE, STEM, TRANSPOSED, MAX_POOL, POOL, GLOBAL, RESIZE)
"""Kinds whose kernels take longer than their bytes do, wherever these come from."""

CONVOLUTIONS = (CONV, ONE, DEPTHWISE, GROUPED, STEM, TRANSPOSED)
FEW = 4
"""A convolution of at most so many channels has kernels of its own."""

REGISTER = 16
"""Numbers that one instruction multiplies, at the most: kernels take so many channels at a time."""

_NAMES = {
    LINEAR: "Linear matmul bmm",
    BATCH_NORM: "BatchNorm1d BatchNorm2d BatchNorm3d batch_norm",
    NORM: "GroupNorm LayerNorm LayerNorm2d InstanceNorm1d InstanceNorm2d InstanceNorm3d group_norm layer_norm "
    "instance_norm",
    SIMPLE: "ReLU ReLU6 LeakyReLU PReLU Hardtanh relu relu6 leaky_relu prelu hardtanh add sub mul div maximum minimum "
    "neg abs square clamp",
    SMOOTH: "ELU CELU SELU GELU Sigmoid SiLU Mish Softplus Tanh Hardsigmoid Hardswish elu celu selu gelu sigmoid silu "
    "mish softplus tanh hardsigmoid hardswish exp log sqrt rsqrt",
    MAX_POOL: "MaxPool1d MaxPool2d MaxPool3d max_pool1d max_pool2d max_pool3d AdaptiveMaxPool2d",
    POOL: "AvgPool1d AvgPool2d AvgPool3d avg_pool1d avg_pool2d avg_pool3d AdaptiveAvgPool1d AdaptiveAvgPool2d "
    "AdaptiveAvgPool3d adaptive_avg_pool1d adaptive_avg_pool2d",
    GLOBAL: "mean",
    COPY: "cat stack reshape permute transpose flip roll tile repeat pad ChannelShuffle PixelShuffle PixelUnshuffle "
    "channel_shuffle pixel_shuffle pixel_unshuffle ZeroPad1d ZeroPad2d ZeroPad3d ConstantPad1d ConstantPad2d "
    "ReflectionPad2d ReplicationPad2d Flatten flatten",
    RESIZE: "Upsample UpsamplingNearest2d UpsamplingBilinear2d interpolate upsample upsample_nearest upsample_bilinear",
}  # fmt: skip
_BY_NAME = {name: kind for kind, names in _NAMES.items() for name in names.split()}


class Work(Record):
    """What takes a layer's time.

    Attributes:
        kind: one of `KINDS`, or None.
        operations: `2 * MACs` and all other arithmetic.
        moved: bytes of inputs and results that must be read and written.
        weights: bytes of weights that must be read.
        reordered: bytes that are read and written to bring weights and pictures into another order.
        ragged: operations on channels that do not fill whole registers.
        in_place: whether its result lies where its input lay.
        circulates: bytes that the network moves from one reading of these weights to the next.
    """

    __slots__ = ()

    kind: str | None
    operations: int
    moved: int
    weights: int
    reordered: int
    ragged: int
    in_place: bool
    circulates: int


def works(graph: Graph, rows: Sequence[LayerReport], dtype: str, *, channels_last: bool) -> list[Work | None]:
    """Return what takes each layer's time; None where that is not known."""
    size = BYTES[dtype]
    circulates = sum([(row.weights_bytes or 0) + (row.output_bytes or 0) for row in rows])
    found: list[Work | None] = []
    known: dict[tuple[int, int, int, int], Work] = {}
    for node, row, bytes_ in zip(graph.nodes, rows, traffic(graph, dtype), strict=True):
        if bytes_ is None or row.macs is None or row.other_ops is None:
            found.append(None)
            continue
        key = (id(node.op), id(node.answer), *bytes_)
        if key not in known:
            read, written = bytes_
            weights = min(size * sum(map(product, node.op.weights().values())), read)
            operations = 2 * row.macs + row.other_ops
            known[key] = Work(
                kind_of(row) if written else VIEW, operations, read + written - weights, weights,
                _reordered(row, size, channels_last=channels_last), operations if _is_ragged(row) else 0,
                bool(row.args.get("inplace")), circulates,
            )  # fmt: skip
        found.append(known[key])
    return found


def kind_of(row: LayerReport) -> str | None:
    """Return the kind of a layer that writes something."""
    if row.op.startswith("ConvTranspose"):
        return TRANSPOSED
    if row.op in ("Conv1d", "Conv2d", "Conv3d"):
        return _convolution(row.args)
    kind = _BY_NAME.get(row.op)
    return GLOBAL if kind in (POOL, MAX_POOL) and _leaves_one(row) else kind


def _convolution(args: dict[str, int]) -> str:
    if args["groups"] > 1:
        return DEPTHWISE if args["groups"] == args["in_channels"] else GROUPED
    if args["in_channels"] <= FEW:
        return STEM
    return ONE if set(args["kernel_size"]) == {1} else CONV  # type: ignore[call-overload]


def _leaves_one(row: LayerReport) -> bool:
    """Say whether one number is left of all positions, of which there were several."""
    before, after = row.input_shapes[0] or (), row.output_shapes[0] or ()
    return row.op.lower().startswith("adaptive") and {*after[2:]} == {1} and {*before[2:]} != {1}


def _reordered(row: LayerReport, size: int, *, channels_last: bool) -> int:
    """Return the bytes of a convolution that are brought into another order, read and written."""
    if not row.op.startswith("Conv") or set(row.args["kernel_size"]) == {1}:
        return 0
    weights, *pictures = [
        product([size or 0 for size in shape or ()])
        for shape in (row.weights["weight"], row.input_shapes[0], row.output_shapes[0])
    ]
    return 2 * size * (weights + (0 if channels_last else sum(pictures)))


def _is_ragged(row: LayerReport) -> bool:
    """Say whether a convolution's channels leave a part of the last register empty."""
    if not row.op.startswith("Conv"):
        return False
    return any(row.args[name] % REGISTER for name in ("in_channels", "out_channels"))
