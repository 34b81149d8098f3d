"""The three numbers of memory, and their parts."""

from convcli.graph import Graph
from convcli.memory.inference import inference_peak
from convcli.memory.step import OPTIMIZERS, heaviest_kept, step_peak
from convcli.memory.trace import Mode, trace
from convcli.quantity import is_known
from convcli.record import Record
from convcli.report import Peak, Training
from convcli.tape import BYTES


class Wanted(Record):
    """How the network is to be trained."""

    optimizer: str = "sgd"
    amp: str | None = None


class Memory(Record):
    """What is known of a network's memory.

    `saved` and `alive` have a number for each layer, None where that is not known: what it is the
    first to keep for backward, and what is in memory while it runs at inference.
    """

    saved: tuple[int | None, ...]
    alive: tuple[int | None, ...]
    inference_peak_bytes: int
    inference_peak: Peak
    training: Training


def measure(graph: Graph, dtype: str, wanted: Wanted = Wanted()) -> Memory:
    """Work out what is alive at inference, what backward needs, and the peak of a step."""
    alive, peak_bytes, peak = inference_peak(graph, trace(graph, Mode(False, dtype, wanted.amp)))
    found = trace(graph, Mode(True, dtype, wanted.amp))
    saved = tuple(
        sum([found.sizes[storage] for storage in kept]) if use.known else None
        for use, kept in zip(found.uses, found.saved, strict=True)
    )
    step = step_peak(graph, found, dtype, wanted.optimizer)
    gradients = _trainable(graph) * BYTES[dtype]
    state = OPTIMIZERS[wanted.optimizer][0] * gradients
    heaviest = heaviest_kept(graph, found, step)
    training = Training(wanted.optimizer, wanted.amp, gradients, state, step.bytes, step.phase, step.layer, heaviest)
    return Memory(saved, alive, peak_bytes, peak, training)


def _trainable(graph: Graph) -> int:
    total = 0
    sizes: dict[int, int] = {}
    for node in graph.nodes:
        size = sizes.get(id(node.op))
        if size is None:
            count = node.op.trained()
            size = sizes[id(node.op)] = count if is_known(count) else 0
        if size and node.call == 1:
            total += size
    return total
