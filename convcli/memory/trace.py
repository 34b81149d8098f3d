"""The storages of a network: which calls make them, which read them last, what is kept for backward.

Tensors are counted by storage: a view and an operator in place have their input's. Every operator
plays its call once for each combination of shapes and states that it meets.
"""

from convcli.graph import Graph, Node
from convcli.quantity import is_known, product
from convcli.record import Record
from convcli.tape import BYTES, WEIGHT, Piece, Result, State, Tape, Use

FOREVER = 1 << 60
_MADE = -2


class Mode(Record):
    """How a network runs: trained or not, its type, and the type of mixed precision, None without it."""

    training: bool
    dtype: str
    narrow: str | None


class Trace:
    """What happens to storages, call by call; a storage is an index into `sizes`, `makers`, `last`.

    Attributes:
        sizes: bytes of each storage.
        makers: the node that makes it; graph input k is -1 - k.
        last: the node after which nobody needs it.
        results: for each node the storage and state of each result; the storage of weights is `WEIGHT`.
        made: for each node the storages that it leaves behind.
        saved: for each node the storages that it is the first to keep for backward.
        kept: all storages that are kept.
        uses: what each node does; None where that is not known.
    """

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.makers: list[int] = []
        self.last: list[int] = []
        self.inputs: list[Result] = []
        self.results: list[tuple[Result, ...]] = []
        self.made: list[tuple[int, ...]] = []
        self.saved: list[tuple[int, ...]] = []
        self.kept: set[int] = set()
        self.uses: list[Use | None] = []

    def add(self, size: int, maker: int) -> int:
        """Note a new storage and return it."""
        self.sizes.append(size)
        self.makers.append(maker)
        self.last.append(maker)
        return len(self.sizes) - 1


def trace(graph: Graph, mode: Mode) -> Trace:
    """Follow a network's storages through one pass."""
    found, player = Trace(), _Player(graph, mode)
    for number, made in enumerate(graph.inputs):
        shape = made.shape or ()
        kind = typed(made.dtype, mode.dtype)
        size = product(shape) * BYTES[kind] if made.shape and all(map(is_known, shape)) else 0
        found.inputs.append(Result(found.add(size, -1 - number), State(kind, None, False)))
    for at, node in enumerate(graph.nodes):
        _follow(found, player, at, node)
    for at, result in graph.outputs:
        storage = (found.results[at][result] if at >= 0 else found.inputs[-1 - at]).storage
        if storage != WEIGHT:
            found.last[storage] = FOREVER
    for tensor in found.inputs:  # they are the caller's
        found.last[tensor.storage] = FOREVER
    return found


def _follow(found: Trace, player: "_Player", at: int, node: Node) -> None:
    """Note what one call does."""
    results, last = found.results, found.last
    read = [results[maker][result] if maker >= 0 else found.inputs[-1 - maker] for maker, result in node.inputs]
    for tensor in read:
        if tensor.storage != WEIGHT:
            last[tensor.storage] = at
    known, use = player.use(at, node, read)
    places = {made: found.add(size, at) for made, size in use.made}
    kept, saved = found.kept, []
    for storage in use.saved:
        place = places[storage] if storage <= _MADE else read[storage].storage
        if place != WEIGHT and place not in kept:
            kept.add(place)
            saved.append(place)
    found.results.append(
        tuple([
            Result(read[storage].storage if storage >= 0 else places.get(storage, WEIGHT), state)
            for storage, state in use.results
        ])
    )  # fmt: skip
    found.made.append(tuple(places.values()))
    found.saved.append(tuple(saved))
    found.uses.append(use if known else None)


class _Player:
    """Plays calls, equal ones once."""

    def __init__(self, graph: Graph, mode: Mode) -> None:
        self.mode = mode
        self.known: dict[object, tuple[bool, Use]] = {}
        self.trains = {id(node.op): _trainable(node) for node in graph.nodes}
        self.read = _read_results(graph)

    def use(self, at: int, node: Node, read: list[Result]) -> tuple[bool, Use]:
        """Return what a call does, and whether that is known."""
        asked = self.read.get(at)
        one = len(read) == 1
        states = read[0].state if one else tuple([tensor.state for tensor in read])
        same = None if one else tuple([node.inputs.index(place) for place in node.inputs])
        key = (id(node.op), id(node.answer), states, same, asked, self.mode.narrow and node.call > 1)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._play(node, [tensor.state for tensor in read], asked)
        return found

    def _play(self, node: Node, states: list[State], asked: frozenset[int] | None) -> tuple[bool, Use]:
        answer = node.answer
        shapes = [shape for shape in node.input_shapes if shape is not None]
        sizes = [size for shape in (*shapes, *(answer.outputs if answer else ())) for size in shape]
        if answer is None or len(shapes) < len(states) or not all(map(is_known, sizes)):
            results = len(answer.outputs) if answer else max(asked or (), default=0) + 1
            return False, Use((Result(WEIGHT, State(self.mode.dtype, None, False)),) * results, (), (), 0, ())
        grad = self.mode.training and (self.trains[id(node.op)] or any(state.grad for state in states))
        tape = Tape(
            answer.outputs, answer.dtypes, training=self.mode.training, grad=grad, dtype=self.mode.dtype,
            narrow=self.mode.narrow, first=node.call == 1, asked=asked,
        )  # fmt: skip
        pieces: list[Piece] = []
        for at, (place, shape, state) in enumerate(zip(node.inputs, shapes, states, strict=True)):
            first = node.inputs.index(place)  # what is read twice is one tensor
            pieces.append(pieces[first] if first < at else Piece(at, shape, state))
        tape.meet(pieces)
        wide = tape.widened(node.op.name, *pieces)
        played = node.op.memory(tape, *wide)
        if played is None:
            fresh = Tape(answer.outputs, answer.dtypes, training=False, grad=grad, dtype=self.mode.dtype)
            return False, fresh.use(tuple(fresh.out(at) for at in range(len(answer.outputs))))
        tape.drop(*(piece for piece in wide if piece not in played))
        return True, tape.use(played)


def _trainable(node: Node) -> bool:
    return bool(node.op.weights()) and node.op.values.get("requires_grad") is not False


def _read_results(graph: Graph) -> dict[int, frozenset[int]]:
    """Return which results are read, of nodes that may have more than one."""
    several = {at for at, node in enumerate(graph.nodes) if not node.answer or len(node.answer.outputs) > 1}
    found: dict[int, set[int]] = {at: set() for at in several}
    if several:
        for node in graph.nodes:
            for maker, result in node.inputs:
                if maker in found:
                    found[maker].add(result)
        for maker, result in graph.outputs:
            if maker in found:
                found[maker].add(result)
    return {at: frozenset(results) for at, results in found.items()}


def typed(kind: str, dtype: str) -> str:
    """Return the type of a tensor: floating point ones have the network's."""
    return dtype if kind == "float32" else kind
