"""The report: the one record between the thinking and the formats that go out.

A number that cannot be known is None; a total of which a part is unknown says so in `unknown`.
"""

from typing import TYPE_CHECKING, Any

from convcli.diagnostics import Diagnostic
from convcli.record import Record
from convcli.source import Span

if TYPE_CHECKING:
    from convcli.intensity import Intensity, Roofline
    from convcli.timing.record import Timings

MEMORY = ("inference_peak_bytes", "saved_for_backward_bytes", "training_bytes")
SUMS = ("params", "trainable", "buffers", "macs", "flops", "other_ops", "weights_bytes", *MEMORY)
"""The sums of `Totals` of which a part can be unknown."""

OptionalShape = tuple[int | None, ...] | None


class TensorReport(Record):
    """A tensor that flows in or out: name, shape with batch, type.

    An output has the name of the layer that makes it; `key` is what the model calls it, where it gives a dictionary.
    """

    name: str
    shape: OptionalShape
    dtype: str
    key: str = ""


class Formula(Record):
    """How a number comes about: in the arguments' names, in figures, and the number itself."""

    name: str
    words: str
    figures: str
    value: int


class Phases(Record):
    """Along one axis: unit p * q + r of a layer depends on `units[r]`, start and size, moved by `step * q`."""

    step: int
    units: tuple[tuple[int, int] | None, ...]


class Path(Record):
    """Along one axis: what the paths of one stride see. `start` is None where it depends on the phase."""

    size: int
    stride: int | str
    start: int | None
    phases: Phases | None


class ReceptiveField(Record):
    """What of a network's input one unit of a layer can depend on; lists have an item for each axis.

    Attributes:
        kind: "exact", "envelope" (it depends on the phase of the unit), "misaligned" (branches of
            different strides meet), "unknown"; None where there are global paths alone.
        size: the number of positions, the largest for an envelope; an item is None where no local
            path leads along its axis.
        stride: the distance between neighbouring units on the input; a fraction is a text, "1/2".
        start: the first position of unit 0, where the kind is exact.
        whole: whether some path sees the whole input.
        phases: for an envelope, what each unit of a period depends on.
        paths: for misaligned branches, each of them.
        exceeds: whether it is larger than the input along some axis.
        input: the name of the network's input.
        others: the same for further inputs on which the layer depends.
    """

    kind: str | None
    size: tuple[int | None, ...] | None
    stride: tuple[int | str | None, ...] | None
    start: tuple[int | None, ...] | None
    whole: bool
    phases: tuple[Phases | None, ...] | None
    paths: tuple[tuple[Path, ...], ...] | None
    exceeds: bool
    input: str
    others: "tuple[ReceptiveField, ...]" = ()


class LayerReport(Record):
    """One row: an operator at one place, and all that is known of it.

    Attributes:
        name: unique within the network.
        module: path of the module that is applied, None for functions.
        call: 1 for the first call of a module; its weights count there only.
        op: torch's name of the operator.
        text: the operator as a user would write it.
        args: all its arguments, in normal form.
        inputs: names of the layers, or network inputs, that flow in.
        weights: shape of each parameter.
        receptive_field: of the first result; None where it depends on no position of an input, or was not asked for.
        formulas: how each number comes about, where that was asked for.
        params, trainable, buffers: numbers of elements; 0 from the second call on.
        macs, flops, other_ops: for the whole batch.
        cost: what the layer costs in the convention that was asked for, else `macs`.
        weights_bytes: parameters and buffers at their types; 0 from the second call on.
        output_bytes: the size of all results.
        saved_bytes: what it is the first to keep for backward.
        alive_bytes: all activations that are in memory while it runs, at inference.
        roofline: what it must move and compute, where that was asked for.
        span: where the layer stands; `via` the calls of blocks that led there, innermost first.
    """

    __slots__ = ()

    name: str
    module: str | None
    call: int
    op: str
    text: str
    args: dict[str, Any]
    inputs: tuple[str, ...]
    input_shapes: tuple[OptionalShape, ...]
    output_shapes: tuple[OptionalShape, ...]
    weights: dict[str, OptionalShape]
    params: int | None
    trainable: int | None
    buffers: int | None
    macs: int | None
    flops: int | None
    other_ops: int | None
    cost: int | None
    weights_bytes: int | None
    output_bytes: int | None
    receptive_field: ReceptiveField | None
    saved_bytes: int | None
    alive_bytes: int | None
    formulas: tuple["Formula", ...]
    roofline: "Intensity | None"
    span: Span | None
    via: tuple[Span, ...]


