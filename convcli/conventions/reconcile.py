"""From our number to another tool's, line by line: each rule that makes a difference, and the layers where it does."""

from collections.abc import Iterator
from fractions import Fraction

from convcli.conventions.count import Counted, Terms
from convcli.conventions.record import Convention, Number
from convcli.conventions.tables import Lookup
from convcli.graph import Graph, Node
from convcli.op import Operator
from convcli.quantity import UNKNOWN
from convcli.report import Difference, Uncertain, Versus

Line = tuple[str, Number]
"""A rule's sentence, and what it adds to our number."""


def reconcile(graph: Graph, convention: Convention, counted: Counted) -> Versus:
    """Explain the difference between what we count and what a tool does.

    The lines sum exactly. Layers of which it is not known what the tool counts are taken out of
    our number, in lines of their own, and the tool's number is one from below.
    """
    lookup = Lookup(convention)
    sums: dict[str, tuple[Number, list[str]]] = {}
    ours, ours_known = 0, True
    for node, terms in zip(graph.nodes, counted.terms, strict=True):
        macs = _macs(node)
        ours_known &= macs is not UNKNOWN
        own = 0 if macs is UNKNOWN else convention.ours(macs)
        ours += own
        for sentence, value in _lines(node, terms, own, lookup):
            total, layers = sums.get(sentence, (0, []))
            if value:
                layers.append(node.name)
            sums[sentence] = total + value, layers
    sums |= _division(graph, counted)
    found = [Difference(_plain(value), text, tuple(layers)) for text, (value, layers) in sums.items() if value]
    rest = counted.total - ours - sum((one.value for one in found), start=Fraction(0))
    if rest:
        found.append(Difference(_plain(rest), "rounded down to a whole number", ()))
    return Versus(
        convention.name, convention.version, convention.says, convention.unit, ours, ours_known, counted.total,
        counted.known, tuple(found), _silent(graph, lookup), _unseen(graph, counted, lookup),
    )  # fmt: skip


def _macs(node: Node) -> int:
    if node.answer:
        return node.answer.macs
    return UNKNOWN if type(node.op).macs is not Operator.macs else 0


def _lines(node: Node, terms: Terms, own: int, lookup: Lookup) -> Iterator[Line]:
    """Give the differences that a layer makes."""
    name = node.op.name
    if terms is None:
        yield f"{name}: {_reason(node, lookup)}", -own
    elif name in lookup.nothing:
        yield f"{name} not counted: {lookup.nothing[name].sentence}", -own
    elif not terms:
        yield "no output depends on it: a traced graph leaves it out", -own
    else:
        for rule, value in terms:
            yield rule.sentence, value - own if rule.formula.products else value


def _reason(node: Node, lookup: Lookup) -> str:
    name = node.op.name
    if name in lookup.unseen:
        return lookup.unseen[name].sentence
    if name not in lookup.rules:
        return "not in the table of the convention"
    return "the tool fails on such a layer" if node.is_settled() else "sizes are not known"


def _division(graph: Graph, counted: Counted) -> dict[str, tuple[Number, list[str]]]:
    """Return the line of what is divided by the batch, where it is."""
    if counted.divisor in (1, None):
        return {}
    shared: Number = 0
    layers = []
    for node, terms in zip(graph.nodes, counted.terms, strict=True):
        own = sum((value for rule, value in terms or () if not rule.functional), start=Fraction(0))
        shared += own
        layers += [node.name] if own else []
    divided = Fraction(shared, counted.divisor)
    return {f"what modules count is divided by the batch of {counted.divisor}": (divided - shared, layers)}


def _silent(graph: Graph, lookup: Lookup) -> tuple[Uncertain, ...]:
    """Return the operators for which the tool counts nothing."""
    found: dict[str, list[str]] = {}
    for node in graph.nodes:
        if node.op.name in lookup.nothing:
            found.setdefault(node.op.name, []).append(node.name)
    return tuple(Uncertain(op, lookup.nothing[op].sentence, tuple(layers)) for op, layers in found.items())


def _unseen(graph: Graph, counted: Counted, lookup: Lookup) -> tuple[Uncertain, ...]:
    """Return the operators of which it is not known what the tool counts."""
    found: dict[tuple[str, str], list[str]] = {}
    for node, terms in zip(graph.nodes, counted.terms, strict=True):
        if terms is None:
            found.setdefault((node.op.name, _reason(node, lookup)), []).append(node.name)
    return tuple(Uncertain(op, why, tuple(layers)) for (op, why), layers in found.items())


def _plain(value: Number) -> Number:
    return int(value) if value == int(value) else value
