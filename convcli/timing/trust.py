"""Whether times may be held against what the machine can do."""

from convcli.human import counted
from convcli.timing.record import SubjectTimes, Timings

BEATS = 1.05
"""A layer that is so much faster than a ceiling says that the ceiling is wrong."""

LAUNCHING = 0.2
"""From this part of a pass on in which a GPU waits for work, its layers say nothing of its ceilings."""


def no_ceiling(timings: Timings) -> str | None:
    """Say why times are not held against what the machine can do; None where they are."""
    ceilings, first = timings.ceilings, timings.subjects[0] if timings.subjects else None
    if ceilings is None or first is None:
        return "the machine's ceilings were not measured"
    if ceilings.reason is not None:
        return ceilings.reason
    threads = {process.blocking.get("threads", ceilings.threads) for process in timings.processes}
    if threads - {ceilings.threads}:
        return f"the ceilings are those of {counted(ceilings.threads, 'thread')}"
    if waits_for_work(first):
        return "the device waits for work between layers"
    name = beaten(timings)
    return f"`{name}` is faster than the ceiling, so one of them is wrong" if name else None


def beaten(timings: Timings) -> str | None:
    """Return the first layer that is faster than the ceilings allow; None where none is."""
    layers = timings.subjects[0].layers if timings.subjects else ()
    for layer, guess in zip(layers, timings.predictions or (), strict=False):
        if guess.bound and layer.forward.value and guess.bound > BEATS * layer.forward.value:
            return layer.name
    return None


def waits_for_work(first: SubjectTimes) -> bool:
    """Say whether a GPU was idle for a good part of a pass."""
    total, busy = first.total.value, first.device and first.device.value
    return bool(total and busy and (total - busy) / total > LAUNCHING)
