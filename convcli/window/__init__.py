"""Sliding windows over one axis: how many positions a kernel has, and what it says when it has none."""

from typing import Any

from convcli.diagnostics import Refusal
from convcli.quantity import ceil_div

AXIS_NAMES: dict[int, tuple[str, ...]] = {
    1: ("length",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}


def axis_name(axes: int, axis: int) -> str:
    """Return the name of a spatial axis: axis 0 of 2 is the height."""
    return AXIS_NAMES[axes][axis]


def show_axes(values: Any) -> str:
    """Write one value for each axis: `3` where they are equal, else `3x5`."""
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def sliding_size(size: int, kernel: int, stride: int, pad: int, dilation: int, where: tuple[str, int, int]) -> int:
    """Return floor((size + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1.

    `where` is the operator's name, its number of axes and the axis, for the message.

    Raises:
        Refusal: the kernel is larger than the padded input.
    """
    if size + 2 * pad < dilation * (kernel - 1) + 1:
        raise kernel_too_large(where, size, pad, dilation * (kernel - 1) + 1)
    return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1


def kernel_too_large(where: tuple[str, int, int], size: int, pad: int, window: int) -> Refusal:
    """Refuse a kernel that does not fit into its padded input, and say which padding would do."""
    operator, axes, axis = where
    name = axis_name(axes, axis)
    padded = f" with padding {pad}" if pad else ""
    return Refusal(
        "CV220",
        f"{operator}: a kernel that spans {window} is larger than the input's {name} of {size}{padded}",
        argument="kernel_size",
        help=f"the smallest padding that works is {ceil_div(window - size, 2)}; or keep more {name}: "
        "a smaller stride before, or a larger input",
    )
