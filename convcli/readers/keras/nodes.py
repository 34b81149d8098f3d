"""What flows into each call of a Keras layer, in the three ways in which versions of Keras write it."""

from typing import Any

from convcli.readers.places_json import Object
from convcli.record import Record

MOST_LEVELS = 8


class Tensor(Record):
    """A tensor: the layer that makes it, in which of its calls, and which of its results."""

    layer: str
    call: int
    result: int


def calls(record: Object) -> list[list[Tensor]]:
    """Return the tensors that each call of a layer takes; a layer of a chain has none."""
    found = record.get("inbound_nodes")
    return [_tensors(one, 0) for one in found] if isinstance(found, list) else []


def _tensors(found: Any, level: int) -> list[Tensor]:
    """Find tensors in a call: `["conv", 0, 0]` in Keras 1 and 2, objects with a history in Keras 3."""
    if level > MOST_LEVELS:
        return []
    if isinstance(found, Object):
        inner = found.get("config")
        if found.get("class_name") == "__keras_tensor__" and isinstance(inner, Object):
            return _tensor(inner.get("keras_history"))
        return [one for key in ("args", "kwargs") for one in _tensors(found.get(key), level + 1)] or [
            one for value in found.values() if isinstance(value, Object) for one in _tensors(value, level + 1)
        ]
    if not isinstance(found, list):
        return []
    single = _tensor(found)
    if single and len(found) > 3 and isinstance(found[3], Object):  # tensors that Keras 2 passes by their names
        single += [one for value in found[3].values() for one in _tensors(value, level + 1)]
    return single or [one for part in found for one in _tensors(part, level + 1)]


def _tensor(found: Any) -> list[Tensor]:
    if not isinstance(found, list) or len(found) < 3 or not isinstance(found[0], str):
        return []
    name, call, result = found[:3]
    good = type(call) is int and type(result) is int and call >= 0 <= result
    return [Tensor(name, call, result)] if good else []


def outputs(found: Any) -> list[Tensor]:
    """Return the tensors of a model's `output_layers`: one, or a list of them."""
    return _tensors(found, 0)


def said(layers: list[Object]) -> dict[str, list[Any]]:
    """Return the shape of what each layer gives first, where a layer that takes it says it, as Keras 3 writes it."""
    shapes: dict[str, list[Any]] = {}
    waiting: list[tuple[Any, int]] = [(record.get("inbound_nodes"), 0) for record in layers]
    while waiting:
        found, level = waiting.pop()
        if isinstance(found, Object):
            inner = found.get("config")
            if found.get("class_name") == "__keras_tensor__" and isinstance(inner, Object):
                shape, made = inner.get("shape"), _tensor(inner.get("keras_history"))
                if isinstance(shape, list) and made and made[0].result == 0:
                    shapes.setdefault(made[0].layer, shape)
            found = list(found.values())
        if isinstance(found, list) and level <= 2 * MOST_LEVELS:
            waiting += [(one, level + 1) for one in found]
    return shapes
