"""Hand-made records of processes, for tests of what is made of them: a small network of three layers."""

from __future__ import annotations

import random
from collections.abc import Sequence

from convcli.asking import counted, graph_of
from convcli.graph import Graph
from convcli.readers.text import read_layers
from convcli.rendered import Report
from convcli.shapes import sizes_of
from convcli.timing.pool import Asked, timings
from convcli.timing.protocol import AGAIN, PLAIN, TIMED, Config, Pass, Sample
from convcli.timing.record import Process, Timings

NAMES = ("conv", "relu", "fc")
MS = 1_000_000
NODES = (6 * MS, 1 * MS, 2 * MS)
"""Nanoseconds of the layers; a whole pass takes one more millisecond."""

BLOCKING = {"cpu": "Some CPU", "threads": 2, "torch": "2.13.0"}


def one_pass(
    kind: str = PLAIN, *, subject: str = "network", by: float = 1.0, nodes: Sequence[int] = NODES, **sample
) -> Pass:
    """Make a pass; `by` is how much slower than usual."""
    timed = tuple(round(node * by) for node in nodes) if kind == TIMED else None
    whole = {"wall_ns": round((sum(nodes) + MS) * by), "wait_ns": 0} | sample
    return Pass(subject, kind, Sample(**whole), (), timed, None)


def process(
    rounds: int = 20,
    *,
    by: float = 1.0,
    pid: int = 1,
    jitter: float = 0.004,
    seed: int = 0,
    kinds: Sequence[str] = (PLAIN, AGAIN, TIMED),
    spoil: Sequence[int] = (),
    nodes: Sequence[int] = NODES,
    ended: str = "seconds",
    **fields,
) -> Process:
    """Make a process of some rounds; in those of `spoil` every pass waits for a core."""
    draw = random.Random(seed + pid)
    passes = []
    for at in range(rounds):
        lost = {"wait_ns": MS} if at in spoil else {}
        passes += [one_pass(kind, by=by * (1 + draw.uniform(-jitter, jitter)), nodes=nodes, **lost) for kind in kinds]
    return Process(
        **{
            "pid": pid,
            "seed": seed,
            "blocking": BLOCKING,
            "informative": {},
            "timer_ns": 70,
            "passes": tuple(passes),
            "warm": {"network": (35 * MS, 4)},
            "peaks": {"network": 1 << 20},
            "ended": ended,
            **fields,
        }
    )


def run(*processes: Process, config: Config = Config(), names: Sequence[str] = NAMES, **options) -> Timings:
    """Make the times of a run of one network; three processes, if none is given."""
    told = processes or tuple(process(pid=pid) for pid in (1, 2, 3))
    return timings([Asked("network", config, tuple(names))], told, **options)


LAYERS = "(conv): Conv2d(3, 64, 7, stride=2, padding=3)\n(relu): ReLU()\n(fc): Linear(112, 10)"


def network(layers: str = LAYERS, input: str = "1x3x224x224", **wanted) -> tuple[Graph, Report]:
    """Return the graph of a network of these layers, and its report without times."""
    graph, findings = graph_of(read_layers([layers]), sizes=sizes_of(input))
    return graph, counted(graph, findings, **wanted)
