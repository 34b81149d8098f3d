"""From what processes told to the times of a run: pooled over processes, refused where they deserve no trust."""

from collections.abc import Callable, Sequence

from convcli.record import Record
from convcli.timing.clean import count_causes
from convcli.timing.compare import ratios
from convcli.timing.figure import figure, once
from convcli.timing.layers import Layers, layer_times
from convcli.timing.protocol import AGAIN, Config, Pass
from convcli.timing.record import Ceilings, Figure, Predicted, Process, SubjectTimes, Timings
from convcli.timing.samples import busy, clean, has_phases, of_kind, phase, told, told_in_pairs, wall
from convcli.timing.statistics import median, outliers

COMPLETE = "complete"


class Asked(Record):
    """Whose times are wanted.

    Attributes:
        name: the subject's, as in the job.
        config: how it ran.
        layers: the names of its layers, in the graph's order; () where they were not to be timed.
    """

    name: str
    config: Config
    layers: tuple[str, ...] = ()


def timings(
    asked: Sequence[Asked],
    processes: Sequence[Process],
    *,
    ceilings: Ceilings | None = None,
    predictions: Sequence[Predicted] | None = None,
    whole: Predicted | None = None,
    ended: str = COMPLETE,
    seconds: float = 0.0,
) -> Timings:
    """Make the times of a run of what its processes told, as far as they came.

    Args:
        asked: the subjects, in the job's order.
        processes: what each told, those that failed, died or were interrupted too.
        ceilings: of the machine.
        predictions: for the layers of the first subject.
        whole: the prediction for the first subject.
        ended: `COMPLETE`, or what cut the run short.
        seconds: how long it took.
    """
    subjects = tuple(_subject(one, processes) for one in asked)
    return Timings(
        subjects, ratios(subjects, processes), tuple(processes), ceilings,
        None if predictions is None else tuple(predictions), whole, ended, seconds,
    )  # fmt: skip


def _subject(asked: Asked, processes: Sequence[Process]) -> SubjectTimes:
    name, config, layers = asked.name, asked.config, Layers(asked.layers, asked.config, processes, asked.name)
    plain = layers.plain
    total = figure([told(process, passes, wall) for process, passes in zip(processes, plain, strict=True)])
    times, reason, rest = layer_times(layers, total)
    timed = None if reason else _in_pairs(processes, plain, layers.timed, busy)
    again = [of_kind(process, name, AGAIN) for process in processes]
    passes = [one for some in plain for one in some]
    forward, backward, optimizer = (_phase(processes, plain, at) for at in range(3))
    return SubjectTimes(
        name, config, total, forward, backward, optimizer, times, reason, rest,
        None if reason else layers.closure(), timed, _in_pairs(processes, plain, again, busy),
        once([process.warm[name][0] / 1e9 for process in processes if name in process.warm]),
        _device(processes, plain),
        max([process.peaks[name] for process in processes if name in process.peaks], default=None),
        (len(passes), len(clean(passes))), count_causes([one.sample for one in passes]),
        sum(outliers(list(map(wall, clean(some)))) for some in plain),
        median([one.sample.faults / one.sample.repeat for one in passes]) if passes else None,
    )  # fmt: skip


def _phase(processes: Sequence[Process], plain: Sequence[Sequence[Pass]], at: int) -> Figure | None:
    """Return the time of a phase of plain passes, None where they have it not, or nothing else."""
    if not any(has_phases(one) and len(one.phases) > at for some in plain for one in some):
        return None
    return figure(
        [told(process, some, lambda one: phase(one, at)) for process, some in zip(processes, plain, strict=True)]
    )


def _device(processes: Sequence[Process], plain: Sequence[Sequence[Pass]]) -> Figure | None:
    """Return for how long the device was busy, None where it has no events."""
    if all(one.sample.device_ns is None for some in plain for one in some):
        return None
    return figure([told(process, some, busy) for process, some in zip(processes, plain, strict=True)])


def _in_pairs(
    processes: Sequence[Process], plain: Sequence[Sequence[Pass]], others: Sequence[Sequence[Pass]],
    value: Callable[[Pass], float],
) -> Figure | None:  # fmt: skip
    """Return other passes relative to the plain ones of their rounds; None where there are none."""
    if not any(map(len, others)):
        return None
    return figure(
        [
            told_in_pairs(process, (some, other), lambda a, b: value(b) / value(a))
            for process, some, other in zip(processes, plain, others, strict=True)
        ]
    )
