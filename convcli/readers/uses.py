"""`uses:` brings in the blocks and variables of other files, from below the root of the project."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from convcli.blocks import Network
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Scalar
from convcli.readers.files import read_text, relative
from convcli.source import Source

if TYPE_CHECKING:
    from convcli.readers.revision import Blob

MAX_DEPTH = 32

_session: list[set[object]] = []
"""The files that the file now being read has brought in; empty while none is read."""
_depth: list[object] = []


def read_uses(
    names: list[Scalar],
    path: "Path | Blob | None",
    read: Callable[[Source, "Path | Blob"], Network],
    findings: list[Diagnostic],
) -> list[Network]:
    """Read the files that `uses` names, relative to the file at `path`; complain at the name's place.

    A file is read once, by whatever way it is reached, and files may use each other.
    """
    if not names:
        return []
    if not _session:
        _session.append({path.resolve() if isinstance(path, Path) else path})
        try:
            return read_uses(names, path, read, findings)
        finally:
            _session.clear()
    networks = []
    for name in names:
        try:
            target = _locate(name, path)
            if target not in _session[0]:
                _session[0].add(target)
                networks.append(_read(target, _shown(name), read))
                findings.extend(networks[-1].findings)
        except ConvcliError as error:
            help = "paths under `uses` begin at the folder of this file"
            findings.extend(d if d.span else d._replace(span=name.span, help=d.help or help) for d in error.diagnostics)
    return networks


def _read(target: "Path | Blob", shown: str, read: Callable[[Source, "Path | Blob"], Network]) -> Network:
    if len(_depth) >= MAX_DEPTH:
        message = f"files use each other over more than {MAX_DEPTH} levels"
        raise ConvcliError([Diagnostic("CV108", message)])
    _depth.append(target)
    try:
        if isinstance(target, Path):
            source: Source | None = read_text(Path(relative(target)))
        else:
            source, shown = target.read(), target.shown()
        if source is None:
            raise ConvcliError([Diagnostic("CV001", f"there is no file {shown}")])
        return read(Source(shown, source.text), target)
    finally:
        _depth.pop()


def _locate(name: Scalar, path: "Path | Blob | None") -> "Path | Blob":
    if path is not None and not isinstance(path, Path):
        return _stored(name, path)
    here = path.resolve().parent if path else Path.cwd()
    target = (here / name.text).resolve()
    root = _root(here)
    if not target.is_relative_to(root):
        message = f"`{name.text}` lies above {root}, the root of this project"
        raise ConvcliError([Diagnostic("CV108", message, name.span, help="copy the file, or move the root")])
    return target


def _stored(name: Scalar, path: "Blob") -> "Blob":
    target = path.beside(name.text)
    if target is None:
        message = f"`{name.text}` lies above the root of the repository"
        raise ConvcliError([Diagnostic("CV108", message, name.span, help="copy the file")])
    return target


def _shown(name: Scalar) -> str:
    """Write a path as seen from where the path of its file is written, which for a bundled one is no folder."""
    return os.path.normpath(Path(name.span.source.name).parent / name.text)


def _root(here: Path) -> Path:
    """Return the repository's folder, or the working directory, or the file's own folder."""
    for folder in (here, *here.parents):
        if (folder / ".git").exists():
            return folder
    working = Path.cwd()
    return working if here.is_relative_to(working) else here
