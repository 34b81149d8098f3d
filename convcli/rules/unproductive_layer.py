"""A convolution whose input already depends on more than all of the network's input: nothing new comes into its sight.

Richter et al., "Should you go deeper? Optimizing convolutional neural network architectures without
training by receptive field analysis", 2021, call such layers unproductive.
"""

from collections.abc import Iterator, Sequence

from convcli.graph import Result
from convcli.receptive_field.walk import Field, Walk
from convcli.rules.case import Case, Said
from convcli.rules.catalogue import CONVOLUTIONS, widens
from convcli.window import show_axes
from convcli.window.family import Units

Sizes = tuple[tuple[int, ...], tuple[int, ...]]
"""How much of the network's input the layer's input sees along each axis, and how much there is."""


def find(case: Case) -> Iterator[tuple[int, Sizes]]:
    """Give the convolutions that see no more than what flows into them."""
    known: dict[int, Sizes | None] = {}
    for _, places in case.each_kind(CONVOLUTIONS):
        if widens(case, places):
            for at in places:
                sizes = _sizes(case, case.graph.nodes[at].inputs[0], known)
                if sizes:
                    yield at, sizes


def _sizes(case: Case, read: Result, known: dict[int, Sizes | None]) -> Sizes | None:
    """Return what a tensor sees of the first of the network's inputs, if that and all others are smaller."""
    found = []
    for walk in case.walks():
        field = walk.field(read)
        if field is not None:
            if id(field) not in known:
                known[id(field)] = _exceeding(walk, field)
            found.append(known[id(field)])
    return found[0] if found and all(found) else None


def _exceeding(walk: Walk, field: Field) -> Sizes | None:
    """Return what a tensor sees along each axis, if that is more than there is along all of them."""
    sizes = []
    for along, axis in zip(field.axes, walk.axes, strict=True):
        if axis.size is None or not along.units:
            return None
        sizes.append(min(map(_least, along.units)))
        if sizes[-1] <= axis.size:
            return None
    return tuple(sizes), tuple(axis.size or 0 for axis in walk.axes)


def _least(units: Units) -> int:
    """Return the least of what units see, whatever their phase."""
    pairs = zip(units.low, units.high, strict=True)
    return min(high - low + 1 for low, high in pairs if low is not None and high is not None)


def say(case: Case, places: Sequence[tuple[int, Sizes]]) -> Said:
    """Say how far its input sees."""
    at, (sizes, there) = places[0]
    seen, all_ = show_axes(sizes), show_axes(there)
    message = (
        f"`{case.name(at)}` sees nothing new: what it reads sees {seen} already, and the network's input is {all_}"
    )
    return Said(message, "", "a larger input, fewer layers in front of it, or fewer strides")
