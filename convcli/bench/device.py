"""Which device a subject runs on, and how time is taken there."""

from typing import Any

from convcli.bench.caches import flusher
from convcli.bench.cuda import Cuda
from convcli.bench.processor import cores, quota
from convcli.bench.stopwatch import Host
from convcli.bench.weights import expect_device
from convcli.diagnostics import ConvcliError, Diagnostic


def find_device(torch: Any, name: str) -> str:
    """Return the device of a name, for "auto" the fastest that is there.

    Raises:
        ConvcliError: torch cannot use it here.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    expect_device(torch, name)
    return name


def stopwatch(torch: Any, device: str, *, cold: bool) -> Any:
    """Return what takes time on a device."""
    if device.startswith("cuda"):
        return Cuda(torch, device, cold=cold)
    return Host(flusher(torch) if cold else None, torch.mps.synchronize if device.startswith("mps") else None)


def set_threads(torch: Any, threads: int | None) -> None:
    """Let torch use so many threads; None for its own number.

    Raises:
        ConvcliError: there are fewer cores, and threads that take turns measure the turns.
    """
    if threads is None:
        return
    granted = quota()
    there = cores() if granted is None else min(cores(), max(int(granted), 1))
    if threads > there:
        message = f"{threads} threads have {there} core{'s' if there > 1 else ''} here"
        raise ConvcliError([Diagnostic("CV043", message, help=f"write `--threads {there}`, or leave it out")])
    torch.set_num_threads(threads)
