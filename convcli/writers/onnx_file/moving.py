"""Layers that move elements, pad, or slide a window without weights, in ONNX's words."""

from typing import Any

from convcli.argument import Slot
from convcli.writers.onnx_file.builder import Row, Writing

MODES = {"constant": "constant", "zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
SCALES = {"nearest": "nearest", "nearest-exact": "nearest", "linear": "linear", "bilinear": "linear"}
SCALES |= {"trilinear": "linear", "bicubic": "cubic"}


def reshape(w: Writing) -> None:
    """Write the elements in order, in the shape that comes out."""
    w.last("Reshape", w.x, w.ints(*w.outputs[0]))


def flatten(w: Writing) -> None:
    """Write `Flatten`."""
    if (w.argument("start_dim"), w.argument("end_dim")) == (1, -1) and len(w.shape) > 1:
        w.last("Flatten", w.x, axis=1)
    else:
        reshape(w)


def permute(w: Writing) -> None:
    """Write `permute`."""
    w.last("Transpose", w.x, perm=[dim % len(w.shape) for dim in w.argument("dims")])


def transpose(w: Writing) -> None:
    """Write `transpose`."""
    order = [*range(len(w.shape))]
    one, other = w.argument("dim0") % len(order), w.argument("dim1") % len(order)
    order[one], order[other] = order[other], order[one]
    w.last("Transpose", w.x, perm=order)


def expand(w: Writing) -> None:
    """Write `expand`."""
    w.last("Expand", w.x, w.ints(*w.outputs[0]))


def tile(w: Writing) -> None:
    """Write `repeat` and `tile`."""
    times = w.argument("repeats") or w.argument("dims")
    rank = max(len(times), len(w.shape))
    x = w.x if rank == len(w.shape) else w.one("Reshape", w.x, w.ints(*(1,) * (rank - len(w.shape)), *w.shape))
    w.last("Tile", x, w.ints(*(1,) * (rank - len(times)), *times))


def joined(w: Writing) -> None:
    """Write `cat` and `stack`."""
    parts, dim = [w.inputs[slot.input] for slot in w.argument("tensors")], w.argument("dim")
    if w.op.name == "stack":
        dim = dim % (len(w.shape) + 1)
        parts = [w.one("Unsqueeze", part, w.ints(dim)) for part in parts]
    w.last("Concat", *parts, axis=dim)


def split(w: Writing) -> None:
    """Write `chunk`, `split` and `unbind`."""
    dim = w.argument("dim") % len(w.shape)
    many = len(w.outputs)
    if w.op.name == "unbind":
        parts = w.emit("Split", [w.x, w.ints(*(1,) * many)], many=many, axis=dim)
        for at, part in enumerate(parts):
            squeezed = w.one("Squeeze", part, w.ints(dim))
            w.builder.names[w.index, at] = squeezed
        return
    w.emit("Split", [w.x, w.ints(*(shape[dim] for shape in w.outputs))], many=many, last=True, axis=dim)


def cut(w: Writing) -> None:
    """Write `x[...]`: stretches, then single positions and new axes as a shape."""
    places: list[range] = []
    index = w.argument("index")
    free = len(w.shape) - sum(item is not None and not isinstance(item, str) for item in index)
    for item in index:
        if isinstance(item, str):
            places += map(range, w.shape[len(places) : len(places) + free])
        elif item is not None:
            size = w.shape[len(places)]
            whole = isinstance(item, tuple)
            places.append(range(size)[slice(*item)] if whole else range(item % size, item % size + 1))
    starts, ends, steps = ([getattr(one, part) for one in places] for part in ("start", "stop", "step"))
    axes = w.ints(*range(len(places)))
    made = w.one("Slice", w.x, w.ints(*starts), w.ints(*ends), axes, w.ints(*steps))
    w.last("Reshape", made, w.ints(*w.outputs[0]))


def stretch(w: Writing) -> None:
    """Write `narrow`."""
    dim, start = w.argument("dim") % len(w.shape), w.argument("start")
    start = start % w.shape[dim] if start < 0 else start
    w.last("Slice", w.x, w.ints(start), w.ints(start + w.argument("length")), w.ints(dim))


def centred(w: Writing) -> None:
    """Write `center_crop`."""
    axes = [*range(len(w.shape) - len(w.op.sizes(w.shape)), len(w.shape))]  # type: ignore[attr-defined]
    places = [(w.shape[a], w.outputs[0][a]) for a in axes]
    if any(new > old for old, new in places):
        w.refuse("it pads")
    starts = [round((old - new) / 2) for old, new in places]
    ends = [start + new for start, (_, new) in zip(starts, places, strict=True)]
    w.last("Slice", w.x, w.ints(*starts), w.ints(*ends), w.ints(*axes))


def flip(w: Writing) -> None:
    """Write `flip`."""
    dims = [dim % len(w.shape) for dim in w.argument("dims")]
    many = len(dims)
    w.last("Slice", w.x, w.ints(*(-1,) * many), w.ints(*(-(2**31),) * many), w.ints(*dims), w.ints(*(-1,) * many))


def padded(w: Writing) -> None:
    """Write padding as a layer, or as a function."""
    sides = w.argument("padding") or w.argument("pad")
    rank = len(w.shape)
    before, after = [0] * rank, [0] * rank
    for at in range(0, len(sides), 2):
        before[rank - 1 - at // 2], after[rank - 1 - at // 2] = sides[at], sides[at + 1]
    mode: str = w.op.mode  # type: ignore[attr-defined]
    fill = w.argument("value")
    value = [w.builder.number(fill)] if fill and not isinstance(fill, Slot) else []
    w.last("Pad", w.x, w.ints(*before, *after), *value, mode=MODES[mode])


def shuffled(w: Writing) -> None:
    """Write `PixelShuffle`."""
    w.last("DepthToSpace", w.x, blocksize=w.argument("upscale_factor"), mode="CRD")


def unshuffled(w: Writing) -> None:
    """Write `PixelUnshuffle`: rows and columns of each block become channels."""
    n, c, h, wide = w.shape
    r = w.argument("downscale_factor")
    x = w.one("Reshape", w.x, w.ints(n, c, h // r, r, wide // r, r))
    w.last("Reshape", w.one("Transpose", x, perm=[0, 1, 3, 5, 2, 4]), w.ints(*w.outputs[0]))


def channels_shuffled(w: Writing) -> None:
    """Write `ChannelShuffle`."""
    n, c, *rest = w.shape
    groups = w.argument("groups")
    x = w.one("Reshape", w.x, w.ints(n, groups, c // groups, *rest))
    order = [0, 2, 1, *range(3, len(rest) + 3)]
    w.last("Reshape", w.one("Transpose", x, perm=order), w.ints(*w.shape))


def resized(w: Writing) -> None:
    """Write `Upsample` and `interpolate`."""
    mode: str = getattr(w.op, "mode", "nearest")
    corners: bool | None = getattr(w.op, "align_corners", None)
    anti = int(bool(getattr(w.op, "antialias", False)))
    if mode not in SCALES:
        w.refuse(f"mode={mode!r} has no word there")
    where = "asymmetric" if mode == "nearest" else "align_corners" if corners else "half_pixel"
    rounded = {"nearest": "floor", "nearest-exact": "round_prefer_ceil"}.get(mode)
    scales = w.argument("scale_factor")
    values: dict[str, Any] = {
        "coordinate_transformation_mode": where,
        "nearest_mode": rounded,
        "antialias": anti,
        "exclude_outside": anti,
    }
    values |= {"mode": SCALES[mode], "cubic_coeff_a": (-0.5 if anti else -0.75) if mode == "bicubic" else None}
    if scales is None or getattr(w.op, "recompute_scale_factor", None):
        w.last("Resize", w.x, "", "", w.ints(*w.outputs[0]), **values)
        return
    axes = len(w.shape) - 2
    each = [float(one) for one in (scales if isinstance(scales, tuple) else (scales,) * axes)]
    w.last("Resize", w.x, "", w.builder.constant([1.0, 1.0, *each], real=True), **values)


ROWS: tuple[Row, ...] = (
    (reshape, "reshape view squeeze unsqueeze Unflatten unflatten"),
    (flatten, "Flatten flatten"),
    (permute, "Permute permute"),
    (transpose, "transpose"),
    (expand, "expand"),
    (tile, "repeat tile"),
    (joined, "cat stack"),
    (split, "chunk split unbind"),
    (cut, "slice"),
    (stretch, "narrow"),
    (centred, "center_crop"),
    (flip, "flip"),
    (padded, "ZeroPad1d ZeroPad2d ZeroPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d"),
    (padded, "ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d CircularPad1d"),
    (padded, "CircularPad2d CircularPad3d pad"),
    (shuffled, "PixelShuffle pixel_shuffle"),
    (unshuffled, "PixelUnshuffle pixel_unshuffle"),
    (channels_shuffled, "ChannelShuffle channel_shuffle"),
    (resized, "Upsample UpsamplingNearest2d UpsamplingBilinear2d interpolate upsample upsample_nearest"),
    (resized, "upsample_bilinear"),
)
