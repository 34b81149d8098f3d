"""The messages of an ONNX file, as protocol buffers."""

import struct
from collections.abc import Iterable
from typing import Any

from convcli.protobuf import fixed, stretch, whole

FLOAT, INT64, BOOL = 1, 7, 9
KINDS = {"float32": FLOAT, "int64": INT64, "bool": BOOL, "int32": 6, "uint8": 2, "int8": 3}


def field(number: int, value: float | str | bytes) -> bytes:
    """Return a field: a whole number, a real one, a text, or bytes."""
    if isinstance(value, float):
        return fixed(number, struct.pack("<f", value))
    if isinstance(value, int):
        return whole(number, value)
    return stretch(number, value.encode(errors="backslashreplace") if isinstance(value, str) else value)


def each(number: int, values: Iterable[float | str | bytes]) -> bytes:
    """Return a field for each value."""
    return b"".join(field(number, value) for value in values)


def attribute(name: str, value: Any) -> bytes:
    """Return an attribute of a node, of the type that its value has."""
    head = field(1, name)
    if isinstance(value, float):
        return head + field(2, value) + field(20, 1)
    if isinstance(value, int):
        return head + field(3, int(value)) + field(20, 2)
    if isinstance(value, str):
        return head + field(4, value) + field(20, 3)
    if value and isinstance(value[0], str):
        return head + each(9, value) + field(20, 8)
    return head + each(8, [int(one) for one in value]) + field(20, 7)


def tensor(name: str, shape: Iterable[int], data: bytes, kind: str = "float32") -> bytes:
    """Return a constant."""
    return each(1, shape) + field(2, KINDS[kind]) + field(8, name) + field(9, data)


def value(name: str, shape: Iterable[int], kind: str = "float32") -> bytes:
    """Return what is said of a tensor: its name, its type, its size."""
    dims = each(1, [field(1, size) for size in shape])
    return field(1, name) + field(2, field(1, field(1, KINDS[kind]) + field(2, dims)))
