"""Samples of calls in a row on the CPU: their time, and what else happened meanwhile."""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from convcli.bench.contamination import Counters
from convcli.timing.protocol import Sample

Call = Callable[[], Any]

Sampler = Callable[[Call, int], Sample]
"""Takes a sample of a call, so many times in a row."""


def cpu_sampler() -> Sampler:
    """Return what takes samples on the CPU."""
    counters = Counters()

    def sample(call: Call, repeat: int) -> Sample:
        before = counters.read()
        start = perf_counter_ns()
        for _ in range(repeat):
            call()
        wall = perf_counter_ns() - start
        return Sample(wall, repeat=repeat, **counters.read().since(before))

    return sample
