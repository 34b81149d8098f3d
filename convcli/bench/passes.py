"""What a pass is: forward alone, or forward, backward and the optimiser; with timestamps and without."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from convcli.bench.backward import Backward, roots
from convcli.bench.ready import Ready
from convcli.record import Record

Look = Callable[[int], Any]


class Spent(Record):
    """Nanoseconds of phases, and of each layer where they were watched; None backward where nothing flows."""

    phases: tuple[int, ...]
    nodes: tuple[int, ...] | None = None
    backward_nodes: tuple[int | None, ...] | None = None


class Forward:
    """Passes at inference.

    Attributes:
        outputs: of the last pass.
    """

    def __init__(self, torch: Any, ready: Ready, device: Any) -> None:
        self.torch, self.ready, self.device = torch, ready, device
        self.outputs: Sequence[Any] = ()

    def plain(self, repeat: int) -> Spent:
        """Run passes in a row, without timestamps in them."""
        mark, forward = self.device.mark, self.ready.forward
        self.outputs = ()
        with self.torch.inference_mode():
            start = mark()
            for _ in range(repeat):
                outputs = forward()
            end = mark()
        self.device.end()
        self.outputs = outputs
        return Spent((self.device.ns(start, end),))

    def watched(self, look: Look | None) -> Spent:
        """Run a pass with two timestamps for each layer; `look` hears which layer has been run."""
        layers = Layers(self.ready, self.device)
        self.outputs = ()
        show = (lambda at, _: look(at)) if look else None
        with self.torch.inference_mode():
            start = self.device.mark()
            self.outputs = layers.forward(show)
            end = self.device.mark()
        self.device.end()
        return Spent((self.device.ns(start, end),), layers.nodes())


class Training:
    """Passes forward and backward, and a step of the optimiser where there is one.

    Attributes:
        outputs: of the last pass.
    """

    def __init__(self, torch: Any, ready: Ready, device: Any) -> None:
        self.torch, self.ready, self.device = torch, ready, device
        self.outputs: Sequence[Any] = ()
        self.gradients: list[Any] | None = None

    def plain(self, repeat: int) -> Spent:
        """Run passes in a row, without timestamps in them."""
        passes = [self._pass(self.ready.forward, lambda: None) for _ in range(repeat)]
        return Spent(tuple(map(sum, zip(*passes, strict=True))))

    def watched(self, look: Look | None) -> Spent:
        """Run a pass with two timestamps for each layer; `look` hears which layer has been run."""
        layers = Layers(self.ready, self.device)
        made: list[Any] = [()] * len(layers.starts)
        watch: list[Backward] = []

        def keep(at: int, one: Any) -> None:
            made[at] = roots(one)
            if look:
                look(at)

        def hook() -> None:
            watch.append(Backward(made, self.device.before, self.device.mark))

        phases = self._pass(lambda: layers.forward(keep), hook)
        return Spent(phases, layers.nodes(), watch[0].nodes(self.device.ns))

    def _pass(self, forward: Callable[[], list[Any]], between: Callable[[], Any]) -> tuple[int, ...]:
        """Run a pass, and return what its phases took; `between` forward and backward is none of them."""
        mark, optimizer = self.device.mark, self.ready.optimizer
        self.outputs = ()
        marks = [mark()]
        outputs = forward()
        marks.append(mark())
        outputs = [one for one in outputs if one is not None and one.requires_grad]
        if self.gradients is None:
            self.gradients = [self.torch.randn_like(one) for one in outputs]
        between()
        marks.append(mark())
        self.torch.autograd.backward(outputs, self.gradients)
        marks.append(mark())
        if optimizer is not None:
            optimizer.step()
            optimizer.zero_grad()
            marks.append(mark())
        self.device.end()
        self.outputs = [one.detach() for one in outputs]
        self.ready.forget_gradients()
        ns = self.device.ns
        return (ns(*marks[:2]), *(ns(*pair) for pair in pairwise(marks[2:])))


class Layers:
    """The timestamps of a pass forward."""

    def __init__(self, ready: Ready, device: Any) -> None:
        self.ready, self.device = ready, device
        self.starts: list[Any] = [None] * len(ready.plan.graph.nodes)
        self.ends = list(self.starts)

    def forward(self, look: Callable[[int, Any], Any] | None) -> list[Any]:
        """Run forward."""
        ready, device = self.ready, self.device
        with ready.autocast():
            return ready.plan.timed(ready.inputs, self.starts, self.ends, device.before, device.mark, look)

    def nodes(self) -> tuple[int, ...]:
        """Return the nanoseconds of each layer."""
        return tuple(map(self.device.ns, self.starts, self.ends))


def mean(passes: Sequence[Spent]) -> Spent:
    """Return passes in a row as one: the sum of phases, and of each layer what it takes in one of them."""
    if len(passes) == 1:
        return passes[0]
    phases = tuple(map(sum, zip(*[one.phases for one in passes], strict=True)))
    nodes, back = ([one[at] for one in passes if one[at] is not None] for at in (1, 2))
    forward = tuple(sum(column) // len(column) for column in zip(*nodes, strict=True)) if nodes else None
    backward = tuple(map(_mean, zip(*back, strict=True))) if back else None
    return Spent(phases, forward, backward)


def _mean(values: Sequence[int | None]) -> int | None:
    there = [value for value in values if value is not None]
    return sum(there) // len(there) if there else None
