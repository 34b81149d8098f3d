"""How much memory is there: what will be needed is compared before anything is allocated."""

import os
from pathlib import Path


def free_bytes() -> int | None:
    """Return the memory that this process may still take; None where the system does not say."""
    limits = [_of_the_machine(), _of_the_process()]
    known = [limit for limit in limits if limit is not None]
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
