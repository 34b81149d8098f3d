"""Nodes with weights: convolutions, products, normalisations, recurrent layers, embeddings."""

from typing import Any

from convcli.aten.call import Ref
from convcli.onnx.asked import Flow
from convcli.onnx.constants import shortest
from convcli.onnx.sliding import Sliding, sliding, transposed
from convcli.onnx.turn import Turn
from convcli.onnx.windows import padded
from convcli.quantity import UNKNOWN, product


def given(turn: Turn, **places: int) -> dict[str, Flow]:
    """Return the inputs at these places that are there, by names of weights."""
    found = {name: turn.asked.flow(at) for name, at in places.items() if turn.asked.has(at)}
    return {name: flow for name, flow in found.items() if not _is_nothing(turn, flow, NOTHING.get(name))}


NOTHING = {"bias": 0, "weight": 1}
"""What changes nothing, where it is added and where a norm is multiplied by it."""


def _is_nothing(turn: Turn, flow: Flow, number: int | None) -> bool:
    """Say whether a weight is zeros or ones that an exporter lets be worked out where there is none."""
    shape = flow.shape
    if number is None or shape is None or (number and len(shape) > 1) or turn.house.wrote(flow):
        return False
    if flow.constant is None:
        return flow.fill is not None and bool(flow.fill == number)
    return all(value == number for value in flow.constant.values)


def owned(turn: Turn, weights: dict[str, Flow], buffers: tuple[str, ...] = ()) -> dict[str, Ref]:
    """Let weights belong to this layer, and return them as tensors."""
    turn.house.own(turn, weights, buffers)
    return {name: flow.ref for name, flow in weights.items()}


def conv(turn: Turn, x: int = 0, w: int = 1, b: int = 2) -> None:
    """`Conv`."""
    weights = owned(turn, given(turn, weight=w, bias=b))
    data, asked = turn.ref(x), turn.asked
    args: dict[str, Any] = {**weights, "groups": asked.attribute("group", 1)}
    if data.shape is None:
        turn.emit("convolution", {"input": data, **args, **_plain(turn, w)})
        return
    kernel = tuple(asked.attribute("kernel_shape", [*asked.shape(w)[2:]]))
    windows = sliding(asked, data.shape, kernel)
    args |= {"stride": windows.stride, "dilation": windows.dilation}
    if windows.symmetric() and min(windows.before) >= 0:
        turn.emit("convolution", {"input": data, **args, "padding": windows.before})
        return
    turn.emit("convolution", {"input": padded(turn, data, windows.before, windows.after), **args})


def _plain(turn: Turn, w: int) -> dict[str, Any]:
    """Return what a convolution is said to be, where nothing is known of its input."""
    axes = len(turn.asked.shape(w)) - 2
    pads = turn.asked.attribute("pads", [0] * 2 * axes)
    return {"stride": turn.asked.attribute("strides", [1] * axes), "padding": pads[:axes]} | {
        "dilation": turn.asked.attribute("dilations", [1] * axes)
    }


def conv_integer(turn: Turn) -> None:
    """`ConvInteger`."""
    conv(turn, 0, 1, 9)


def deformed(turn: Turn) -> None:
    """`DeformConv`: the products of a convolution; how its inputs are interpolated is not counted."""
    weight, y = turn.asked.shape(1), turn.outputs[0].shape
    flows = {name: turn.asked.flow(at) for name, at in (("weight", 1), ("bias", 3)) if turn.asked.has(at)}
    rest = [turn.ref(at) for at in (0, 2, 4) if turn.asked.has(at)]
    turn.opaque(rest, UNKNOWN if y is None else product(y) * product(weight[1:]), weights=flows)


def qlinear_conv(turn: Turn) -> None:
    """`QLinearConv`: a convolution; what its scales do to the result is not counted, and said so."""
    conv(turn, 0, 3, 8)


def conv_transpose(turn: Turn) -> None:
    """`ConvTranspose`; padding that is not the same on both sides is cut off behind it."""
    weights = owned(turn, given(turn, weight=1, bias=2))
    windows, more = transposed(turn.asked)
    args: dict[str, Any] = {
        "input": turn.ref(), **weights, "groups": turn.asked.attribute("group", 1), "transposed": True,
        "stride": windows.stride, "dilation": windows.dilation,
    }  # fmt: skip
    if _fits_torch(windows, more):
        extra = tuple(m + b - a for m, b, a in zip(more, windows.before, windows.after, strict=True))
        turn.emit("convolution", {**args, "padding": windows.before, "output_padding": extra})
        return
    y = turn.outputs[0]
    shape = y.shape or ()
    sizes = tuple(n + b + a for n, b, a in zip(windows.counts, windows.before, windows.after, strict=True))
    full = turn.between((*shape[:2], *sizes), y)
    turn.emit("convolution", {**args, "padding": (0,) * len(sizes), "output_padding": more}, [full])
    pads = [p for b, a in zip(windows.before[::-1], windows.after[::-1], strict=True) for p in (-b, -a)]
    turn.emit("pad", {"self": full, "pad": pads})


def _fits_torch(windows: Sliding, more: tuple[int, ...]) -> bool:
    """Say whether torch's words say it: padding of one size, and what is added behind, less than a step."""
    each = zip(windows.before, windows.after, more, windows.stride, windows.dilation, strict=True)
    return all(b >= 0 and 0 <= m + b - a < max(s, d) for b, a, m, s, d in each)


