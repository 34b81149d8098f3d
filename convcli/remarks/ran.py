"""A run as the remarks look at it: what was measured, how, and what somebody has tried already."""

from typing import Any

from convcli.record import Record
from convcli.report import LayerReport, Report
from convcli.rules.ignores import Ignores
from convcli.timing.protocol import INFERENCE, Config
from convcli.timing.record import LayerTime, SubjectTimes, Timings

HALF = ("bfloat16", "float16")


class Remark(Record):
    """What is said of a run.

    Attributes:
        code: of the explanation.
        message: what was found.
        help: what to do about it.
        layers: where it is found, the one with the largest part first; empty where it is no matter of layers.
    """

    code: str
    message: str
    help: str
    layers: tuple[LayerReport, ...] = ()


class Ran:
    """A run on trial.

    Attributes:
        report: what is known of the network without running it.
        timings: what was measured.
        first: the times of the network as it was asked for.
        config: how that ran.
        facts: of the machine, by the names of `bench.environment`.
    """

    def __init__(self, report: Report, timings: Timings, ignores: Ignores | None = None) -> None:
        self._ignores = ignores
        self.report = report
        self.timings = timings
        self.first: SubjectTimes = timings.subjects[0]
        self.config: Config = self.first.config
        self.facts: dict[str, Any] = dict(timings.processes[0].blocking) if timings.processes else {}

    @property
    def on_cpu(self) -> bool:
        """Whether it ran on a processor."""
        return self.config.device == "cpu"

    @property
    def total(self) -> float | None:
        """The seconds of a pass."""
        return self.first.total.value

    @property
    def is_half(self) -> bool:
        """Whether products are of half precision."""
        return self.config.dtype in HALF or self.config.amp

    def tried(self, how: str) -> bool:
        """Say whether some subject ran so: "channels_last", "compile" or "cuda_graph"."""
        return any(getattr(subject.config, how) for subject in self.timings.subjects)

    def layers(self) -> list[tuple[LayerReport, LayerTime]]:
        """Return the layers with their times, where there are any."""
        times = {layer.name: layer for layer in self.first.layers}
        return [(row, times[row.name]) for row in self.report.layers if row.name in times]

    def is_silenced(self, code: str, layer: LayerReport) -> bool:
        """Say whether a comment silences what could be said of a layer: on its line, or on a call that led there."""
        if self._ignores is None:
            return False
        spans = [span for span in (layer.span, *layer.via) if span is not None]
        return any(self._ignores.covers(code, span) for span in spans)

    def suggest(self, *ways: tuple[bool, str]) -> str:
        """Join what can be done, leaving out what does not apply or was tried."""
        return "; ".join(words for applies, words in ways if applies)


def expected_peak(report: Report) -> int | None:
    """Return the bytes that a pass of the run takes beside the weights, as they were predicted."""
    totals, timings = report.totals, report.timings
    if timings is None or timings.subjects[0].config.mode == INFERENCE:
        return None if "inference_peak_bytes" in totals.unknown else totals.inference_peak_bytes
    return None if "training_bytes" in totals.unknown else totals.training_bytes - totals.weights_bytes
