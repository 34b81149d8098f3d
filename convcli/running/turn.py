"""One run at a time: two that measure at once measure each other."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 600.0
"""Seconds that another run of this user is waited for; then both run, and what that spoils is left out."""

AGAIN = 0.2
"""Seconds between two looks."""


@contextmanager
def turn(progress: Callable[[float, str], None], name: Path | None = None) -> Iterator[None]:
    """Wait until no other run of this user measures on this machine; where files cannot be locked, do not."""
    file = _opened(name or _lock())
    if file is None:
        yield
        return
    try:
        _wait(file, progress)
        yield
    finally:
        os.close(file)  # which unlocks it


def _lock() -> Path:
    from tempfile import gettempdir

    user = os.getuid() if hasattr(os, "getuid") else 0
    return Path(gettempdir(), f"convcli-{user}.lock")


def _opened(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError:
        return None


def _wait(file: int, progress: Callable[[float, str], None]) -> None:
    try:
        import fcntl
    except ImportError:  # another system than Unix
        return
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(0.0, "waiting for another run on this machine")
            time.sleep(AGAIN)
        except OSError:  # a file system without locks
            return
        else:
            return
