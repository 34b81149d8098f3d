"""Layers with weights, in ONNX's words."""

from typing import Any

from convcli.writers.onnx_file.builder import Row, Writing
from convcli.writers.onnx_file.moving import MODES


def _weights(w: Writing, *names: str) -> list[str]:
    return [w.weight(name) for name in names if w.has(name)]


Sides = tuple[tuple[int, int], ...]


def _sides(w: Writing) -> Sides:
    """Return the padding of a convolution, before and behind each axis."""
    sides: Sides = w.op.pads()  # type: ignore[attr-defined]
    return sides


def _windows(w: Writing, sides: Sides) -> dict[str, Any]:
    return {
        "kernel_shape": w.argument("kernel_size"), "strides": w.argument("stride"),
        "dilations": w.argument("dilation"), "pads": [*(a for a, _ in sides), *(b for _, b in sides)],
    }  # fmt: skip


def conv(w: Writing) -> None:
    """Write a convolution; another padding than zeros is a layer of its own."""
    sides = _sides(w)
    x, mode = w.x, w.argument("padding_mode")
    if mode != "zeros" and any(map(any, sides)):
        lead = [0] * (len(w.shape) - len(sides))
        pads = [*lead, *(a for a, _ in sides), *lead, *(b for _, b in sides)]
        x = w.one("Pad", x, w.ints(*pads), mode=MODES[mode])
        sides = ((0, 0),) * len(sides)
    batched = len(w.shape) == w.op.axes + 2
    x = x if batched else w.one("Unsqueeze", x, w.ints(0))
    made = w.emit(
        "Conv", [x, *_weights(w, "weight", "bias")], last=batched, group=w.argument("groups"), **_windows(w, sides)
    )
    if not batched:
        w.last("Squeeze", made[0], w.ints(0))


def conv_transpose(w: Writing) -> None:
    """Write a transposed convolution."""
    batched = len(w.shape) == w.op.axes + 2
    x = w.x if batched else w.one("Unsqueeze", w.x, w.ints(0))
    made = w.emit(
        "ConvTranspose", [x, *_weights(w, "weight", "bias")], last=batched, kernel_shape=w.argument("kernel_size"),
        strides=w.argument("stride"), dilations=w.argument("dilation"), group=w.argument("groups"),
        pads=[*w.argument("padding")] * 2, output_padding=w.argument("output_padding"),
    )  # fmt: skip
    if not batched:
        w.last("Squeeze", made[0], w.ints(0))


def conditional(w: Writing) -> None:
    """Write `CondConv2d` by what it is made of: kernels mixed for each sample, each sample a group of its own."""
    samples, experts, groups = w.shape[0], w.argument("num_experts"), w.argument("groups")
    kernel: tuple[int, ...] = w.op.weights()["weight"][1:]
    means = w.one("Flatten", w.one("GlobalAveragePool", w.x), axis=1)
    routing = w.one("Sigmoid", w.one("Gemm", means, *_weights(w, "routing.weight", "routing.bias"), transB=1))
    flat = w.one("Reshape", w.weight("weight"), w.ints(experts, -1))
    flows = [w.one("Reshape", w.one("MatMul", routing, flat), w.ints(samples * kernel[0], *kernel[1:]))]
    if w.has("bias"):
        flows.append(w.one("Reshape", w.one("MatMul", routing, w.weight("bias")), w.ints(-1)))
    values = {**_windows(w, _sides(w)), "group": samples * groups}
    if samples == 1:
        w.last("Conv", w.x, *flows, **values)
        return
    x = w.one("Reshape", w.x, w.ints(1, samples * w.shape[1], *w.shape[2:]))
    w.last("Reshape", w.one("Conv", x, *flows, **values), w.ints(*w.outputs[0]))


def linear(w: Writing) -> None:
    """Write a linear layer: `Gemm` of a matrix, `MatMul` and a sum of anything else."""
    if len(w.shape) == 2:
        w.last("Gemm", w.x, *_weights(w, "weight", "bias"), transB=1)
        return
    turned = w.one("Transpose", w.weight("weight"), perm=[1, 0])
    if w.has("bias"):
        w.last("Add", w.one("MatMul", w.x, turned), w.weight("bias"))
    else:
        w.last("MatMul", w.x, turned)


def _affine(w: Writing, channels: int) -> list[str]:
    """Return weight and bias, as ones and zeros where there are none."""
    ones = w.weight("weight") if w.has("weight") else w.filled(1, [channels])
    return [ones, w.weight("bias") if w.has("bias") else w.filled(0, [channels])]


def batch_norm(w: Writing) -> None:
    """Write batch normalisation by running statistics."""
    if not w.argument("track_running_stats"):
        w.refuse("it takes statistics from its input, which ONNX does in training only")
    flows = [*_affine(w, w.argument("num_features")), w.weight("running_mean"), w.weight("running_var")]
    w.last("BatchNormalization", w.x, *flows, epsilon=float(w.argument("eps")))


def instance_norm(w: Writing) -> None:
    """Write instance normalisation."""
    if w.argument("track_running_stats"):
        w.refuse("ONNX has no instance normalisation by running statistics")
    w.last("InstanceNormalization", w.x, *_affine(w, w.shape[1]), epsilon=float(w.argument("eps")))


def group_norm(w: Writing) -> None:
    """Write group normalisation."""
    flows = _affine(w, w.shape[1])
    w.last("GroupNormalization", w.x, *flows, num_groups=w.argument("num_groups"), epsilon=float(w.argument("eps")))


