"""Rounds of passes: all kinds of all subjects in random order, until there is enough of them."""

from collections.abc import Sequence
from random import Random
from typing import Protocol

from convcli.bench.progress import Progress
from convcli.timing.figure import FEWEST
from convcli.timing.protocol import AGAIN, PLAIN, TIMED, Job, Pass, pass_dict
from convcli.timing.samples import clean, wall
from convcli.timing.statistics import median, median_interval

WARM_SHARE = 0.25
"""Of the seconds of a job, for all of its subjects together, to warm up."""

WARM_LEAST, WARM_ROW, WARM_WITHIN = 3, 3, 0.05
"""It is warm after so many passes at least, if so many in a row are so close to the median."""

SHORT = 0.001
"""Seconds; of shorter passes some are timed in a row, so that the clock and the counters do not matter."""

MOST_REPEATS = 1000

ENOUGH = 20
"""Clean passes before rounds may end early."""

LONGEST = 3.0
"""How many times the seconds rounds may take while too few passes are clean."""

PATIENCE = 20.0
"""Seconds that rounds of long passes may take, since a few of them there have to be, whatever the job says."""

WARMING = 0.2
"""Which part of the progress is that of warming up."""

SECONDS, PRECISE, STEADY = "seconds", "precise", "steady"
"""Why rounds end: the time is over; the median is known well enough; more passes do not help."""


class Runs(Protocol):
    """What is measured: a subject's passes."""

    name: str
    timed: bool
    again: bool

    def run(self, kind: str, repeat: int = 1) -> Pass:
        """Run a pass, `repeat` times in a row."""

    def check(self) -> tuple[str, ...]:
        """Return what is wrong with the outputs of passes."""


class Rounds:
    """The rounds of a job."""

    def __init__(self, runners: Sequence[Runs], job: Job, progress: Progress) -> None:
        self.runners, self.job, self.progress = runners, job, progress
        self.tell, self.clock = progress.tell, progress.clock
        self.random = Random(job.seed)  # noqa: S311  it shuffles
        self.repeats: dict[str, int] = {}
        self.found: list[Pass] = []
        self.widths: dict[int, float] = {}

    def warm_up(self) -> None:
        """Run each subject until its passes are steady."""
        limit = WARM_SHARE * self.job.seconds / len(self.runners)
        for number, runner in enumerate(self.runners):
            self.progress.reach(WARMING * number / len(self.runners), f"warming up {runner.name}")
            found = [wall(runner.run(PLAIN))]
            first, start = round(found[0] * 1e9), self.clock()  # the first may compile, which is not warming up
            while len(found) < 2 or not (_steady(found) or self.clock() - start >= limit):
                found.append(wall(runner.run(PLAIN)))
            for kind in _kinds(runner)[-1:]:
                runner.run(kind)
            self.repeats[runner.name] = max(1, min(round(SHORT / max(min(found), 1e-9)), MOST_REPEATS))
            told = {"first_pass_ns": first, "passes": len(found), "notes": list(runner.check())}
            self.tell({"event": "warm", "subject": runner.name} | told)

    def measure(self) -> str:
        """Run rounds, and return why they have ended."""
        order = [(runner, kind) for runner in self.runners for kind in _kinds(runner)]
        start, number = self.clock(), 0
        while True:
            self.random.shuffle(order)
            passes = [runner.run(kind, self.repeats[runner.name]) for runner, kind in order]
            self.tell({"event": "round", "passes": list(map(pass_dict, passes))})
            number += 1
            self.found += [one for one in passes if (one.subject, one.kind) == (self.runners[0].name, PLAIN)]
            taken = self.clock() - start
            done = min(taken / self.job.seconds, max(number / FEWEST, taken / PATIENCE))
            self.progress.reach(WARMING + (1 - WARMING) * min(done, 1.0), f"round {number}")
            why = self._enough(number, taken)
            if why is not None:
                return why

    def _enough(self, number: int, taken: float) -> str | None:
        """Say why there are enough rounds; None while there are not."""
        good = [wall(one) for one in clean(self.found)]
        if taken >= self.job.seconds:
            enough = number > FEWEST or not good or taken >= PATIENCE  # where none is clean, more will not be
            over = taken >= LONGEST * self.job.seconds and enough
            return SECONDS if len(good) >= FEWEST or over else None
        interval = median_interval(good) if len(good) >= ENOUGH else None
        if interval is None:
            return None
        width = (interval[1] - interval[0]) / 2 / median(good)
        self.widths[number] = width
        if width < self.job.precision:
            return PRECISE
        return STEADY if self._shrinks_no_more(number, width) else None

    def _shrinks_no_more(self, number: int, width: float) -> bool:
        """Say whether three times as many passes, which should make it 1.7 times as narrow, changed nothing."""
        earlier = self.widths.get(number // 3)
        return earlier is not None and width >= earlier


def _kinds(runner: Runs) -> list[str]:
    return [PLAIN, *([AGAIN] if runner.again else []), *([TIMED] if runner.timed else [])]


def _steady(found: Sequence[float]) -> bool:
    """Say whether a subject is warm."""
    if len(found) < max(WARM_LEAST, WARM_ROW):
        return False
    middle = median(found)
    return all(abs(one - middle) <= WARM_WITHIN * middle for one in found[-WARM_ROW:])
