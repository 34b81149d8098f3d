"""The library's `ceilings`: what this machine can do."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convcli.timing.record import Ceilings


def ceilings(
    device: str = "cpu", *, dtype: str | None = None, threads: int | None = None, fresh: bool = False
) -> "Ceilings":
    """Return what this machine can do, measured through torch: products, bandwidths, the smallest calls.

    What was measured before on this machine, with this torch and these threads, is returned at once.

    Args:
        device: "cpu", "cuda" or "cuda:1".
        dtype: a type that has to be among them, beside float32, bfloat16 and float16.
        threads: for torch, None for its own number.
        fresh: measure anew.

    Raises:
        ConvcliError: torch is not installed, there is no such device, or the machine is too busy to be measured.

    Example:
        >>> ceilings().flops["float32"]["matmul"]  # doctest: +SKIP
        312400000000.0
    """
    from convcli.asking import expect_dtype
    from convcli.bench.known import known_ceilings

    if dtype is not None:
        expect_dtype(dtype)
    return known_ceilings(device, dtype=dtype, threads=threads, fresh=fresh).ceilings
