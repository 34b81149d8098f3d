"""Expressions with layers in them: `out: x + (Conv2d(_, 64, 1) | BatchNorm2d(_))` is one item."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from convcli.graph import Graph, Node, Result
from convcli.outline.scopes import Call
from convcli.writers.network_yaml.words import function


class Nested:
    """Writes a scope and the function behind it, which has the scope's name, as one expression."""

    def __init__(self, graph: Graph, refer: Callable[[Result], str], layer: Callable[[Node], str], x: Any) -> None:
        self.graph = graph
        self.refer = refer
        self.layer = layer
        self.x = x
        self.inner: set[int] = set()
        self.written: list[int] = []

    def text(self, scope: Any, at: Any) -> str | None:
        """Return the expression, None where it is none."""
        if not isinstance(scope, Call) or not isinstance(at, int) or self.graph.nodes[at].name != scope.path:
            return None
        node = self.graph.nodes[at]
        if node.module is not None or any(isinstance(step, Call) for step in scope.steps):
            return None
        self.inner = set(scope.steps)
        read = Counter(tensor for step in (*scope.steps, at) for tensor in self.graph.nodes[step].inputs)
        if any(read[step, 0] != 1 or not self.is_plain(self.graph.nodes[step]) for step in scope.steps):
            return None
        found = function(node.op, [self.tensor(tensor) for tensor in node.inputs])
        return found if self.written == list(scope.steps) else None

    @staticmethod
    def is_plain(node: Node) -> bool:
        """Say whether a call gives one tensor, and its layer, if it is one, stands nowhere else."""
        return node.call == 1 and not node.op.several and node.answer is not None and len(node.answer.outputs) == 1

    def tensor(self, tensor: Result) -> str:
        """Return what gives a tensor."""
        at = tensor[0]
        if at not in self.inner:
            return self.refer(tensor)
        chain = self.chain(at)
        if chain is not None:
            return chain[0] if len(chain) == 1 else f"({' | '.join(chain)})"
        node = self.graph.nodes[at]
        inputs = [self.tensor(one) for one in node.inputs]
        self.written.append(at)
        if node.module is not None:
            return f"{self.layer(node)}({', '.join(inputs)})"
        text = function(node.op, inputs)
        return text if text.startswith(f"{node.op.name}(") else f"({text})"

    def chain(self, at: int) -> list[str] | None:
        """Return layers one after the other that begin with the tensor that flows."""
        node = self.graph.nodes[at]
        if at not in self.inner or node.module is None or len(node.inputs) != 1:
            return None
        before = [] if node.inputs[0] == self.x else self.chain(node.inputs[0][0])
        if before is None:
            return None
        self.written.append(at)
        return [*before, self.layer(node)]
