"""One text out of a zip archive, within limits: nothing is unpacked, and what claims to be small is held to it."""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.readers.files import open_at_once, too_large

DIRECTORY = 4 * 1024 * 1024
"""The most bytes that a list of an archive's files may have: reading it takes ten times as much memory."""
_END, _END_SIZE = b"PK\x05\x06", 22
_FAR, _FAR_SIZE = b"PK\x06\x07", 20


def read_members(path: Path, endings: Sequence[str], limit: int, kind: str = ".pt2") -> list[bytes]:
    """Return the files of an archive whose names end so, one for each ending.

    Raises:
        ConvcliError: it cannot be read, is no sound archive, has no such file or several, or one is too large.
    """
    try:
        with open_at_once(path) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                damaged(path, "it is no file", kind)
            if _directory_size(file) > DIRECTORY:
                damaged(path, "its list of files is too long", kind)
            with zipfile.ZipFile(file) as archive:
                return [_read(path, archive, ending, limit, kind) for ending in endings]
    except FileNotFoundError:
        raise ConvcliError([Diagnostic("CV001", f"there is no file {path}")]) from None
    except OSError as error:
        raise ConvcliError([Diagnostic("CV001", f"{path} cannot be read: {error.strerror or error}")]) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error):
        damaged(path, "it is no sound zip archive", kind)


def _read(path: Path, archive: zipfile.ZipFile, ending: str, limit: int, kind: str) -> bytes:
    names = archive.namelist()
    outside = next((name for name in names if name.startswith("/") or ".." in PurePosixPath(name).parts), None)
    if outside is not None:
        damaged(path, f"its file `{outside[:80]}` would lie outside of it", kind)
    found = [name for name in names if f"/{name}".endswith(ending)]
    if len(found) != 1:
        damaged(path, f"it has {len(found) or 'no'} files `*{ending}`", kind)
    with archive.open(found[0]) as member:
        data = member.read(limit + 1)  # what the archive says of its size may be wrong
    if len(data) > limit:
        too_large(f"{path}: {found[0][:80]}", archive.getinfo(found[0]).file_size, limit)
    return data


def _directory_size(file: IO[bytes]) -> int:
    """Return the size of an archive's list of files, which Python would read as a whole."""
    end = file.seek(0, 2)
    start = max(end - _END_SIZE - 0xFFFF, 0)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_SIZE:
        return 0  # Python will say that it is no archive
    (size,) = struct.unpack_from("<I", tail, at + 12)
    far = at - _FAR_SIZE
    if far >= 0 and tail[far : far + 4] == _FAR:
        (place,) = struct.unpack_from("<Q", tail, far + 8)
        if place < end:
            file.seek(place)
            record = file.read(56)
            (size,) = struct.unpack_from("<Q", record, 40)
    return int(size)


def damaged(path: Path, why: str, kind: str = ".pt2") -> NoReturn:
    """Refuse an archive."""
    raise ConvcliError([Diagnostic("CV064", f"{path} cannot be read as a {kind} archive: {why}")])
