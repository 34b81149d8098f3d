"""Times that were kept, read back from the JSON of a report: whoever wrote it, nothing in it is believed unchecked.

Figures are not read but worked out anew from the samples, so they cannot contradict them.
"""

from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.source import Source
from convcli.timing.checked import Place, Unfit
from convcli.timing.pool import Asked, timings
from convcli.timing.protocol import AGAIN, BACKWARD, INFERENCE, PLAIN, STEP, TIMED, Config, Pass, Sample
from convcli.timing.record import NOTES, Predicted, Process, Timings
from convcli.timing.written import by_name, read_ceilings

MAX_SIZE = 64 << 20
"""Bytes of a report, for whoever reads the file; one of 1,000 layers and three processes has ten millions."""

SCHEMA = "convcli/report/1"
HOW = "write it by `convcli profile MODEL --run -o NAME.json`"


def read_timings(source: Source) -> Timings:
    """Read the times of a report that was kept.

    Raises:
        ConvcliError: it is no report, has no times, or something in it cannot be.
    """
    try:
        return _timings(_report(source.text))
    except Unfit as error:
        raise _unreadable(f"{source.name}: {error}") from None
    except ArithmeticError:
        raise _unreadable(f"{source.name}: the samples contradict each other") from None


def _unreadable(message: str) -> ConvcliError:
    return ConvcliError([Diagnostic("CV058", message, help=HOW)])


def _report(text: str) -> Place:
    """Return the object `timings` of a report."""
    import json

    try:
        report = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise Unfit("this is no JSON that could be read") from None
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise Unfit(f"this is no report of convcli, whose `schema` is `{SCHEMA}`")
    if report.get("timings") is None:
        raise Unfit("this report has no times")
    return Place(report["timings"], "timings")


def _refused(constant: str) -> Any:
    raise ValueError(constant)


def _timings(place: Place) -> Timings:
    subjects = place.items("subjects")
    asked = [_asked(one) for one in subjects]
    if not asked or len({one.name for one in asked}) < len(asked):
        raise Unfit("`timings.subjects` has no two of one name, and at least one")
    processes = [_process(one) for one in place.items("processes")]
    for one in asked:
        _expect_alike(one.name, processes)
    ceilings, predictions, whole = (place.get(name) for name in ("ceilings", "predictions", "whole"))
    return timings(
        asked, processes, ceilings=ceilings.maybe(read_ceilings),
        predictions=predictions.maybe(lambda found: [_predicted(one) for one in found.each()]),
        whole=whole.maybe(_predicted), ended=place.get("ended").text(), seconds=place.get("seconds").number(),
    )  # fmt: skip


def _asked(place: Place) -> Asked:
    return Asked(
        place.get("name").text(), _config(place.get("config")),
        tuple(layer.get("name").text() for layer in place.items("layers")),
    )  # fmt: skip


def _config(place: Place) -> Config:
    amp, channels_last, compiled, graph = (
        place.get(name).flag() for name in ("amp", "channels_last", "compile", "cuda_graph")
    )
    return Config(
        place.get("device").text(), place.get("dtype").text(), amp, channels_last,
        place.get("mode").one_of(INFERENCE, BACKWARD, STEP), place.get("optimizer").maybe(Place.text), compiled, graph,
    )  # fmt: skip


def _process(place: Place) -> Process:
    return Process(
        place.get("pid").whole(), place.get("seed").whole(), place.get("blocking").fields(),
        place.get("informative").fields(), place.get("timer_ns").whole(),
        tuple(map(_pass, place.items("passes"))), by_name(place.get("warm"), _warm),
        by_name(place.get("peak_bytes"), Place.whole), place.get("ended").text(),
        tuple(one.one_of(*NOTES) for one in place.items("notes")),
    )  # fmt: skip


def _warm(place: Place) -> tuple[int, int]:
    return place.get("first_pass_ns").whole(), place.get("passes").whole()


def _pass(place: Place) -> Pass:
    nodes, backward = place.get("nodes"), place.get("backward_nodes")
    return Pass(
        place.get("subject").text(), place.get("kind").one_of(PLAIN, AGAIN, TIMED), _sample(place.get("sample")),
        tuple(one.whole() for one in place.items("phases")),
        nodes.maybe(lambda found: tuple(one.whole() for one in found.each())),
        backward.maybe(lambda found: tuple(one.maybe(Place.whole) for one in found.each())),
    )  # fmt: skip


def _sample(place: Place) -> Sample:
    return Sample(
        place.get("wall_ns").whole(least=1), place.get("wait_ns").maybe(Place.whole), place.get("switches").whole(),
        place.get("faults").whole(), place.get("steal_ticks").maybe(Place.whole), place.get("repeat").whole(least=1),
        place.get("device_ns").maybe(lambda found: found.whole(least=1)), place.get("throttled").flag(),
    )  # fmt: skip


def _expect_alike(subject: str, processes: list[Process]) -> None:
    """Refuse passes of a subject that are not of one kind.

    Raises:
        Unfit: they have different phases, or only some of them have times backward.
    """
    passes = [one for process in processes for one in process.passes if one.subject == subject]
    timed = [one for one in passes if one.kind == TIMED]
    if len({len(one.phases) for one in passes}) > 1 or len({one.backward_nodes is None for one in timed}) > 1:
        raise Unfit(f"the passes of `{subject}` have different parts")


def _predicted(place: Place) -> Predicted:
    return Predicted(*(place.get(name).maybe(Place.number) for name in ("bound_seconds", "predicted_seconds", "error")))
