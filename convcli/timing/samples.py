"""The samples of a run, by process, subject and kind: which are clean, and which belong to one round."""

from collections.abc import Callable, Iterable, Sequence

from convcli.record import Record
from convcli.timing.clean import cause_of
from convcli.timing.protocol import Pass
from convcli.timing.record import Process

IN_TIME = ("seconds", "precise", "steady")
"""Why a process ends that has done all that it should."""


class Told(Record):
    """What a process told of one quantity.

    Attributes:
        values: of clean passes.
        passes: how many there are, contaminated ones too.
        cut: whether the process ended before its time, so that there may be too few.
    """

    values: tuple[float, ...]
    passes: int
    cut: bool


def of_kind(process: Process, subject: str, kind: str) -> list[Pass]:
    """Return a subject's passes of a kind, round after round."""
    return [one for one in process.passes if one.subject == subject and one.kind == kind]


def is_clean(one: Pass) -> bool:
    """Say whether nothing has contaminated a pass."""
    return cause_of(one.sample) is None


def clean(passes: Iterable[Pass]) -> list[Pass]:
    """Return the passes that nothing has contaminated."""
    return [one for one in passes if is_clean(one)]


def told(process: Process, passes: Sequence[Pass], value: Callable[[Pass], float]) -> Told:
    """Return a value of each clean pass of a process."""
    return Told(tuple(map(value, clean(passes))), len(passes), process.ended not in IN_TIME)


def told_in_pairs(
    process: Process, pairs: tuple[Sequence[Pass], Sequence[Pass]], value: Callable[[Pass, Pass], float | None]
) -> Told:
    """Return a value of each round in which both passes are clean."""
    rounds = list(zip(*pairs, strict=False))
    values = [value(*both) for both in rounds if all(map(is_clean, both))]
    return Told(tuple(one for one in values if one is not None), len(rounds), process.ended not in IN_TIME)


def wall(one: Pass) -> float:
    """Return the seconds of a pass by the clock."""
    return one.sample.wall_ns / one.sample.repeat / 1e9


def busy(one: Pass) -> float:
    """Return the seconds for which the device was busy with a pass: by the clock, where it has no events."""
    device = one.sample.device_ns
    return wall(one) if device is None else device / one.sample.repeat / 1e9


def has_phases(one: Pass) -> bool:
    """Say whether a pass is more than a forward."""
    return len(one.phases) > 1


def phase(one: Pass, at: int) -> float:
    """Return the seconds of a phase: 0 forward, 1 backward, 2 the optimiser; the whole where there are none."""
    return one.phases[at] / one.sample.repeat / 1e9 if has_phases(one) else busy(one)