class Alive(Record):
    """A tensor that is in memory, under the name of the layer or input that made it."""

    name: str
    bytes: int


class Peak(Record):
    """The layer while which most is alive, None for the inputs alone, and what that is, the largest first."""

    layer: str | None
    alive: tuple[Alive, ...]


class Training(Record):
    """What `training_bytes` is made of beside the weights: `peak_bytes` are activations and gradients together.

    Attributes:
        optimizer: "sgd", "momentum", "adam" or "adamw".
        amp: the type that mixed precision computes in, None without it.
        gradients_bytes: the gradients of all weights.
        optimizer_bytes: the optimiser's state.
        peak_bytes: the most that activations and gradients take together in a step.
        phase: "forward", "backward" or "step", where that is.
        layer: the layer at which it is; None in the optimiser's step.
        heaviest: the three largest activations that are kept then.
    """

    __slots__ = ()

    optimizer: str
    amp: str | None
    gradients_bytes: int
    optimizer_bytes: int
    peak_bytes: int
    phase: str
    layer: str | None
    heaviest: tuple[Alive, ...]


class Totals(Record):
    """Sums over all rows, and memory. `unknown` names those that are only known from below."""

    layers: int
    params: int
    trainable: int
    buffers: int
    macs: int
    flops: int
    other_ops: int
    weights_bytes: int
    inference_peak_bytes: int
    saved_for_backward_bytes: int
    training_bytes: int
    inference_peak: Peak
    training: Training
    unknown: tuple[str, ...]


NO_TOTALS = Totals(
    *(0,) * 11, Peak(None, ()), Training("sgd", None, 0, 0, 0, "forward", None, ()), SUMS
)  # fmt: skip
"""The totals of a question that had no answer."""


class Uncounted(Record):
    """An operator of which some numbers are not known, and where it stands."""

    op: str
    layers: tuple[str, ...]
    missing: tuple[str, ...]


class Cost(Record):
    """A total in a convention: `value` counts in `unit`, and is a bound from below unless `known`.

    `says` is what the tool calls its number; `also` is the second number of a tool that has two.
    """

    convention: str
    version: str | None
    says: str
    unit: str
    value: int
    known: bool
    also: "Cost | None" = None


class Difference(Record):
    """What a rule of another tool adds to our number, and the layers where it does."""

    value: Any
    """An integer, or a fraction where the tool divides."""
    rule: str
    layers: tuple[str, ...]


class Uncertain(Record):
    """An operator for which a tool counts nothing, or of which that is not known; why, and where it stands."""

    op: str
    why: str
    layers: tuple[str, ...]


class Versus(Record):
    """Our number, another tool's, and all that lies between: the differences sum to `theirs - ours` exactly."""

    convention: str
    version: str
    says: str
    unit: str
    ours: int
    ours_known: bool
    theirs: int
    theirs_known: bool
    differences: tuple[Difference, ...]
    silent: tuple[Uncertain, ...]
    unseen: tuple[Uncertain, ...]


class Failed(Record):
    """The layer at which the table ends, because of the first error."""

    text: str
    line: int | None


class Report(Record):
    """Everything that is known of a network."""

    name: str
    source: str
    format: str
    variant: str | None
    dtype: str
    batch: int
    inputs: tuple[TensorReport, ...]
    outputs: tuple[TensorReport, ...]
    layers: tuple[LayerReport, ...]
    totals: Totals
    cost: Cost
    uncounted: tuple[Uncounted, ...]
    findings: tuple[Diagnostic, ...]
    failed: Failed | None
    versus: Versus | None = None
    roofline: "Roofline | None" = None
    timings: "Timings | None" = None
