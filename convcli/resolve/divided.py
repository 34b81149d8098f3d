"""By what an input must be divisible so that branches agree, where that can be said for all sizes at once."""

from typing import Any

from convcli.human import show_shape
from convcli.input_sizes.explore import Verdict, explore
from convcli.input_sizes.sizes import Sizes, sizes_of
from convcli.input_sizes.walk import FAILS, Failed
from convcli.quantity import Shape
from convcli.resolve.trial import trial_of
from convcli.window import AXIS_NAMES

NODES = 8_000
"""How many nodes to resolve at most."""


def divided(resolver: Any, sizes: dict[str, Shape], axes: list[int]) -> str:
    """Say by what the size of a network's only input must be divisible, and which sizes are nearest.

    `axes` are those along which branches disagree; empty if there is no such number.
    """
    if len(sizes) != 1 or not axes:
        return ""
    ((name, shape),) = sizes.items()
    found = _equal_sides(resolver, name, shape, axes)
    divisor = found.common_divisor()
    if divisor is None or divisor == 1:
        return ""
    names = AXIS_NAMES[len(shape) - 2]
    noun = " and ".join(names[axis - 2] for axis in axes)
    near = [_each(shape, axes, move, found) for move in (Sizes.before, Sizes.next)]
    shown = [show_shape(one[1:]) for one in near if one is not None and _works(resolver, name, one)]
    nearest = f"; the nearest that work: {', '.join(shown)}" if shown else ""
    return f"{divisor} must divide the {noun} of the input{nearest}"


def _equal_sides(resolver: Any, name: str, shape: Shape, axes: list[int]) -> Sizes:
    """Return the sizes that work for all of some axes at once."""
    size = max(shape[axis] for axis in axes)

    def trial(size: Any) -> Verdict:
        sides = tuple(size if axis in axes else side for axis, side in enumerate(shape))
        return Verdict(works=True, lossless=True) if _works(resolver, name, sides) else FAILS

    pieces = explore(trial, size, 0, NODES // (len(resolver.nodes) + 1))
    return sizes_of(pieces, size, lambda verdict: verdict.works)


def _works(resolver: Any, name: str, shape: Shape) -> bool:
    given = resolver.given._replace(sizes={name: shape}, batched=True, batch=None)
    try:
        trial_of(type(resolver), resolver.network, resolver.variables, given, ())
    except Failed:
        return False
    return True


def _each(shape: Shape, axes: list[int], move: Any, found: Sizes) -> Shape | None:
    sides = tuple(move(found, size) if axis in axes else size for axis, size in enumerate(shape))
    return None if None in sides else sides
