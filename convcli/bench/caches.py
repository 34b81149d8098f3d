"""The caches of a processor: their sizes as the system reports them, and how they are emptied."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST = 64 << 20
"""A guest of a virtual machine is shown the whole last level, which it shares: more than this is never its own."""

UNITS = {"K": 10, "M": 20, "G": 30}


def caches(root: str = "/sys/devices/system/cpu/cpu0/cache") -> dict[str, int]:
    """Return the bytes of each level; empty where the system does not say."""
    found = {}
    for place in sorted(Path(root).glob("index*")):
        try:
            level, kind, size = ((place / name).read_text("ascii").strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        if kind != "Instruction" and size.rstrip("KMG").isdigit():
            found[f"L{level}"] = int(size.rstrip("KMG")) << UNITS.get(size[-1], 0)
    return found


def flush_size(sizes: dict[str, int]) -> int:
    """Return how many bytes have to be written for nothing else to be in a core's caches."""
    last = max(sizes.values(), default=MOST)
    return max(2 * sizes.get("L2", 0), min(last, MOST))


def flusher(torch: Any) -> Callable[[], Any]:
    """Return what empties the caches."""
    return torch.empty(flush_size(caches()), dtype=torch.uint8).zero_  # type: ignore[no-any-return]
