"""What a measuring process does: it builds the subjects, warms them up, and runs rounds of passes."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from convcli.bench.allocator import SYSTEM, TUNED
from convcli.bench.contamination import Counters
from convcli.bench.environment import blocking, informative
from convcli.bench.failing import failed
from convcli.bench.ready import Ready
from convcli.bench.rounds import Rounds
from convcli.bench.runner import Runner
from convcli.bench.stopwatch import Host, timer_ns
from convcli.graph import Graph, Node
from convcli.timing.protocol import Job

Tell = Callable[[dict[str, Any]], None]


def measure(torch: Any, graphs: Sequence[Graph], job: Job, tell: Tell) -> None:
    """Do a job, whose subjects are these graphs, and tell the events of `timing.protocol`."""
    runners: list[Runner] = []
    try:
        _measure(torch, graphs, job, tell, runners)
    except (RuntimeError, ValueError, TypeError, MemoryError, NotImplementedError) as error:
        tell(failed(error, lambda error: _layer(runners, error)))


def _measure(torch: Any, graphs: Sequence[Graph], job: Job, tell: Tell, runners: list[Runner]) -> None:
    import gc
    import os

    if job.threads is not None:
        torch.set_num_threads(job.threads)
    flush_denormal = torch.set_flush_denormal(True)
    timer = timer_ns()
    facts = {
        "blocking": blocking(torch, malloc=TUNED if job.tuned_malloc else SYSTEM, flush_denormal=flush_denormal),
        "informative": informative(torch, graphs, timer),
    }
    tell({"event": "ready", "pid": os.getpid(), "seed": job.seed, "environment": facts, "timer_ns": timer})
    counters, device = Counters(), Host()
    for subject, graph in zip(job.subjects, graphs, strict=True):
        ready = Ready(torch, graph, subject.config, init=job.init, seed=job.seed)
        runners.append(Runner(torch, subject, ready, device, counters))
    gc.collect()
    gc.freeze()
    gc.disable()
    rounds = Rounds(runners, job, tell, perf_counter)
    rounds.warm_up()
    why = rounds.measure()
    tell({"event": "end", "why": why})


def _layer(runners: Sequence[Runner], error: BaseException) -> Node | None:
    """Return the node in which an error was raised."""
    return next((node for runner in runners if (node := runner.plan.failed_at(error)) is not None), None)
