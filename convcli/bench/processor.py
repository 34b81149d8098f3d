"""The processor and how much of it this process may have, as the system says."""

import os
import platform
from pathlib import Path
from typing import Any

FIELDS = {
    "model name": "cpu",
    "cpu family": "cpu_family",
    "model": "cpu_model",
    "stepping": "cpu_stepping",
    "microcode": "microcode",
}
"""Of /proc/cpuinfo, and what they are called here."""


def processor(path: str = "/proc/cpuinfo") -> dict[str, Any]:
    """Return which processor it is; None for what the system does not say."""
    found: dict[str, Any] = dict.fromkeys(FIELDS.values())
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        name, colon, value = line.partition(":")
        field = FIELDS.get(name.strip())
        if colon and field and found[field] is None:
            found[field] = value.strip()
    found["cpu"] = found["cpu"] or platform.processor() or platform.machine()
    return found


def cores() -> int:
    """Return on how many cores this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def quota(root: str = "/sys/fs/cgroup") -> float | None:
    """Return how many cores' worth of time the control group grants; None where it is not limited."""
    try:
        allowed, period = Path(root, "cpu.max").read_text("ascii").split()
        return None if allowed == "max" else int(allowed) / int(period)
    except (OSError, ValueError):
        pass
    try:
        allowed, period = (Path(root, "cpu", f"cpu.cfs_{name}_us").read_text("ascii") for name in ("quota", "period"))
        return int(allowed) / int(period) if int(allowed) > 0 else None
    except (OSError, ValueError):
        return None
