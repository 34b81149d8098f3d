"""Calls with weights: convolutions, linear layers, normalisations, embeddings."""

from typing import Any

from convcli.aten.call import Call, Ref, refs
from convcli.aten.made import Made, costed
from convcli.ops.catalogue import operator
from convcli.quantity import product


def _made(op: str, call: Call, values: dict[str, Any], x: str = "input", **weights: str) -> Made:
    """Return an operator with the weights that were given, ours by the names of torch's arguments."""
    given = {ours: call.args[theirs] for ours, theirs in weights.items() if isinstance(call.args.get(theirs), Ref)}
    return Made(operator(op).of(**values), (call.args[x],), given)


def _each(value: Any, axes: int, default: int) -> Any:
    """Return a value for each axis: torch takes a list of one for all."""
    if isinstance(value, list | tuple):
        return tuple(value) * axes if len(value) == 1 else tuple(value)
    return (default,) * axes if value is None else value


def conv(call: Call) -> Made | None:
    """`conv1d` to `conv3d`, and `convolution`, which is any of them, transposed or not."""
    args = call.args
    weight, axes = args["weight"].shape, len(args["weight"].shape) - 2
    if args["input"].shape and not 1 <= axes <= 3:
        return None
    transposed = args.get("transposed", False) or "transpose" in call.name
    groups = args.get("groups", 1)
    values = {
        "in_channels": weight[0] if transposed else weight[1] * groups,
        "out_channels": weight[1] * groups if transposed else weight[0],
        "kernel_size": weight[2:], "stride": _each(args.get("stride"), axes, 1),
        "padding": _each(args.get("padding"), axes, 0), "dilation": _each(args.get("dilation"), axes, 1),
        "groups": groups, "bias": args.get("bias") is not None,
    }  # fmt: skip
    if transposed:
        values["output_padding"] = _each(args.get("output_padding"), axes, 0)
    return _made(f"Conv{'Transpose' if transposed else ''}{axes}d", call, values, weight="weight", bias="bias")


def deformed(call: Call) -> Made:
    """`deform_conv2d` of torchvision's: the products of a convolution; how its inputs are sampled is not counted."""
    (made,) = call.outputs
    return costed(call, refs(call.args), product(made.shape) * product(call.args["weight"].shape[1:]))


def linear(call: Call) -> Made | None:
    """`linear`."""
    weight = call.args["weight"].shape
    if len(weight) != 2:
        return None
    values = {"in_features": weight[1], "out_features": weight[0], "bias": call.args.get("bias") is not None}
    return _made("Linear", call, values, weight="weight", bias="bias")


def bilinear(call: Call) -> Made:
    """`bilinear`."""
    out, one, two = call.args["weight"].shape
    values = {"in1_features": one, "in2_features": two, "out_features": out, "bias": call.args.get("bias") is not None}
    made = _made("Bilinear", call, values, "input1", weight="weight", bias="bias")
    return made._replace(inputs=(call.args["input1"], call.args["input2"]))


def _per_channel(call: Call, name: str, **values: Any) -> Made:
    x, args = call.args["input"].shape, call.args
    values |= {"num_features": x[1], "eps": args["eps"], "affine": args.get("weight") is not None}
    values["momentum"] = args.get("momentum", 0.1)
    values["track_running_stats"] = args.get("running_mean") is not None
    if values["affine"] and args.get("bias") is None:
        values["bias"] = False
    own = {"running_mean": "running_mean", "running_var": "running_var"}
    return _made(f"{name}{max(len(x) - 2, 1)}d", call, values, weight="weight", bias="bias", **own)


def batch_norm(call: Call) -> Made | None:
    """`batch_norm` and its relatives, where statistics are not taken from the input."""
    if call.kind == "SyncBatchNorm":
        made = _per_channel(call, "BatchNorm")
        return made._replace(op=operator("SyncBatchNorm").of(**made.op.values))
    return _per_channel(call, "BatchNorm")


def instance_norm(call: Call) -> Made:
    """`instance_norm`."""
    return _per_channel(call, "InstanceNorm")


def layer_norm(call: Call) -> Made:
    """`layer_norm`."""
    args = call.args
    values = {"normalized_shape": tuple(args["normalized_shape"]), "eps": args.get("eps", 1e-5)}
    values |= {"elementwise_affine": args.get("weight") is not None, "bias": args.get("bias") is not None}
    return _made("LayerNorm", call, values, weight="weight", bias="bias")


def rms_norm(call: Call) -> Made:
    """`rms_norm`."""
    args = call.args
    values = {"normalized_shape": tuple(args["normalized_shape"]), "eps": args.get("eps")}
    return _made("RMSNorm", call, values | {"elementwise_affine": args.get("weight") is not None}, weight="weight")


def group_norm(call: Call) -> Made:
    """`group_norm`, and `native_group_norm`, which calls the number of groups `group`."""
    args = call.args
    values = {"num_groups": call.first("num_groups", "group"), "num_channels": args["input"].shape[1]}
    values |= {"eps": args.get("eps", 1e-5), "affine": args.get("weight") is not None}
    if values["affine"] and args.get("bias") is None:
        values["bias"] = False
    return _made("GroupNorm", call, values, weight="weight", bias="bias")


def embedding(call: Call) -> Made:
    """`embedding`."""
    weight, padding = call.args["weight"].shape, call.args.get("padding_idx", -1)
    values = {"num_embeddings": weight[0], "embedding_dim": weight[1], "padding_idx": padding if padding >= 0 else None}
    return _made("Embedding", call, values, "indices", weight="weight")


def prelu(call: Call) -> Made:
    """`prelu`."""
    return _made("PReLU", call, {"num_parameters": call.args["weight"].shape[0]}, "self", weight="weight")
