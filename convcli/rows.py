"""The rows of a report: what is known of each layer by itself."""

from collections.abc import Sequence
from typing import Any

from convcli.argument import Slot
from convcli.graph import Graph, Node
from convcli.memory.measure import Memory
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shape, is_known, product
from convcli.report import Formula, LayerReport, OptionalShape, ReceptiveField
from convcli.tape import BYTES, typed

Formulas = tuple[Formula, ...]


def rows_of(
    graph: Graph, dtype: str, fields: Sequence[ReceptiveField | None], memory: Memory, seen: Sequence[Formulas] | None
) -> list[LayerReport]:
    """Return the row of each layer; with `seen`, how receptive fields come about, all formulas are written out."""
    facts: dict[int, _Facts] = {}
    rows = []
    for at, (node, saved, alive) in enumerate(zip(graph.nodes, memory.saved, memory.alive, strict=True)):
        fact = facts.get(id(node.op))
        if fact is None:
            fact = facts[id(node.op)] = _Facts(node.op, dtype)
        sources = tuple([graph.producer(made) for made in node.inputs])
        sizes = (_bytes(node, dtype), fields[at], saved, alive)
        formulas = () if seen is None else _explained(node) + seen[at]
        rows.append(_row(node, fact, sources, sizes, formulas))
    return rows


class _Facts:
    """What depends on an operator alone, worked out once for all its places."""

    __slots__ = ("args", "buffers", "bytes", "op", "params", "text", "trained", "weights")

    def __init__(self, op: Operator, dtype: str) -> None:
        self.op = op
        self.text = op.text()
        self.args = {name: _known(value) for name, value in op.values.items() if not _is_slot(value)}
        weights = op.weights()
        self.params = sum(product(shape) for shape in weights.values())
        self.weights = {name: _known(shape) for name, shape in weights.items()}
        self.trained = op.trained()
        buffers = op.buffers()
        self.buffers = sum(product(shape) for shape in buffers.values())
        integers = sum(product(shape) for name, shape in buffers.items() if name in op.integer_buffers)
        numbers = self.params + self.buffers - integers
        self.bytes = _known(numbers * BYTES[dtype] + integers * BYTES["int64"])


def _known(value: Any) -> Any:
    """Return a value with None for each number that is not known."""
    if isinstance(value, tuple):
        return tuple(map(_known, value))
    return None if value is UNKNOWN else value


def _is_slot(value: Any) -> bool:
    return isinstance(value, Slot) or (isinstance(value, tuple) and bool(value) and isinstance(value[0], Slot))


def _row(
    node: Node, fact: _Facts, sources: tuple[str, ...],
    sizes: tuple[int | None, ReceptiveField | None, int | None, int | None], formulas: Formulas,
) -> LayerReport:  # fmt: skip
    first = node.call == 1
    answer = node.answer
    macs = answer.macs if answer else UNKNOWN if node.op.computes() else 0
    other_ops = answer.other_ops if answer else UNKNOWN
    outputs = answer.outputs if answer else (None,)
    known = macs is not UNKNOWN
    params = fact.params if first else 0
    return LayerReport(
        node.name, node.module, node.call, node.op.name, fact.text, fact.args, sources,
        tuple(map(open_shape, node.input_shapes)), tuple(map(open_shape, outputs)), fact.weights,
        _known(params), _known(fact.trained) if first else 0, _known(fact.buffers) if first else 0,
        macs if known else None, 2 * macs if known else None, other_ops if other_ops is not UNKNOWN else None,
        macs if known else None, fact.bytes if first else 0, *sizes, formulas, None, node.span, node.via,
    )  # fmt: skip


def _explained(node: Node) -> tuple[Formula, ...]:
    from convcli.formulas import explain  # only --explain needs it

    return explain(node)


def _bytes(node: Node, dtype: str) -> int | None:
    """Return the size of a layer's results."""
    if node.answer is None:
        return None
    size = 0
    for shape, kind in zip(node.answer.outputs, node.answer.dtypes, strict=True):
        size += product(shape) * BYTES[typed(kind, dtype)]
    return size if size is not UNKNOWN else None


def open_shape(shape: Shape | None) -> OptionalShape:
    """Return a shape with None where it is not known."""
    if shape is None or all(map(is_known, shape)):
        return shape
    return tuple(dim if is_known(dim) else None for dim in shape)
