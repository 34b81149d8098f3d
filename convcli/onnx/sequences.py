"""Lists of tensors: which tensor stands where is worked out, so that what reads one reads the tensor itself.

Exporters write `chunk` and `split` as `SplitToSequence` with a `SequenceAt` for each part.
"""

from typing import Any, Protocol

from convcli.aten.call import Ref
from convcli.onnx.asked import Asked, Flow
from convcli.onnx.record import Model, Node, Tensor, Value
from convcli.quantity import ceil_div, is_known


class Walk(Protocol):
    """What goes from node to node."""

    model: Model

    def within(self, more: int) -> None:
        """Count what is to be done; no file makes it more than is allowed."""

    def node(
        self, node: Node, scope: dict[str, Flow], values: dict[str, Value], opsets: dict[str, int], depth: int
    ) -> None:
        """Do what a node does to the tensors that are there."""


def followed(walk: Walk, asked: Asked, scope: dict[str, Flow]) -> bool:
    """Do what a node does with lists; say whether it is such a node, and what it does is known."""
    rule = _RULES.get(asked.node.op)
    if rule is None or asked.node.domain:
        return False
    try:
        scope[asked.node.outputs[0]] = rule(walk, asked)
    except LookupError:  # a place or a size depends on numbers
        return False
    return True


def spread(asked: Asked) -> Asked:
    """Put the tensors of a list where the list is, for operators that know no lists."""
    if not any(flow is not None and flow.parts is not None for flow in asked.inputs):
        return asked
    inputs = [part for flow in asked.inputs for part in ((None,) if flow is None else flow.tensors)]
    return asked._replace(inputs=tuple(inputs))


def _listed(parts: tuple[Flow, ...]) -> Flow:
    return Flow(parts[0].ref if parts else Ref(0, None, "float32"), parts=parts)


def _parts(asked: Asked) -> tuple[Flow, ...]:
    parts = asked.flow().parts
    if parts is None:
        raise LookupError
    return parts


def _place(asked: Asked, at: int, count: int, default: int) -> int:
    """Return the position that an input says."""
    if not asked.has(at):
        return default
    found = asked.ints(at) or ()
    if len(found) != 1:
        raise ValueError("its position is not one number")
    if not is_known(found[0]):
        raise LookupError
    if not -count <= found[0] < count:
        raise ValueError(f"there is no tensor {found[0]} in a list of {count}")
    return found[0] % count


def _done(walk: Walk, node: Node, op: str, inputs: dict[str, Flow], outputs: int, **attributes: Any) -> list[Flow]:
    """Do what a node without lists does, in the place of one with lists."""
    inner = dict(inputs)
    names = tuple(f"{node.outputs[0]}[{at}]" for at in range(outputs))
    made = node._replace(op=op, inputs=tuple(inputs), outputs=names, attributes=attributes)
    walk.node(made, inner, {}, dict(walk.model.opsets), 0)
    return [inner[name] for name in names]


def _split(walk: Walk, asked: Asked) -> Flow:
    """`SplitToSequence`: in parts of the sizes that are said, or of one size, or one by one."""
    x, axis = asked.shape(), asked.axis(0)
    size = x[axis]
    if not is_known(size):
        raise LookupError
    sizes, one_by_one = asked.ints(1), not asked.has(1)
    if sizes is None or asked.flow(1).shape == ():
        step = sizes[0] if sizes else 1
        walk.within(ceil_div(size, step) if step > 0 else 0)
        sizes = tuple(min(step, size - at) for at in range(0, size, step))
    found = _done(walk, asked.node, "Split", {"x": asked.flow()}, len(sizes), axis=axis, split=[*sizes])
    if one_by_one and not asked.attribute("keepdims", 1):
        found = [_done(walk, asked.node, "Squeeze", {"x": part}, 1, axes=[axis])[0] for part in found]
    return _listed(tuple(found))


def _construct(walk: Walk, asked: Asked) -> Flow:
    """`SequenceConstruct` and `SequenceEmpty`."""
    return _listed(tuple(flow for flow in asked.inputs if flow is not None))


def _insert(walk: Walk, asked: Asked) -> Flow:
    """`SequenceInsert`, at the end where no position is said."""
    parts = _parts(asked)
    at = _place(asked, 2, len(parts) + 1, len(parts))
    walk.within(len(parts))
    return _listed((*parts[:at], asked.flow(1), *parts[at:]))


def _erase(walk: Walk, asked: Asked) -> Flow:
    """`SequenceErase`, at the end where no position is said."""
    parts = _parts(asked)
    at = _place(asked, 1, len(parts), len(parts) - 1)
    return _listed((*parts[:at], *parts[at + 1 :]))


def _at(walk: Walk, asked: Asked) -> Flow:
    """`SequenceAt`: the tensor itself."""
    parts = _parts(asked)
    return parts[_place(asked, 1, len(parts), 0)]


def _length(walk: Walk, asked: Asked) -> Flow:
    """`SequenceLength`."""
    count = Tensor("", (), 7, (len(_parts(asked)),))
    return _done(walk, asked.node, "Constant", {}, 1, value=count)[0]


def _concatenated(walk: Walk, asked: Asked) -> Flow:
    """`ConcatFromSequence`, along an axis that is there or a new one."""
    node, parts = asked.node, _parts(asked)
    axis = asked.attribute("axis", 0)
    if asked.attribute("new_axis", 0):
        parts = tuple(_done(walk, node, "Unsqueeze", {"x": part}, 1, axes=[axis])[0] for part in parts)
    return _done(walk, node, "Concat", {f"x{at}": part for at, part in enumerate(parts)}, 1, axis=axis)[0]


_RULES = {
    "SplitToSequence": _split,
    "SequenceConstruct": _construct,
    "SequenceEmpty": _construct,
    "SequenceInsert": _insert,
    "SequenceErase": _erase,
    "SequenceAt": _at,
    "SequenceLength": _length,
    "ConcatFromSequence": _concatenated,
}
