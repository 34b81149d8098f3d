"""Branches meet that look at different places: their strides differ, or the middles of what they see.

Strides and middles are those of the receptive fields (`receptive_field/`). Where those depend on the
phase of a unit, as behind transposed convolutions and upsampling, a branch has not one middle but
a range of them, from phase to phase; only what lies outside of the range is misaligned for certain.
Nothing is said of branches that were cut or shifted on purpose, by a slice or by `roll`, nor along a
length where both see nothing behind the same position: that is what causal networks are like.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from convcli.diagnostics import Related
from convcli.graph import Node, Result
from convcli.quantity import is_known
from convcli.receptive_field.moves import Move
from convcli.receptive_field.walk import Along, Field, Walk
from convcli.record import Record
from convcli.rules.case import Case, Said, both
from convcli.rules.catalogue import SHIFTING
from convcli.window import AXIS_NAMES
from convcli.window.family import Units
from convcli.window.taps import STAY

FARTHEST = 64
"""Layers that are looked back for a shift on purpose."""


class Look(Record):
    """Where a branch looks along one axis.

    The stride is a fraction. `low` and `high` are the least and the greatest of the middles of its
    units, each less the unit's number times the stride, `end` the greatest of their last positions;
    they count in 1 / (2 * denominator).
    """

    __slots__ = ()

    numerator: int
    denominator: int
    low: int
    high: int
    end: int


class Apart(Record):
    """Two inputs of a layer, and where they look along the axes along which that differs."""

    one: int
    other: int
    axes: tuple[tuple[int, Look, Look], ...]
    among: int
    """How many axes there are."""


def find(case: Case) -> Iterator[tuple[int, Apart]]:
    """Give the places where branches meet that look at different places."""
    said: set[int] = set()  # branches that begin at several inputs are apart for each of them
    for walk in case.walks():
        known: dict[tuple[int, ...], Apart | None] = {}
        for at, node in enumerate(case.graph.nodes):
            if len(node.inputs) < 2 or at in said:
                continue
            fields = [walk.field(read) for read in node.inputs]
            if all(field is fields[0] for field in fields):
                continue
            key = (id(node.op), id(node.answer), *map(id, fields))
            if key not in known:
                known[key] = _apart(walk, node, fields)
            apart = known[key]
            if apart is not None and not any(_is_shifted(case, node.inputs[which]) for which in apart[:2]):
                said.add(at)
                yield at, apart


def _apart(walk: Walk, node: Node, fields: list[Field | None]) -> Apart | None:
    """Return two branches that do not fit, None where there are none for certain; the first is one of them."""
    plan = walk.plan(node, 0, fields)
    first: int | None = None
    for which, moves in plan.readings if plan else ():
        field = fields[which]
        if field is None:
            continue
        looks = [_looks(*pair) for pair in zip(field.axes, moves, strict=True)]
        if first is None:
            first, firsts = which, looks
            continue
        pairs = enumerate(zip(firsts, looks, strict=True))
        axes = tuple((axis, *pair) for axis, sides in pairs if (pair := _unlike(*sides)))
        if axes and not (len(looks) == 1 and axes[0][1].end == axes[0][2].end):
            return Apart(first, which, axes, len(looks))
    return None


def _looks(along: Along, move: Move) -> tuple[Look, ...]:
    """Return where the paths of a branch look, none where it is not read unit by unit."""
    if move.window is not STAY or move.whole or move.lost or (is_known(move.made or 0) and move.made == 1):
        return ()
    return tuple([_look(units) for units in along.units])


@lru_cache(4096)
def _look(units: Units) -> Look:
    numerator, denominator = units.rate()
    middles, ends = [], []
    for unit, (low, high) in enumerate(zip(units.low, units.high, strict=True)):
        if low is not None and high is not None:
            middles.append(denominator * (low + high) - 2 * numerator * unit)
            ends.append(2 * denominator * high - 2 * numerator * unit)
    return Look(numerator, denominator, min(middles), max(middles), max(ends))


@lru_cache(4096)
def _unlike(looks: tuple[Look, ...], others: tuple[Look, ...]) -> tuple[Look, Look] | None:
    """Return what does not fit: no paths of one stride have their middles in common."""
    pairs = [(one, other) for one in looks for other in others]
    same = [(one, other) for one, other in pairs if one[:2] == other[:2]]
    if any(one.low <= other.high and other.low <= one.high for one, other in same):
        return None
    if not pairs or (not same and not all(_differs(one, other) for one, other in pairs)):
        return None
    return (same or pairs)[0]


def _differs(one: Look, other: Look) -> bool:
    """Say whether strides differ by more than resizing to a size that is no multiple makes of it."""
    rates = sorted((one.numerator * other.denominator, other.numerator * one.denominator))
    return (one.low == one.high and other.low == other.high) or rates[1] >= 2 * rates[0]


def _is_shifted(case: Case, read: Result) -> bool:
    """Say whether a branch was cut or shifted on purpose since it began."""
    for _ in range(FARTHEST):
        if read[0] < 0 or len(case.readers(read)) > 1:
            return False
        node = case.graph.nodes[read[0]]
        if node.op.name in SHIFTING:
            return True
        if len(node.inputs) != 1:
            return False
        read = node.inputs[0]
    return False


def say(case: Case, places: Sequence[tuple[int, Apart]]) -> Said:
    """Say where each branch looks."""
    at, apart = places[0]
    node = case.graph.nodes[at]
    reads = [node.inputs[which] for which in apart[:2]]
    one, other = (case.graph.producer(read) for read in reads)
    _, first, second = apart.axes[0]
    if first[:2] != second[:2]:
        how = f"have strides of {_stride(first)} and {_stride(second)}"
        help = "bring them to one stride before they meet"
    else:
        gap = max(first.low - second.high, second.low - first.high)
        how = f"look at places {_number(gap, first)} apart, in positions of the input"
        help = "odd kernels with a padding of half their span, and equal pools, keep the middle where it is"
    names = AXIS_NAMES.get(apart.among, ())
    label = ""
    if len(apart.axes) < apart.among:
        label = f"along {both(names[axis] for axis, _, _ in apart.axes)}"
    related = tuple(
        Related(case.graph.nodes[read[0]].span if read[0] >= 0 else None, f"`{name}`: {_where(look)}")
        for read, name, look in zip(reads, (one, other), apart.axes[0][1:], strict=True)
    )
    return Said(f"`{node.name}` joins `{one}` and `{other}`, which {how}", label, help, related)


def _where(look: Look) -> str:
    ends = _number(look.low, look)
    if look.low != look.high:
        ends += f" to {_number(look.high, look)}, depending on the phase"
    return f"stride {_stride(look)}, the middle of unit 0 at {ends}"


def _stride(look: Look) -> str:
    return str(look.numerator) if look.denominator == 1 else f"{look.numerator}/{look.denominator}"


def _number(halves: int, look: Look) -> str:
    return f"{halves / (2 * look.denominator):g}"
