"""A network counted by another tool's table: what each layer costs there, and by which rules."""

from fractions import Fraction
from typing import Any

from convcli.conventions.record import Convention, Number, Rule
from convcli.conventions.tables import Lookup
from convcli.graph import Graph, Node
from convcli.quantity import UNKNOWN
from convcli.record import Record
from convcli.report import Uncounted

Terms = tuple[tuple[Rule, Number], ...] | None
"""What each rule counts for a layer; None where it cannot be known what the tool counts."""


class Counted(Record):
    """The layers of a network by the rules of a table.

    Attributes:
        terms: for each layer, by what the tool divides not yet divided.
        divisor: by what is divided what modules count; 1 for most tools, None where it is not known.
        costs: for each layer, divided and rounded down; None where it cannot be known.
        total: the sum of what is known, rounded down as a whole.
        known: whether that is everything.
    """

    terms: tuple[Terms, ...]
    divisor: int | None
    costs: tuple[int | None, ...]
    total: int
    known: bool


def count(graph: Graph, convention: Convention, *, whole: bool = True) -> Counted:
    """Count a network as a tool does; equal operators on equal inputs are counted once.

    Where a network ends at a mistake, and is not `whole`, or in the open, nobody knows what depends on a layer.
    """
    lookup = Lookup(convention)
    divisor = _divisor(graph) if convention.divides else 1
    known: dict[Any, tuple[Terms, Number | None]] = {}
    joined = whole and graph.whole and graph.outputs
    unused = _unused(graph) if convention.traced and joined else frozenset()
    found: list[tuple[Terms, Number | None]] = []
    for at, node in enumerate(graph.nodes):
        if at in unused:
            found.append(((), 0))
            continue
        key = (id(node.op), node.input_shapes)
        if key not in known:
            terms = _terms(node, lookup)
            cost = _cost(terms, divisor)
            known[key] = None if cost is None else terms, cost
        found.append(known[key])
    costs = [cost for _, cost in found]
    total = sum((cost for cost in costs if cost is not None), start=Fraction(0))
    return Counted(
        tuple(terms for terms, _ in found), divisor,
        tuple(None if cost is None else int(cost) for cost in costs), int(total), None not in costs,
    )  # fmt: skip


def uncosted(graph: Graph, counted: Counted) -> tuple[Uncounted, ...]:
    """Return the operators without a cost, and where they stand."""
    missing: dict[str, list[str]] = {}
    for node, cost in zip(graph.nodes, counted.costs, strict=True):
        if cost is None:
            missing.setdefault(node.op.name, []).append(node.name)
    return tuple(Uncounted(op, tuple(layers), ("cost",)) for op, layers in missing.items())


def _unused(graph: Graph) -> frozenset[int]:
    """Return the places of the nodes of which no output depends."""
    used = {at for at, _ in graph.outputs}
    for at in range(len(graph.nodes) - 1, -1, -1):
        if at in used:
            used.update(source for source, _ in graph.nodes[at].inputs)
    return frozenset(range(len(graph.nodes))) - used


def _divisor(graph: Graph) -> int | None:
    """Return the first axis of the only input; several are given by name, and then nothing is divided."""
    if len(graph.inputs) != 1:
        return 1
    shape = graph.inputs[0].shape
    return None if not shape or shape[0] is UNKNOWN else shape[0]


def _terms(node: Node, lookup: Lookup) -> Terms:
    name = node.op.name
    if name in lookup.nothing:
        return ()
    if name not in lookup.rules or node.answer is None:
        return None
    inputs = [shape for shape in node.input_shapes if shape is not None]
    if len(inputs) < len(node.input_shapes):
        return None
    found = []
    for rule in lookup.rules[name]:
        value = rule.formula.compute(node.op, inputs, node.answer.outputs)
        if value is None or value is UNKNOWN:
            return None
        found.append((rule, rule.times * value))
    return tuple(found)


def _cost(terms: Terms, divisor: int | None) -> Number | None:
    if terms is None:
        return None
    whole = sum((value for rule, value in terms if rule.functional), start=Fraction(0))
    shared = sum((value for rule, value in terms if not rule.functional), start=Fraction(0))
    if not shared:
        return whole
    return None if divisor is None else whole + Fraction(shared, divisor)
