"""A subject, built and ready: what one pass of it does, with timestamps and without."""

from collections.abc import Callable
from contextlib import nullcontext
from itertools import pairwise
from time import perf_counter_ns
from typing import Any

from convcli.bench.backward import Backward, roots
from convcli.bench.contamination import Counters
from convcli.bench.network import plan_of
from convcli.bench.ready import Ready
from convcli.timing.protocol import INFERENCE, TIMED, Pass, Sample, Subject

Look = Callable[[int, Any], None]
Told = tuple[tuple[int, ...], tuple[int, ...] | None, tuple[int | None, ...] | None]
"""Nanoseconds: of phases, of layers forward, of layers backward."""


class Runner:
    """One subject.

    Attributes:
        name, timed, again: as the `Subject` has them.
        outputs: of the last pass.
        look: is shown what each layer makes in a pass that is watched, by index.
    """

    def __init__(self, torch: Any, subject: Subject, ready: Ready, device: Any, counters: Counters) -> None:
        self.torch, self.subject, self.ready, self.device, self.counters = torch, subject, ready, device, counters
        self.name, self.again = subject.name, subject.again
        self.timed = subject.timed and not (subject.config.compile or subject.config.cuda_graph)
        self.plan = plan_of(torch, ready.network)
        self.training = subject.config.mode != INFERENCE
        self.outputs: list[Any] = []
        self.gradients: list[Any] | None = None
        self.look: Look | None = None
        self.watched: Backward | None = None

    def run(self, kind: str, repeat: int = 1) -> Pass:
        """Run a pass, `repeat` times in a row."""
        timed = kind == TIMED
        self.outputs = []
        before = self.counters.read()
        start = perf_counter_ns()
        self.device.begin(timed=timed)
        with self._without_gradients():
            told = self._watched(repeat) if timed or self.device.flushes else self._plain(repeat)
        wall = perf_counter_ns() - start
        lost = self.counters.read().since(before)
        phases, nodes, backward = told
        busy = self.device.device_ns(phases)
        sample = Sample(
            sum(phases) if busy is None else wall, **lost, repeat=repeat, device_ns=busy,
            throttled=self.device.throttled(),
        )  # fmt: skip
        return Pass(self.name, kind, sample, phases, nodes if timed else None, backward if timed else None)

    def _without_gradients(self) -> Any:
        return nullcontext() if self.training else self.torch.inference_mode()

    def _plain(self, repeat: int) -> Told:
        if self.training:
            passes = [self._trained(self.ready.forward) for _ in range(repeat)]
            return tuple(map(sum, zip(*passes, strict=True))), None, None
        mark, forward = self.device.mark, self.ready.forward
        start = mark()
        for _ in range(repeat):
            self.outputs = forward()
        end = mark()
        self.device.end()
        return (self.device.ns(start, end),), None, None

    def _trained(self, forward: Callable[[], list[Any]], made: list[Any] | None = None) -> tuple[int, ...]:
        """Run forward, backward and the optimiser, and return what they took; what layers made is to be watched."""
        mark, optimizer = self.device.mark, self.ready.optimizer
        marks = [mark()]
        outputs = forward()
        marks.append(mark())
        outputs, gradients = self._flowing(outputs)
        watched = None if made is None else Backward(made, self.device.before, self.device.mark)
        marks.append(mark())
        self.torch.autograd.backward(outputs, gradients)
        marks.append(mark())
        if optimizer is not None:
            optimizer.step()
            optimizer.zero_grad()
            marks.append(mark())
        self.device.end()
        self.watched = watched
        self.outputs = outputs
        self.ready.forget_gradients()
        ns = self.device.ns
        return (ns(marks[0], marks[1]), *(ns(*pair) for pair in pairwise(marks[2:])))

    def _flowing(self, outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        """Return the outputs through which something flows back, and what: the same for each pass."""
        flowing = [one for one in outputs if one is not None and one.requires_grad]
        if self.gradients is None:
            self.gradients = [self.torch.randn_like(one) for one in flowing]
        return flowing, self.gradients

    def _watched(self, repeat: int) -> Told:
        layers = range(len(self.plan.graph.nodes))
        found = [self._watched_once() for _ in range(repeat)]
        if repeat == 1:
            return found[0]
        phases = tuple(map(sum, zip(*[one[0] for one in found], strict=True)))
        forward = [one[1] or () for one in found]
        nodes = tuple(sum(one[at] for one in forward) // repeat for at in layers)
        backward = [one[2] for one in found if one[2] is not None]
        back = tuple(_mean([one[at] for one in backward]) for at in layers) if backward else None
        return phases, nodes, back

    def _watched_once(self) -> Told:
        """Run a pass with two timestamps for each layer, forward and backward."""
        device, ready = self.device, self.ready
        starts: list[Any] = [None] * len(self.plan.graph.nodes)
        ends = list(starts)
        made: list[Any] = [()] * len(starts)

        def keep(at: int, one: Any) -> None:
            made[at] = roots(one)

        look = keep if self.training else self.look

        def forward() -> list[Any]:
            with ready.autocast():
                return self.plan.timed(ready.inputs, starts, ends, device.before, device.mark, look)

        if self.training:
            phases = self._trained(forward, made)
            backward = self.watched.nodes(device.ns) if self.watched else None
            self.watched = None
        else:
            start = device.mark()
            self.outputs = forward()
            end = device.mark()
            device.end()
            phases, backward = (device.ns(start, end),), None
        return phases, tuple(map(device.ns, starts, ends)), backward


def _mean(values: list[int | None]) -> int | None:
    there = [value for value in values if value is not None]
    return sum(there) // len(there) if there else None
