"""A transposed convolution covers its output unevenly: its kernel is no multiple of its stride.

Odena, Dumoulin and Olah, "Deconvolution and checkerboard artifacts", Distill, 2016.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.quantity import ceil_div, is_known
from convcli.rules.case import Case, Said, both
from convcli.rules.catalogue import TRANSPOSED
from convcli.window import AXIS_NAMES, show_axes
from convcli.window.taps import spread

Uneven = tuple[int, int, int]
"""An axis, and the least and the largest number of the kernel's elements that reach one of its positions."""


def find(case: Case) -> Iterator[tuple[int, tuple[Uneven, ...]]]:
    """Give the layers some positions of whose output get more of the kernel's elements than others."""
    for node, places in case.each_kind(TRANSPOSED):
        uneven = _uneven(node.op)
        if uneven:
            for at in places:
                yield at, uneven


def _uneven(op: Any) -> tuple[Uneven, ...]:
    found = []
    for axis, (kernel, stride, dilation) in enumerate(zip(op.kernel_size, op.stride, op.dilation, strict=True)):
        if not all(map(is_known, (kernel, stride, dilation))):
            continue
        window = spread(kernel, stride, 0, dilation)
        if window is not None:
            counts = [count for _, _, count in window.taps]
        else:  # a stride of thousands, whose positions are not listed
            counts = [kernel // stride, ceil_div(kernel, stride)] if dilation == 1 else [1]
        if min(counts) < max(counts):
            found.append((axis, min(counts), max(counts)))
    return tuple(found)


def say(case: Case, places: Sequence[tuple[int, tuple[Uneven, ...]]]) -> Said:
    """Say what the output gets."""
    at, uneven = places[0]
    op: Any = case.graph.nodes[at].op
    kernel, stride = show_axes(op.kernel_size), show_axes(op.stride)
    axes = both(AXIS_NAMES[op.axes][axis] for axis, _, _ in uneven)
    fewest, most = min(low for _, low, _ in uneven), max(high for _, _, high in uneven)
    if fewest:
        message = f"the output of `{case.name(at)}` is covered unevenly: a kernel of {kernel} in steps of {stride}"
        label = f"along {axes}, positions get {fewest} to {most} of the kernel's elements in turn"
    else:
        message = f"the output of `{case.name(at)}` has holes: a kernel of {kernel} in steps of {stride}"
        label = f"along {axes}, there are positions that no input reaches; they hold the bias alone"
    wanted = tuple(ceil_div(size, step) * step for size, step in zip(op.kernel_size, op.stride, strict=True))
    spans = show_axes(wanted) if len(set(wanted)) == 1 else wanted
    help = f"`kernel_size={spans}`, a multiple of the stride; or `Upsample` and a convolution behind it"
    return Said(message, label, help)
