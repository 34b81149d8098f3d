"""The most memory that one step of training takes: a forward pass, backward through every call, the optimiser.

Backward walks the calls in opposite order. Each makes a gradient for every input that wants one, in
the result's own storage where the gradient goes on as it is, and the gradients of its weights; then
the result's gradient and what the call kept are let go. A second gradient for the same tensor is
added in place, unless the first is shared.
"""

from convcli.graph import Graph, Node
from convcli.graph import Result as Place
from convcli.memory.inference import deaths, maker_name
from convcli.memory.trace import Trace
from convcli.quantity import is_known, product
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


class _Gradient:
    """A gradient in memory, and how many hold it."""

    __slots__ = ("holders", "size")

    def __init__(self, size: int) -> None:
        self.size, self.holders = size, 0


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
        self.alive = sum(found.sizes[made.storage] for made in found.inputs)
        self.peak = Step(self.alive, FORWARD, None, None)
        self.gradients: dict[Place, _Gradient] = {}
        self.modules: set[object] = set()
        self.weights = 0

    def note(self, more: int, phase: str, at: int | None) -> None:
        """Compare what is alive now, and `more`, with the peak."""
        if self.alive + more > self.peak.bytes:
            self.peak = Step(self.alive + more, phase, at, None if at is None else self.graph.nodes[at].name)

    def forward(self) -> None:
        """Make what the calls make; what is kept for backward stays."""
        found, dying = self.found, deaths(self.found, len(self.graph.nodes))
        for at, use in enumerate(found.uses):
            made = sum([found.sizes[storage] for storage in found.made[at]])
            self.note(use.during if use else made, FORWARD, at)
            self.alive += made - sum([found.sizes[storage] for storage in dying[at]])

    def backward(self) -> None:
        """Walk back from the outputs."""
        for place in self.graph.outputs:
            if place[0] >= 0 and self.found.results[place[0]][place[1]].state.grad:
                self._arrive(place, self._new(self._size(place)), place[0])
        for at in range(len(self.graph.nodes) - 1, -1, -1):
            self._back(at, self.graph.nodes[at])

    def _back(self, at: int, node: Node) -> None:
        found, use = self.found, self.found.uses[at]
        results = [(at, number) for number in range(len(found.results[at]))]
        arrived = [place for place in results if place in self.gradients]
        if arrived:
            self._to_inputs(at, use.passes if use else (), self.gradients[arrived[0]])
            self._to_weights(at)
            self.note(0, BACKWARD, at)
            for place in arrived if node.inputs else ():  # that of a bare weight stays
                self._let_go(self.gradients.pop(place))
        for storage in found.saved[at]:
            if found.last[storage] < len(self.graph.nodes):  # not an input or an output, which stay
                self.alive -= found.sizes[storage]

    def _to_inputs(self, at: int, passes: tuple[int, ...], own: _Gradient) -> None:
        for number, place in enumerate(self.graph.nodes[at].inputs):
            if place[0] < 0:
                continue
            if self.found.results[place[0]][place[1]].state.grad:
                self._arrive(place, own if number in passes else self._new(self._size(place)), at)

    def _to_weights(self, at: int) -> None:
        node = self.graph.nodes[at]
        weights = node.op.weights()
        if not weights:
            return
        size = sum(product(shape) for shape in weights.values()) * self.bytes
        if not node.inputs:
            self.weights += size
        elif node.module in self.modules:  # a second use: its gradient is added to the first
            self.note(size, BACKWARD, at)
        else:
            self.modules.add(node.module)
            self.weights += size
            self.alive += size

    def _new(self, size: int) -> _Gradient:
        self.alive += size
        return _Gradient(size)

    def _arrive(self, place: Place, gradient: _Gradient, at: int) -> None:
        """Let a tensor have a gradient, or add it to the one that it has."""
        before = self.gradients.get(place)
        if before is None:
            self.gradients[place] = gradient
            gradient.holders += 1
            return
        gradient.holders += 1
        if before.holders > 1:
            both = self._new(before.size)
            both.holders = 1
            self.gradients[place] = both
            self.note(0, BACKWARD, at)
            self._let_go(before)
        else:
            self.note(0, BACKWARD, at)
        self._let_go(gradient)

    def _let_go(self, gradient: _Gradient) -> None:
        gradient.holders -= 1
        if not gradient.holders:
            self.alive -= gradient.size

    def _size(self, place: Place) -> int:
        answer = self.graph.nodes[place[0]].answer
        if answer is None or not all(map(is_known, answer.outputs[place[1]])):
            return 0
        state = self.found.results[place[0]][place[1]].state
        return product(answer.outputs[place[1]]) * BYTES[state.kind]