def gemm(turn: Turn) -> None:
    """`Gemm`, which is a linear layer where its weight is one."""
    asked, a, b = turn.asked, turn.ref(0), turn.asked.flow(1)
    plain = not asked.attribute("transA", 0) and asked.attribute("alpha", 1.0) == 1 == asked.attribute("beta", 1.0)
    (m, n), k = turn.outputs[0].shape or (UNKNOWN, UNKNOWN), _inner(turn)
    if not plain or not b.standing or not _is_bias(turn, n):
        turn.opaque(macs=m * n * k, other_ops=m * n if asked.has(2) else 0)
        return
    weights = owned(turn, given(turn, weight=1, bias=2))
    weights["weight"] = Ref(b.ref.id, (n, k), b.ref.dtype)
    turn.emit("linear", {"input": a, **weights})


def _inner(turn: Turn) -> int:
    shape = turn.ref(1).shape
    return UNKNOWN if shape is None else shape[1 if turn.asked.attribute("transB", 0) else 0]


def _is_bias(turn: Turn, n: int) -> bool:
    if not turn.asked.has(2):
        return True
    flow = turn.asked.flow(2)
    return flow.standing and flow.shape is not None and product(flow.shape) == n


def matmul(turn: Turn, a: int = 0, b: int = 1) -> None:
    """`MatMul`: a linear layer without a bias where the right side is a weight with two axes."""
    flow = turn.asked.flow(b)
    shape = turn.house.matrix(flow)
    if shape is not None and len(turn.ref(a).shape or ()) > 1:
        weights = owned(turn, given(turn, weight=b))
        weights["weight"] = Ref(flow.ref.id, shape[::-1], flow.ref.dtype)
        turn.emit("linear", {"input": turn.ref(a), **weights})
        return
    turn.emit("matmul", {"self": turn.ref(a), "other": turn.ref(b)})


def qlinear_matmul(turn: Turn) -> None:
    """`QLinearMatMul`."""
    matmul(turn, 0, 3)


STATISTICS = ("running_mean", "running_var")


def batch_norm(turn: Turn) -> None:
    """`BatchNormalization`."""
    flows = given(turn, weight=1, bias=2, running_mean=3, running_var=4)
    if turn.ref().shape is None:
        turn.opaque([turn.ref()], 0, weights=flows)
        return
    weights = owned(turn, flows, STATISTICS)
    turn.emit("batch_norm", {"input": turn.ref(), **weights, "eps": _eps(turn)}, turn.outputs[:1])


def instance_norm(turn: Turn) -> None:
    """`InstanceNormalization`."""
    weights = owned(turn, given(turn, weight=1, bias=2))
    turn.emit("instance_norm", {"input": turn.ref(), **weights, "eps": _eps(turn)})


def layer_norm(turn: Turn) -> None:
    """`LayerNormalization` and `RMSNormalization`."""
    x, rms = turn.asked.shape(), turn.asked.node.op == "RMSNormalization"
    weights = owned(turn, given(turn, weight=1) if rms else given(turn, weight=1, bias=2))
    args = {"input": turn.ref(), **weights, "normalized_shape": [*x[turn.asked.axis(-1) :]], "eps": _eps(turn)}
    turn.emit("rms_norm" if rms else "layer_norm", args, turn.outputs[:1])


def group_norm(turn: Turn) -> None:
    """`GroupNormalization`, whose first version has a weight for each group."""
    x = turn.asked.shape()
    flows = given(turn, weight=1, bias=2)
    groups = turn.asked.attribute("num_groups", 1)
    if any(flow.shape != (x[1],) for flow in flows.values()):
        n = product(x)
        turn.opaque([turn.ref()], 0, 7 * n + 2 * x[0] * groups, weights=flows)
        return
    weights = owned(turn, flows)
    turn.emit("group_norm", {"input": turn.ref(), **weights, "num_groups": groups, "eps": _eps(turn)})


def _eps(turn: Turn) -> float:
    return float(shortest(turn.asked.attribute("epsilon", 1e-5)))


def prelu(turn: Turn) -> None:
    """`PRelu`, with a slope for each channel or one for all."""
    slope, x = turn.asked.flow(1), turn.ref()
    shape = slope.shape
    count = UNKNOWN if shape is None else product(shape)
    channels = x.shape[1] if x.shape is not None and len(x.shape) > 1 else UNKNOWN
    if (
        shape is None
        or count not in (1, channels)
        or (count != 1 and shape.index(count) != len(shape) - (len(x.shape or ()) - 1))
    ):
        turn.opaque(macs=0, other_ops=product(x.shape) if x.shape is not None else UNKNOWN, alike=True)
        return
    weights = owned(turn, {"weight": slope})
    turn.emit("prelu", {"self": x, "weight": Ref(weights["weight"].id, (count,), slope.ref.dtype)})


def gather(turn: Turn) -> None:
    """`Gather`: a row of a table for each number, one position of an axis, or a choice along it."""
    asked, x = turn.asked, turn.asked.flow(0)
    known = asked.values(1)
    if x.standing and x.shape is not None and len(x.shape) == 2 and asked.attribute("axis", 0) == 0 and known is None:
        weights = owned(turn, {"weight": x})
        turn.emit("embedding", {"indices": turn.ref(1), **weights})
    elif known is not None and known.shape == () and x.shape is not None:
        axis = asked.axis(0)
        turn.emit("select", {"self": x.ref, "dim": axis, "index": known.ints()[0] % max(x.shape[axis], 1)})
    else:
        turn.emit("gather", {"self": x.ref, "index": turn.ref(1)})
