"""Which numbers of a network are its batch: those that follow when the network is made for another one.

A source has no such number: it asks a tensor at hand for its size.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from convcli.diagnostics import Refusal
from convcli.graph import Graph, Node, Result
from convcli.ops.opaque import Opaque
from convcli.ops.slicing import Slice
from convcli.outline.scopes import Call
from convcli.quantity import Shape
from convcli.record import Record


class Pair(Record):
    """A network at two batches; `other` is None where there is only one.

    Attributes:
        graph: the network that is written.
        other: the same nodes at another batch.
        holds: whether the network takes other batches, as far as that is known.
    """

    graph: Graph
    other: Graph | None
    holds: bool


def paired(graph: Graph, again: Callable[[int], Graph | None]) -> Pair:
    """Make a network for another batch, with `again`, and find whether it has the same nodes there.

    A model that was called with a batch of 1 may have fewer: what expands 1 to 1 does nothing. Then two larger
    batches are compared; what is written of them does the same with a batch of 1.
    """
    batch = batch_of(graph)
    if batch is None:
        return Pair(graph, None, holds=True)
    other = again(batch + 2)
    if other is None:
        return Pair(graph, None, holds=_takes(graph, batch + 2))
    if _same_nodes(graph, other):
        return Pair(graph, other, holds=True)
    larger = again(batch + 1)
    if larger is not None and _same_nodes(larger, other):
        return Pair(larger, other, holds=True)
    return Pair(graph, None, holds=False)


def batch_of(graph: Graph) -> int | None:
    """Return the batch of a network's first input; None where it can have none."""
    shape = graph.inputs[0].shape if graph.inputs else None
    return shape[0] if shape else None


def at_batch(graph: Graph, batch: int) -> list[Shape]:
    """Return the shapes of a network's inputs at another batch: the first axes that are the network's own change."""
    own = batch_of(graph)
    shapes = [made.shape or () for made in graph.inputs]
    return [(batch, *shape[1:]) if shape and shape[0] == own else shape for shape in shapes]


def _same_nodes(graph: Graph, other: Graph) -> bool:
    """Say whether two networks are one but for numbers in their functions."""
    if len(graph.nodes) != len(other.nodes) or graph.outputs != other.outputs:
        return False
    return all(map(_alike, graph.nodes, other.nodes))


def _alike(one: Node, other: Node) -> bool:
    fields = ("name", "module", "call", "inputs")
    if one.op.name != other.op.name or any(getattr(one, field) != getattr(other, field) for field in fields):
        return False
    return not one.op.module or (one.op.values == other.op.values and one.op.weights() == other.op.weights())


def _takes(graph: Graph, batch: int) -> bool:
    """Say whether another batch flows through the same operators, none of which refuses it."""
    shapes: dict[Result, Shape] = {(-1 - place, 0): shape for place, shape in enumerate(at_batch(graph, batch))}
    for at, node in enumerate(graph.nodes):
        inputs = tuple(shapes[tensor] for tensor in node.inputs)
        try:
            answer = node.op.answer(inputs, tuple(graph.dtype(tensor) for tensor in node.inputs))
        except (Refusal, IndexError):
            return False
        shapes.update({(at, number): shape for number, shape in enumerate(answer.outputs)})
    return all(shapes[tensor] != graph.shape(tensor) for tensor in graph.outputs)


class Spoken(int):
    """A number that is written as what gives it."""

    text: str

    def __repr__(self) -> str:
        return self.text or super().__repr__()

    __str__ = __repr__


