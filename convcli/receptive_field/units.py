"""Single units, exactly: what of the input one unit of a layer depends on, and which units see one position.

Both follow sets of positions through every window, with padding as it is at the border. Along
each axis there is a set; their product is what one path leads to, and where paths meet there are
several products, since the union of two is none.
"""

from collections.abc import Callable
from functools import lru_cache

from convcli.graph import Result
from convcli.receptive_field.moves import Move
from convcli.receptive_field.walk import LOST, Walk
from convcli.record import Record
from convcli.window.taps import SKIP, STAY, Window

Positions = frozenset[int] | None
"""Positions along an axis; None on a path that does not go along single positions of this axis."""
Product = tuple[Positions, ...]

FEW = 16
"""Positions that are followed one by one; of more it is looked whether they are a range."""
MOST_PRODUCTS = 64
"""More paths than these are joined into one product, which may then hold more than there is."""


class Seen(Record):
    """What is depended on, or sees: for each axis first and last position and how many there are between them.

    `intervals` is None where there is nothing at all, an axis None where no local path leads along
    it. `exact` is False where a product may hold more than there is.
    """

    intervals: tuple[tuple[int, int, int] | None, ...] | None
    exact: bool


class _Paths:
    """Collects the products that lead to tensors."""

    def __init__(self) -> None:
        self.products: dict[Result, list[Product]] = {}
        self.exact = True

    def add(self, tensor: Result, product: Product) -> None:
        """Add a product to a tensor's, unless another one holds it."""
        found = self.products.setdefault(tensor, [])
        if any(_holds(other, product) for other in found):
            return
        found[:] = [other for other in found if not _holds(product, other)] + [product]
        if len(found) > MOST_PRODUCTS:
            self.exact = False
            one, other = found[:2]
            found[:2] = [tuple(a | b if a and b else a or b for a, b in zip(one, other, strict=True))]

    def seen(self, tensor: Result) -> Seen:
        """Return the hull of a tensor's products."""
        products = self.products.get(tensor, [])
        if not products:
            return Seen(None, self.exact)
        hulls = []
        for sets in zip(*products, strict=True):
            union = frozenset().union(*(positions for positions in sets if positions is not None))
            hulls.append((min(union), max(union), len(union)) if union else None)
        return Seen(tuple(hulls), self.exact)


def _holds(one: Product, other: Product) -> bool:
    return all(a == b or (a is not None and b is not None and a >= b) for a, b in zip(one, other, strict=True))


def is_known(walk: Walk, result: Result) -> bool:
    """Say whether single units of a tensor can be followed."""
    field = walk.field(result)
    return field is not None and not any(along.lost == LOST for along in field.axes)


def input_of(walk: Walk, result: Result, unit: tuple[int, ...], *, whole: bool) -> Seen:
    """Return what of the input a unit depends on; `whole` follows global paths too, else only local ones."""
    paths = _Paths()
    paths.add(result, tuple(frozenset((position,)) for position in unit))
    for node in range(result[0], -1, -1):
        for tensor in [tensor for tensor in paths.products if tensor[0] == node]:
            products = paths.products.pop(tensor)
            inputs = [walk.field(source) for source in walk.graph.nodes[node].inputs]
            plan = walk.plan(walk.graph.nodes[node], tensor[1], inputs)
            for at, moves in plan.readings if plan else ():
                for product in products:
                    _step(paths, walk.graph.nodes[node].inputs[at], product, moves, _read if not whole else _read_all)
    return paths.seen((-1 - walk.input, 0))


def units_of(walk: Walk, position: tuple[int, ...], *, whole: bool) -> dict[Result, Seen]:
    """Return for the first result of each node which of its units depend on a position of the input."""
    paths = _Paths()
    paths.add((-1 - walk.input, 0), tuple(frozenset((place,)) for place in position))
    seen = {}
    wanted = {tensor for node in walk.graph.nodes for tensor in node.inputs}
    for at, node in enumerate(walk.graph.nodes):
        inputs = [walk.field(source) for source in node.inputs]
        for result in range(len(node.answer.outputs) if node.answer else 0):
            if result and (at, result) not in wanted:
                continue
            plan = walk.plan(node, result, inputs)
            for source, moves in plan.readings if plan else ():
                for product in paths.products.get(node.inputs[source], []):
                    _step(paths, (at, result), product, moves, _read_by if not whole else _read_by_all)
        seen[at, 0] = paths.seen((at, 0))
    return seen


