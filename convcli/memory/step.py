"""The most memory that one step of training takes: a forward pass, backward through every call, the optimiser.

Backward walks the calls in opposite order. Each makes a gradient for every input that wants one, in
the result's own storage where the gradient goes on as it is, and the gradients of its weights; then
the result's gradient and what the call kept are let go. A second gradient for the same tensor is
added in place, unless the first is shared.
"""

from convcli.graph import Graph, Node
from convcli.graph import Result as Place
from convcli.memory.inference import let_go, maker_name
from convcli.memory.trace import FOREVER, Trace
from convcli.quantity import product
from convcli.record import Record
from convcli.report import Alive
from convcli.tape import BYTES

FORWARD, BACKWARD, STEP = "forward", "backward", "step"

OPTIMIZERS: dict[str, tuple[int, int]] = {"sgd": (0, 0), "momentum": (1, 0), "adam": (2, 1), "adamw": (2, 1)}
"""For each optimiser its state, and what its step takes on top, in multiples of the weights, with torch's `foreach`."""


class Step(Record):
    """The peak of a step, in activations and gradients alone, and where it stands."""

    bytes: int
    phase: str
    at: int | None
    layer: str | None


Gradient = list[int]
"""A gradient in memory: its bytes, and how many hold it."""

Key = int | Place
"""Under what a tensor's gradient is kept: the node for its first result, which is nearly all there are."""


def step_peak(graph: Graph, found: Trace, dtype: str, optimizer: str) -> Step:
    """Return the most that activations and gradients take together in one step."""
    simulation = _Simulation(graph, found, dtype)
    simulation.forward()
    simulation.backward()
    simulation.note(simulation.weights * OPTIMIZERS[optimizer][1], STEP, None)
    return simulation.peak


def heaviest_kept(graph: Graph, found: Trace, step: Step) -> tuple[Alive, ...]:
    """Return the three largest activations that are kept for backward at the peak of a step."""
    if step.at is None:
        return ()
    kept = [storage for saved in found.saved[: step.at + 1] for storage in saved]
    kept.sort(key=lambda storage: -found.sizes[storage])
    return tuple(Alive(maker_name(graph, found, storage), found.sizes[storage]) for storage in kept[:3])


class _Simulation:
    """Memory while a step runs."""

    def __init__(self, graph: Graph, found: Trace, dtype: str) -> None:
        self.graph, self.found, self.bytes = graph, found, BYTES[dtype]
        self.alive = sum(found.sizes[made[0]] for made in found.inputs)
        self.peak = Step(self.alive, FORWARD, None, None)
        self.gradients: dict[Key, Gradient] = {}
        self.modules: set[str | None] = set()
        self.weights_of: dict[int, int] = {}
        self.weights = 0

    def note(self, more: int, phase: str, at: int | None) -> None:
        """Compare what is alive now, and `more`, with the peak."""
        if self.alive + more > self.peak.bytes:
            self.peak = Step(self.alive + more, phase, at, None if at is None else self.graph.nodes[at].name)

    def forward(self) -> None:
        """Make what the calls make; what is kept for backward stays."""
        freed = let_go(self.found, len(self.graph.nodes))
        alive, peak, top = self.alive, self.alive, None
        for at, use in enumerate(self.found.uses):
            if alive + use.during > peak:
                peak, top = alive + use.during, at
            alive += use.left - freed[at]
        self.note(peak - self.alive, FORWARD, top)
        self.alive = alive

    def backward(self) -> None:
        """Walk back from the outputs."""
        found, gradients, nodes = self.found, self.gradients, self.graph.nodes
        for at, number in self.graph.outputs:
            if at >= 0 and found.results[at][number][1].grad:
                self._arrive((at, number) if number else at, self._new(found.results[at][number][2]), at)
        sizes, saved, last = found.sizes, found.saved, found.last
        for at in range(len(nodes) - 1, -1, -1):
            arrived = [gradients.pop(at)] if at in gradients else []
            if len(found.results[at]) > 1:
                keys = ((at, number) for number in range(1, len(found.results[at])))
                arrived += [gradients.pop(key) for key in keys if key in gradients]
            if arrived:
                self._back(at, nodes[at], arrived)
            for storage in saved[at]:
                if last[storage] < FOREVER:  # inputs and outputs stay
                    self.alive -= sizes[storage]

    def _back(self, at: int, node: Node, arrived: list[Gradient]) -> None:
        passes, results, gradients = self.found.uses[at].passes, self.found.results, self.gradients
        for number, (maker, result) in enumerate(node.inputs):
            if maker >= 0:
                _, state, size = results[maker][result]
                if state.grad:
                    key = (maker, result) if result else maker
                    if passes or key in gradients:
                        self._arrive(key, arrived[0] if number in passes else self._new(size), at)
                    else:
                        gradients[key] = [size, 1]
                        self.alive += size
        if self.weights_of.get(id(node.op), 1):
            self._to_weights(at, node)
        if self.alive > self.peak.bytes:
            self.note(0, BACKWARD, at)
        if node.inputs:  # the gradient of a bare weight stays
            for gradient in arrived:
                gradient[1] -= 1
                if not gradient[1]:
                    self.alive -= gradient[0]

    def _to_weights(self, at: int, node: Node) -> None:
        size = self.weights_of.get(id(node.op))
        if size is None:
            shapes = node.op.weights().values()
            size = self.weights_of[id(node.op)] = sum([product(shape) for shape in shapes]) * self.bytes
        if not size:
            return
        if not node.inputs:
            self.weights += size
        elif node.module in self.modules:  # a second use: its gradient is added to the first
            self.note(size, BACKWARD, at)
        else:
            self.modules.add(node.module)
            self.weights += size
            self.alive += size

    def _new(self, size: int) -> Gradient:
        self.alive += size
        return [size, 0]

    def _arrive(self, key: Key, gradient: Gradient, at: int) -> None:
        """Let a tensor have a gradient, or add it to the one that it has."""
        gradient[1] += 1
        before = self.gradients.get(key)
        if before is None:
            self.gradients[key] = gradient
            return
        if before[1] > 1:
            both = self._new(before[0])
            both[1] = 1
            self.gradients[key] = both
            self.note(0, BACKWARD, at)
            self._let_go(before)
        else:
            self.note(0, BACKWARD, at)
        self._let_go(gradient)

    def _let_go(self, gradient: Gradient) -> None:
        gradient[1] -= 1
        if not gradient[1]:
            self.alive -= gradient[0]