class Sizes:
    """Says the numbers of a function that follow the batch as sizes of tensors at hand.

    `unsaid` counts those for which there are no words.
    """

    def __init__(self, pair: Pair) -> None:
        self.graph = pair.graph
        self.other = pair.other
        self.unsaid = 0

    def values(
        self, at: int, scope: Call, alike: Sequence[Call], at_hand: Callable[[], Mapping[str, Result]]
    ) -> Mapping[str, Any]:
        """Return the arguments of a function; `at_hand` gives the tensors that have names, those that it reads first.

        Few functions follow the batch, and the tensors at hand may be many.
        """
        op = self.graph.nodes[at].op
        if self.other is None or op.values == self.other.nodes[at].op.values:
            return op.values
        places, names = [Place(scope, call) for call in alike or (scope,)], at_hand()

        def spoken(value: Any, other: Any) -> Any:
            if value == other or type(value) is not type(other):
                return value
            if isinstance(value, Slice):
                return Slice(*map(spoken, value, other))
            if isinstance(value, tuple) and len(value) == len(other):
                return self.rest(op.name, tuple(map(spoken, value, other)))
            return _spoken(value, next(self.words(value, other, places, names), "")) if type(value) is int else value

        values = {name: spoken(value, self.other.nodes[at].op.values[name]) for name, value in op.values.items()}
        self.unsaid += "" in map(_text, _flat(tuple(values.values())))
        return values

    def expect_alike(self, at: int) -> None:
        """Note a call of torch's own that has other numbers at the other batch: there are no words for them."""
        if self.other is not None and str(self.call(self.graph, at)) != str(self.call(self.other, at)):
            self.unsaid += 1

    @staticmethod
    def call(graph: Graph, at: int) -> Any:
        """Return the arguments of a call of torch's own."""
        op = graph.nodes[at].op
        return op.call if isinstance(op, Opaque) else None

    def rest(self, function: str, sizes: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the sizes of a reshape with -1 for one that is no tensor's own."""
        texts = [_text(size) for size in sizes]
        open_ = [place for place, text in enumerate(texts) if text is not None]
        if function not in ("reshape", "view") or len(open_) != 1 or -1 in sizes or str(texts[open_[0]]).endswith("]"):
            return sizes
        return tuple(_spoken(size, "-1") if place in open_ else size for place, size in enumerate(sizes))

    def words(self, value: int, other: int, places: Sequence["Place"], names: Mapping[str, Result]) -> Iterator[str]:
        """Give the ways in which a number follows a tensor at hand, wherever the scope is called."""
        many: list[str] = []
        for name, tensor in names.items():
            columns = [self.sizes(place.of(tensor)) for place in places]
            for axis in range(len(columns[0])):
                sizes = {column[axis] for column in columns if axis < len(column)}
                if len(sizes) != 1:
                    continue
                ((one, two),) = sizes
                if (one, two) == (value, other):
                    yield f"{name}.shape[{axis}]"
                elif one != two and value * two == other * one and not value % one:
                    many.append(f"{name}.shape[{axis}] * {value // one}")
                elif one != two and value * two == other * one and not one % value:
                    many.append(f"{name}.shape[{axis}] // {one // value}")
        yield from many

    def sizes(self, tensor: Result) -> tuple[tuple[int, int], ...]:
        """Return each size of a tensor, at both batches."""
        one, two = self.graph.shape(tensor), self.other.shape(tensor) if self.other else None
        return tuple(zip(one, two, strict=True)) if one and two and len(one) == len(two) else ()


class Place(Record):
    """A node in a scope that is written once for all that are alike: where it is in another one of them."""

    scope: Call
    call: Call

    def of(self, tensor: Result) -> Result:
        """Return the tensor of the other scope that stands in the place of one in this scope."""
        if tensor in self.scope.inputs:
            return self.call.inputs[self.scope.inputs.index(tensor)]
        return tensor[0] - begin(self.scope) + begin(self.call), tensor[1]


def begin(call: Call) -> int:
    """Return the index of a scope's first node."""
    step = call.steps[0]
    return begin(step) if isinstance(step, Call) else int(step)


def _spoken(value: int, text: str) -> Spoken:
    made = Spoken(value)
    made.text = text
    return made


def _text(value: Any) -> str | None:
    """Return what a number is written as; None for those that are written as they are."""
    return value.text if isinstance(value, Spoken) else None


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for item in value:
            yield from _flat(item)
    else:
        yield value
