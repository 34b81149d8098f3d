"""The lines of a run below its table: the whole pass and its parts, how far they can be trusted, and where it ran."""

from collections.abc import Iterator, Sequence

from convcli import human
from convcli.remarks.ran import expected_peak
from convcli.report import Report
from convcli.styled import DIM, ERROR, NUMBER, Line
from convcli.timing.clean import CAUSES
from convcli.timing.pool import COMPLETE
from convcli.timing.protocol import BACKWARD, INFERENCE, STEP
from convcli.timing.record import Figure, Ratio, SubjectTimes, Timings
from convcli.timing.trust import no_ceiling
from convcli.writers.times import NO_TRUST

MODES = {INFERENCE: "forward, no gradients", BACKWARD: "forward and backward", STEP: "a step of training"}
SHOWN = 3
"""How many layers are named that have no time."""


def time_lines(report: Report, width: int | None) -> list[Line]:
    """Return what a run says of the whole network; nothing where nothing was timed."""
    if report.timings is None or not report.timings.subjects:
        return []
    timings, first = report.timings, report.timings.subjects[0]
    found = [
        *_whole(report, timings, first),
        *_machine(report, timings, first),
        *_trust(first),
        *(_other(one, other) for one, other in zip(timings.ratios, timings.subjects[1:], strict=True)),
        ("ran", *_ran(timings, first)),
    ]
    lines = [line for label, value, words in found for line in _lines(label, value, words, width)]
    return lines + _untold(first)


WORDS_FROM, LEAST = 29, 24
"""Where words begin, and how many cells they have at least."""

Said = tuple[str, str, str]
"""A label, a number, and what it means."""


def _lines(label: str, value: str, words: str, width: int | None) -> list[Line]:
    """Return a number with its name in front of it and what it means behind it, in several lines if need be."""
    room, parts = WORDS_FROM, [f"[{words}]"]
    if width is not None and room + len(parts[0]) > width:
        from textwrap import wrap

        parts = wrap(parts[0], max(width - room, LEAST), break_on_hyphens=False)
    head = f"{label:<11}{value:>{27 - max(len(label), 11)}}".ljust(room)
    return [[(head, NUMBER), (parts[0], DIM)], *([(" " * room, DIM), (part, DIM)] for part in parts[1:])]


def _whole(report: Report, timings: Timings, first: SubjectTimes) -> Iterator[Said]:
    """Say how long a pass takes, and its parts."""
    total = first.total
    mode = MODES[first.config.mode].replace("training", f"{first.config.optimizer}")
    among = _among(total, len(timings.processes))
    yield "pass", _seconds(total), f"{among}; {mode}, batch {report.batch}"
    yield "samples", f"{first.samples[1]} of {first.samples[0]}", f"clean{_left_out(first)}"
    for name, part in (("forward", first.forward), ("backward", first.backward), ("optimizer", first.optimizer)):
        if part is not None:
            yield name, _seconds(part), _among(part, len(timings.processes))
    if first.device is not None:
        yield "device", _seconds(first.device), "the device was busy for so long"
    if first.rest is not None:
        yield "rest", _seconds(first.rest), "between layers: executor and dispatch"
    if first.first_pass is not None:
        yield "first pass", _seconds(first.first_pass), "the very first, which also prepares the kernels"
    if first.faults:
        yield "faults", f"{first.faults:,.0f}", "minor page faults a pass: memory that is asked for again each time"
    if first.measured_peak_bytes is not None:
        yield "peak", human.bytes_(first.measured_peak_bytes), f"measured, without weights; {predicted_peak(report)}"


def predicted_peak(report: Report) -> str:
    """Say what peak was predicted for the mode of a run."""
    expected = expected_peak(report)
    return "none is predicted" if expected is None else f"{human.bytes_(expected)} predicted"


def _machine(report: Report, timings: Timings, first: SubjectTimes) -> Iterator[Said]:
    """Say what a pass makes of the machine, and what was expected."""
    forward = first.total if first.forward is None else first.forward
    if forward.value and "macs" not in report.totals.unknown:
        rate = human.rate(report.totals.flops / forward.value, "FLOP/s")
        yield "effective", rate, f"2 * MACs a second, forward{_part_of_ceiling(timings, forward)}"
    whole = timings.whole
    if whole is None:
        return
    bound = "" if whole.bound is None else f"; {human.seconds(whole.bound)} is a bound of this machine"
    if whole.seconds is not None and whole.error is not None:
        yield "predicted", human.seconds(whole.seconds), f"before it ran, within {100 * whole.error:.0f} %{bound}"
    elif whole.bound is not None:
        yield "bound", human.seconds(whole.bound), "a bound of this machine, not a prediction"


