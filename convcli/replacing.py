"""Files that are written whole or not at all: a new text takes the old one's place when it is complete."""

import os
from contextlib import suppress
from pathlib import Path
from threading import get_ident


def write_whole(target: Path, text: str) -> None:
    """Write a file: who reads it sees the old one or the new one. Mode and owner stay, as far as they can.

    Raises:
        OSError: it cannot be written, and is as it was.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}-{get_ident()}")
    try:
        aside.write_text(text, encoding="utf-8", newline="")
        make_like(aside, target)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def make_like(aside: Path, target: Path) -> None:
    """Give a file the mode and the owner of the one whose place it takes, if there is one.

    Raises:
        OSError: it cannot have that mode.
    """
    if not target.exists():
        return
    kept = target.stat()
    if hasattr(os, "chown"):
        with suppress(OSError):  # only some may give files away
            os.chown(aside, kept.st_uid, kept.st_gid)
    aside.chmod(kept.st_mode & 0o777)  # behind the owner, whose change takes some bits off
