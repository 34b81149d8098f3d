"""Supports: which elements of a tensor move with each of several probes, kept small where channels do not matter.

A support has a row for each probe, and behind it the tensor's dimensions. A dimension that carries
nothing but channels, as the layout of the static receptive field has it, is folded to size 1: a unit of
a receptive field is a place, no matter in which channel.
"""

from typing import Any

from convcli.receptive_field.layout import CHANNELS, Layout, is_scattered

_AXIS, _WEIGHT = 0, 2


def folded(support: Any, layout: Layout) -> Any:
    """Return a support with its channels folded; a dimension that mixes channels and places stays as large as it is."""
    thin, _ = _by_parts(support, layout)
    sizes, full = [], [len(thin)]
    for dim, parts in enumerate(layout.dims):
        if not parts:
            sizes.append(1)
            full.append(1)
        else:
            full += [size for _, size, _ in parts]
            sizes.append(support.shape[1 + dim])
    return thin.expand(full).reshape(len(thin), *sizes)


def as_placed(layout: Layout) -> Layout:
    """Return a layout without what is scattered: a dimension whose units are somewhere tells no place."""
    return layout._replace(dims=tuple(() if any(map(is_scattered, parts)) else parts for parts in layout.dims))


def placed(support: Any, layout: Layout) -> Any:
    """Return a support with one dimension for each axis of the network's input, in order; 1 where none carries it."""
    thin, parts = _by_parts(support, layout)
    order = [
        at
        for axis in range(len(layout.units))
        for at in sorted((at for at, part in parts if part[_AXIS] == axis), key=lambda at: -dict(parts)[at][_WEIGHT])
    ]
    rest = [at for at in range(1, thin.dim()) if at not in order]
    flat = thin.permute(0, *order, *rest)
    return flat.reshape(len(thin), *(units or 1 for units in layout.units))


def _by_parts(support: Any, layout: Layout) -> tuple[Any, list[tuple[int, tuple[int, int, int]]]]:
    """Return a support with a dimension for each part, those of channels folded, and which have parts of axes."""
    sizes: list[int] = []
    parts, channels = [], []
    for dim, row in enumerate(layout.dims):
        for part in row or ((CHANNELS, support.shape[1 + dim], 0),):
            sizes.append(part[1])
            if part[_AXIS] == CHANNELS:
                channels.append(len(sizes))
            else:
                parts.append((len(sizes), part))
    thin = support.reshape(len(support), *sizes)
    return (thin.amax(channels, keepdim=True) if channels else thin), parts
