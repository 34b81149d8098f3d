"""What a measuring process does: it builds the subjects, warms them up, and runs rounds of passes."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from convcli.bench.allocator import SYSTEM, TUNED
from convcli.bench.contamination import Counters
from convcli.bench.device import find_device, set_threads, stopwatch
from convcli.bench.environment import blocking, informative
from convcli.bench.failing import failed
from convcli.bench.progress import Progress
from convcli.bench.ready import Ready
from convcli.bench.rounds import Rounds
from convcli.bench.runner import Runner
from convcli.bench.stopwatch import timer_ns
from convcli.graph import Graph, Node
from convcli.timing.protocol import Job

Tell = Callable[[dict[str, Any]], None]


def measure(torch: Any, graphs: Sequence[Graph], job: Job, tell: Tell) -> None:
    """Do a job, whose subjects are these graphs, and tell the events of `timing.protocol`."""
    runners: list[Runner] = []
    try:
        devices = [find_device(torch, subject.config.device) for subject in job.subjects]
        set_threads(torch, job.threads)
        tell(_ready(torch, graphs, job, devices))
        progress = Progress(tell, perf_counter)
        progress.doing("building the network")
        for number, device in enumerate(devices):
            runners.append(_runner(torch, graphs[number], job, number, device, progress))
        with collector_at_rest():
            rounds = Rounds(runners, job, progress)
            rounds.warm_up()
            why = rounds.measure()
        for runner in runners:
            peak = runner.peak_bytes()
            if peak is not None:
                tell({"event": "memory", "subject": runner.name, "peak_bytes": peak})
        tell({"event": "end", "why": why})
    except Exception as error:  # noqa: BLE001  whatever it is, only here it is known in which layer
        tell(failed(error, lambda error: _layer(runners, error)))


def _ready(torch: Any, graphs: Sequence[Graph], job: Job, devices: Sequence[str]) -> dict[str, Any]:
    timer = timer_ns()
    flush = torch.set_flush_denormal(True)
    facts = {
        "blocking": blocking(torch, devices, malloc=TUNED if job.tuned_malloc else SYSTEM, flush_denormal=flush),
        "informative": informative(torch, graphs, job, timer),
    }
    return {"event": "ready", "pid": os.getpid(), "seed": job.seed, "environment": facts, "timer_ns": timer}


def _runner(torch: Any, graph: Graph, job: Job, number: int, device: str, progress: Progress) -> Runner:
    subject = job.subjects[number]
    config = subject.config._replace(device=device)
    ready = Ready(torch, graph, config, init=job.init, seed=job.seed)
    watch = stopwatch(torch, device, cold=job.cold)
    return Runner(torch, subject._replace(config=config), ready, watch, Counters(), progress.doing)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep Python's collector from running in the midst of a pass; none of what passes make needs it."""
    import gc

    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def _layer(runners: Sequence[Runner], error: BaseException) -> Node | None:
    """Return the node in which an error was raised."""
    found = (runner.ready.plan.failed_at(error) for runner in runners)
    return next((node for node in found if node is not None), None)
