"""The bytes that each layer must read and write: inputs, weights and results, each once.

Which results are views, or lie where an input lay, is known from the trace of memory; how much of
an input is read, from what operators say of their readings.
"""

from convcli.graph import Graph, Node
from convcli.memory.trace import Mode, Trace, trace
from convcli.quantity import UNKNOWN, Shape, is_known
from convcli.record import Record
from convcli.roofline.positions import elements, elements_read
from convcli.tape import BYTES, FIRST, WEIGHT, Result, Use


class Moved(Record):
    """What a call moves: the bytes read of each input (0 for one that was named before), of weights, and written."""

    __slots__ = ()

    inputs: tuple[int, ...]
    weights: int
    written: int


Bytes = tuple[int, int] | None
"""Read and written; None where that cannot be known."""


def traffic(graph: Graph, dtype: str) -> list[Bytes]:
    """Return what each layer must read and write in a pass without gradients, by itself."""
    found = trace(graph, Mode(False, dtype, None))
    known: dict[int, Moved | None] = {}
    moved: list[Bytes] = []
    for at, node in enumerate(graph.nodes):
        read = [
            found.results[maker][result] if maker >= 0 else found.inputs[-1 - maker] for maker, result in node.inputs
        ]
        use = found.uses[at]  # one for all equal calls
        if id(use) not in known:
            known[id(use)] = _moved(node, use, read, dtype)
        one = known[id(use)]
        moved.append(None if one is None else (_limited(one.inputs, read, found) + one.weights, one.written))
    return moved


def _moved(node: Node, use: Use, read: list[Result], dtype: str) -> Moved | None:
    answer = node.answer
    shapes = [*node.input_shapes, *(answer.outputs if answer else ())]
    if answer is None or any(shape is None or not all(map(is_known, shape)) for shape in shapes):
        return None
    inputs = tuple(shape or () for shape in node.input_shapes)
    results = zip(answer.outputs, use.results, strict=True)
    writes = [(shape, state) for shape, (storage, state, _) in results if storage <= FIRST]
    writes += [(inputs[place], read[place][1]) for place in use.over]
    if not writes:  # a view, or weights that are handed on
        return Moved((0,) * len(inputs), 0, 0)
    weights = node.op.fetched(inputs)
    taken = _taken(node, inputs, read)
    if weights is UNKNOWN or taken is None:
        return None
    most = [0] * len(inputs)
    for place, made in enumerate(node.inputs):
        first = node.inputs.index(made)  # what is read twice is one tensor
        most[first] = max(most[first], taken[place] * BYTES[read[place][1].kind])
    written = sum([elements(shape, state.strides) * BYTES[state.kind] for shape, state in writes])
    return Moved(tuple(most), weights * BYTES[dtype], written)


def _taken(node: Node, inputs: tuple[Shape, ...], read: list[Result]) -> list[int] | None:
    """Return how many elements of each input are read; the results together read as much as the one that reads most."""
    answer, skips = node.answer, node.op.skips
    outputs = answer.outputs if answer else ()
    taken: dict[int, int] = {}
    for result, shape in enumerate(outputs):
        left = set(range(len(inputs)))
        for reading in node.op.reads(result, inputs, outputs):
            place = reading.input
            left.discard(place)
            count = elements_read(reading, inputs[place], read[place][1].strides, shape, skips=skips)
            if count is None:
                return None
            taken[place] = max(taken.get(place, 0), count)
        for place in left:
            taken[place] = elements(inputs[place], read[place][1].strides)
    return [taken[place] for place in range(len(inputs))]


def _limited(inputs: tuple[int, ...], read: list[Result], found: Trace) -> int:
    """Return the bytes of all inputs: views of one storage are together no more than all of it."""
    if len(inputs) == 1:
        return inputs[0]
    each: dict[int, int] = {}
    total = 0
    for size, (storage, _, _) in zip(inputs, read, strict=True):
        if storage == WEIGHT:
            total += size
        else:
            each[storage] = each.get(storage, 0) + size
    return total + sum([min(size, found.sizes[storage]) for storage, size in each.items()])
