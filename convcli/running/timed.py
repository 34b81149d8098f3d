"""A profile whose network is run: the report as it is without running, and the times beside it."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from convcli.asking import graph_and_report, how_trained, whole, written_of
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph
from convcli.rendered import Report
from convcli.running.graphs import Model, resized, words_of
from convcli.running.on_machine import OnMachine, on_machine
from convcli.running.processes import COMPLETE, DIED, Failure, Progress, run_processes
from convcli.running.room import HALF, ReportAt, advice, expect_room, is_on_cpu, needed_bytes
from convcli.running.times import with_times
from convcli.timing.fingerprint import fingerprint
from convcli.timing.protocol import BROKEN, DISAGREES, INFERENCE, MOVED, NOT_ENOUGH_MEMORY, UNSUPPORTED, Subject
from convcli.timing.record import Process
from convcli.timing.wanted import AUTO, Run, expect_runnable


def timed_report(
    plain: Model, run: Run, *, dtype: str, optimizer: str, amp: bool, progress: Progress, **wanted: Any
) -> Report:
    """Count a network, build it, and time it.

    Raises:
        ConvcliError: torch is missing, something is wrong with the network or the options, or it does not fit.
    """
    from convcli.bench.torch_or_not import expect_torch

    started = time.monotonic()
    expect_runnable(run)
    expect_torch()
    words, own = words_of(plain)
    training = how_trained(optimizer, amp=amp)

    def counted(**changes: Any) -> tuple[Graph, Report]:
        given = {key: plain[key] for key in ("sizes", "batch", "batched", "settings", "max_layers")} | changes
        return graph_and_report(
            words, variant=plain["variant"] or own, needs_input=True, dtype=dtype, training=training, **wanted, **given
        )

    graph, report = counted()
    whole(report)
    train = run.mode != INFERENCE

    def at(batch: int, times: int) -> Report:
        return whole(counted(sizes=resized(graph, batch, times), batch=None, batched=True)[1])

    if is_on_cpu(run.device):
        expect_room(report, train=train, report_at=at, fresh=True)
    config = run.config(dtype, optimizer, amp=amp)
    subjects = run.subjects(plain, fingerprint(graph), config)
    outcome = run_processes([run.job(subjects, number) for number in range(run.processes)], progress)
    subjects = tuple(where_run(one, outcome.processes) for one in subjects)
    config, machine = subjects[0].config, OnMachine()
    if outcome.ended == COMPLETE:
        progress(1.0, "the ceilings of this machine")
        with suppress(KeyboardInterrupt):  # the times are there
            machine = on_machine(
                graph, report, config, threads=run.threads, tuned=run.malloc == "tuned", quick=run.quick
            )
    timed = with_times(
        report, graph, subjects, outcome.processes, ended=outcome.ended, seconds=time.monotonic() - started,
        warnings=wanted["warnings"], written=written_of(words),
        **machine.as_dict(),
    )  # fmt: skip
    if outcome.failure is not None:
        raise ConvcliError([failed(outcome.failure, report, train=train, report_at=at)], timed)
    return timed


def where_run(subject: Subject, processes: Sequence[Process]) -> Subject:
    """Return a subject with the device on which it ran, where that was left to the process."""
    devices = next((one.blocking["devices"] for one in processes if one.blocking.get("devices")), None)
    if subject.config.device != AUTO or not devices:
        return subject
    return subject._replace(config=subject.config._replace(device=devices[0]))


CODES = {
    NOT_ENOUGH_MEMORY: "CV041", UNSUPPORTED: "CV054", MOVED: "CV055", BROKEN: "CV056", DIED: "CV056",
    DISAGREES: "CV057",
}  # fmt: skip


def failed(failure: Failure, report: Report, *, train: bool, report_at: ReportAt) -> Diagnostic:
    """Say why a process could not go on, where, and what to do."""
    where = f", at `{failure.layer}`" if failure.layer else ""
    help = failure.help
    if failure.kind == NOT_ENOUGH_MEMORY:
        room = int(needed_bytes(report, train=train) * HALF)
        help = advice(report, room, train=train, at=report_at)
    return Diagnostic(CODES[failure.kind], failure.message + where, _place(report, failure.layer), help=help)


def _place(report: Report, name: str | None) -> Any:
    """Return where a layer is written."""
    return next((layer.span for layer in report.layers if layer.name == name), None)
