"""A subject, built and ready, with all that is noted of one of its passes."""

from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any

from convcli.bench.contamination import Counters
from convcli.bench.outputs import expect_equal, notes_of
from convcli.bench.passes import Forward, Spent, Training, mean
from convcli.bench.ready import Ready
from convcli.timing.protocol import INFERENCE, PLAIN, TIMED, Pass, Sample, Subject

SLOW = 0.3
"""Seconds; in a slower pass it is told which layer is being run."""


class Runner:
    """One subject.

    Attributes:
        name, again: as the `Subject` has them.
        timed: whether its layers are wanted, and can be watched.
    """

    def __init__(
        self, torch: Any, subject: Subject, ready: Ready, device: Any, counters: Counters, doing: Callable[[str], Any]
    ) -> None:
        config = subject.config
        self.torch, self.ready, self.device, self.counters = torch, ready, device, counters
        self.name, self.again = subject.name, subject.again
        self.whole = config.compile or config.cuda_graph or not device.watches_layers
        self.timed = subject.timed and not self.whole
        self.passes = (Forward if config.mode == INFERENCE else Training)(torch, ready, device)
        self.outputs: dict[str, Sequence[Any]] | None = {}
        self.slow = True
        names = [node.name for node in ready.plan.graph.nodes]
        self.look = lambda at: doing(names[at])

    def run(self, kind: str, repeat: int = 1) -> Pass:
        """Run a pass, `repeat` times in a row."""
        if self.outputs is not None:
            self.torch.manual_seed(0)  # random layers draw the same, so that outputs can be compared
        before, wall = self.counters.read(), 0
        if self.device.spins and kind != TIMED:  # once as it is felt, without the spin
            self.device.begin(ahead=False)
            start = perf_counter_ns()
            self.passes.plain(repeat)
            wall = perf_counter_ns() - start
        self.device.begin(ahead=True)
        spent = self._spent(kind, repeat)
        busy = self.device.device_ns(spent.phases)
        sample = Sample(
            wall or sum(spent.phases), **self.counters.read().since(before), repeat=repeat, device_ns=busy,
            throttled=self.device.throttled(),
        )  # fmt: skip
        self.slow = sum(spent.phases) > SLOW * 1e9 * repeat
        if self.outputs is not None:
            self.outputs[kind] = self.passes.outputs
        return Pass(self.name, kind, sample, *(spent if kind == TIMED else (spent.phases, None, None)))

    def _spent(self, kind: str, repeat: int) -> Spent:
        """Run a pass; where caches are flushed before each layer it has the same shape without timestamps."""
        if kind != TIMED and (self.whole or not self.device.flushes):
            return self.passes.plain(repeat)
        return mean([self.passes.watched(self.look if self.slow else None) for _ in range(repeat)])

    def check(self) -> tuple[str, ...]:
        """Return what is wrong with the outputs of the passes so far, of which no further ones are kept.

        Raises:
            RuntimeError: passes with timestamps compute something else than those without.
        """
        outputs, self.outputs = self.outputs or {}, None
        if TIMED in outputs:
            expect_equal(self.torch, outputs[PLAIN], outputs[TIMED])
        return notes_of(outputs[PLAIN])

    def peak_bytes(self) -> int | None:
        """Return the most bytes that are alive at once in a pass, without weights."""
        self.passes.outputs = ()
        return self.ready.peak_bytes(lambda: self.passes.plain(1))
