"""The process that measures: a job comes in on standard input, events go out on standard output."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from convcli.diagnostics import ConvcliError
from convcli.graph import Graph
from convcli.timing.protocol import (
    BROKEN,
    DISAGREES,
    INFERENCE,
    MOVED,
    NOT_ENOUGH_MEMORY,
    UNSUPPORTED,
    Job,
    read_job,
)

Tell = Callable[[dict[str, Any]], None]

MEANWHILE = ("round", "progress")
"""Events that are told while passes run."""

EVERY, MOMENT = 0.5, 0.01
"""Seconds between two times that they are told, and for reading them."""


def work() -> None:
    """Do the job of standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent has heard it too, and decides
    tell = _Output()
    try:
        _measure(read_job(sys.stdin.readline()), tell)
    except ConvcliError as error:
        found = error.diagnostics[0]
        kind = UNSUPPORTED if found.code in ("CV040", "CV043", "CV044") else MOVED
        tell({"event": "failed", "kind": kind, "message": found.message, "help": found.help, "layer": None})
    except MemoryError:
        message = "there is too little memory to begin"
        tell({"event": "failed", "kind": NOT_ENOUGH_MEMORY, "message": message, "layer": None})
    except Exception as error:  # noqa: BLE001  whatever it is, the parent has to hear of it
        message = f"{type(error).__name__}: {error}".partition("\n")[0]
        tell({"event": "failed", "kind": BROKEN, "message": message, "layer": None})


class _Output:
    """Writes events: on standard output as it was, which prints of others no longer reach.

    Whoever reads them needs a core, and takes it from a thread that is being measured. So what is told
    while passes run is gathered, and told twice a second, and then there is a moment for reading it.
    """

    def __init__(self) -> None:
        self.events = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self.gathered: list[str] = []
        self.told = time.monotonic()

    def __call__(self, event: dict[str, Any]) -> None:
        """Tell an event, now or in a moment."""
        self.gathered.append(json.dumps(event) + "\n")
        if event["event"] in MEANWHILE and time.monotonic() - self.told < EVERY:
            return
        try:
            self.events.write("".join(self.gathered))
            self.events.flush()
        except BrokenPipeError:  # nobody listens any more
            os._exit(1)
        self.gathered = []
        time.sleep(MOMENT)
        self.told = time.monotonic()


def _measure(job: Job, tell: Tell) -> None:
    from convcli.bench.allocator import tune_malloc
    from convcli.running.graphs import graph_for
    from convcli.timing.fingerprint import fingerprint

    if job.tuned_malloc:
        tune_malloc()
    graphs: dict[str, Graph] = {}
    for subject in job.subjects:
        if subject.fingerprint in graphs:  # the same network, differently run
            continue
        graph, _ = graph_for(dict(subject.model))
        if fingerprint(graph) != subject.fingerprint:
            message = f"{graph.source} is no longer what it was when the run began"
            tell({"event": "failed", "kind": MOVED, "message": message, "layer": None})
            return
        graphs[subject.fingerprint] = graph
    from convcli.bench.measure import measure
    from convcli.bench.torch_or_not import find_torch

    torch = find_torch()
    if not job.verify or _proved(torch, graphs, job, tell):
        measure(torch, [graphs[subject.fingerprint] for subject in job.subjects], job, tell)


def _proved(torch: Any, graphs: dict[str, Graph], job: Job, tell: Tell) -> bool:
    """Say whether the static numbers of all networks are torch's; tell which is not."""
    from convcli.running.proving import first_disagreement

    tell({"event": "progress", "done": 0.0, "doing": "holding every number against torch"})
    train = any(subject.config.mode != INFERENCE for subject in job.subjects)
    for graph in graphs.values():
        found = first_disagreement(torch, graph, train=train)
        if found is not None:
            one, count = found
            more = f", and {count - 1:,} more" if count > 1 else ""
            message = f"{one.kind} is {one.ours} here and {one.theirs} in torch{more}"
            help = "this is a bug of convcli: please report it, with the command and the file"
            tell({"event": "failed", "kind": DISAGREES, "message": message, "help": help, "layer": one.layer})
            return False
    return True
