"""Two networks timed in one run: in the same processes, their passes in turns."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convcli.asking import counted, how_trained, whole
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph
from convcli.rendered import Report
from convcli.running.graphs import Model, graph_at, graph_for, plain_model
from convcli.running.processes import Progress, run_processes
from convcli.running.room import expect_room, is_on_cpu
from convcli.running.timed import failed, where_run
from convcli.timing.fingerprint import fingerprint
from convcli.timing.pair import Pair, pair_of
from convcli.timing.pool import Asked, timings
from convcli.timing.protocol import INFERENCE, Subject
from convcli.timing.wanted import PAIR_PROCESSES, Run, expect_runnable

BEFORE, AFTER = "before", "after"


class _Side:
    """One of the two: as plain values, resolved, and counted."""

    def __init__(self, name: str, plain: Model, **how: Any) -> None:
        self.name, self.plain, self.how = name, plain, how
        graph, findings = graph_for(plain)
        self.graph, self.report = graph, self.count(graph, findings)

    def count(self, graph: Graph, findings: tuple[Diagnostic, ...]) -> Report:
        return whole(counted(graph, findings, receptive_fields=False, **self.how))

    def at(self, batch: int, times: int) -> Report:
        """Return the report at another size."""
        return self.count(*graph_at(self.plain, self.graph, batch, times))


def timed_pair(
    models: Sequence[str | Path],
    run: Run,
    *,
    variants: Sequence[str | None],
    settings: Sequence[Mapping[str, Any]],
    dtype: str,
    optimizer: str,
    amp: bool,
    progress: Progress,
    **fed: Any,
) -> Pair:
    """Time two networks against each other; `fed` is as for `plain_model`, the same for both.

    Raises:
        ConvcliError: torch is missing, something is wrong with a network or the options, or one does not fit.
    """
    from convcli.bench.torch_or_not import expect_torch

    started = time.monotonic()
    _expect_pair(models, run)
    expect_torch()
    train = run.mode != INFERENCE
    sides = [
        _Side(
            name, plain_model(model, variant=variant, set=values, revisions=True, **fed),
            dtype=dtype, training=how_trained(optimizer, amp=amp),
        )
        for name, model, variant, values in zip((BEFORE, AFTER), models, variants, settings, strict=True)
    ]  # fmt: skip
    if is_on_cpu(run.device):
        for side in sides:
            expect_room(side.report, train=train, report_at=side.at, fresh=True)
    config = run.config(dtype, optimizer, amp=amp)
    subjects = tuple(
        Subject(side.name, side.plain, fingerprint(side.graph), config, again=side.name == BEFORE) for side in sides
    )
    processes = 1 if run.quick else PAIR_PROCESSES
    outcome = run_processes([run.job(subjects, number) for number in range(processes)], progress)
    config = where_run(subjects[0], outcome.processes).config
    asked = [Asked(side.name, config, tuple(node.name for node in side.graph.nodes)) for side in sides]
    found = timings(asked, outcome.processes, ended=outcome.ended, seconds=time.monotonic() - started)
    if outcome.failure is not None:
        side = _guilty(sides, outcome.failure.layer)
        error = failed(outcome.failure, side.report, train=train, report_at=side.at)
        raise ConvcliError([error], pair_of(found))
    return pair_of(found)


def _expect_pair(models: Sequence[str | Path], run: Run) -> None:
    """Refuse what two networks cannot be timed for.

    Raises:
        ConvcliError: an option of the run is wrong, or has no meaning here, or a network can be read only once.
    """
    expect_runnable(run)
    stray = [option for option in ("both_layouts", "compile", "cuda_graph") if getattr(run, option)]
    if stray:
        option = "--" + stray[0].replace("_", "-")
        message = f"`{option}` is for one network, and here are two"
        raise ConvcliError([Diagnostic("CV053", message, help=f"`convcli profile MODEL --run {option}`")])
    if "-" in map(str, models):
        message = "a run reads its networks anew in each process, and standard input can be read once"
        raise ConvcliError([Diagnostic("CV053", message, help="write it into a file")])


def _guilty(sides: Sequence[_Side], layer: str | None) -> _Side:
    """Return the network that has a layer, or else the one that needs more memory."""
    having = [side for side in sides if any(one.name == layer for one in side.report.layers)]
    return max(having or sides, key=lambda side: side.report.totals.training_bytes)
