"""Calls that move a window or change the size: pools, padding, resizing, sliding blocks."""

from typing import Any

from convcli.aten.call import Call
from convcli.aten.made import Made, applied

MODES = {"nearest": "nearest", "nearest_exact": "nearest-exact", "linear": "linear", "bilinear": "bilinear"}
MODES |= {"bicubic": "bicubic", "trilinear": "trilinear"}


def _axes(call: Call) -> int:
    return int(next(sign for sign in call.name if sign.isdigit()))


def _size(value: Any, axes: int) -> Any:
    """Return a size for each axis; torch takes a list of one for all, and an empty one for none."""
    if isinstance(value, list | tuple):
        return None if not value else tuple(value) * axes if len(value) == 1 else tuple(value)
    return value


def pool(call: Call) -> Made:
    """`max_pool2d`, `avg_pool2d` and the like."""
    name, axes = call.name.removesuffix("_with_indices"), _axes(call)
    given = {key: value for key, value in call.args.items() if key not in ("self", "kernel_size", "stride")}
    given = {key: _size(value, axes) for key, value in given.items() if value is not None}
    stride = _size(call.args.get("stride"), axes)
    return applied(
        call, name, [call.args["self"]], kernel_size=_size(call.args["kernel_size"], axes), stride=stride, **given
    )


def adaptive(call: Call) -> Made:
    """`adaptive_avg_pool2d` and the like; they say what they were given."""
    size = tuple(call.outputs[0].shape[-_axes(call) :])
    if isinstance(call.args.get("output_size"), list | tuple) and len(call.args["output_size"]) == len(size):
        size = tuple(call.args["output_size"])
    return applied(call, call.name.strip("_"), [call.args["self"]], output_size=size)


def resize(call: Call) -> Made:
    """`upsample_nearest2d` and the like, whose scales or sizes are given in several forms."""
    x = call.first("input", "self")
    mode = call.name.strip("_").removeprefix("upsample_").removesuffix("_aa")[:-2]
    values: dict[str, Any] = {"mode": MODES[mode]}
    if mode not in ("nearest", "nearest_exact"):
        values["align_corners"] = call.args.get("align_corners", False)
    scales = call.args.get("scale_factors")
    if scales:
        values["scale_factor"] = tuple(scales)
    else:
        values["size"] = call.outputs[0].shape[2:]
    if call.name.endswith("_aa"):
        values["antialias"] = True
    return applied(call, "interpolate", [x], **values)


def pad(call: Call) -> Made:
    """`pad`, and what it calls."""
    mode = "constant"
    if call.name == "pad":
        mode = call.args.get("mode", mode)
    elif call.name.startswith(("reflection", "replication")):
        mode = "reflect" if call.name.startswith("reflection") else "replicate"
    value = call.args.get("value")
    sizes = call.first("pad", "padding")
    return applied(call, "pad", [call.args["self"]], pad=tuple(sizes), mode=mode, value=value or None)


def blocks(call: Call) -> Made:
    """`im2col` and `col2im`, which are `unfold` and `fold`."""
    args = {name: _size(value, 2) for name, value in call.args.items() if name != "self"}
    return applied(call, "unfold" if call.name == "im2col" else "fold", [call.args["self"]], **args)
