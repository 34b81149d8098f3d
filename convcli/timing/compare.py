"""Faster, slower, or it cannot be told: subjects of one run, round by round, and two runs that were kept.

Within a run passes of all subjects take turns, so a ratio is that of two passes of one round: what
slows the machine down slows both (one after the other, equal things differed by up to 45 %, in turns
by 2.2 %, beside two other programs). What is compared is the interval of the ratio, over processes.

Two runs that were kept share nothing, so they are compared only where everything agrees that times
depend on. Their intervals must not touch, and where each has four processes or more, the ranks of
their medians must differ too (Mann and Whitney's U; fewer can never differ with 5 % of doubt).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.record import Record
from convcli.timing.figure import figure
from convcli.timing.protocol import PLAIN
from convcli.timing.record import Figure, Process, Ratio, SubjectTimes, Timings
from convcli.timing.samples import of_kind, told_in_pairs, wall
from convcli.timing.statistics import LEVEL, mann_whitney

FASTER, SLOWER, CANNOT_TELL = "faster", "slower", "cannot tell"

NOISE = 0.01
"""No change is told that is smaller, whatever the numbers say."""

FEW_PROCESSES, NOISE_OF_FEW = 3, 0.05
"""With fewer processes the noise between them is not seen; between processes times differ by 1 % (its SD)."""

TOO_WIDE = 0.25
"""Where the middle half of all passes is wider, relative to the median, nothing is compared."""

RANKS_FROM = 4
"""Processes on each side, from which on ranks can tell."""


def ratios(subjects: Sequence[SubjectTimes], processes: Sequence[Process]) -> tuple[Ratio, ...]:
    """Return the ratio of each subject to the first."""
    if not subjects:
        return ()
    first = subjects[0]
    found = []
    for other in subjects[1:]:
        pairs = [
            told_in_pairs(
                process,
                (of_kind(process, first.name, PLAIN), of_kind(process, other.name, PLAIN)),
                lambda a, b: wall(b) / wall(a),
            )
            for process in processes
        ]
        ratio, floor = figure(pairs), noise(first, other)
        reason = ratio.reason or unfit(first, other)
        found.append(Ratio(other.name, ratio, CANNOT_TELL if reason else verdict(ratio, floor), floor, reason))
    return tuple(found)


def noise(*subjects: SubjectTimes) -> float:
    """Return the smallest relative change that is more than noise: what equal things differed by, 1 % at least."""
    found = [NOISE]
    for one in subjects:
        if one.again is not None and one.again.lo is not None and one.again.hi is not None:
            found.append(max(1 - one.again.lo, one.again.hi - 1))
        if sum(value is not None for value in one.total.medians) < FEW_PROCESSES:
            found.append(NOISE_OF_FEW)
    return max(found)


def verdict(ratio: Figure, floor: float) -> str:
    """Judge a ratio: its whole interval must lie beyond the noise, in equal measure to both sides."""
    if ratio.value is None or ratio.lo is None or ratio.hi is None:
        return CANNOT_TELL
    if ratio.lo > 1 + floor:
        return SLOWER
    return FASTER if ratio.hi < 1 / (1 + floor) else CANNOT_TELL


def unfit(*subjects: SubjectTimes) -> str | None:
    """Say why times are too unsteady to be compared; None where they are not."""
    for one in subjects:
        total = one.total
        if total.value is None:
            return total.reason
        if total.p25 is not None and total.p75 is not None and (total.p75 - total.p25) / total.value > TOO_WIDE:
            return f"the middle half of the passes of {one.name} spreads over more than {TOO_WIDE:.0%} of their median"
    return None


class Moved(Record):
    """A fact that two runs must have in common, and have not."""

    field: str
    before: Any
    after: Any


NOT_OF_THE_MACHINE = ("model", "model_hash", "fingerprint", "input_shape")
"""Facts of a network: it is what changes between two runs of one machine."""


def blocking(before: Timings, after: Timings) -> tuple[Moved, ...]:
    """Return the facts that differ between two runs, or within one of them, and must not."""
    found = []
    for field, (old, new) in _sides(_facts(before), _facts(after)).items():
        if old != new and field not in NOT_OF_THE_MACHINE:
            found.append(Moved(field, old, new))
    return tuple(found)


def _facts(run: Timings) -> dict[str, Any]:
    """Return the facts of a run and of how its first subject ran; those of several processes must agree."""
    facts: dict[str, Any] = {}
    for process in run.processes:
        for field, value in process.blocking.items():
            known = facts.setdefault(field, value)
            if known != value:
                facts[field] = f"{known} and {value}"
    return facts | (run.subjects[0].config.as_dict() if run.subjects else {})


def _sides(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {field: (before.get(field), after.get(field)) for field in {**before, **after}}


def compare_runs(before: Timings, after: Timings) -> Ratio:
    """Compare the first subjects of two runs that were kept.

    Raises:
        ConvcliError: they cannot be compared: the first field that differs is named, with both values.
    """
    moved = blocking(before, after)
    if moved:
        field, old, new = moved[0]
        more = f" (and {len(moved) - 1} more)" if moved[1:] else ""
        raise ConvcliError(
            [
                Diagnostic(
                    "CV059",
                    f"these times cannot be compared: `{field}` is {_shown(old)} in one and {_shown(new)} in the other"
                    f"{more}",
                    help="measure both in one run: `convcli diff --run A B`",
                )
            ]
        )
    first, other = before.subjects[0], after.subjects[0]
    ratio, floor = quotient(first.total, other.total), noise(first, other)
    reason = ratio.reason or unfit(first, other)
    found = CANNOT_TELL if reason else verdict(ratio, floor)
    if found != CANNOT_TELL and not _ranks_agree(first.total, other.total):
        found, reason = CANNOT_TELL, "the medians of their processes are in no clear order"
    return Ratio(other.name, ratio, found, floor, reason)


def quotient(before: Figure, after: Figure) -> Figure:
    """Return the ratio of two numbers that were measured apart: its interval has room for both intervals."""
    if not before.value or after.value is None:
        return Figure(None, reason=before.reason or after.reason or "there is nothing to compare with")
    low, high = before.lo or before.value, before.hi or before.value
    return Figure(
        after.value / before.value, (after.lo if after.lo is not None else after.value) / high,
        (after.hi or after.value) / low, min(before.n, after.n),
    )  # fmt: skip


def _ranks_agree(before: Figure, after: Figure) -> bool:
    """Say whether ranks do not contradict; few processes cannot."""
    sides = [[value for value in one.medians if value is not None] for one in (before, after)]
    return min(map(len, sides)) < RANKS_FROM or mann_whitney(*sides) < 1 - LEVEL


def _shown(value: Any) -> str:
    return "not known" if value is None else f"`{value}`"
