"""Graphs within a graph: the bodies of functions, branches and loops, and what they take from outside."""

from collections import ChainMap, Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from convcli.aten.call import Call, Ref
from convcli.onnx.asked import Asked, Flow
from convcli.onnx.constants import Constant
from convcli.onnx.keeper import Scope
from convcli.onnx.record import Function, GraphPart, Model, Node, Reference, Tensor, Value
from convcli.onnx.turn import House, WrongError
from convcli.quantity import Shape, is_known
from convcli.record import Record

DEEPEST = 32
"""Functions and bodies within each other."""
EMPTY = Flow(Ref(0, (), "float32"))
"""An input of a function that is left out."""


class Frame(Record):
    """Where a node stands: the tensors that are there, what the file says of sizes, versions, and how deep it is."""

    scope: Scope
    values: dict[str, Value]
    opsets: dict[str, int]
    depth: int = 0

    def within(self, scope: Scope, values: dict[str, Value], opsets: dict[str, int]) -> "Frame":
        """Return the frame of a graph within this one.

        Raises:
            WrongError: it is too deep.
        """
        if self.depth >= DEEPEST:
            raise WrongError(f"functions and bodies stand in each other more than {DEEPEST} deep")
        return Frame(scope, values, opsets, self.depth + 1)


class Walker(House, Protocol):
    """What goes through the nodes of a graph."""

    model: Model
    calls: list[Call]
    linear: dict[int, int]
    read: set[str]
    standing: dict[int, Ref]
    repeated: int
    """The nodes of bodies that were gone through."""

    def hold(self, tensor: Tensor, scope: Scope) -> None:
        """Put a constant of the file where nodes find it."""

    def found(self, name: str, scope: Scope) -> Flow:
        """Return a tensor by its name."""

    def within(self, more: int) -> None:
        """Count what is to be done; no file makes it more than is allowed."""

    def run(self, nodes: Sequence[Node], frame: Frame) -> None:
        """Go through nodes."""

    def apply(self, asked: Asked, frame: Frame) -> None:
        """Work out what a node gives, and write down what it does."""


class Body:
    """A graph in an attribute, made ready to be gone through any number of times."""

    def __init__(self, walk: Walker, graph: GraphPart, frame: Frame) -> None:
        self.walk = walk
        self.graph = graph
        self.base = ChainMap[str, Flow]({}, frame.scope)
        self.frame = frame.within(self.base, graph.values, frame.opsets)
        for tensor in graph.constants.values():
            walk.hold(tensor, self.base)
        walk.run([node for node in graph.nodes if node.op == "Constant"], self.frame)
        self.nodes = [node for node in graph.nodes if node.op != "Constant"]

    def run(self, given: Sequence[Flow]) -> list[Flow]:
        """Go through the nodes once, with tensors for the inputs, and return the results."""
        self.walk.repeated += len(self.nodes) + 1
        scope = self.base.new_child({one.name: flow for one, flow in zip(self.graph.inputs, given, strict=False)})
        self.walk.run(self.nodes, self.frame._replace(scope=scope))
        return [self.walk.found(one.name, scope) for one in self.graph.outputs]


def applied(
    walk: Walker,
    op: str,
    flows: Sequence[Flow],
    frame: Frame,
    like: Asked,
    attributes: Mapping[str, Any],
    many: int = 1,
) -> list[Flow]:
    """Do what an operator does that a file has not written, in the place of a node that says the same.

    One whose name has that operator's in it, `QLinearAdd` say, is called as the node is.
    """
    names = tuple(f"result{at}" for at in range(many))
    old = like.node
    same = op in old.op
    name = old.name if same or not old.name else f"{old.name}.{op.lower()}"
    node = Node(op, "", name, ("",) * len(flows), names, dict(attributes), old.scope)
    scope: Scope = {}
    walk.apply(Asked(node, tuple(flows), NEWEST, like.leaf if same else ""), frame._replace(scope=scope, values={}))
    return [scope[name] for name in names]


NEWEST = 21
"""The version of operators that we write ourselves."""


def numbers(walk: Walker, values: Sequence[int], shape: Shape | None = None) -> Flow:
    """Return a constant of whole numbers."""
    shape = (len(values),) if shape is None else shape
    ref = walk.fresh(shape, "int64")
    walk.standing[ref.id] = ref
    return Flow(ref, Constant(shape, tuple(values)), standing=True)


def number_of(flow: Flow) -> int | None:
    """Return the one number that a tensor is known to be."""
    known = flow.constant
    return int(known.values[0]) if known is not None and len(known.values) == 1 and is_known(known.values[0]) else None


def stacked(walk: Walker, like: Asked, parts: Sequence[Flow], axis: int, frame: Frame) -> Flow:
    """Return tensors as one, along a new axis."""
    if not parts:
        return Flow(walk.fresh(None, "float32"))
    rows = [applied(walk, "Unsqueeze", [one, numbers(walk, (axis,))], frame, like, {})[0] for one in parts]
    return applied(walk, "Concat", rows, frame, like, {"axis": axis})[0]


def spread(asked: Asked) -> Asked:
    """Put the tensors of a list where the list is, for operators that know no lists."""
    if not any(flow is not None and flow.parts is not None for flow in asked.inputs):
        return asked
    inputs = [part for flow in asked.inputs for part in ((None,) if flow is None else flow.tensors)]
    return asked._replace(inputs=tuple(inputs))


def filled(attributes: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Put a function's attributes where its nodes refer to them."""
    found = {name: given.get(one.name) if isinstance(one, Reference) else one for name, one in attributes.items()}
    return {name: one for name, one in found.items() if one is not None}


def uses_of(graph: GraphPart) -> Counter[str]:
    """Count how often each tensor is read."""
    found = Counter(one.name for one in graph.outputs)
    for node in graph.nodes:
        found.update(node.inputs)
        found.update(taken_from_outside(node))
    return found


def taken_from_outside(node: Node) -> set[str]:
    """Return the names that the graphs in a node's attributes read and do not have."""
    found: set[str] = set()
    for body in node.attributes.values():
        if isinstance(body, GraphPart):
            own = {one.name for one in body.inputs} | {*body.constants}
            for inner in body.nodes:
                found |= ({name for name in inner.inputs if name} | taken_from_outside(inner)) - own
                own.update(inner.outputs)
    return found


def steps(
    nodes: tuple[Node, ...], functions: dict[tuple[str, str], Function], known: dict[tuple[str, str], int], levels: int
) -> int:
    """Return how many nodes there are with those of functions, at least: functions may double one another."""
    total = len(nodes)
    for key in ((node.domain, node.op) for node in nodes):
        if key in functions and key not in known and levels > 0:
            known[key] = 0  # one that calls itself is refused when it is run
            known[key] = steps(functions[key].nodes, functions, known, levels - 1)
        total += known.get(key, 0)
    return total
