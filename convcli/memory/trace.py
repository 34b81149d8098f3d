"""The storages of a network: which calls make them, which read them last, what is kept for backward.

Tensors are counted by storage: a view and an operator in place have their input's. Every operator
plays its call once for each combination of shapes and states that it meets. Results are plain
tuples, and the loop over all calls is written out, since it runs for every layer.
"""

from typing import Any

from convcli.graph import Graph, Node
from convcli.quantity import is_known, product
from convcli.record import Record
from convcli.tape import BYTES, FIRST, WEIGHT, Piece, Result, State, Tape, Use, typed

FOREVER = 1 << 60


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
        inputs: the storage and state of each input of the network.
        results: for each node the storage and state of each result; the storage of weights is `WEIGHT`.
        saved: for each node the storages that it is the first to keep for backward.
        kept: all storages that are kept.
        uses: what each node does; what it makes and leaves behind are the next storages in order.
    """

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.makers: list[int] = []
        self.last: list[int] = []
        self.inputs: list[Result] = []
        self.results: list[tuple[Result, ...]] = []
        self.saved: list[tuple[int, ...]] = []
        self.kept: set[int] = set()
        self.uses: list[Use] = []

    def add(self, size: int, maker: int) -> int:
        """Note a new storage and return it."""
        self.sizes.append(size)
        self.makers.append(maker)
        self.last.append(maker)
        return len(self.sizes) - 1


def trace(graph: Graph, mode: Mode) -> Trace:
    """Follow a network's storages through one pass."""
    found = Trace()
    for number, made in enumerate(graph.inputs):
        shape = made.shape or ()
        kind = typed(made.dtype, mode.dtype)
        size = product(shape) * BYTES[kind] if made.shape and all(map(is_known, shape)) else 0
        found.inputs.append((found.add(size, -1 - number), State(kind, None, False), size))
    _follow(found, graph, _Player(graph, mode))
    for at, result in graph.outputs:
        storage = (found.results[at][result] if at >= 0 else found.inputs[-1 - at])[0]
        if storage != WEIGHT:
            found.last[storage] = FOREVER
    for tensor in found.inputs:  # they are the caller's
        found.last[tensor[0]] = FOREVER
    return found


Tensors = tuple[Result, ...]


def _follow(found: Trace, graph: Graph, player: "_Player") -> None:
    """Note what each call does."""
    results, inputs, kept, sizes, last = found.results, found.inputs, found.kept, found.sizes, found.last
    add_size, add_maker, add_last = sizes.append, found.makers.append, last.append
    add_result, add_saved, add_use = results.append, found.saved.append, found.uses.append
    use_of = player.use
    for at, node in enumerate(graph.nodes):
        if len(node.inputs) == 1:  # most have one, and are spared the loop
            maker, result = node.inputs[0]
            read: Tensors = (results[maker][result] if maker >= 0 else inputs[-1 - maker],)
        else:
            read = tuple(
                [results[maker][result] if maker >= 0 else inputs[-1 - maker] for maker, result in node.inputs]
            )
        for place, _, _ in read:
            if place != WEIGHT:
                last[place] = at
        use = use_of(at, node, read)
        made, own, keeps = use.results, use.made, use.saved
        top = len(sizes) + FIRST  # storage `FIRST` is the next one
        for size in own:
            add_size(size)
            add_maker(at)
            add_last(at)
        saved: tuple[int, ...] = ()
        for storage in keeps:
            place = top - storage if storage <= FIRST else read[storage][0]
            if place != WEIGHT and place not in kept:
                kept.add(place)
                saved += (place,)
        if len(made) == 1:
            storage, state, size = made[0]
            place = top - storage if storage <= FIRST else read[storage][0] if storage >= 0 else WEIGHT
            add_result(((place, state, size),))
        else:
            add_result(tuple([
                (top - storage if storage <= FIRST else read[storage][0] if storage >= 0 else WEIGHT, state, size)
                for storage, state, size in made
            ]))  # fmt: skip
        add_saved(saved)
        add_use(use)


class _Player:
    """Plays calls, equal ones once."""

    def __init__(self, graph: Graph, mode: Mode) -> None:
        self.mode = mode
        self.known: dict[Any, Use] = {}
        self.trains: dict[int, bool] = {}
        self.read = asked_results(graph)

    def use(self, at: int, node: Node, read: Tensors) -> Use:
        """Return what a call does."""
        key: Any
        if len(read) == 1 and not self.read and not self.mode.narrow:
            key = (id(node.op), id(node.answer), read[0][1])
        else:
            same = tuple([node.inputs.index(place) for place in node.inputs])
            states = tuple([tensor[1] for tensor in read])
            key = (id(node.op), id(node.answer), states, same, self.read.get(at), self.mode.narrow and node.call > 1)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._play(node, [tensor[1] for tensor in read], self.read.get(at))
        return found

    def _play(self, node: Node, states: list[State], asked: frozenset[int] | None) -> Use:
        answer, dtype = node.answer, self.mode.dtype
        if answer is None or not node.is_settled():
            results = len(answer.outputs) if answer else max(asked or (), default=0) + 1
            return Use(((WEIGHT, State(dtype, None, False), 0),) * results, (), (), 0, (), 0, known=False)
        grad = self.mode.training and (self._trainable(node) or any(state.grad for state in states))
        tape = Tape(
            answer.outputs, answer.dtypes, training=self.mode.training, grad=grad, dtype=dtype,
            narrow=self.mode.narrow, first=node.call == 1, asked=asked,
        )  # fmt: skip
        pieces: list[Piece] = []
        for at, (place, state) in enumerate(zip(node.inputs, states, strict=True)):
            first = node.inputs.index(place)  # what is read twice is one tensor
            pieces.append(pieces[first] if first < at else Piece(at, node.input_shapes[at] or (), *state))
        played = _play_on(tape, node, pieces)
        if played is not None:
            return tape.use(played)
        fresh = Tape(answer.outputs, answer.dtypes, training=False, grad=grad, dtype=dtype)
        return fresh.use(tuple(fresh.out(at) for at in range(len(answer.outputs))))._replace(known=False)

    def _trainable(self, node: Node) -> bool:
        trains = self.trains.get(id(node.op))
        if trains is None:
            trains = any(name not in node.op.frozen for name in node.op.weights())
            trains = trains and node.op.values.get("requires_grad") is not False
            self.trains[id(node.op)] = trains
        return trains


def _play_on(tape: Tape, node: Node, pieces: list[Piece]) -> tuple[Piece, ...] | None:
    if node.op.frozen and any(piece.grad for piece in pieces):
        return None  # which of its inputs a frozen weight needs is not known
    if tape.narrow is None:
        return node.op.memory(tape, *pieces)
    tape.meet(pieces)
    wide = tape.widened(node.op.name, *pieces)
    played = node.op.memory(tape, *wide)
    if played is not None:
        tape.drop(*(piece for piece in wide if piece not in played))
    return played


def asked_results(graph: Graph) -> dict[int, frozenset[int]]:
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
