"""Processes that measure, one after another: started, listened to, and their parts kept whatever happens."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from convcli.record import Record
from convcli.running.turn import turn
from convcli.timing.protocol import Job, job_line, read_pass
from convcli.timing.record import Process

START = "from convcli.running.worker import work; work()"

START_SHARE = 0.3
"""Which part of a process's time its start takes, for the progress that is shown."""

COMPLETE, INTERRUPTED, DIED = "complete", "interrupted", "died"

Progress = Callable[[float, str], None]


class Failure(Record):
    """Why a process could not go on: a kind of `timing.protocol`, or "died"."""

    kind: str
    message: str
    layer: str | None = None
    help: str = ""


class Outcome(Record):
    """What processes told, and what ended them early."""

    processes: tuple[Process, ...]
    ended: str
    failure: Failure | None


def run_processes(jobs: list[Job], progress: Progress, start: Callable[[], Any] | None = None) -> Outcome:
    """Do each job in a fresh process; after a failure or an interrupt no further one is started.

    Args:
        jobs: one for each process.
        progress: is told how much is done, from 0 to 1, and what is being done.
        start: starts a process; only tests have another one.
    """
    try:
        with turn(progress):
            return _run(jobs, progress, start or _start)
    except KeyboardInterrupt:  # while another run was waited for
        return Outcome((), INTERRUPTED, None)


def _run(jobs: list[Job], progress: Progress, start: Callable[[], Any]) -> Outcome:
    told: list[Process] = []
    for number, job in enumerate(jobs):

        def part(done: float, doing: str, number: int = number) -> None:
            progress((number + done) / len(jobs), doing)

        listener = _Listener(job, part)
        try:
            failure = listener.listen(start())
        except KeyboardInterrupt:
            told.append(listener.process(INTERRUPTED))
            return Outcome(_with_passes(told), INTERRUPTED, None)
        told.append(listener.process(f"failed: {failure.message}" if failure else listener.ended))
        if failure is not None:
            return Outcome(_with_passes(told), failure.kind, failure)
    return Outcome(tuple(told), COMPLETE, None)


def fresh(program: str) -> list[str]:
    """Return the command of a fresh process that runs a program.

    It has the paths of this one, so that it imports the same convcli and the same torch.
    """
    return [sys.executable, "-c", f"import sys; sys.path[:] = sys.argv[1:]; {program}", *sys.path]


def _with_passes(told: list[Process]) -> tuple[Process, ...]:
    return tuple(process for process in told if process.passes)


def _start() -> Any:
    from subprocess import PIPE, Popen
    from tempfile import TemporaryFile

    errors = TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115  closed with the process
    process = Popen(fresh(START), stdin=PIPE, stdout=PIPE, stderr=errors, encoding="utf-8")  # noqa: S603  our own
    process.errors = errors  # type: ignore[attr-defined]
    return process


class _Listener:
    """Hears one process, and keeps what it told."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self.job, self.progress = job, progress
        self.ready: dict[str, Any] = {}
        self.passes: list[Any] = []
        self.warm: dict[str, tuple[int, int]] = {}
        self.peaks: dict[str, int] = {}
        self.notes: dict[str, None] = {}
        self.ended = ""
        self.failure: Failure | None = None

    def listen(self, process: Any) -> Failure | None:
        """Give the process its job, hear it out, and return why it failed, if it did."""
        self.progress(0.0, "importing torch")
        try:
            for event in self._events(process):
                getattr(self, f"_{event['event']}")(event)
        finally:  # on an interrupt too
            process.kill()
            code = process.wait()
            process.stdout.close()
        if not self.ended and self.failure is None:
            self.failure = Failure(DIED, _death(code, _last_line(process)))
        return self.failure

    def _events(self, process: Any) -> Iterator[dict[str, Any]]:
        try:
            process.stdin.write(job_line(self.job) + "\n")
            process.stdin.close()
        except BrokenPipeError:  # it died at once: its end says why
            pass
        for line in process.stdout:
            try:
                event = json.loads(line)
            except ValueError:  # it was killed in the midst of a line
                continue
            yield event
            if event["event"] in ("end", "failed"):
                return
        process.wait()

    def process(self, ended: str) -> Process:
        """Return what was heard."""
        environment = self.ready.get("environment", {})
        return Process(
            self.ready.get("pid", 0), self.job.seed, environment.get("blocking", {}),
            environment.get("informative", {}), self.ready.get("timer_ns", 0), tuple(self.passes), self.warm,
            self.peaks, ended, tuple(self.notes),
        )  # fmt: skip

    def _ready(self, event: dict[str, Any]) -> None:
        self.ready = event
        self.progress(START_SHARE, "warming up")

    def _warm(self, event: dict[str, Any]) -> None:
        self.warm[event["subject"]] = (event["first_pass_ns"], event["passes"])
        self.notes |= dict.fromkeys(event["notes"])

    def _progress(self, event: dict[str, Any]) -> None:
        self.progress(START_SHARE + (1 - START_SHARE) * event["done"], event["doing"])

    def _round(self, event: dict[str, Any]) -> None:
        self.passes += map(read_pass, event["passes"])

    def _memory(self, event: dict[str, Any]) -> None:
        self.peaks[event["subject"]] = event["peak_bytes"]

    def _end(self, event: dict[str, Any]) -> None:
        self.ended = event["why"]

    def _failed(self, event: dict[str, Any]) -> None:
        self.failure = Failure(event["kind"], event["message"], event["layer"], event.get("help") or "")


def _last_line(process: Any) -> str:
    process.errors.seek(0)
    lines = process.errors.read().strip().splitlines()
    process.errors.close()
    return lines[-1] if lines else ""


def _death(code: int, said: str) -> str:
    """Say how a process died."""
    if code >= 0:
        return f"the measuring process ended with {code}" + (f": {said}" if said else "")
    import signal

    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", as the system does where memory runs out" if name == "SIGKILL" else ""
    return f"the measuring process was ended by {name}{hint}"
