"""Nodes that slide a window, pad, or change the size."""

import math
from typing import Any

from convcli.aten.call import Ref
from convcli.onnx.along import factors
from convcli.onnx.constants import shortest
from convcli.onnx.moving import pads_of
from convcli.onnx.sliding import Sliding, sliding
from convcli.onnx.turn import Turn
from convcli.ops.catalogue import operator
from convcli.quantity import UNKNOWN, Shape, is_known, product


def padded(turn: Turn, x: Ref, before: Shape, after: Shape) -> Ref:
    """Put a layer of padding in front; negative numbers crop."""
    shape = x.shape or ()
    skip = len(shape) - len(before)
    sizes = tuple(n + b + a for n, b, a in zip(shape[skip:], before, after, strict=True))
    made = turn.between((*shape[:skip], *sizes), x)
    pads = [side for b, a in zip(before[::-1], after[::-1], strict=True) for side in (b, a)]
    return turn.emit("pad", {"self": x, "pad": pads}, [made], part=".pad")


def pool(turn: Turn) -> None:
    """`MaxPool`, `AveragePool`, `LpPool`."""
    asked, x, op = turn.asked, turn.ref(), turn.asked.node.op
    kernel = tuple(asked.attribute("kernel_shape", []))
    windows = sliding(asked, asked.shape(), kernel)
    axes = len(kernel)
    if axes > 3 or (op != "MaxPool" and any(one != 1 for one in windows.dilation)):
        turn.opaque(macs=0)
        return
    values: dict[str, Any] = {"kernel_size": kernel, "stride": windows.stride}
    x, values = _placed(turn, x, windows, values, padding=op != "LpPool")
    if op == "LpPool":
        p = asked.attribute("p", 2)
        values.pop("padding", None)
        sizes = {name: one[0] if axes == 1 else one for name, one in values.items() if isinstance(one, tuple)}
        turn.operator(operator(f"LPPool{axes}d").of(norm_type=p, **values | sizes), [x])
        return
    if op == "MaxPool":
        values["dilation"] = windows.dilation
    elif not asked.attribute("count_include_pad", 0) and any(windows.before):
        values["count_include_pad"] = False
    name = f"{'max' if op == 'MaxPool' else 'avg'}_pool{axes}d"
    kind = f"{'Max' if op == 'MaxPool' else 'Avg'}Pool{axes}d"
    turn.emit(name, {"self": x, **values}, turn.outputs[:1] if len(turn.refs()) else None, kind=kind)


def _placed(
    turn: Turn, x: Ref, windows: Sliding, values: dict[str, Any], *, padding: bool
) -> tuple[Ref, dict[str, Any]]:
    """Give a pool its padding where torch's words can say it; else pad before it."""
    half = all(2 * one <= k for one, k in zip(windows.before, windows.kernel, strict=True))
    same = windows.symmetric() and min(windows.before) >= 0 and half and (padding or not any(windows.before))
    if same:
        return x, values | {"padding": windows.before} | ({"ceil_mode": True} if windows.rounded_up else {})
    after = windows.needed((x.shape or ())[2:])
    return padded(turn, x, windows.before, after), values | {"padding": (0,) * len(windows.kernel)}


def pooled_whole(turn: Turn) -> None:
    """`GlobalAveragePool`, `GlobalMaxPool`, `GlobalLpPool`."""
    op, x = turn.asked.node.op, turn.ref()
    axes = len(x.shape or ()) - 2
    if op == "GlobalLpPool" or not 1 <= axes <= 3:
        turn.each(2)
        return
    kind = "Avg" if op == "GlobalAveragePool" else "Max"
    turn.emit(
        f"adaptive_{kind.lower()}_pool{axes}d",
        {"self": x, "output_size": [1] * axes},
        kind=f"Adaptive{kind}Pool{axes}d",
    )


MODES = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


def pad(turn: Turn) -> None:
    """`Pad`."""
    x = turn.asked.shape()
    pads = pads_of(turn.asked)
    before, after = pads[: len(x)], pads[len(x) :]
    mode = MODES.get(turn.asked.attribute("mode", "constant"), "")
    first = next((at for at, pair in enumerate(zip(before, after, strict=True)) if any(pair)), len(x))
    if first == len(x):
        turn.emit("alias", {"self": turn.ref()})
        return
    sides = [side for b, a in zip(before[first:][::-1], after[first:][::-1], strict=True) for side in (b, a)]
    fits = mode == "constant" or (mode and first in (1, 2) and len(x) - first <= 3)
    if not fits or not all(map(is_known, sides)):
        turn.opaque([turn.ref()], 0, 0, keeps=())
        return
    turn.emit("pad", {"self": turn.ref(), "pad": sides, "mode": mode})


TORCH = {
    ("nearest", "asymmetric", "floor"): ("nearest", None), ("linear", "half_pixel"): ("linear", False),
    ("linear", "pytorch_half_pixel"): ("linear", False), ("linear", "align_corners"): ("linear", True),
    ("cubic", "half_pixel"): ("cubic", False), ("cubic", "pytorch_half_pixel"): ("cubic", False),
    ("cubic", "align_corners"): ("cubic", True),
}  # fmt: skip
"""What torch interpolates by: the mode, where the positions lie, and which is the nearest."""
NAMES = {("linear", 1): "linear", ("linear", 2): "bilinear", ("linear", 3): "trilinear", ("cubic", 2): "bicubic"}


def resize(turn: Turn) -> None:
    """`Resize` and `Upsample`, as torch's `interpolate` where that does the same."""
    asked, x, y = turn.asked, turn.ref(), turn.outputs[0]
    if x.shape is None or y.shape is None:
        turn.opaque([x])
        return
    mode = asked.attribute("mode", "nearest")
    axes = len(x.shape) - 2
    outer = len(x.shape) < 3 or x.shape[:2] != y.shape[:2] or axes > 3
    old = asked.node.op == "Upsample" or asked.opset < 11
    where = asked.attribute("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    rounded = asked.attribute("nearest_mode", "floor" if old else "round_prefer_floor")
    known = TORCH.get((mode, where, rounded) if mode == "nearest" else (mode, where))
    name = NAMES.get((mode, axes), "nearest" if mode == "nearest" else "")
    exact = not asked.attribute("antialias", 0) and asked.attribute("exclude_outside", 0) == 0
    if (
        outer
        or known is None
        or not name
        or not exact
        or (mode == "cubic" and asked.attribute("cubic_coeff_a", -0.75) != -0.75)
    ):
        costs = (
            0 if mode == "nearest" else UNKNOWN if mode == "cubic" or outer else (3, 9, 21)[axes - 1] * product(y.shape)
        )
        turn.opaque([x], 0, costs)
        return
    scales = _scales(turn, axes)
    args = {"self": x, "align_corners": bool(known[1]), **({"scale_factors": scales} if scales else {})}
    turn.emit(f"upsample_{name}{axes}d", args)


def _scales(turn: Turn, axes: int) -> tuple[float, ...] | None:
    """Return the factors of the spatial axes, where they are given and say the size."""
    try:
        found = None if turn.asked.has(3) else factors(turn.asked)
    except (LookupError, ValueError):
        return None
    if found is None or len(found) < axes or turn.asked.node.attributes.get("axes"):
        return None
    return tuple(float(shortest(one)) for one in found[-axes:]) if all(map(math.isfinite, found)) else None
