"""Nodes that move elements and compute nothing."""

from convcli.onnx.moving import parts, stretches
from convcli.onnx.turn import Turn
from convcli.quantity import is_known


def same(turn: Turn) -> None:
    """`Identity` and `Cast`: nothing, or numbers in another type."""
    turn.emit("to", {"self": turn.ref()}, turn.outputs[:1])


def reshape(turn: Turn) -> None:
    """`Reshape`, `Squeeze`, `Unsqueeze`: the elements in order in another shape."""
    asked, x, y = turn.asked, turn.ref(), turn.outputs[0]
    if asked.node.op == "Flatten" and x.shape is not None and len(x.shape) > 1 and asked.attribute("axis", 1) == 1:
        turn.emit("flatten", {"self": x, "start_dim": 1}, kind="Flatten")
    elif y.shape is not None and x.shape is not None and all(map(is_known, y.shape)):
        turn.emit("reshape", {"self": x})
    else:
        free(turn)


def free(turn: Turn) -> None:
    """Move elements in a way that the catalogue has no word for, at no cost."""
    turn.opaque(macs=0, other_ops=0, keeps=())


def first_only(turn: Turn) -> None:
    """Move the elements of the first input; the others say where to."""
    turn.opaque([turn.ref()], 0, 0, keeps=())


def transpose(turn: Turn) -> None:
    """`Transpose`."""
    x = turn.asked.shape()
    turn.emit("permute", {"self": turn.ref(), "dims": [*turn.asked.attribute("perm", [*reversed(range(len(x)))])]})


def concat(turn: Turn) -> None:
    """`Concat`."""
    refs = turn.refs()
    if len(refs) == 1:
        turn.emit("alias", {"self": refs[0]})
        return
    turn.emit("cat", {"tensors": refs, "dim": turn.asked.axis(0)})


def split(turn: Turn) -> None:
    """`Split`."""
    turn.emit("split", {"self": turn.ref(), "split_size": parts(turn.asked), "dim": turn.asked.axis(0)})


def cut(turn: Turn) -> None:
    """`Slice`: a stretch of each axis, one after the other; backwards it has no word of torch's."""
    x = turn.ref()
    try:
        taken = stretches(turn.asked)
    except LookupError:
        turn.opaque([x], 0, 0, keeps=())
        return
    shape = turn.asked.shape()
    axes = [at for at, one in enumerate(taken) if is_known(shape[at]) and one != range(shape[at])]
    if any(taken[at].step < 0 or not taken[at] for at in axes) or not all(map(is_known, shape)):
        turn.opaque([x], 0, 0, keeps=())
        return
    if not axes:
        turn.emit("alias", {"self": x})
    for at in axes:
        one, last = taken[at], at == axes[-1]
        made = tuple(len(taken[axis]) if axis <= at else size for axis, size in enumerate(shape))
        args = {"self": x, "dim": at, "start": one.start, "end": one[-1] + 1, "step": one.step}
        x = turn.emit("slice", args, None if last else [turn.between(made, x)], part="" if last else ".slice")


def expand(turn: Turn) -> None:
    """`Expand`."""
    turn.emit("expand", {"self": turn.ref()})


def tile(turn: Turn) -> None:
    """`Tile`."""
    times = turn.asked.ints(1)
    turn.emit("repeat", {"self": turn.ref(), "repeats": [*(times or ())]})


def to_space(turn: Turn) -> None:
    """`DepthToSpace`, which is `pixel_shuffle` where it takes columns before rows."""
    if turn.asked.node.op == "DepthToSpace" and turn.asked.attribute("mode", "DCR") == "CRD":
        turn.emit("pixel_shuffle", {"self": turn.ref(), "upscale_factor": turn.asked.attribute("blocksize", 1)})
    else:
        free(turn)
