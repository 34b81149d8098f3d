"""Calls that move elements and compute nothing: shapes, order, parts."""

from typing import Any

from convcli.argument import Slot
from convcli.aten.call import Call, Ref, refs
from convcli.aten.made import Made, applied, costed
from convcli.ops.slicing import REST, Slice


def same(call: Call) -> Ref | Made:
    """Return the tensor itself where nothing changes but where it lies; else its numbers in another type."""
    x, y = call.first("self", "input"), call.outputs[0]
    if isinstance(x, Ref) and x.dtype == y.dtype and x.shape == y.shape:
        return x
    return costed(call, [x], 0, 0, alike=True, keeps=())


def reshape(call: Call) -> Made | Ref:
    """Give the same elements in the shape that came out."""
    x, y = call.args["self"], call.outputs[0]
    return x if x.shape == y.shape else applied(call, "reshape", [x], shape=y.shape)


def expand(call: Call) -> Made | Ref:
    """`expand` to the shape that came out."""
    x, y = call.args["self"], call.outputs[0]
    return x if x.shape == y.shape else applied(call, "expand", [x], size=y.shape)


def flatten(call: Call) -> Made:
    """`flatten`."""
    args = call.args
    values = {"start_dim": args.get("start_dim", 0), "end_dim": args.get("end_dim", -1)}
    return applied(call, "flatten", [args["self"]], **values)


def squeeze(call: Call) -> Made:
    """`squeeze`, of one axis, several or all."""
    dim = call.args.get("dim")
    return applied(call, "squeeze", [call.args["self"]], dim=tuple(dim) if isinstance(dim, list) else dim)


def transposed(call: Call) -> Made | Ref:
    """`t`: the two axes of a matrix change places."""
    x: Ref = call.args["self"]
    return applied(call, "transpose", [x], dim0=0, dim1=1) if len(x.shape) == 2 else x


def section(call: Call) -> Made | Ref:
    """`slice`: a stretch of one axis."""
    args = call.args
    x: Ref = args["self"]
    if x.shape == call.outputs[0].shape and args.get("step", 1) == 1:
        return x
    dim = args.get("dim", 0) % len(x.shape)
    start, end, step = args.get("start"), args.get("end"), args.get("step", 1)
    end = None if end is None or end >= x.shape[dim] else end
    part = Slice(start or None, end, step if step != 1 else None)
    return _taken(call, x, dim, part)


def select(call: Call) -> Made:
    """`select`: one position of an axis, which goes away."""
    x = call.args["self"]
    return _taken(call, x, call.args["dim"] % len(x.shape), call.args["index"])


def _taken(call: Call, x: Ref, dim: int, item: Any) -> Made:
    index = (*(Slice(),) * dim, item) if dim < 2 else (REST, item, *(Slice(),) * (len(x.shape) - dim - 1))
    return applied(call, "slice", [x], index=index)


def joined(call: Call) -> Made:
    """`cat` and `stack`; torch copies a single tensor too."""
    parts: list[Ref] = [part for part in call.args["tensors"] if part.shape != (0,)]
    slots = tuple(Slot(at) for at in range(len(parts)))
    return applied(call, "stack" if call.name == "stack" else "cat", parts, tensors=slots, dim=call.args.get("dim", 0))


def split(call: Call) -> Made:
    """`split` in equal parts, or in those that are given."""
    sizes = call.first("split_size", "split_sizes")
    sizes = tuple(sizes) if isinstance(sizes, list | tuple) else sizes
    return applied(call, "split", [call.args["self"]], split_size_or_sections=sizes, dim=call.args.get("dim", 0))


def parted(call: Call) -> Made:
    """`tensor_split` and the like: `split` in the sizes that came out."""
    x = call.args["self"]
    dim = {"hsplit": min(1, len(x.shape) - 1), "vsplit": 0, "dsplit": 2}.get(call.name, call.args.get("dim", 0))
    sizes = tuple(part.shape[dim] for part in call.outputs)
    return applied(call, "split", [x], split_size_or_sections=sizes, dim=dim)


def reordered(call: Call) -> Made:
    """`movedim`, `moveaxis`: `permute` in the order that results."""
    x, source, destination = call.args["self"], call.args["source"], call.args["destination"]
    rank = len(x.shape)
    froms, tos = ([axis % rank for axis in ([one] if isinstance(one, int) else one)] for one in (source, destination))
    given = dict(zip(tos, froms, strict=True))
    rest = iter([axis for axis in range(rank) if axis not in froms])
    return applied(call, "permute", [x], dims=tuple(given[at] if at in given else next(rest) for at in range(rank)))


def swapped(call: Call) -> Made:
    """`swapaxes`, `swapdims`: `transpose` by other names."""
    first, second = call.first("axis0", "dim0"), call.first("axis1", "dim1")
    return applied(call, "transpose", [call.args["self"]], dim0=first, dim1=second)


def free(call: Call) -> Made:
    """Move elements in a way that the catalogue has no word for."""
    return costed(call, refs(call.args), 0, 0)


def shuffled(call: Call) -> Made:
    """`channel_shuffle`, which torch calls by another name where there is nothing to train."""
    return applied(call, "channel_shuffle", [call.args["self"]], groups=call.args["groups"])


def listed(call: Call) -> Made:
    """Give the arguments as they are, under the names that torch's functions have."""
    args = {name: tuple(v) if isinstance(v, list) else v for name, v in call.args.items() if name != "self"}
    return applied(call, call.name, [call.args["self"]], **args)
