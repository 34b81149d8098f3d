"""Which files are judged: those that are named, and the network files below folders."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from fnmatch import translate
from pathlib import Path

from convcli.budgets.verdict import Skipped
from convcli.checking.looking import why_no_network
from convcli.diagnostics import Diagnostic
from convcli.human import counted
from convcli.readers import SUFFIXES
from convcli.readers.files import MAX_SIZE
from convcli.readers.python_name import is_python
from convcli.record import Record

LEAVES_OUT = ("node_modules", "__pycache__")
"""Folders that are never gone into, beside hidden ones."""


class Files(Record):
    """The files to judge, those to leave out, what is wrong with the paths, and the Python models that are named."""

    files: tuple[Path, ...]
    skipped: tuple[Skipped, ...]
    wrong: tuple[Diagnostic, ...]
    models: tuple[str, ...] = ()


def collect(
    paths: Sequence[str], exclude: Sequence[str], root: Path, *, skip_others: bool = False, limit: int = MAX_SIZE
) -> Files:
    """Return the files that paths mean; `exclude` are patterns, as seen from `root`.

    Below a folder only network files are judged. A file that is named is judged whatever it is, or, with
    `skip_others`, like one below a folder. Folders without anything to judge are a wrong question.
    """
    found = _Found(Patterns(exclude, root), limit)
    folders = False
    models: dict[str, None] = {}
    for name in paths:
        kind, unknown = _kind(name)
        if kind == "folder":
            folders = True
            found.look_below(name)
        elif kind == "file":
            found.add(Path(name), named=True, whatever=not skip_others)
        elif not unknown and is_python(name):
            models[name.strip()] = None
        else:
            why = f"{name} cannot be read: {unknown}" if unknown else f"there is no file and no folder {name}"
            found.wrong.append(Diagnostic("CV001", why))
    if folders and not found.files and not models and not found.wrong:
        message = f"there is nothing to judge: {counted(len(found.skipped), 'file')} skipped"
        found.wrong.append(Diagnostic("CV001", message, help="`convcli check -v` names them, and says why"))
    return Files(tuple(found.files.values()), tuple(found.skipped.values()), tuple(found.wrong), tuple(models))


class _Found:
    """What is found so far; a file is one however it is spelled, and keeps its first spelling."""

    def __init__(self, left_out: "Patterns", limit: int) -> None:
        self.left_out, self.limit = left_out, limit
        self.files: dict[Path, Path] = {}
        self.skipped: dict[Path, Skipped] = {}
        self.wrong: list[Diagnostic] = []

    def add(self, file: Path, *, named: bool = False, whatever: bool = False) -> None:
        """Take a file in, or leave it out."""
        key = real(file)
        if key in self.files:
            return
        why = "" if whatever else "excluded" if self.left_out.match(file) else why_no_network(file, self.limit)
        if why:
            if named or key not in self.skipped:
                self.skipped[key] = Skipped(str(file), why, named)
        else:
            self.skipped.pop(key, None)
            self.files[key] = file

    def look_below(self, name: str) -> None:
        """Take the files below a folder in."""
        before, empty = len(self.wrong), True
        for file in _below(Path(name), self.wrong):
            empty = False
            self.add(file)
        if empty and len(self.wrong) == before:
            help = f"network files end in {' or '.join(SUFFIXES)}"
            self.wrong.append(Diagnostic("CV001", f"the folder {name} has no YAML files", help=help))


def real(path: str | Path) -> Path:
    """Return where a path leads to in the end; a link that leads to itself is its own end."""
    return Path(os.path.realpath(path))


def _kind(name: str) -> tuple[str, str]:
    """Return what a path leads to, a folder, a file or nothing, and why that cannot be told."""
    try:
        mode = Path(name).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "nothing", ""
    except (OSError, ValueError) as error:
        return "", (error.strerror if isinstance(error, OSError) else "") or str(error)
    return "folder" if stat.S_ISDIR(mode) else "file", ""


def _below(folder: Path, wrong: list[Diagnostic]) -> Iterator[Path]:
    """Give the YAML files below a folder, in order; say which folders cannot be read."""

    def unread(error: OSError) -> None:
        wrong.append(Diagnostic("CV001", f"the folder {error.filename} cannot be read: {error.strerror}"))

    for here, folders, files in os.walk(folder, onerror=unread):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in LEAVES_OUT)
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES):
                yield Path(here, name)


class Patterns:
    """Patterns of paths as seen from a folder: `*` stays in one folder, `**` goes through any number, `.` is all."""

    def __init__(self, patterns: Sequence[str], root: Path) -> None:
        self.root = real(root)
        self.patterns = [_compiled(pattern) for pattern in patterns]

    def match(self, path: Path) -> bool:
        """Say whether a path, or a folder that it lies in, fits one of them."""
        if not self.patterns:
            return False
        try:
            parts = real(path).relative_to(self.root).parts
        except ValueError:
            return False
        return any(_fits(parts, pattern) for pattern in self.patterns)


Part = re.Pattern[str] | None
"""One name of a path; None is `**`."""


def _compiled(pattern: str) -> tuple[Part, ...]:
    parts = pattern.rstrip("/").split("/")
    return tuple(None if part == "**" else re.compile(translate(part)) for part in parts if part != ".")


def _fits(parts: Sequence[str], pattern: tuple[Part, ...]) -> bool:
    """Go through all ways at once, so that many `**` cost no more than one."""
    at = _with_any({0}, pattern)
    for name in parts:
        if len(pattern) in at:
            return True
        further = {place for place in at if pattern[place] is None}
        further |= {place + 1 for place in at if (part := pattern[place]) is not None and part.match(name)}
        at = _with_any(further, pattern)
    return len(pattern) in at


def _with_any(places: set[int], pattern: tuple[Part, ...]) -> set[int]:
    """Add the places behind each `**`, which may be nothing."""
    found = set(places)
    for place in range(len(pattern)):
        if place in found and pattern[place] is None:
            found.add(place + 1)
    return found
