"""Sequences of tensors and optional ones: where it is known what is in them they are but names for it."""

from convcli.onnx.asked import Asked, Flow
from convcli.onnx.moving import parts
from convcli.onnx.record import GraphPart
from convcli.onnx.within import Body, Frame, Walker, applied, number_of, numbers, stacked
from convcli.quantity import ceil_div, is_known


def constructed(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`SequenceConstruct` and `SequenceEmpty`."""
    return [_sequence(walk, [flow for flow in asked.inputs if flow is not None])]


def taken(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`SequenceAt`: the tensor itself."""
    items = asked.flow().parts
    at = None if items is None else _place(asked, 1, len(items), 0)
    return None if items is None or at is None else [items[at]]


def length(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`SequenceLength`."""
    items = asked.flow().parts
    return None if items is None else [numbers(walk, (len(items),), ())]


def inserted(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`SequenceInsert`: at the end, or before a place."""
    items = asked.flow().parts
    at = None if items is None else _place(asked, 2, len(items) + 1, len(items))
    return None if items is None or at is None else [_sequence(walk, [*items[:at], asked.flow(1), *items[at:]])]


def erased(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`SequenceErase`: the last, or that at a place."""
    items = asked.flow().parts
    at = None if items is None else _place(asked, 1, len(items), len(items) - 1)
    return None if items is None or at is None else [_sequence(walk, [*items[:at], *items[at + 1 :]])]


def _place(asked: Asked, at: int, count: int, default: int) -> int | None:
    """Return the position that an input says, None where it is not known.

    Raises:
        ValueError: there is no such position.
    """
    if not asked.has(at):
        return default
    known, found = asked.values(at), number_of(asked.flow(at))
    if known is not None and len(known.values) != 1:
        raise ValueError("its position is not one number")
    if found is not None and not -count <= found < count:
        raise ValueError(f"there is no tensor {found} in a list of {count}")
    return None if found is None else found % count


def joined(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`ConcatFromSequence`: along an axis that they have, or along a new one."""
    items, axis = asked.flow().parts, asked.attribute("axis", 0)
    if not items:
        return None
    walk.within(len(items))
    if asked.attribute("new_axis", 0):
        return [stacked(walk, asked, items, axis, frame)]
    return applied(walk, "Concat", items, frame, asked, {"axis": axis})


def split(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`SplitToSequence`: into parts of sizes that are given, or into equal ones, whose axis may go."""
    x, axis = asked.shape(), asked.axis(0)
    size, wanted = x[axis], asked.values(1)
    if not is_known(size) or (asked.has(1) and (wanted is None or not all(map(is_known, wanted.values)))):
        return None
    if wanted is not None and wanted.shape:
        sizes = [*wanted.ints()]
    else:
        step = wanted.ints()[0] if wanted is not None else 1
        walk.within(ceil_div(size, step) if step > 0 else 0)
        sizes = [min(step, size - at * step) for at in range(ceil_div(size, step))] if step > 0 else []
    if not sizes:
        return None
    found = applied(walk, "Split", [asked.flow(), numbers(walk, sizes)], frame, asked, {"axis": axis}, many=len(sizes))
    if not asked.has(1) and not asked.attribute("keepdims", 1):
        place = numbers(walk, (axis,))
        found = [applied(walk, "Squeeze", [part, place], frame, asked, {})[0] for part in found]
    return [_sequence(walk, found)]


EACH = 16
"""Tensors that are put into a sequence at the cost of a node."""


def parted(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`Split` of numbers that are known, sizes for one: each part is worked out."""
    x, axis = asked.flow(), asked.axis(0)
    if x.constant is None or len(asked.node.outputs) == 1:
        return None
    found, start = [], 0
    for size in parts(asked):
        ends = [numbers(walk, (at,)) for at in (start, start + size, axis)]
        found += applied(walk, "Slice", [x, *ends], frame, asked, {})
        start += size
    return found


def mapped(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`SequenceMap`: its body gets a tensor of each sequence, and what is no sequence each time."""
    graph, items = asked.node.attributes.get("body"), asked.flow().parts
    flows = [flow for flow in asked.inputs if flow is not None]
    if (
        not isinstance(graph, GraphPart)
        or not items
        or any(one.parts and len(one.parts) != len(items) for one in flows)
    ):
        return None
    body = Body(walk, graph, frame)
    rows = [body.run([flow.parts[at] if flow.parts else flow for flow in flows]) for at in range(len(items))]
    return [_sequence(walk, [*column]) for column in zip(*rows, strict=True)]


def same(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`Optional` and `OptionalGetElement`: what is there."""
    return [asked.flow()] if asked.has(0) else None


def _sequence(walk: Walker, items: list[Flow]) -> Flow:
    walk.within(len(items) // EACH)
    kind = items[0].ref.dtype if items else "float32"
    return Flow(walk.fresh(None, kind), parts=tuple(items))
