"""What readers say of windows: arguments that are not as usual, one number for all axes, TensorFlow's `same`."""

from collections.abc import Sequence
from typing import Any

from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.quantity import Shape

USUAL = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1, "bias": True}
"""The arguments of torch's convolutions that need not be written."""


def unusual(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a convolution that have to be written."""
    return {name: value for name, value in arguments.items() if USUAL.get(name) != value}


def one_or_all(found: Sequence[int]) -> Any:
    """Return one number where all axes have the same."""
    return found[0] if len(set(found)) == 1 else found


def expect_rank(x: Shape, rank: int, what: str) -> None:
    """Refuse an input that has not so many axes.

    Raises:
        Refusal: it has others.
    """
    if len(x) != rank:
        raise Refusal("CV203", f"{what} takes a {rank}-d input, found {show_shape(x)}")


def same(x: Shape, kernel: list[int], stride: list[int], dilation: list[int]) -> list[tuple[int, int]]:
    """Return what TensorFlow's `same` pads in front of and behind each axis: the larger half comes behind."""
    found = []
    for side, size, step, apart in zip(x[2:], kernel, stride, dilation, strict=True):
        out = -(-side // step)
        total = max((out - 1) * step + (size - 1) * apart + 1 - side, 0)
        found.append((total // 2, total - total // 2))
    return found


def flat(pads: list[tuple[int, int]]) -> list[int]:
    """Return what is added to each axis as torch's layers of padding take it: the last axis first."""
    return [side for pair in reversed(pads) for side in pair]
