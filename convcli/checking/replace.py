"""Writing a file that is there already, or is not yet: whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from convcli.checking.files import real
from convcli.diagnostics import ConvcliError, Diagnostic


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: the new text takes the old one's place when it is complete.

    Where the path is a link, the file that it leads to is written. Mode and owner stay, as far as they can.

    Raises:
        ConvcliError: it cannot be written.
    """
    refuse_read_only(path)
    target = real(path)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        try:
            aside.write_text(text, encoding="utf-8", newline="")
            if target.exists():
                _like(aside, target)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise ConvcliError([_unwritten(path, error.strerror or str(error))]) from None


def refuse_read_only(path: Path) -> None:
    """Refuse a file that may not be written: a new one in its place would get round that.

    Raises:
        ConvcliError: it is there, and may not be written or is no regular file.
    """
    try:
        if not path.exists():
            return
        why = "" if path.is_file() else "it is no regular file"
    except OSError as error:
        why = error.strerror or str(error)
    if not why and not os.access(path, os.W_OK):
        why = "it is read-only"
    if why:
        raise ConvcliError([_unwritten(path, why)])


def _like(aside: Path, target: Path) -> None:
    kept = target.stat()
    if hasattr(os, "chown"):
        with suppress(OSError):  # only some may give files away
            os.chown(aside, kept.st_uid, kept.st_gid)
    aside.chmod(kept.st_mode)  # behind the owner, whose change takes some bits off


def _unwritten(path: Path, why: str) -> Diagnostic:
    return Diagnostic("CV009", f"{path} cannot be written: {why}")
