"""Channels that do not divide by 8: tensor cores work on blocks of them, and the rest of a block is for nothing.

NVIDIA, "Convolutional layers user's guide", "Channels in and out": multiples of 8 for numbers of 16 bits.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.human import counted
from convcli.quantity import ceil_div, is_known
from convcli.rules.case import Case, Said, both
from convcli.rules.catalogue import MULTIPLE, PRODUCTS

Odd = tuple[tuple[str, int], ...]
"""What does not divide: `input` or `output`, and how many channels."""


def find(case: Case) -> Iterator[tuple[int, Odd]]:
    """Give the layers between the first and the last with channels that do not divide."""
    inner: list[bool] = []
    for node, places in case.each_kind(PRODUCTS):
        odd = _odd(node.op)
        if odd:
            inner = inner or _inner(case)
            for at in places:
                if inner[at]:
                    yield at, odd


def _odd(op: Any) -> Odd:
    if op.values.get("groups", 1) != 1:
        return ()
    sizes = (op.in_features, op.out_features) if op.name == "Linear" else (op.in_channels, op.out_channels)
    pairs = zip(("input", "output"), sizes, strict=True)
    return tuple((side, size) for side, size in pairs if is_known(size) and size % MULTIPLE)


def _inner(case: Case) -> list[bool]:
    """Say of each layer whether products stand in front of it and behind it: what flows in and out is given."""
    nodes = case.graph.nodes
    products = [node.op.name in PRODUCTS for node in nodes]
    before, behind = [False] * len(nodes), [False] * len(nodes)
    for at, node in enumerate(nodes):
        before[at] = any(before[maker] or products[maker] for maker, _ in node.inputs if maker >= 0)
    for at in range(len(nodes) - 1, -1, -1):
        if behind[at] or products[at]:
            for maker, _ in nodes[at].inputs:
                if maker >= 0:
                    behind[maker] = True
    return [first and last for first, last in zip(before, behind, strict=True)]


def say(case: Case, places: Sequence[tuple[int, Odd]]) -> Said:
    """Say which channels, and what the next multiples are."""
    at, odd = places[0]
    sides = both(counted(size, f"{side} channel") for side, size in odd)
    message = f"`{case.name(at)}` has {sides}, which {MULTIPLE} does not divide"
    sizes = dict.fromkeys(size for _, size in odd)
    nearest = [f"{ceil_div(size, MULTIPLE) * MULTIPLE} for {size}" for size in sizes]
    return Said(message, "", f"the next multiple: {both(nearest)}")