def is_clear(walk: Walk, result: Result, unit: tuple[int, ...]) -> bool:
    """Say whether nothing that leads to a unit reads padding of any tensor, so that the families answer for it."""
    places: dict[Result, tuple[Positions, ...]] = {result: tuple(frozenset((position,)) for position in unit)}
    for node in range(result[0], -1, -1):
        for tensor in [tensor for tensor in places if tensor[0] == node]:
            product, at = places.pop(tensor), walk.graph.nodes[node]
            plan = walk.plan(at, tensor[1], [walk.field(source) for source in at.inputs])
            for source, moves in plan.readings if plan else ():
                pairs = list(zip(product, moves, strict=True))
                if any(_reads_padding(positions, move) for positions, move in pairs):
                    return False
                made = tuple(_read(positions, move) for positions, move in pairs)
                known = places.get(at.inputs[source], made)
                places[at.inputs[source]] = tuple(
                    a | b if a and b else a or b for a, b in zip(known, made, strict=True)
                )
    return True


@lru_cache(4096)
def _reads_padding(positions: Positions, move: Move) -> bool:
    window, size = move.window, 1 if move.size is None else move.size
    if positions is None or window is None or window is STAY:
        return False
    for position in (min(positions), max(positions)) if window.period == 1 and positions else positions:
        turn, row = divmod(position, window.period)
        base, step, count = window.taps[row]
        first = base + window.shift * turn
        if count and not (0 <= first < size and 0 <= first + step * (count - 1) < size):
            return True
    return False


def _step(
    paths: _Paths, to: Result, product: Product, moves: tuple[Move, ...], follow: Callable[[Positions, Move], Positions]
) -> None:
    """Take a product through the moves of one reading; it ends where some axis leads to no position."""
    made = []
    for positions, move in zip(product, moves, strict=True):
        made.append(follow(positions, move))
    if all(positions is None or positions for positions in made) and any(made):
        paths.add(to, tuple(made))


@lru_cache(4096)
def _read(positions: Positions, move: Move) -> Positions:
    """Return the units of the input that units of the result read."""
    if positions is None or move.window is None:
        return None
    size = 1 if move.size is None else move.size
    if move.window is STAY:
        return frozenset(position for position in positions if position < size)
    if len(positions) > FEW and move.window.period == 1 and move.window.border == SKIP:
        spans = _spans(positions, move.window)
        if spans is not None:
            return frozenset(range(max(spans[0], 0), min(spans[1], size)))
    return frozenset(read for position in positions for read in move.window.reads(position, size))


def _spans(positions: frozenset[int], window: Window) -> tuple[int, int] | None:
    """Return the range that is read where positions and what they read have no gap, else None."""
    first, last = min(positions), max(positions)
    ((base, step, count),) = window.taps
    gapless = (step == 1 and count >= window.shift > 0) or (window.shift == 1 and 0 < step <= len(positions))
    if last - first + 1 != len(positions) or not gapless:
        return None
    return base + window.shift * first, base + window.shift * last + step * (count - 1) + 1


def _read_all(positions: Positions, move: Move) -> Positions:
    if move.whole and positions:
        return frozenset(range(1 if move.size is None else move.size))
    return _read(positions, move)


@lru_cache(4096)
def _read_by(positions: Positions, move: Move) -> Positions:
    """Return the units of the result that read units of the input."""
    if positions is None or move.window is None:
        return None
    count = 1 if move.made is None else move.made
    if move.window is STAY:
        return frozenset(position for position in positions if position < count)
    readers = _readers(move)
    return frozenset(reader for position in positions for reader in readers.get(position, ()))


def _read_by_all(positions: Positions, move: Move) -> Positions:
    if move.whole and positions:
        return frozenset(range(1 if move.made is None else move.made))
    return _read_by(positions, move)


@lru_cache(512)
def _readers(move: Move) -> dict[int, list[int]]:
    """Return for each unit of the input the units of the result that read it."""
    found: dict[int, list[int]] = {}
    size, count = (1 if number is None else number for number in (move.size, move.made))
    for reader in range(count):
        for read in move.window.reads(reader, size) if move.window else ():
            found.setdefault(read, []).append(reader)
    return found
