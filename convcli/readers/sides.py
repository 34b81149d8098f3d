"""The two networks of a comparison: what any command reads, or `REV:path` out of git."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.readers import SUFFIXES, find_reader
from convcli.readers.files import MAX_SIZE
from convcli.readers.python_name import is_python
from convcli.readers.revision import Blob, files_below, find_blob, working_folder
from convcli.record import Record
from convcli.settled import AnyNetwork

_NO_REVISION = re.compile(r"[\s(\[|?*\\]")
"""Signs that no revision has, and layers have."""
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


Reader = Callable[[Any, int | None, str | None], tuple[AnyNetwork, str | None]]


class Side(Record):
    """One of two networks; `network` is None where there is no such file, `variant` what a bundled name implies."""

    shown: str
    network: AnyNetwork | None
    variant: str | None


def read_sides(
    before: str | Path,
    after: str | Path,
    max_size: int | None = None,
    format: str | None = None,
    read: Reader = find_reader,
) -> tuple[Side, Side]:
    """Read two networks, of which one may be missing: in a revision, or beside the same file in a revision.

    `read` reads what is in no revision.

    Raises:
        ConvcliError: one cannot be read, or neither exists; mistakes of both sides together.
    """
    blobs: list[Blob | None] = []
    sides: list[Side] = []
    errors: list[Diagnostic] = []
    for model in (before, after):
        try:
            named = split_revision(model) if isinstance(model, str) and not is_python(model) else None
            blobs.append(find_blob(*named) if named else None)
        except ConvcliError as error:
            errors += error.diagnostics
    if errors:
        raise ConvcliError(dict.fromkeys(errors))
    for model, blob, other in zip((before, after), blobs, reversed(blobs), strict=True):
        try:
            sides.append(_read(model, blob, other, (max_size, format), read))
        except ConvcliError as error:
            errors += error.diagnostics
    if errors:
        raise ConvcliError(dict.fromkeys(errors))
    for side, blob, other, name in zip(sides, blobs, reversed(blobs), (after, before), strict=True):
        if side.network is None and blob is not None and not _is_beside(str(name), blob, other):
            raise ConvcliError([_mistyped(blob)])
    first, second = sides
    if first.network is None and second.network is None:
        message = f"there is neither {first.shown} nor {second.shown}"
        raise ConvcliError([Diagnostic("CV001", message, help="a path in a revision begins at the repository's root")])
    return first, second


def read_side(
    model: str, max_size: int | None = None, format: str | None = None, read: Reader = find_reader
) -> tuple[AnyNetwork, str | None]:
    """Read one network, which has to exist, as `read` does; it may be `REV:path` too.

    Raises:
        ConvcliError: there is none, or it cannot be read.
    """
    named = None if is_python(model) else split_revision(model)
    if named is None:
        return read(model, max_size, format)
    blob = find_blob(*named)
    side = _read(model, blob, None, (max_size, format), read)
    if side.network is None:
        raise ConvcliError([Diagnostic("CV001", f"there is no {side.shown}")])
    return side.network, side.variant


def _read(
    model: str | Path, blob: Blob | None, other: Blob | None, how: tuple[int | None, str | None], read: Reader
) -> Side:
    if blob is not None:
        from convcli.readers.formats import read_as

        source = blob.read(how[0] or MAX_SIZE)
        return Side(blob.shown(), read_as(source, blob, how[1]) if source else None, None)
    if other is not None and _is_the_same_and_gone(str(model), other):
        return Side(str(model), None, None)
    network, variant = read(model, *how)
    return Side(str(model) if isinstance(model, str | Path) else network.source, network, variant)


def _is_beside(name: str, blob: Blob, other: Blob | None) -> bool:
    """Say whether the other network is the same file, perhaps in another folder: so it is new, or gone."""
    place = other or blob._replace(path=f"{working_folder()}_").beside(name.replace(os.sep, "/"))
    if place is None or not name.lower().endswith(SUFFIXES):
        return False
    return blob.path.rpartition("/")[2] == place.path.rpartition("/")[2]


def _mistyped(blob: Blob) -> Diagnostic:
    """Return the error of a file that a revision lacks, though there is that revision."""
    folder = blob.path.rpartition("/")[0]
    there = [path for path in files_below(blob.revision, f"{folder}/" if folder else "") if path.endswith(SUFFIXES)]
    listed = f"`git ls-tree --name-only {blob.revision} {folder or '.'}` lists what is there"
    help = suggestion(blob.path, there, listed)
    return Diagnostic("CV001", f"`{blob.revision}` is there, and has no file `{blob.path}`", help=help)


def _is_the_same_and_gone(path: str, blob: Blob) -> bool:
    """Say whether a path leads to the place of a file in git, and nothing is there."""
    if not path.lower().endswith(SUFFIXES) or os.path.lexists(path):
        return False
    here = blob._replace(path=f"{working_folder()}_").beside(path.replace(os.sep, "/"))
    return here is not None and here.path == blob.path


def split_revision(name: str) -> tuple[str, str] | None:
    """Return revision and path of a text such as `HEAD~1:configs/net.yaml`; None where it is something else.

    A file that exists is a file, a drive's letter is no revision, and layers may have slices.

    >>> split_revision("HEAD~1:configs/net.yaml"), split_revision("C:/net.yaml"), split_revision("x[:, 0]")
    (('HEAD~1', 'configs/net.yaml'), None, None)
    """
    revision, colon, path = name.partition(":")
    if not colon or not revision or not path or _NO_REVISION.search(revision) or os.path.lexists(name):
        return None
    if _DRIVE.match(name) or (os.name == "nt" and len(revision) == 1):
        return None
    if not path.lower().endswith(SUFFIXES) and re.search(r"[(|\n]", path):
        return None
    return revision, path
