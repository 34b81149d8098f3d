"""A model on its way: nodes, constants and weights, and the names of tensors."""

import struct
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from convcli.argument import Slot
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph, Node, Result
from convcli.quantity import Shape, is_known
from convcli.writers.onnx_file.wire import attribute, each, field, tensor


class Builder:
    """Collects what a file is made of."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: list[bytes] = []
        self.constants: dict[str, bytes] = {}
        self.weights: dict[str, tuple[Shape, str, str]] = {}
        """Each with its size, its type and what it is for."""
        self.paths: dict[str, str] = {}
        self.names: dict[Result, str] = {(-1 - at, 0): one.name for at, one in enumerate(graph.inputs)}
        self.taken = {*self.names.values()}
        self.owned: dict[str, str] = {}
        self.read = {*graph.outputs, *(one for node in graph.nodes for one in node.inputs)}

    def unique(self, name: str) -> str:
        """Return a name that no tensor has yet."""
        found, at = name, 1
        while found in self.taken:
            found, at = f"{name}_{at}", at + 1
        self.taken.add(found)
        return found

    def constant(self, values: Sequence[Any], shape: Sequence[int] | None = None, *, real: bool = False) -> str:
        """Return the name of a constant of whole or of real numbers; equal ones are the same."""
        kind = "float32" if real else "int64"
        shape = (len(values),) if shape is None else shape
        data = struct.pack(f"<{len(values)}{'f' if real else 'q'}", *values)
        key = f"{kind}{(*shape,)}{data!r}"
        if key not in self.owned:
            name = self.owned[key] = self.unique(f"const.{len(self.constants)}")
            self.constants[name] = tensor(name, shape, data, kind)
        return self.owned[key]

    def weight(self, path: str, shape: Shape, kind: str, use: str) -> str:
        """Return the name of a weight, its path where nothing else is called so."""
        if path not in self.paths:
            name = self.paths[path] = self.unique(path)
            self.weights[name] = shape, kind, use
        return self.paths[path]

    def number(self, value: float) -> str:
        """Return the name of a single real number."""
        return self.constant([float(value)], (), real=True)


class Writing:
    """One layer on its way: what it reads, what it gives, and the nodes that it becomes."""

    def __init__(self, builder: Builder, index: int) -> None:
        self.builder = builder
        self.node: Node = builder.graph.nodes[index]
        self.op = self.node.op
        self.index = index
        self.inputs = [builder.names[one] for one in self.node.inputs]
        answer = self.node.answer
        shapes = [*self.node.input_shapes, *(answer.outputs if answer else [None])]
        if any(shape is None or not all(map(is_known, shape)) for shape in shapes):
            self.refuse("its sizes are not known")
        self.shapes: list[Shape] = [shape or () for shape in self.node.input_shapes]
        self.outputs: tuple[Shape, ...] = answer.outputs if answer else ()

    @property
    def x(self) -> str:
        """The tensor that flows in."""
        return self.inputs[0]

    @property
    def shape(self) -> Shape:
        """The shape of what flows in."""
        return self.shapes[0]

    def argument(self, name: str) -> Any:
        """Return an argument as it was given."""
        return self.op.values.get(name)

    def tensor(self, name: str) -> str:
        """Return the tensor that an argument stands for, or a constant of its number."""
        value = self.op.values.get(name)
        return self.inputs[value.input] if isinstance(value, Slot) else self.builder.number(float(value or 0))

    def weight(self, name: str) -> str:
        """Return one of the layer's own weights or buffers."""
        path = f"{self.node.module or self.node.name}.{name}"
        shapes = {**self.op.weights(), **self.op.buffers()}
        return self.builder.weight(path, shapes[name], "float32", name)

    def has(self, name: str) -> bool:
        """Say whether the layer has a weight or a buffer of this name."""
        return name in self.op.weights() or name in self.op.buffers()

    def emit(
        self, op: str, inputs: Sequence[str], *, many: int = 1, last: bool = False, **attributes: Any
    ) -> list[str]:
        """Write a node; with `last` it gives the layer's results."""
        name = self.node.name if last else self.builder.unique(f"{self.node.name}.{op.lower()}")
        outputs = [self.result(at) if last else name if not at else f"{name}:{at}" for at in range(many)]
        data = each(1, inputs) + each(2, outputs) + field(3, name) + field(4, op)
        given = {key: value for key, value in attributes.items() if value is not None}
        self.builder.nodes.append(data + each(5, [attribute(key, value) for key, value in given.items()]))
        return outputs

    def one(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Write a node on the way, and return what it gives."""
        return self.emit(op, inputs, **attributes)[0]

    def last(self, op: str, *inputs: str, **attributes: Any) -> None:
        """Write the node that gives the layer's result."""
        self.emit(op, inputs, last=True, **attributes)

    def result(self, at: int) -> str:
        """Return the name of one of the layer's results."""
        key = (self.index, at)
        if key not in self.builder.names:
            self.builder.names[key] = self.builder.unique(self.node.name if not at else f"{self.node.name}:{at}")
        return self.builder.names[key]

    def ints(self, *values: int) -> str:
        """Return a list of whole numbers."""
        return self.builder.constant(values)

    def filled(self, value: float, shape: Sequence[int]) -> str:
        """Return a tensor of one number, which nobody takes for a weight since it is worked out."""
        return self.one("Expand", self.builder.number(value), self.ints(*shape))

    def refuse(self, why: str) -> NoReturn:
        """Refuse a layer that cannot be written.

        Raises:
            ConvcliError: always.
        """
        message = f"`{self.node.name}` cannot be written as ONNX: {why}"
        help = "`--to torch` writes any network"
        raise ConvcliError([Diagnostic("CV078", message, self.node.span, help=help, via=self.node.via)])


Row = tuple[Callable[[Writing], None], str]
"""What writes some operators, and their names."""
