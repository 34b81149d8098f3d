"""A kernel lies on padding: elements of it that never meet the input, wherever the kernel stands.

A 3x3 kernel with padding 1 on a map of 1x1 is a 1x1 kernel; so is one whose dilation is as large
as the map. Chen et al., "Rethinking atrous convolution for semantic image segmentation", 2017,
section 3.3, saw it with the largest dilations of their pyramid.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.human import counted, show_shape
from convcli.quantity import is_known, product
from convcli.rules.case import Case, Said
from convcli.rules.catalogue import CONVOLUTIONS
from convcli.window import show_axes

MOST_TAPS = 4096
"""Kernels longer than this are not looked at."""

Used = tuple[int, ...]
"""For each axis, how many elements of the kernel meet the input somewhere."""


def find(case: Case) -> Iterator[tuple[int, Used]]:
    """Give the convolutions of whose kernel at least half never meets the input."""
    for node, places in case.each_kind(CONVOLUTIONS):
        op: Any = node.op
        shape, answer = node.input_shapes[0], node.answer
        if shape is None or answer is None or not _has_padding(op) or not all(map(is_known, shape)):
            continue
        sizes = shape[-op.axes :]
        if min(sizes) > max(op.dilation) * (max(op.kernel_size) - 1) + max(op.stride):
            continue  # the kernel fits, and once more: all of it meets the input
        used = _used(op, sizes, answer.outputs[0][-op.axes :])
        if 2 * product(used) <= product(op.kernel_size):
            for at in places:
                yield at, used


def _has_padding(op: Any) -> bool:
    """Say whether a kernel can stand on zeros, and is short enough to be looked at element by element."""
    pads = op.padding != "valid" if isinstance(op.padding, str) else any(op.padding)
    return pads and op.padding_mode == "zeros" and max(op.kernel_size) <= MOST_TAPS


def _used(op: Any, sizes: tuple[int, ...], units: tuple[int, ...]) -> Used:
    found = []
    for axis, (size, count, (pad, _)) in enumerate(zip(sizes, units, op.pads(), strict=True)):
        kernel, stride, dilation = op.kernel_size[axis], op.stride[axis], op.dilation[axis]
        found.append(sum(_meets(dilation * tap - pad, stride, count, size) for tap in range(kernel)))
    return tuple(found)


def _meets(first: int, stride: int, count: int, size: int) -> bool:
    """Say whether an element that lies at `first` for the first unit lies on one of `size` positions for some unit."""
    unit = max(0, -(first // stride))
    return unit < count and 0 <= first + stride * unit < size


def say(case: Case, places: Sequence[tuple[int, Used]]) -> Said:
    """Say how much of the kernel is of no use."""
    at, used = places[0]
    node = case.graph.nodes[at]
    op: Any = node.op
    elements = product(op.kernel_size)
    idle = elements - product(used)
    sizes = show_shape((node.input_shapes[0] or ())[-op.axes :])
    message = f"{idle:,} of the {elements:,} elements of `{node.name}`'s kernel never meet its input of {sizes}"
    params = product(op.weights()["weight"]) // elements * idle
    smaller = f"a kernel of {show_axes(used)} does the same here" if _keeps_its_size(op) else "take a smaller kernel"
    return Said(message, f"{counted(params, 'parameter')} for nothing", f"{smaller}; or keep a larger map")


def _keeps_its_size(op: Any) -> bool:
    """Say whether a kernel is centred on each position of its input, so that its outer elements can be left out."""
    axes = zip(op.kernel_size, op.stride, op.dilation, op.pads(), strict=True)
    return all(stride == 1 and 2 * pad == dilation * (kernel - 1) for kernel, stride, dilation, (pad, _) in axes)
