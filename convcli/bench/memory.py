"""How much memory is there: what will be needed is compared before anything is allocated."""

import os
from pathlib import Path

TORCH_RESIDENT, TORCH_ADDRESSES = 256 << 20, 768 << 20
"""What torch itself takes in a fresh process, of memory and of addresses: 223 and 694 MiB after a first convolution
(torch 2.13 for CPUs, two threads)."""


def free_bytes(*, fresh: bool = False) -> int | None:
    """Return the memory that this process may still take; None where the system does not say.

    With `fresh` it is that of a new process, which has torch still to import.
    """
    limits = [(_of_the_machine(), TORCH_RESIDENT), (_of_the_process(), TORCH_ADDRESSES)]
    known = [max(0, limit - torch * fresh) for limit, torch in limits if limit is not None]
    return min(known) if known else None


def _of_the_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return found[0] if found else None


def _of_the_process() -> int | None:
    """Return what the limit of the address space (`ulimit -v`) leaves."""
    try:
        import resource
    except ImportError:  # another system than Unix
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return int(limit)
    return max(0, int(limit) - taken)
