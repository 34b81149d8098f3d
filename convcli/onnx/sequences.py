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
    """`SequenceAt`."""
    items, at = asked.flow().items, number_of(asked.flow(1))
    if items is None or at is None:
        return None
    if not -len(items) <= at < len(items):
        raise ValueError(f"it takes the tensor {at} of {len(items)}")
    return [items[at]]


def length(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`SequenceLength`."""
    items = asked.flow().items
    return None if items is None else [numbers(walk, (len(items),), ())]


def inserted(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`SequenceInsert`: at the end, or before a place."""
    items = asked.flow().items
    at = number_of(asked.flow(2)) if asked.has(2) else len(items or ())
    if items is None or at is None:
        return None
    return [_sequence(walk, [*items[:at], asked.flow(1), *items[at:]])]


def erased(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`SequenceErase`: the last, or that at a place."""
    items = asked.flow().items
    at = number_of(asked.flow(1)) if asked.has(1) else -1
    if items is None or at is None:
        return None
    return [_sequence(walk, [one for place, one in enumerate(items) if place != at % len(items)])]


def joined(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`ConcatFromSequence`: along an axis that they have, or along a new one."""
    items, axis = asked.flow().items, asked.attribute("axis", 0)
    if not items:
        return None
    walk.spend(len(items))
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
        sizes = [min(step, size - at * step) for at in range(ceil_div(size, step))] if step > 0 else []
    if not 0 < len(sizes) <= MOST_PARTS:
        return None
    found = applied(walk, "Split", [asked.flow(), numbers(walk, sizes)], frame, asked, {"axis": axis}, many=len(sizes))
    if not asked.has(1) and not asked.attribute("keepdims", 1):
        place = numbers(walk, (axis,))
        found = [applied(walk, "Squeeze", [part, place], frame, asked, {})[0] for part in found]
    return [_sequence(walk, found)]


MOST_PARTS = 4096
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
    graph, items = asked.node.attributes.get("body"), asked.flow().items
    flows = [flow for flow in asked.inputs if flow is not None]
    if (
        not isinstance(graph, GraphPart)
        or not items
        or any(one.items and len(one.items) != len(items) for one in flows)
    ):
        return None
    body = Body(walk, graph, frame)
    rows = [body.run([flow.items[at] if flow.items else flow for flow in flows]) for at in range(len(items))]
    return [_sequence(walk, [*column]) for column in zip(*rows, strict=True)]


def same(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`Optional` and `OptionalGetElement`: what is there."""
    return [asked.flow()] if asked.has(0) else None


def _sequence(walk: Walker, items: list[Flow]) -> Flow:
    walk.spend(len(items) // EACH)
    kind = items[0].ref.dtype if items else "float32"
    return Flow(walk.fresh(None, kind), items=tuple(items))
