"""What a look inside a network finds."""

from convcli.record import Record


class Figures(Record):
    """The distribution of a tensor's values; mean and deviation are None where some value is not finite.

    Attributes:
        number: how many values there are.
        finite: how many of them are finite.
        mean, std: over all values; the deviation is that of the values themselves, not of a sample.
        low, high: the smallest and the largest finite value, None where there is none.
        zeros: how many are exactly 0.
        norm: the root of the sum of squares; None where some value is not finite.
        edges, counts: a histogram of the finite values, empty where none was asked for.
    """

    number: int
    finite: int
    mean: float | None
    std: float | None
    low: float | None
    high: float | None
    zeros: int
    norm: float | None
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


class Weight(Record):
    """A weight by its name in the `state_dict`, its values and its gradient, None where it gets none."""

    name: str
    values: Figures
    gradient: Figures | None


class Row(Record):
    """A network input, or a layer in order of execution, and what its (first) result is like.

    Attributes:
        name: the layer's; that of the input.
        op: torch's name of the operator, empty for an input.
        text: the operator as a user would write it.
        shape: of the result.
        weighted: whether it multiplies by weights: the layers that are judged.
        values: of the result; None where it is not of floating point numbers.
        saturated: the part of the values within 1 % of a bound of its function; None where it has no two bounds.
        signal: what is left of the difference between two inputs; infinite where it is not finite.
        gradient: of the loss by the result; None where none flows.
        weights: its own weights, at its first call.
    """

    name: str
    op: str
    text: str
    shape: tuple[int, ...]
    weighted: bool
    values: Figures | None
    saturated: float | None
    signal: float | None
    gradient: Figures | None
    weights: tuple[Weight, ...] = ()


class Verdict(Record):
    """What becomes of something on its way: it "vanishes", "explodes" or "holds", or None where that is not known.

    `layer` is where it crosses the threshold for good, `ratio` what arrives at the end of the way,
    of what there was at its beginning.
    """

    kind: str | None
    layer: str | None
    ratio: float | None


class Passed(Record):
    """One pass through a network, forward and back: rows in order, and the verdicts on signal and gradient."""

    rows: tuple[Row, ...]
    signal: Verdict
    gradient: Verdict


class Repair(Record):
    """A change of the network, built and run beside it.

    Attributes:
        name: what it is called.
        places: the layers at which something was changed; empty where it is the whole network.
        left: why other layers were left as they are, and which.
        why: why it was not run; None where it was.
        passed: what came of it, its rows those of the network that it has too.
    """

    name: str
    places: tuple[str, ...]
    left: tuple[tuple[str, tuple[str, ...]], ...]
    why: str | None
    passed: Passed | None


class Written(Record):
    """Pictures that were written: where, what they show, and how many of how many there are."""

    kind: str
    layer: str
    shown: int
    pictures: int
    shape: tuple[int, ...]
    file: str | None


class Unread(Record):
    """An image that was left out, and why."""

    path: str
    why: str


class Inspection(Record):
    """What came of looking inside a network.

    Attributes:
        network: its name.
        torch: the version.
        batch: the batch with which it ran.
        init: how weights began; None as torch's own modules do.
        seed: for weights, inputs and targets.
        passed: statistics of all layers.
        repairs: what the usual repairs would do.
        written: pictures.
        log: the file for TensorBoard.
        unread: images that were left out.
        images: how many were read; None where it ran on random numbers.
    """

    network: str
    torch: str
    batch: int
    init: str | None
    seed: int
    passed: Passed
    repairs: tuple[Repair, ...] = ()
    written: tuple[Written, ...] = ()
    log: str | None = None
    unread: tuple[Unread, ...] = ()
    images: int | None = None
