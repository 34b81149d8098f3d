"""Writing a file that is there already, or is not yet: whole or not at all."""

import os
from pathlib import Path

from convcli.checking.files import real
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.replacing import write_whole


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; where the path is a link, the file that it leads to is written.

    Raises:
        ConvcliError: it cannot be written.
    """
    refuse_read_only(path)
    try:
        write_whole(real(path), text)
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


def _unwritten(path: Path, why: str) -> Diagnostic:
    return Diagnostic("CV009", f"{path} cannot be written: {why}")