def _part_of_ceiling(timings: Timings, forward: Figure) -> str:
    if timings.ceilings is None:
        return ""
    reason = no_ceiling(timings)
    if reason is not None:
        return f"; no share of the roof: {reason}"
    if timings.whole is None or timings.whole.bound is None or not forward.value:
        return "; no share of the roof: not each layer has a bound"
    return f"; {100 * timings.whole.bound / forward.value:.0f} % of the roof"


def _trust(first: SubjectTimes) -> Iterator[Said]:
    """Say what speaks for the numbers, or against them."""
    if first.closure is not None:
        yield "closure", _ratio(first.closure), "the layers together, relative to a pass without timestamps"
    if first.overhead is not None:
        yield "overhead", _ratio(first.overhead), "a pass with timestamps, relative to one without"
    if first.again is not None:
        yield "A/A", _ratio(first.again), "the same pass again, relative to the first"


def _other(ratio: Ratio, other: SubjectTimes) -> Said:
    """Say how another way to run the network compares."""
    shown = "" if ratio.figure.value is None else f", {ratio.figure.lo:.3f} to {ratio.figure.hi:.3f}"
    words = f"{ratio.verdict}{f': {ratio.reason}' if ratio.reason else shown}; its pass takes {_seconds(other.total)}"
    return other.name, f"{_ratio(ratio.figure)} x", words


def _ran(timings: Timings, first: SubjectTimes) -> tuple[str, str]:
    """Say where and how it ran, in a line."""
    config = first.config
    facts = timings.processes[0].blocking if timings.processes else {}
    seeds = sorted({process.seed for process in timings.processes})
    parts = [
        human.counted(facts["threads"], "thread") if isinstance(facts.get("threads"), int) else "",
        config.dtype + (" with autocast" if config.amp else ""),
        "channels last" if config.channels_last else "channels first",
        "compiled" if config.compile else "",
        "as a CUDA graph" if config.cuda_graph else "",
        str(facts.get("gpu") or facts.get("cpu") or ""),
        f"torch {facts['torch']}" if "torch" in facts else "",
        _processes(len(timings.processes)),
        f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}" if seeds else "",
        f"{timings.seconds:.0f} s in all" if timings.seconds else "",
        "" if timings.ended == COMPLETE else f"cut short: {timings.ended}",
    ]
    return config.device, ", ".join(filter(None, parts))


def _untold(first: SubjectTimes) -> list[Line]:
    """Say which numbers are not told, and why; layers that are too short say it themselves."""
    reasons: dict[str, list[str]] = {}
    if first.total.reason:
        return [[(f"{NO_TRUST} {first.total.reason}: nothing is said of the pass, nor of its layers", ERROR)]]
    for layer in first.layers:
        for part in (layer.forward, layer.backward):
            if part is not None and part.reason and part.hi is None:
                reasons.setdefault(part.reason.partition(" by ")[0], []).append(layer.name)  # each by its own percents
    lines: list[Line] = [[(f"{NO_TRUST} {why}: {_named(names)}", ERROR)] for why, names in reasons.items()]
    if first.layers_reason:
        lines.append([(f"{NO_TRUST} no times of layers: {first.layers_reason}", ERROR)])
    return lines


def _named(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _among(figure: Figure, processes: int) -> str:
    """Say between what a time lies, and what that is made of."""
    if figure.value is None or figure.lo is None or figure.hi is None:
        return figure.reason or "nothing is known"
    alone = ", whose own spread is too narrow" if processes == 1 else ""
    return f"{human.seconds(figure.lo)} to {human.seconds(figure.hi)}, {_processes(processes)}{alone}"


def _processes(number: int) -> str:
    return f"{number} process{'es' * (number != 1)}"


def _left_out(first: SubjectTimes) -> str:
    """Say how many samples are left out, and what has spoiled them."""
    causes = ", ".join(f"{number} {CAUSES[cause]}" for cause, number in first.contaminated.items())
    far = f"; {first.outliers} far out, kept" if first.outliers else ""
    return (f"; left out: {causes}" if causes else "") + far


def _seconds(figure: Figure) -> str:
    return NO_TRUST if figure.value is None else human.seconds(figure.value)


def _ratio(figure: Figure) -> str:
    return NO_TRUST if figure.value is None else f"{figure.value:.3f}"
