"""Clocks for passes: the host's, which all devices but GPUs are timed by."""

from collections.abc import Callable
from statistics import median
from time import perf_counter_ns
from typing import Any

PAIRS = 1000
"""How many pairs of timestamps tell what one takes."""


class Host:
    """Timestamps of the host: nanoseconds, of a clock that stands still while caches are flushed.

    Attributes:
        mark: gives a timestamp.
        before: gives one before a layer; with `flush` it first empties the caches.
        flushes: whether it does.
    """

    def __init__(self, flush: Callable[[], Any] | None = None) -> None:
        self.flushes = flush is not None
        self.mark: Callable[[], Any] = perf_counter_ns
        self.before: Callable[[], Any] = perf_counter_ns
        self.lost = 0
        if flush is not None:
            self.mark = lambda: perf_counter_ns() - self.lost
            self.before = lambda: self._emptied(flush)

    def _emptied(self, flush: Callable[[], Any]) -> int:
        start = perf_counter_ns()
        flush()
        self.lost += perf_counter_ns() - start
        return perf_counter_ns() - self.lost

    def begin(self, *, timed: bool) -> None:
        """Make ready for a pass."""

    def end(self) -> None:
        """Wait until all that was started has been done."""

    def ns(self, start: Any, end: Any) -> int:
        """Return the nanoseconds between two timestamps."""
        return int(end - start)

    def device_ns(self, phases: tuple[int, ...]) -> int | None:
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
    return int(median(found))