def layer_norm(w: Writing) -> None:
    """Write layer normalisation, over the channels of a picture too."""
    sizes: tuple[int, ...] = w.argument("normalized_shape")
    values: dict[str, Any] = {"axis": -len(sizes), "epsilon": float(w.argument("eps"))}
    flows = _weights(w, "weight", "bias")
    if not flows:
        flows = [w.filled(1, sizes)]
    if w.op.name != "LayerNorm2d":
        w.last("LayerNormalization", w.x, *flows, **values)
        return
    inner = w.one("Transpose", w.x, perm=[0, 2, 3, 1])
    w.last("Transpose", w.one("LayerNormalization", inner, *flows, **values), perm=[0, 3, 1, 2])


def rms_norm(w: Writing) -> None:
    """Write RMS normalisation by what it is made of."""
    sizes, eps = w.argument("normalized_shape"), w.argument("eps")
    axes = w.ints(*range(-len(sizes), 0))
    mean = w.one("ReduceMean", w.one("Mul", w.x, w.x), axes, keepdims=1)
    root = w.one("Sqrt", w.one("Add", mean, w.builder.number(1.1920929e-07 if eps is None else eps)))
    if w.has("weight"):
        w.last("Mul", w.one("Div", w.x, root), w.weight("weight"))
    else:
        w.last("Div", w.x, root)


def local_norm(w: Writing) -> None:
    """Write local response normalisation."""
    real = {name: float(w.argument(ours)) for name, ours in (("alpha", "alpha"), ("beta", "beta"), ("bias", "k"))}
    w.last("LRN", w.x, size=w.argument("size"), **real)


def prelu(w: Writing) -> None:
    """Write `PReLU`, whose slopes stand along the channels."""
    slope, count = w.weight("weight"), w.argument("num_parameters")
    if count > 1 and len(w.shape) > 2:
        slope = w.one("Reshape", slope, w.ints(count, *(1,) * (len(w.shape) - 2)))
    w.last("PRelu", w.x, slope)


def embedding(w: Writing) -> None:
    """Write `Embedding`."""
    w.last("Gather", w.weight("weight"), w.x)


def attention(w: Writing) -> None:
    """Write `MultiheadAttention` by what it is made of; its weights are shown where somebody reads them."""
    if any(w.argument(name) for name in ("add_bias_kv", "add_zero_attn", "kdim", "vdim")) or len(w.shape) != 3:
        w.refuse("only attention with one width, a batch and no keys of its own is written")
    heads, width, first = w.argument("num_heads"), w.argument("embed_dim"), w.argument("batch_first")
    flows = (w.inputs * 3)[:3] if len(w.inputs) == 1 else w.inputs
    shapes = (w.shapes * 3)[:3] if len(w.shapes) == 1 else w.shapes
    matrices = w.emit("Split", [w.weight("in_proj_weight")], many=3, axis=0, num_outputs=3)
    biases = w.emit("Split", [w.weight("in_proj_bias")], many=3, axis=0, num_outputs=3) if w.has("in_proj_bias") else []
    parts = []
    for at, (x, shape) in enumerate(zip(flows, shapes, strict=True)):
        made = w.one("MatMul", x, w.one("Transpose", matrices[at], perm=[1, 0]))
        made = w.one("Add", made, biases[at]) if biases else made
        made = w.one("Reshape", made, w.ints(*shape[:2], heads, width // heads))
        order = [0, 2, 1, 3] if first else [1, 2, 0, 3]
        parts.append(w.one("Transpose", made, perm=[*order[:2], *order[:1:-1]] if at == 1 else order))
    scores = w.one("Mul", w.one("MatMul", *parts[:2]), w.builder.number((width // heads) ** -0.5))
    seen = w.one("Softmax", scores, axis=-1)
    made = w.one("Transpose", w.one("MatMul", seen, parts[2]), perm=[0, 2, 1, 3] if first else [2, 0, 1, 3])
    made = w.one("Reshape", made, w.ints(*w.outputs[0]))
    made = w.one("MatMul", made, w.one("Transpose", w.weight("out_proj.weight"), perm=[1, 0]))
    if (w.index, 1) in w.builder.read:
        w.builder.names[w.index, 1] = w.one("ReduceMean", seen, w.ints(1), keepdims=0)
    w.last("Add", made, w.weight("out_proj.bias")) if w.has("out_proj.bias") else w.last("Identity", made)


def bare(w: Writing) -> None:
    """Let a weight stand where it is read; it is no node."""
    kind = w.node.answer.dtypes[0] if w.node.answer else "float32"
    path = w.node.module or w.node.name
    w.builder.names[w.index, 0] = w.builder.weight(path, w.outputs[0], kind, "parameter")


def unread(w: Writing) -> None:
    """Let weights be there that nothing reads."""
    for name in (*w.op.weights(), *w.op.buffers()):
        w.weight(name)


ROWS: tuple[Row, ...] = (
    (conv, "Conv1d Conv2d Conv3d"),
    (conv_transpose, "ConvTranspose1d ConvTranspose2d ConvTranspose3d"),
    (conditional, "CondConv2d"),
    (linear, "Linear"),
    (batch_norm, "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm"),
    (instance_norm, "InstanceNorm1d InstanceNorm2d InstanceNorm3d"),
    (group_norm, "GroupNorm"),
    (layer_norm, "LayerNorm LayerNorm2d"),
    (rms_norm, "RMSNorm"),
    (local_norm, "LocalResponseNorm CrossMapLRN2d local_response_norm"),
    (prelu, "PReLU"),
    (embedding, "Embedding"),
    (attention, "MultiheadAttention"),
    (bare, "Parameter Buffer"),
    (unread, "Unused"),
)
