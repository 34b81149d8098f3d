"""The graph of a network: the one record between the formats that come in and the thinking."""

from collections.abc import Mapping

from convcli.op import Answer, Operator
from convcli.quantity import Shape, is_known
from convcli.record import Record
from convcli.source import Span

Result = tuple[int, int]
"""A tensor: the index of the node that makes it (graph input k is -1 - k) and which of its results."""


class Input(Record):
    """A tensor that flows into the network; its shape is None where nothing is known of it."""

    name: str
    shape: Shape | None
    dtype: str


class Node(Record):
    """One operator at one place.

    `module` is the path of the module applied, None for functions; `call` counts its calls, and
    from the second on its weights are not counted again. `via` are the calls of blocks that led
    to `span`, the innermost first.
    """

    __slots__ = ()

    name: str
    module: str | None
    call: int
    op: Operator
    inputs: tuple[Result, ...]
    input_shapes: tuple[Shape | None, ...]
    answer: Answer | None
    span: Span | None
    via: tuple[Span, ...]

    def is_settled(self) -> bool:
        """Say whether all sizes are known."""
        results = (None,) if self.answer is None else self.answer.outputs
        return all(shape is not None and all(map(is_known, shape)) for shape in (*self.input_shapes, *results))


class Graph(Record):
    """A network with every name, number and shape settled, its nodes in order of execution."""

    name: str
    source: str
    format: str
    variant: str | None
    batch: int
    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Result, ...]
    kinds: Mapping[str, str] = {}
    """What the scopes are, blocks or classes, by the names under which their nodes stand; not all are known."""
    failed: Span | None = None
    """Where the mistake stands before which the graph ends, if that is known."""
    keys: tuple[str, ...] = ()
    """What a model calls its outputs, a dictionary's keys say; empty where it gives them in order."""
    whole: bool = True
    """Whether this is all of it: else it goes on behind its output in a way that nobody knows."""

    def producer(self, result: Result) -> str:
        """Return the name of what makes a tensor."""
        return self.nodes[result[0]].name if result[0] >= 0 else self.inputs[-1 - result[0]].name

    def open_end(self) -> str:
        """Say where a network goes on in a way that nobody knows; empty where it is whole."""
        return "" if self.whole else f"{self.name} ends in the open at `{self.producer(self.outputs[0])}`"

    def shape(self, result: Result) -> Shape | None:
        """Return the shape of a tensor, None where nothing is known of it."""
        node, output = result
        if node < 0:
            return self.inputs[-1 - node].shape
        answer = self.nodes[node].answer
        return answer.outputs[output] if answer else None

    def dtype(self, result: Result) -> str:
        """Return the type of a tensor's numbers."""
        node, output = result
        if node < 0:
            return self.inputs[-1 - node].dtype
        answer = self.nodes[node].answer
        return answer.dtypes[output] if answer else "float32"
