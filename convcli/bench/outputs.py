"""Outputs that are looked at before they are timed: times of numbers that are none, or all equal, can be anything."""

from collections.abc import Sequence
from typing import Any

from convcli.timing.record import CONSTANT, NOT_FINITE

RELATIVE = 1e-2
"""How far outputs of equal passes may be apart: kernels that add in another order, in a narrow type."""


def notes_of(outputs: Sequence[Any]) -> tuple[str, ...]:
    """Return what is wrong with the outputs of a network."""
    floats = [one for one in outputs if one.is_floating_point() and one.numel()]
    found = []
    if not all(bool(one.isfinite().all()) for one in floats):
        found.append(NOT_FINITE)
    if any(one.numel() > 1 and bool((one == one.flatten()[0]).all()) for one in floats):
        found.append(CONSTANT)
    return tuple(found)


def expect_equal(torch: Any, first: Sequence[Any], second: Sequence[Any]) -> None:
    """Refuse passes that compute different things.

    Raises:
        RuntimeError: their outputs differ.
    """
    same = len(first) == len(second) and all(
        one.shape == other.shape
        and torch.allclose(one.float(), other.float(), rtol=RELATIVE, atol=RELATIVE * _scale(one), equal_nan=True)
        for one, other in zip(first, second, strict=True)
    )
    if not same:
        raise RuntimeError("a pass with timestamps has other outputs than one without")


def _scale(tensor: Any) -> float:
    """Return the largest magnitude of finite numbers."""
    finite = tensor.float()[tensor.isfinite()]
    return float(finite.abs().max()) if finite.numel() else 0.0
