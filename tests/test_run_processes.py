"""Processes that measure are heard out, and what they told is kept, however they end."""

import json
import sys
from subprocess import PIPE, Popen
from tempfile import TemporaryFile
from typing import Any

import pytest

from convcli.running.processes import COMPLETE, DIED, INTERRUPTED, run_processes
from convcli.timing.protocol import PLAIN, Config, Job, Pass, Sample, Subject, job_line, pass_dict, read_job

JOB = Job((Subject("network", {"model": "resnet18"}, "abc", Config(device="cpu")),), seconds=0.5, seed=3)
PASS = Pass("network", PLAIN, Sample(1000, wait_ns=5, switches=1), (600, 400), (1, 2), (None, 3))
READY = {
    "event": "ready",
    "pid": 7,
    "seed": 3,
    "environment": {"blocking": {"cpu": "x"}, "informative": {}},
    "timer_ns": 70,
}
WARM = {"event": "warm", "subject": "network", "first_pass_ns": 99, "passes": 4, "notes": ["constant"]}
ROUND = {"event": "round", "passes": [pass_dict(PASS), pass_dict(PASS)]}
MEMORY = {"event": "memory", "subject": "network", "peak_bytes": 12}
END = {"event": "end", "why": "seconds"}


def starting(*events: dict[str, Any], then: str = "") -> Any:
    """Return what starts a process that reads its job, tells events, and then runs some text."""
    lines = "".join(json.dumps(event) + "\n" for event in events)
    program = f"import sys, os\nsys.stdin.readline()\nprint({lines!r}, end='', flush=True)\n{then}"

    def start() -> Any:
        errors = TemporaryFile("w+")  # noqa: SIM115
        process = Popen([sys.executable, "-c", program], stdin=PIPE, stdout=PIPE, stderr=errors, encoding="utf-8")
        process.errors = errors  # type: ignore[attr-defined]
        return process

    return start


def silent(done: float, doing: str) -> None:
    """Hear of progress."""


def test_a_job_and_a_pass_come_back_as_they_went() -> None:
    assert read_job(job_line(JOB)) == JOB


def test_all_that_processes_tell_is_kept() -> None:
    found = run_processes([JOB, JOB], silent, starting(READY, WARM, ROUND, ROUND, MEMORY, END))
    assert (found.ended, found.failure, len(found.processes)) == (COMPLETE, None, 2)
    one = found.processes[0]
    assert (one.pid, one.seed, one.timer_ns, one.blocking) == (7, 3, 70, {"cpu": "x"})
    assert (one.passes, one.warm, one.peaks, one.notes, one.ended) == (
        (PASS,) * 4,
        {"network": (99, 4)},
        {"network": 12},
        ("constant",),
        "seconds",
    )


def test_progress_goes_up_from_process_to_process() -> None:
    heard: list[tuple[float, str]] = []
    told = ({"event": "progress", "done": 0.5, "doing": "conv1"},)
    run_processes([JOB, JOB], lambda done, doing: heard.append((done, doing)), starting(READY, *told, END))
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert [doing for _, doing in heard] == ["importing torch", "warming up", "conv1"] * 2


def test_a_failure_ends_the_run_and_keeps_what_was_told_before() -> None:
    failed = {"event": "failed", "kind": "memory", "message": "out of memory", "layer": "conv1"}
    found = run_processes([JOB, JOB], silent, starting(READY, WARM, ROUND, failed))
    assert (found.ended, found.failure.kind, found.failure.layer) == ("memory", "memory", "conv1")
    assert [len(one.passes) for one in found.processes] == [2]


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("os.kill(os.getpid(), 9)", "SIGKILL, as the system does where memory runs out"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("raise SystemExit('no library')", "ended with 1: no library"),
    ],
)
def test_a_process_that_dies_says_how(then: str, said: str) -> None:
    found = run_processes([JOB, JOB], silent, starting(READY, ROUND, then=then))
    assert found.ended == found.failure.kind == DIED
    assert said in found.failure.message
    assert [len(one.passes) for one in found.processes] == [2]


def test_a_process_that_never_measured_is_none() -> None:
    found = run_processes([JOB], silent, starting(then="os._exit(3)"))
    assert (found.processes, found.ended) == ((), DIED)


def test_an_interrupt_keeps_what_was_told_and_ends_the_process() -> None:
    def interrupting(_: float, doing: str) -> None:
        if doing == "conv1":
            raise KeyboardInterrupt

    started: list[Any] = []

    def start() -> Any:
        told = {"event": "progress", "done": 0.5, "doing": "conv1"}
        started.append(starting(READY, ROUND, told, then="import time\ntime.sleep(60)")())
        return started[0]

    found = run_processes([JOB, JOB], interrupting, start)
    assert (found.ended, found.failure, [len(one.passes) for one in found.processes]) == (INTERRUPTED, None, [2])
    assert started[0].poll() is not None
