"""ONNX's messages, field by field: the numbers are those of its schema, `onnx.proto`."""

import struct
from typing import Any

from convcli.onnx.record import Dims, Function, GraphPart, Model, Node, Reference, Tensor, Value
from convcli.onnx.wire import DamagedError, Message, signed
from convcli.protobuf import STRETCH, VARINT
from convcli.quantity import product

WEIGHTS = "convcli.weights"
"""Where we note which inputs are weights, in a file that has none."""
SCOPES = "pkg.torch.onnx.name_scopes"
"""Where torch notes which modules a node came from."""
LONGEST_NOTE = 1 << 22
DEEPEST = 32
"""Graphs within attributes of nodes within graphs."""
MOST_VALUES = 4096
"""Elements of a constant that is looked into; larger ones are weights and tables."""
RECORD = 4
"""Fields that a record costs as much as, however few it has."""
FORMS = {1: "f", 2: "B", 3: "b", 4: "H", 5: "h", 6: "i", 7: "q", 9: "?", 10: "e", 11: "d", 12: "I", 13: "Q", 16: "H"}
"""How a type lies in raw bytes, as `struct` writes it."""
HALVES = {10: ("H", "e", 0), 16: ("I", "f", 16)}
"""Real numbers that stand as whole ones of 16 bits: the form of those bits, of the number, how far up they stand."""
FOLDABLE = (1, 6, 7, 9, 10, 11, 16)
"""Types whose values may say something of a size."""


def model(message: Message) -> Model:
    """Read a whole file.

    Raises:
        DamagedError: it is no ONNX file.
        ExceededError: it has too many fields.
    """
    version, graph = 0, None
    weights = ""
    functions: dict[tuple[str, str], Function] = {}
    opsets: dict[str, int] = {}
    for number, kind, value in message.fields():
        if number == 1 and kind == VARINT:
            version = value
        elif kind != STRETCH:
            continue
        elif number == 7:
            graph = value
        elif number == 8:
            opsets.update([_opset(value)])
        elif number == 14:
            weights = _noted(value, WEIGHTS) or weights
        elif number == 25:
            key, found = _function(value)
            functions[key] = found
    if graph is None or not version:
        raise DamagedError("it has no graph" if graph is None else "it says no version")
    return Model(version, opsets, graph_part(graph, 0), functions, weights)


def graph_part(message: Message, depth: int) -> GraphPart:
    """Read a graph."""
    if depth > DEEPEST:
        raise DamagedError("its graphs are nested too deeply")
    nodes: list[Node] = []
    constants: dict[str, Tensor] = {}
    inputs: list[Value] = []
    outputs: list[Value] = []
    values: list[Value] = []
    for number, kind, value in message.fields():
        if kind != STRETCH:
            continue
        message.reader.left -= RECORD
        if number == 1:
            nodes.append(_node(value, depth))
        elif number in (5, 15):
            made = tensor(value) if number == 5 else _sparse(value)
            constants[made.name] = made
        elif number in (11, 12, 13):
            (inputs, outputs, values)[number - 11].append(_value(value))
    return GraphPart(
        tuple(nodes), constants, tuple(one for one in inputs if one.name not in constants), tuple(outputs),
        {one.name: one for one in (*values, *outputs)},
    )  # fmt: skip


def _node(message: Message, depth: int) -> Node:
    inputs, outputs, attributes = [], [], {}
    texts = {3: "", 4: "", 7: ""}
    scope = ""
    for number, kind, value in message.fields():
        if kind != STRETCH:
            continue
        if number == 1:
            inputs.append(value.text())
        elif number == 2:
            outputs.append(value.text())
        elif number in texts:
            texts[number] = value.text()
        elif number == 5:
            name, found = _attribute(value, depth)
            attributes[name] = found
        elif number == 9:
            scope = _noted(value, SCOPES) or scope
    domain = "" if texts[7] == "ai.onnx" else texts[7]
    return Node(texts[4], domain, texts[3], tuple(inputs), tuple(outputs), attributes, scope)


def _attribute(message: Message, depth: int) -> tuple[str, Any]:
    """Return an attribute's name and its value in Python's types."""
    name, found, several, reference, declared = "", None, [], "", 0
    for number, kind, value in message.fields():
        if number == 1 and kind == STRETCH:
            name = value.text()
        elif number == 20 and kind == VARINT:
            declared = value
        elif number == 21 and kind == STRETCH:
            reference = value.text()
        elif number in (7, 8, 9, 10, 11):
            several += _several(number, kind, value, depth)
        elif number in (2, 3, 4, 5, 6):
            found = _single(number, kind, value, depth)
    if reference:
        return name, Reference(reference)
    if found is None and (several or declared in (6, 7, 8, 9, 10)):
        return name, several
    return name, {1: 0.0, 2: 0, 3: ""}.get(declared) if found is None else found


def _single(number: int, kind: int, value: Any, depth: int) -> Any:
    if number == 3 and kind == VARINT:
        return signed(value)
    if kind == VARINT:
        return None
    if number == 2:
        return struct.unpack("<f", value.bytes())[0] if value.size() == 4 else None
    if number == 4:
        return value.bytes().decode("utf-8", "replace") if value.size() <= 1 << 16 else ""
    return tensor(value) if number == 5 else graph_part(value, depth + 1) if number == 6 else None


