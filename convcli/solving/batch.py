"""The largest batch that a memory holds, and what weighs most where not even one sample fits."""

from collections.abc import Callable

from convcli.diagnostics import ConvcliError
from convcli.memory.step import OPTIMIZERS
from convcli.record import Record
from convcli.report import Report
from convcli.tape import BYTES

LARGEST_BATCH = 2**40


class Heavy(Record):
    """A tensor that weighs much, its bytes with all that goes with it, and what is needed with half of it."""

    name: str
    kind: str
    bytes: int
    needed_with_half: int


class BatchSolution(Record):
    """The answer to "which batch fits".

    Attributes:
        network: the network's name.
        memory_bytes: what there is.
        train: whether for a step of training; else for inference.
        optimizer, amp, dtype: how it is trained, and the type of its numbers.
        batch: the largest that fits, 0 where not even one sample does.
        needed_bytes: what that batch takes; for 0, what one sample takes.
        next_bytes: what one sample more takes; None where the network takes no larger batch than 1.
        fixed_bytes: what weights, gradients and the optimiser's state take, whatever the batch.
        at_most: whether some memory is not known, so that the batch is no more than a bound.
        heaviest: where nothing fits, the three tensors that weigh most.
    """

    __slots__ = ()

    network: str
    memory_bytes: int
    train: bool
    optimizer: str
    amp: str | None
    dtype: str
    batch: int
    needed_bytes: int
    next_bytes: int | None
    fixed_bytes: int
    at_most: bool
    heaviest: tuple[Heavy, ...]


def solve_batch(report_of: Callable[[int], Report], memory: int, *, train: bool) -> BatchSolution:
    """Find the largest batch whose report needs no more than `memory` bytes."""
    reports: dict[int, Report] = {}

    def needed(batch: int) -> int:
        report = reports.get(batch)
        if report is None:
            report = reports[batch] = report_of(batch)
        totals = report.totals
        return totals.training_bytes if train else totals.weights_bytes + totals.inference_peak_bytes

    needed(1)
    try:
        needed(2)
    except ConvcliError:  # the network says the batch of a tensor itself
        batch, more = int(needed(1) <= memory), None
    else:
        batch = _largest(needed, memory)
        more = needed(batch + 1)
    one = reports[1]
    totals, training = one.totals, one.totals.training
    fixed = totals.weights_bytes + (training.gradients_bytes + training.optimizer_bytes if train else 0)
    number = "training_bytes" if train else "inference_peak_bytes"
    return BatchSolution(
        one.name, memory, train, training.optimizer, training.amp, one.dtype, batch, needed(max(batch, 1)),
        more, fixed, number in totals.unknown, () if batch else _heaviest(one, needed(1), train=train),
    )  # fmt: skip


def _largest(needed: Callable[[int], int], memory: int) -> int:
    """Return the largest batch that fits.

    What is needed grows with the batch along straight lines that only become steeper, so the line
    through the first two points never goes too low.
    """
    first = needed(1)
    if first > memory:
        return 0
    slope = needed(2) - first
    low, high = 1, min(2 + (memory - first) // max(slope, 1), LARGEST_BATCH)
    if needed(high - 1) <= memory:
        low = high - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if needed(middle) <= memory else (low, middle)
    return low


def _heaviest(report: Report, needed: int, *, train: bool) -> tuple[Heavy, ...]:
    """Return the three tensors that weigh most at the peak, weights with all that training adds to them."""
    totals, training = report.totals, report.totals.training
    alive = training.heaviest if train else totals.inference_peak.alive
    found = [(one.bytes, one.name, "activation") for one in alive]
    copies = 1
    if train:
        copies += OPTIMIZERS[training.optimizer][0] + (training.phase == "step")
    found += [((layer.params or 0) * BYTES[report.dtype] * copies, layer.name, "weights") for layer in report.layers]
    found.sort(key=lambda one: -one[0])
    return tuple(Heavy(name, kind, size, needed - size // 2) for size, name, kind in found[:3] if size)
