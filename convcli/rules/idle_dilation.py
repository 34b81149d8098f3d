"""A dilation has no effect: it spreads the elements of a kernel that has one, and there is nothing to spread."""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.op import Operator
from convcli.rules.case import Case, Said, both
from convcli.rules.catalogue import CONVOLUTIONS, DILATED_POOLS, TRANSPOSED
from convcli.window import AXIS_NAMES, show_axes

Idle = tuple[int, ...]
"""The axes with a dilation."""


def find(case: Case) -> Iterator[tuple[int, Idle]]:
    """Give the layers whose dilation does nothing along any axis."""
    for node, places in case.each_kind(CONVOLUTIONS | TRANSPOSED | DILATED_POOLS):
        kernel, dilation = _kernel_and_dilation(node.op)
        dilated = tuple(axis for axis, step in enumerate(dilation) if step != 1)
        if dilated and all(kernel[axis] == 1 and dilation[axis] > 1 for axis in dilated):
            for at in places:
                yield at, dilated


def _kernel_and_dilation(op: Any) -> tuple[Sequence[int], Sequence[int]]:
    if op.name in DILATED_POOLS:
        return op.kernel(), op.dilations()
    return op.kernel_size, op.dilation


def say(case: Case, places: Sequence[tuple[int, Idle]]) -> Said:
    """Say which dilation does nothing."""
    at, dilated = places[0]
    op: Operator = case.graph.nodes[at].op
    kernel, dilation = _kernel_and_dilation(op)
    steps = show_axes(tuple(dilation[axis] for axis in dilated))
    message = f"the dilation of {steps} of `{case.name(at)}` has no effect: its kernel is {show_axes(kernel)}"
    label = ""
    if len(dilated) < op.axes:
        label = f"along {both(AXIS_NAMES[op.axes][axis] for axis in dilated)} there is one element"
    return Said(message, label, "leave `dilation` out, or take a larger kernel")