def _several(number: int, kind: int, value: Any, depth: int) -> list[Any]:
    if number == 8:
        return [signed(value)] if kind == VARINT else value.numbers() if kind == STRETCH else []
    if kind == VARINT:
        return []
    if number == 7:
        return value.unpacked("f") if value.size() <= 4 * MOST_VALUES * 4 else []
    if number == 9:
        return [value.text()]
    return [tensor(value) if number == 10 else graph_part(value, depth + 1)]


def tensor(message: Message) -> Tensor:
    """Read a tensor; of a large one nothing but its size."""
    dims: list[int] = []
    name, type, outside = "", 0, False
    data: list[tuple[int, int, Any]] = []
    for number, kind, value in message.fields():
        if number == 1:
            dims += [signed(value)] if kind == VARINT else value.numbers() if kind == STRETCH else []
        elif number == 2 and kind == VARINT:
            type = value
        elif number == 8 and kind == STRETCH:
            name = value.text()
        elif number == 14 and kind == VARINT:
            outside = value == 1
        elif number in (4, 5, 7, 9, 10, 11) and len(data) <= MOST_VALUES:
            data.append((number, kind, value))
    if any(size < 0 for size in dims) or len(dims) > 64:
        raise DamagedError(f"its constant `{name[:80]}` has sizes that no tensor has")
    many = product(dims) > MOST_VALUES
    values = None if outside or many or type not in FOLDABLE else _values(type, data)
    values = None if values is None or len(values) != product(dims) else values
    return Tensor(name, tuple(dims), type, values)


def _values(type: int, data: list[tuple[int, int, Any]]) -> tuple[Any, ...] | None:
    found: list[Any] = []
    for number, kind, value in data:
        if number == 9:
            found += value.unpacked(FORMS[type]) if kind == STRETCH else []
        elif number in (4, 10):
            found += value.unpacked("f" if number == 4 else "d") if kind != VARINT else []
        elif kind == VARINT:
            found.append(signed(value))
        elif kind == STRETCH:
            found += value.numbers()
    if type == 16 or (type == 10 and any(number == 5 for number, _, _ in data)):
        if not all(isinstance(one, int) for one in found):
            return None
        whole, real, shift = HALVES[type]
        bits = struct.pack(f"<{len(found)}{whole}", *((one & 0xFFFF) << shift for one in found))
        found = list(struct.unpack(f"<{len(found)}{real}", bits))
    return tuple(map(bool, found)) if type == 9 else tuple(found)


def _sparse(message: Message) -> Tensor:
    dims: list[int] = []
    inner = Tensor("", (), 0, None)
    for number, kind, value in message.fields():
        if number == 1 and kind == STRETCH:
            inner = tensor(value)
        elif number == 3:
            dims += [signed(value)] if kind == VARINT else value.numbers() if kind == STRETCH else []
    return Tensor(inner.name, tuple(max(size, 0) for size in dims), inner.type, None)


def _value(message: Message) -> Value:
    name, type, dims = "", 0, None
    for number, kind, value in message.fields():
        if number == 1 and kind == STRETCH:
            name = value.text()
        elif number == 2 and kind == STRETCH:
            type, dims = _tensor_type(value)
    return Value(name, type, dims)


def _tensor_type(message: Message) -> tuple[int, Dims | None]:
    type, dims = 0, None
    for number, kind, value in message.fields():
        if number != 1 or kind != STRETCH:  # a sequence, say
            continue
        for inner, inner_kind, part in value.fields():
            if inner == 1 and inner_kind == VARINT:
                type = part
            elif inner == 2 and inner_kind == STRETCH:
                dims = tuple(_dim(one) for at, form, one in part.fields() if at == 1 and form == STRETCH)
    return type, dims


def _dim(message: Message) -> int | str:
    found: int | str = ""
    for number, kind, value in message.fields():
        if number == 1 and kind == VARINT:
            size = signed(value)
            found = size if size > 0 else ""  # some tools write 0 or -1 for an open one
        elif number == 2 and kind == STRETCH:
            found = value.text()
    return found


def _function(message: Message) -> tuple[tuple[str, str], Function]:
    inputs, outputs, nodes, defaults = [], [], [], {}
    texts = {1: "", 10: ""}
    opsets: dict[str, int] = {}
    for number, kind, value in message.fields():
        if kind != STRETCH:
            continue
        if number in texts:
            texts[number] = value.text()
        elif number == 4:
            inputs.append(value.text())
        elif number == 5:
            outputs.append(value.text())
        elif number == 7:
            nodes.append(_node(value, 0))
        elif number == 9:
            opsets.update([_opset(value)])
        elif number == 11:
            name, found = _attribute(value, 0)
            defaults[name] = found
    return (texts[10], texts[1]), Function(tuple(inputs), tuple(outputs), tuple(nodes), defaults, opsets)


def _opset(message: Message) -> tuple[str, int]:
    domain, version = "", 0
    for number, kind, value in message.fields():
        if number == 1 and kind == STRETCH:
            domain = value.text()
        elif number == 2 and kind == VARINT:
            version = value
    return "" if domain == "ai.onnx" else domain, version


def _noted(message: Message, wanted: str) -> str:
    """Return what is noted under a key; empty where it is noted under another, or is no text of that size."""
    key, text = "", None
    for number, kind, value in message.fields():
        if number == 1 and kind == STRETCH:
            key = value.text()
        elif number == 2 and kind == STRETCH:
            text = value
    return (
        "" if key != wanted or text is None or text.size() > LONGEST_NOTE else text.bytes().decode("utf-8", "replace")
    )
