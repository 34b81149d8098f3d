"""What an ONNX file says, in records: tensors, nodes, graphs, functions.

Names and meanings are those of https://onnx.ai/onnx/repo-docs/IR.html.
"""

from typing import Any

from convcli.quantity import Shape
from convcli.record import Record

Dims = tuple[int | str, ...]
"""Sizes; an open one is a name, which may be empty."""

TYPES = {
    2: "uint8", 3: "int8", 4: "int32", 5: "int32", 6: "int32", 7: "int64", 9: "bool", 12: "int64", 13: "int64",
    21: "uint8", 22: "int8", 25: "uint8", 26: "int8",
}  # fmt: skip
"""Types by their numbers; all others are floating point, of the type that is asked about.

What torch hardly knows, an unsigned number or one of four bits, is the next that holds it.
"""


class Tensor(Record):
    """A constant. `values` are None where there are too many, or they are in another file."""

    name: str
    shape: Shape
    type: int
    values: tuple[Any, ...] | None


class Value(Record):
    """What a file says of a tensor; `dims` is None where it says nothing of its size."""

    name: str
    type: int
    dims: Dims | None


class Reference(Record):
    """The attribute of the function that a node's attribute is."""

    name: str


class Node(Record):
    """One operator applied; `scope` is the path of the module that it came from, where a file says so."""

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    scope: str = ""

    def key(self) -> str:
        """Return the operator with its domain, by which tables have it."""
        return f"{self.domain}::{self.op}" if self.domain else self.op


class GraphPart(Record):
    """A graph, or the body of a loop or of a condition."""

    nodes: tuple[Node, ...]
    constants: dict[str, Tensor]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    values: dict[str, Value]


class Function(Record):
    """An operator that a file defines by others."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    defaults: dict[str, Any]
    opsets: dict[str, int]


class Model(Record):
    """A whole file; `weights` is the list, as JSON, of the inputs that we noted as weights."""

    version: int
    opsets: dict[str, int]
    graph: GraphPart
    functions: dict[tuple[str, str], Function]
    weights: str


def kind_of(number: int) -> str:
    """Return the name of a type by its number."""
    return TYPES.get(number, "float32")
