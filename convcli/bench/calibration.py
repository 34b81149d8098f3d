"""What layers of each kind take on this machine, from networks made for that, timed in place.

A layer that is timed alone, again and again, finds its inputs and weights in the nearest cache, and
takes two thirds of what it takes within a network; so these are timed as networks are, layer after
layer, pass after pass.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from convcli.analyse import analyse
from convcli.bench.contamination import Counters
from convcli.bench.ready import Ready
from convcli.bench.runner import Runner
from convcli.bench.settling import FEWEST
from convcli.bench.stopwatch import Host, timer_ns
from convcli.graph import Graph
from convcli.machine.fitting import Terms, fit, terms
from convcli.machine.kinds import works
from convcli.machine.synthetic import synthetic
from convcli.timing.clean import CAUSES, cause_of, count_causes
from convcli.timing.protocol import TIMED, Config, Pass, Subject
from convcli.timing.record import Calibration, Ceilings
from convcli.timing.statistics import median

SECONDS = 1.3
"""How long passes go on; three times as long where too few of them are clean."""

LONGER = 3
WARM = 2
"""Passes that nobody looks at."""


def calibrate(torch: Any, config: Config, ceilings: Ceilings, *, seconds: float = SECONDS) -> Calibration:
    """Time networks that are made for it, and return the coefficients for a type and a layout."""
    made = Calibration(config.dtype, config.channels_last, {}, time.time())
    graphs = synthetic(config.dtype)
    rounds = _rounds(torch, graphs, config, seconds)
    samples: list[tuple[str, Terms, float]] = []
    for graph, passes in zip(graphs, rounds, strict=True):
        clean = [one for one in passes if cause_of(one.sample) is None]
        if len(clean) < FEWEST:
            why = ", ".join(f"{n} {CAUSES[cause]}" for cause, n in count_causes([p.sample for p in passes]).items())
            return made._replace(reason=f"calibration: {len(clean)} of {len(passes)} passes are clean: {why}")
        samples += _samples(graph, clean, config, ceilings)
    return made._replace(coefficients=fit(samples), measured_at=time.time())


def _rounds(torch: Any, graphs: Sequence[Graph], config: Config, seconds: float) -> list[list[Pass]]:
    """Return passes of each network, which take turns."""
    device, counters = Host(), Counters()
    runners = []
    for graph in graphs:
        ready = Ready(torch, graph, config, init=None, seed=0)
        runner = Runner(torch, Subject(graph.name, {}, "", config), ready, device, counters, lambda _: None)
        runner.outputs = None  # nobody compares them
        runners.append(runner)
    found: list[list[Pass]] = [[] for _ in runners]
    for _ in range(WARM):
        for runner in runners:
            runner.run(TIMED)
    start = time.monotonic()
    while time.monotonic() - start < seconds or (
        time.monotonic() - start < LONGER * seconds and min(map(_clean, found)) < FEWEST
    ):
        for runner, passes in zip(runners, found, strict=True):
            passes.append(runner.run(TIMED))
    return found


def _clean(passes: Sequence[Pass]) -> int:
    return sum(cause_of(one.sample) is None for one in passes)


def _samples(
    graph: Graph, clean: Sequence[Pass], config: Config, ceilings: Ceilings
) -> Iterator[tuple[str, Terms, float]]:
    """Give the kind, the terms and the seconds of each layer."""
    pair = timer_ns()
    rows = analyse(graph, (), config.dtype, receptive_fields=False).layers
    known = works(graph, rows, config.dtype, channels_last=config.channels_last)
    for work, times in zip(known, zip(*(one.nodes or () for one in clean), strict=True), strict=True):
        if work is not None and work.kind is not None:
            yield work.kind, terms(ceilings, config.dtype, work), max(median(times) - pair, 1) / 1e9
