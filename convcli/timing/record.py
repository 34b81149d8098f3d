"""What was measured: the records of times, of the machine's ceilings, and of comparisons."""

from collections.abc import Mapping
from typing import Any

from convcli.record import Record
from convcli.timing.protocol import Config, Pass

NOT_FINITE, CONSTANT = "not finite", "constant"
NOTES = (NOT_FINITE, CONSTANT)
"""What a process may say of the outputs of the network; times of such numbers can be anything."""


class Figure(Record):
    """A measured number, in seconds or as a ratio, and how far it can be trusted.

    Attributes:
        value: the median of the processes' medians of clean samples; None where it deserves no trust.
        lo, hi: the interval: the spread between processes, or that within them where it is wider. A
            value that is only known to be short has its bounds alone.
        n: how many clean samples there are.
        minimum, p25, p75, p95: of the clean samples of all processes.
        reason: why there is no value.
        medians: of each process, None where it has too few clean samples.
    """

    value: float | None
    lo: float | None = None
    hi: float | None = None
    n: int = 0
    minimum: float | None = None
    p25: float | None = None
    p75: float | None = None
    p95: float | None = None
    reason: str | None = None
    medians: tuple[float | None, ...] = ()

    @property
    def half(self) -> float | None:
        """Half of the interval."""
        return None if self.value is None or self.lo is None or self.hi is None else (self.hi - self.lo) / 2

    @property
    def spread(self) -> float | None:
        """Half of the interval, relative to the value."""
        half = self.half
        return half / self.value if half is not None and self.value else None


class LayerTime(Record):
    """A layer's times, in place: in the midst of a pass of the whole network.

    Attributes:
        name: the layer.
        forward: seconds of a call.
        backward: seconds of its part of backward; None where none was asked for.
        share: of the whole pass, forward and backward together; None where there is no time.
    """

    name: str
    forward: Figure
    backward: Figure | None
    share: float | None


class SubjectTimes(Record):
    """The times of one network in one configuration.

    Attributes:
        name: as in the job.
        config: how it ran.
        total: seconds of a whole pass, without timestamps in it.
        forward, backward, optimizer: its phases; None where the mode has them not, or has no other.
        layers: in the graph's order; () where layers were not timed, or cannot be (`layers_reason`).
        layers_reason: why there are none.
        rest: seconds between the layers: the executor and dispatch.
        closure: the sum of the layers of a pass with timestamps, relative to the plain pass of its round.
        overhead: the pass with timestamps, relative to the plain one.
        again: the second plain pass, relative to the first: what the machine makes of equal things.
        first_pass: seconds of the very first pass.
        device: seconds between events on the GPU; None elsewhere.
        measured_peak_bytes: of a pass, without weights; None where it cannot be known.
        samples: how many passes there are, and how many of them are clean.
        contaminated: how many of the others there are, by what has done it (`clean.CAUSES`).
        outliers: how many clean ones are far out, which are kept.
        faults: minor page faults of a pass, the median; None where there is no pass.
    """

    name: str
    config: Config
    total: Figure
    forward: Figure | None
    backward: Figure | None
    optimizer: Figure | None
    layers: tuple[LayerTime, ...]
    layers_reason: str | None
    rest: Figure | None
    closure: Figure | None
    overhead: Figure | None
    again: Figure | None
    first_pass: Figure | None
    device: Figure | None
    measured_peak_bytes: int | None
    samples: tuple[int, int]
    contaminated: Mapping[str, int]
    outliers: int
    faults: float | None


class Ratio(Record):
    """A subject's whole pass relative to that of the first, paired round by round.

    Attributes:
        name: whose.
        figure: above 1 is slower than the first.
        verdict: "faster", "slower" or "cannot tell".
        floor: changes smaller than this, relative, are noise of this run.
        reason: why nothing can be told.
    """

    name: str
    figure: Figure
    verdict: str
    floor: float
    reason: str | None = None


class Process(Record):
    """What one process told, as it told it.

    Attributes:
        pid, seed: of the process.
        blocking: facts that must be equal where two runs are compared.
        informative: facts that help to understand.
        passes: each of them, round after round; a round has one of each kind of each subject.
        warm: the first pass in nanoseconds, and how many passes there were to warm up, by subject.
        peaks: measured bytes by subject.
        ended: why it ended: "seconds", "precise", "steady"; "failed: ..." or "died" or "interrupted".
        notes: what is wrong with the numbers that went through the network, `NOTES`.
    """

    pid: int
    seed: int
    blocking: Mapping[str, Any]
    informative: Mapping[str, Any]
    timer_ns: int
    passes: tuple[Pass, ...]
    warm: Mapping[str, tuple[int, int]]
    peaks: Mapping[str, int]
    ended: str
    notes: tuple[str, ...] = ()


class Ceilings(Record):
    """What a machine can do, measured through torch's own calls.

    Attributes:
        device: as torch calls it: "cpu", "cuda:1".
        hardware: the name of the processor, or of the GPU.
        torch: the version.
        threads: of torch.
        flags: settings that change what products cost, those in force: `{"matmul": "tf32"}`.
        flops: FLOP/s by type and kind of product: `{"float32": {"matmul": 1.6e11, "conv": 1.7e11}}`.
        bandwidth: bytes a second (read and written) of copies by the size of the working set in bytes, ascending.
        in_place: the same where what is read is written over, by the bytes that are moved.
        dispatch: seconds that the smallest call takes, by kind.
        measured_at: seconds since 1970.
        reason: why there are no numbers: the samples were contaminated.
    """

    device: str
    hardware: str
    torch: str
    threads: int
    flags: Mapping[str, str]
    flops: Mapping[str, Mapping[str, float]]
    bandwidth: tuple[tuple[int, float], ...]
    in_place: tuple[tuple[int, float], ...]
    dispatch: Mapping[str, float]
    measured_at: float
    reason: str | None = None


class Calibration(Record):
    """What layers of each kind take on a machine, beyond what its ceilings say.

    Attributes:
        dtype: the type for which it is.
        channels_last: the layout for which it is.
        coefficients: by kind, for each term of `fitting.terms`.
        measured_at: seconds since 1970.
        reason: why there are no numbers: the samples were contaminated.
    """

    dtype: str
    channels_last: bool
    coefficients: Mapping[str, tuple[float, ...]]
    measured_at: float
    reason: str | None = None


class Predicted(Record):
    """What a machine's ceilings and its calibration say of a layer, or of a network.

    Attributes:
        bound: seconds below which it cannot be; None where its bytes or operations are not known.
        seconds: the prediction; None where there is no calibration for it.
        error: the relative error to expect of it, None without one.
    """

    bound: float | None
    seconds: float | None = None
    error: float | None = None


class Timings(Record):
    """All that a run has measured.

    Attributes:
        subjects: the first is the network that was asked for.
        ratios: of the others to the first.
        processes: what they told.
        ceilings: of this machine; None where they were not measured.
        predictions: a layer's, in the graph's order, and `whole`; None without ceilings.
        ended: "complete", or what cut it short.
        seconds: the whole run took.
    """

    subjects: tuple[SubjectTimes, ...]
    ratios: tuple[Ratio, ...]
    processes: tuple[Process, ...]
    ceilings: Ceilings | None
    predictions: tuple[Predicted, ...] | None
    whole: Predicted | None
    ended: str
    seconds: float
