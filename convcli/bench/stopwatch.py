"""Clocks for passes: the host's, which all devices but GPUs are timed by."""

from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any

from convcli.timing.statistics import median

PAIRS = 1000
"""How many pairs of timestamps tell what one takes."""


class Host:
    """Timestamps of the host: nanoseconds, of a clock that stands still while caches are flushed.

    Attributes:
        mark: gives a timestamp.
        before: gives one before a layer; with `flush` it first empties the caches.
        flushes: whether it does.
        watches_layers: whether a layer has ended when its call returns.
        spins: whether the device can be made to wait for the host.
    """

    spins = False

    def __init__(self, flush: Callable[[], Any] | None = None, wait: Callable[[], Any] | None = None) -> None:
        self.flushes = flush is not None
        self.watches_layers = wait is None
        self.wait = wait
        self.lost = 0
        self.mark: Callable[[], Any] = perf_counter_ns
        self.before: Callable[[], Any] = perf_counter_ns
        if flush is not None or wait is not None:
            self.mark = self._mark
            self.before = (lambda: self._emptied(flush)) if flush is not None else self._mark

    def _mark(self) -> int:
        self.end()
        return perf_counter_ns() - self.lost

    def _emptied(self, flush: Callable[[], Any]) -> int:
        start = perf_counter_ns()
        flush()
        self.lost += perf_counter_ns() - start
        return perf_counter_ns() - self.lost

    def begin(self, *, ahead: bool) -> None:
        """Make ready for a pass."""

    def end(self) -> None:
        """Wait until all that was started has been done."""
        if self.wait is not None:
            self.wait()

    def ns(self, start: int, end: int) -> int:
        """Return the nanoseconds between two timestamps."""
        return end - start

    def device_ns(self, phases: Sequence[int]) -> int | None:
        """Return how long the device was busy, by its own clock; None where it has none."""
        return None

    def throttled(self) -> bool:
        """Say whether the device reports that it is slowed down."""
        return False


def timer_ns(pairs: int = PAIRS) -> int:
    """Return the nanoseconds that a pair of timestamps takes."""
    found = []
    for _ in range(pairs):
        start = perf_counter_ns()
        found.append(perf_counter_ns() - start)
    return round(median(found))
