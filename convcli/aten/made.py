"""What a call is in our words: an operator, its inputs, and the weights that it has."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from convcli.argument import Slot
from convcli.aten.call import AT, Call, Ref, refs
from convcli.op import Operator
from convcli.ops.catalogue import find, operator
from convcli.ops.opaque import opaque
from convcli.quantity import UNKNOWN
from convcli.record import Record


class Made(Record):
    """An operator, the tensors that flow in, and its weights and buffers by their names."""

    op: Operator
    inputs: tuple[Ref, ...]
    weights: dict[str, Ref] = {}


Translation = Callable[[Call], "Made | Ref | None"]
"""What makes a call ours; a tensor where nothing happens, None where there is no operator for it."""

NAMES = {"ReLU6": "hardtanh", "Sequential": ""}
"""Modules that call a function of another name."""


def applied(call: Call, name: str, inputs: Sequence[Ref], **values: Any) -> Made:
    """Return a function over tensors with its arguments, or the module that was called for it."""
    kind = find(call.kind)
    if kind is not None and kind.module and (_bare(call.kind) == _bare(name) or NAMES.get(call.kind) == name):
        own = {key: value for key, value in values.items() if key in kind.arguments}
        return Made(kind.of(**({} if call.kind in NAMES else own)), tuple(inputs))
    function = operator(name)
    names = [key for key, _ in zip(function.arguments, inputs, strict=False)]
    slots = {key: Slot(at) for at, key in enumerate(names) if key not in values}
    return Made(function.of(**slots, **values), tuple(inputs))


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


def costed(
    call: Call, inputs: Sequence[Ref], macs: int = 0, other_ops: int = UNKNOWN, *, alike: bool = False,
    keeps: tuple[int, ...] | None = None, **arguments: Any,
) -> Made:  # fmt: skip
    """Return an operator that the catalogue does not have, with its costs, and what is known of it as for `opaque`."""
    shapes, types = [made.shape for made in call.outputs], [made.dtype for made in call.outputs]
    name = (
        call.name if find(call.name) is None else f"{call.library or AT}::{call.name}"
    )  # nobody shall take it for the catalogue's
    made = opaque(
        name, shapes, types, costs=(macs, other_ops), alike=alike, keeps=keeps, call=_slotted(call, inputs),
        **arguments,
    )  # fmt: skip
    return Made(made, tuple(inputs))


WHERE = ("device", "layout", "pin_memory", "memory_format")
"""Arguments of a call that say where a result lies, and nothing of what it is."""


def _slotted(call: Call, inputs: Sequence[Ref]) -> dict[str, Any] | None:
    """Return the arguments of a call, slots in the place of tensors; None where it is no operator of torch's."""
    places = {ref.id: Slot(at) for at, ref in enumerate(inputs)}
    if call.library != AT or any(ref.id not in places for ref in refs(call.args)):
        return None
    return {name: _in_place(value, places) for name, value in call.args.items() if name not in WHERE}


def _in_place(value: Any, places: Mapping[int, Slot]) -> Any:
    if isinstance(value, Ref):
        return places[value.id]
    return tuple(_in_place(item, places) for item in value) if type(value) in (list, tuple) else value


def unknown(call: Call, inputs: Sequence[Ref]) -> Made:
    """Return an operator of which only the results are known."""
    return costed(call, inputs, UNKNOWN)
