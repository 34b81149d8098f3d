"""A whole network as an ONNX file: operators of version 21, which tools have read since 2024."""

import json
from collections.abc import Callable
from itertools import chain

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph
from convcli.ops.opaque import Opaque
from convcli.quantity import is_known, product
from convcli.writers.onnx_file import elementwise, moving, pooling, recurrent, weighted
from convcli.writers.onnx_file.builder import Builder, Writing
from convcli.writers.onnx_file.initial import numbers
from convcli.writers.onnx_file.wire import each, field, tensor, value

OPSET, VERSION = 21, 10
LARGEST = 2**31 - 2**20
"""Bytes that a protocol buffer may have, all of it, with some room."""
WEIGHTS = "convcli.weights"
"""Under this key a file without weights notes the list of the inputs that they are."""

HELD = ("Buffer", "Unused")

TABLE: dict[str, Callable[[Writing], None]] = {
    name: function
    for function, names in chain(elementwise.ROWS, weighted.ROWS, moving.ROWS, pooling.ROWS, recurrent.ROWS)
    for name in names.split()
}


def onnx_file(graph: Graph, producer: str, *, init: bool) -> bytes:
    """Write a network; its weights are inputs, or with `init` filled with numbers.

    Raises:
        ConvcliError: a layer has no words in ONNX, or the weights are too large for one file.
    """
    builder = Builder(graph)
    for index, node in enumerate(graph.nodes):
        written = TABLE.get(node.op.name)
        writing = Writing(builder, index)
        if written is None or (isinstance(node.op, Opaque) and node.op.name not in HELD):
            writing.refuse(f"`{node.op.name}` has no words there that convcli knows")
        written(writing)
    if init:
        _expect_room(graph, builder)
    data = field(1, VERSION) + field(2, "convcli") + field(3, producer) + field(7, _graph(graph, builder, init=init))
    data += field(8, field(1, "") + field(2, OPSET))
    if builder.weights and not init:
        data += field(14, field(1, WEIGHTS) + field(2, json.dumps([_plain(name) for name in builder.weights])))
    return data


def _graph(graph: Graph, builder: Builder, *, init: bool) -> bytes:
    inputs = [value(one.name, one.shape or (), one.dtype) for one in graph.inputs]
    weights = builder.weights.items()
    constants = [*builder.constants.values()]
    if init:
        constants += [tensor(name, shape, numbers(name, shape, use)) for name, (shape, _, use) in weights]
    else:
        inputs += [value(name, shape, kind) for name, (shape, kind, _) in weights]
    results = dict.fromkeys(graph.outputs)
    outputs = [value(_output(builder, one), graph.shape(one) or (), graph.dtype(one)) for one in results]
    made = each(1, builder.nodes) + field(2, graph.name) + each(5, constants)
    return made + each(11, inputs) + each(12, outputs)


def _plain(name: str) -> str:
    """Return a name as it stands in the file."""
    return name.encode(errors="backslashreplace").decode()


def _output(builder: Builder, result: tuple[int, int]) -> str:
    """Return the name of an output; what no node makes goes through one."""
    name = builder.names[result]
    if result[0] >= 0 and name not in builder.weights:
        return name
    made = builder.unique("output")
    builder.nodes.append(field(1, name) + field(2, made) + field(3, made) + field(4, "Identity"))
    return made


def _expect_room(graph: Graph, builder: Builder) -> None:
    size = 4 * sum(product(shape) for shape, _, _ in builder.weights.values())
    if not is_known(size) or size > LARGEST:
        message = f"the weights of {graph.name} have {size:,} bytes, and an ONNX file has at most 2 GiB"
        raise ConvcliError([Diagnostic("CV079", message, help="leave `--init` out; the weights are inputs then")])
