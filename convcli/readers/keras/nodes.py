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
    return single or [one for part in found for one in _tensors(part, level + 1)]


def _tensor(found: Any) -> list[Tensor]:
    if not isinstance(found, list) or len(found) < 3 or not isinstance(found[0], str):
        return []
    name, call, result = found[:3]
    return [Tensor(name, call, result)] if type(call) is int and type(result) is int else []


def outputs(found: Any) -> list[Tensor]:
    """Return the tensors of a model's `output_layers`: one, or a list of them."""
    return _tensors(found, 0)
