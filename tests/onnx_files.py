"""ONNX files made by hand, from the encoding up: as good or as broken as a test wants them."""

import struct
from typing import Any

FLOAT, INT64 = 1, 7


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def field(number: int, value: Any) -> bytes:
    """Return a field: a number, a text, bytes, or a float."""
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, shape: tuple[int, ...], values: Any = None, kind: int = FLOAT) -> bytes:
    """Return a tensor; without values it claims them and has none."""
    made = b"".join(field(1, size) for size in shape) + field(2, kind) + field(8, name)
    if values is not None:
        made += field(9, struct.pack(f"<{len(values)}{'q' if kind == INT64 else 'f'}", *values))
    return made


def ints(name: str, *values: int) -> bytes:
    """Return whole numbers in a row, sizes say."""
    return tensor(name, (len(values),), values, INT64)


def value(name: str, shape: tuple[int | str, ...] | None, kind: int = FLOAT) -> bytes:
    """Return an input, an output, or what is known of a tensor between."""
    dims = b"".join(field(1, field(1 if isinstance(one, int) else 2, one)) for one in shape or ())
    inner = field(1, kind) + (field(2, dims) if shape is not None else b"")
    return field(1, name) + field(2, field(1, inner))


def attribute(name: str, given: Any) -> bytes:
    made = field(1, name)
    if isinstance(given, bool | int):
        return made + field(3, int(given)) + field(20, 2)
    if isinstance(given, float):
        return made + field(2, given) + field(20, 1)
    if isinstance(given, str):
        return made + field(4, given) + field(20, 3)
    if isinstance(given, bytes):
        return made + field(5, given) + field(20, 4)
    if isinstance(given, Body):
        return made + field(6, given.data) + field(20, 5)
    if isinstance(given, Ref):
        return made + field(21, given.name) + field(20, 2)
    if given and isinstance(given[0], float):
        return made + b"".join(field(7, one) for one in given) + field(20, 6)
    return made + b"".join(field(8, one) for one in given) + field(20, 7)


class Body:
    """A graph in an attribute."""

    def __init__(self, data: bytes) -> None:
        self.data = data


class Ref:
    """An attribute of the function around."""

    def __init__(self, name: str) -> None:
        self.name = name


def node(op: str, inputs: str, outputs: str, name: str | bytes = "", domain: str = "", **attributes: Any) -> bytes:
    """Return a node; `_` is an input that is left out."""
    made = b"".join(field(1, "" if one == "_" else one) for one in inputs.split())
    made += b"".join(field(2, one) for one in outputs.split()) + field(3, name) + field(4, op)
    made += field(7, domain) if domain else b""
    return made + b"".join(field(5, attribute(key, given)) for key, given in attributes.items())


def graph(nodes: list[bytes], inputs: list[bytes], outputs: list[bytes], *tensors: bytes, known: Any = ()) -> bytes:
    made = b"".join(field(1, one) for one in nodes) + field(2, "net") + b"".join(field(5, one) for one in tensors)
    made += b"".join(field(11, one) for one in inputs) + b"".join(field(12, one) for one in outputs)
    return made + b"".join(field(13, one) for one in known)


def function(name: str, inputs: str, outputs: str, nodes: list[bytes], *defaults: bytes, domain: str = "own") -> bytes:
    made = field(1, name) + b"".join(field(4, one) for one in inputs.split())
    made += b"".join(field(5, one) for one in outputs.split()) + b"".join(field(7, one) for one in nodes)
    return made + field(9, field(2, 17)) + field(10, domain) + b"".join(field(11, one) for one in defaults)


def model(inner: bytes, *functions: bytes, opset: int = 17) -> bytes:
    made = field(1, 8) + field(8, field(1, "") + field(2, opset)) + field(7, inner)
    return made + b"".join(field(25, one) for one in functions)


def net(nodes: list[bytes], shape: tuple[int | str, ...], *tensors: bytes, opset: int = 17, last: str = "y") -> bytes:
    """Return a model with one input `x` and one output `y`."""
    return model(graph(nodes, [value("x", shape)], [value(last, None)], *tensors), opset=opset)
