"""A window of one position moves by more than one: most of what flows in is not read by it.

Whether that is meant cannot be seen: ResNet does it in every shortcut. He et al., "Bag of tricks for
image classification with convolutional neural networks", 2019, section 4.2, put a pool in its place.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.graph import Node
from convcli.human import percent, show_shape
from convcli.quantity import ceil_div, is_known, product
from convcli.rules.case import Case, Said
from convcli.rules.catalogue import CONVOLUTIONS, POOLS, windows

Parts = tuple[int, int]
"""How many positions are read, and how many there are."""


def find(case: Case) -> Iterator[tuple[int, Parts]]:
    """Give the layers that read a part of their input, a position at a time."""
    for node, places in case.each_kind(CONVOLUTIONS | POOLS):
        parts = _parts(node)
        if parts and parts[0] < parts[1]:
            for at in places:
                yield at, parts


def _parts(node: Node) -> Parts | None:
    axes = tuple(windows(node.op))
    if any(kernel != 1 for kernel, *_ in axes) or all(step == 1 for _, step, *_ in axes):
        return None
    if node.answer is None or node.input_shapes[0] is None or node.op.values.get("padding_mode", "zeros") != "zeros":
        return None
    sizes, units = node.input_shapes[0][-len(axes) :], node.answer.outputs[0][-len(axes) :]
    if not all(map(is_known, (*sizes, *units))):
        return None
    read = [
        min(count, ceil_div(size + pad, step)) - ceil_div(pad, step)
        for size, count, (_, step, pad, _) in zip(sizes, units, axes, strict=True)
    ]
    return product(read), product(sizes)


def say(case: Case, places: Sequence[tuple[int, Parts]]) -> Said:
    """Say how much is not read."""
    at, (read, all_) = places[0]
    node = case.graph.nodes[at]
    op: Any = node.op
    axes = tuple(windows(op))
    sizes = show_shape((node.input_shapes[0] or ())[-len(axes) :])
    message = f"`{case.name(at)}` never reads {all_ - read:,} of the {all_:,} positions of its input of {sizes}"
    steps = tuple(step for _, step, *_ in axes)
    shown = str(steps[0]) if len(set(steps)) == 1 else str(steps)
    help = f"a kernel of {shown} reads all of them"
    if op.name in CONVOLUTIONS:
        help = f"`AvgPool{len(axes)}d({shown})` in front of it, and no stride, reads all of them"
    return Said(message, f"{percent(all_ - read, all_)} %", help)
