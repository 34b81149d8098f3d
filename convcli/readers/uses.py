"""`uses:` brings in the blocks and variables of other files, from below the root of the project."""

from collections.abc import Callable
from pathlib import Path

from convcli.blocks import Network
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Scalar
from convcli.readers.files import read_text, relative
from convcli.source import Source

_reading: list[Path] = []


def read_uses(
    names: list[Scalar], path: Path | None, read: Callable[[Source, Path], Network], findings: list[Diagnostic]
) -> list[Network]:
    """Read the files that `uses` names, relative to the file at `path`; complain at the name's place.

    A file that is being read already, because files use each other, is not read again.
    """
    networks = []
    for name in names:
        try:
            target = _locate(name, path)
            if target not in _reading:
                networks.append(_read(target, path, read))
                findings.extend(networks[-1].findings)
        except ConvcliError as error:
            findings.extend(d if d.span else d._replace(span=name.span) for d in error.diagnostics)
    return networks


def _read(target: Path, path: Path | None, read: Callable[[Source, Path], Network]) -> Network:
    chain = [target, *([path.resolve()] if path else [])]
    _reading.extend(chain)
    try:
        source = read_text(target)
        return read(Source(relative(target), source.text), target)
    finally:
        del _reading[-len(chain) :]


def _locate(name: Scalar, path: Path | None) -> Path:
    here = path.resolve().parent if path else Path.cwd()
    target = (here / name.text).resolve()
    root = _root(here)
    if not target.is_relative_to(root):
        message = f"`{name.text}` lies above {root}, the root of this project"
        raise ConvcliError([Diagnostic("CV108", message, name.span, help="copy the file, or move the root")])
    return target


def _root(here: Path) -> Path:
    """Return the repository's folder, or the working directory, or the file's own folder."""
    for folder in (here, *here.parents):
        if (folder / ".git").exists():
            return folder
    working = Path.cwd()
    return working if here.is_relative_to(working) else here
