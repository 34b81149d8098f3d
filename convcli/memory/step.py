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
        self.alive = sum(found.sizes[made[0]] for made in found.inputs)
        self.peak = Step(self.alive, FORWARD, None, None)
        self.gradients: dict[Place, _Gradient] = {}
        several = {at: len(results) for at, results in enumerate(found.results) if len(results) > 1}
        self.places = {at: tuple((at, number) for number in range(count)) for at, count in several.items()}
        self.modules: set[str | None] = set()
        self.weights_of: dict[int, int] = {}
        self.weights = 0

    def note(self, more: int, phase: str, at: int | None) -> None:
        """Compare what is alive now, and `more`, with the peak."""
        if self.alive + more > self.peak.bytes:
            self.peak = Step(self.alive + more, phase, at, None if at is None else self.graph.nodes[at].name)

    def forward(self) -> None:
        """Make what the calls make; what is kept for backward stays."""
        found, dying = self.found, deaths(self.found, len(self.graph.nodes))
        sizes, alive, peak, top = found.sizes, self.alive, self.alive, None
        for at, use in enumerate(found.uses):
            made = sum([sizes[storage] for storage in found.made[at]])
            during = alive + (use.during if use else made)
            if during > peak:
                peak, top = during, at
            alive += made
            for storage in dying[at]:
                alive -= sizes[storage]
        self.note(peak - self.alive, FORWARD, top)
        self.alive = alive

    def backward(self) -> None:
        """Walk back from the outputs."""
        results, nodes = self.found.results, self.graph.nodes
        for place in self.graph.outputs:
            if place[0] >= 0 and results[place[0]][place[1]][1].grad:
                self._arrive(place, self._new(results[place[0]][place[1]][2]), place[0])
        for at in range(len(nodes) - 1, -1, -1):
            self._back(at, nodes[at])

    def _back(self, at: int, node: Node) -> None:
        found, gradients = self.found, self.gradients
        places = self.places.get(at, ((at, 0),))
        arrived = [place for place in places if place in gradients]
        if arrived:
            use, own = found.uses[at], gradients[arrived[0]]
            passes = use.passes if use else ()
            for number, place in enumerate(node.inputs):
                if place[0] >= 0:
                    _, state, size = found.results[place[0]][place[1]]
                    if state.grad:
                        self._arrive(place, own if number in passes else self._new(size), at)
            self._to_weights(at, node)
            if self.alive > self.peak.bytes:
                self.note(0, BACKWARD, at)
            for place in arrived if node.inputs else ():  # that of a bare weight stays
                self._let_go(gradients.pop(place))
        for storage in found.saved[at]:
            if found.last[storage] < len(self.graph.nodes):  # not an input or an output, which stay
                self.alive -= found.sizes[storage]

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

    def _new(self, size: int) -> _Gradient:
        self.alive += size
        return _Gradient(size)

    def _arrive(self, place: Place, gradient: _Gradient, at: int) -> None:
        """Let a tensor have a gradient, or add it to the one that it has."""
        gradient.holders += 1
        before = self.gradients.get(place)
        if before is None:
            self.gradients[place] = gradient
            return
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
