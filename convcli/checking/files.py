"""Which files are judged: those that are named, and the network files below folders."""

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import translate
from pathlib import Path

from convcli.budgets.verdict import Skipped
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.readers import SUFFIXES
from convcli.record import Record

LEAVES_OUT = ("node_modules", "__pycache__")
"""Folders that are never gone into, beside hidden ones."""

_NETWORK = re.compile(r"^(?:layers|[\"']layers[\"'])[ \t]*:|\A\s*\{(?:.|\n)*?\blayers[\"']?\s*:", re.MULTILINE)
"""The key of a network's layers; in a file that is written like JSON it may stand anywhere."""


class Files(Record):
    """The files to judge, those to leave out, and what is wrong with the paths."""

    files: tuple[Path, ...]
    skipped: tuple[Skipped, ...]
    wrong: tuple[Diagnostic, ...]


def collect(paths: Sequence[str], exclude: Sequence[str], root: Path, *, skip_others: bool = False) -> Files:
    """Return the files that paths mean; `exclude` are patterns, as seen from `root`.

    Below a folder only network files are judged. A file that is named is judged whatever it is, or, with
    `skip_others`, like one below a folder.
    """
    files: dict[Path, None] = {}
    skipped: list[Skipped] = []
    wrong: list[Diagnostic] = []
    left_out = Patterns(exclude, root)

    def add(file: Path, *, named: bool = False) -> None:
        why = "excluded" if left_out.match(file) else _no_network(file)
        if why:
            skipped.append(Skipped(str(file), why, named))
        else:
            files[file] = None

    for name in paths:
        path = Path(name)
        if path.is_dir():
            before = len(files) + len(skipped)
            for file in _below(path):
                add(file)
            if len(files) + len(skipped) == before:
                help = f"network files end in {' or '.join(SUFFIXES)}"
                wrong.append(Diagnostic("CV001", f"the folder {name} has no YAML files", help=help))
        elif path.exists() and skip_others:
            add(path, named=True)
        elif path.exists():
            files[path] = None
        else:
            wrong.append(Diagnostic("CV001", f"there is no file and no folder {name}"))
    return Files(tuple(files), tuple(skipped), tuple(wrong))


def _below(folder: Path) -> Iterator[Path]:
    """Give the YAML files below a folder, in order."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in LEAVES_OUT)
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES):
                yield Path(here, name)


def _no_network(path: Path) -> str:
    """Say why a file is no network file; empty if it is one, or cannot be read, which is for its reader to say."""
    try:
        text = path.read_bytes().decode(errors="replace")
    except OSError:
        return ""
    return "" if _NETWORK.search(text) else "no `layers`"


class Patterns:
    """Patterns of paths as seen from a folder: `*` stays in one folder, `**` goes through any number."""

    def __init__(self, patterns: Sequence[str], root: Path) -> None:
        self.root = root.resolve()
        self.patterns = [_compiled(pattern) for pattern in patterns]

    def match(self, path: Path) -> bool:
        """Say whether a path, or a folder that it lies in, fits one of them."""
        if not self.patterns:
            return False
        try:
            parts = path.resolve().relative_to(self.root).parts
        except ValueError:
            return False
        return any(_fits(parts, pattern) for pattern in self.patterns)


Part = re.Pattern[str] | None
"""One name of a path; None is `**`."""


def _compiled(pattern: str) -> tuple[Part, ...]:
    parts = pattern.removeprefix("./").rstrip("/").split("/")
    return tuple(None if part == "**" else re.compile(translate(part)) for part in parts)


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


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: the new text takes the old one's place when it is complete.

    Raises:
        ConvcliError: it cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            aside.write_text(text, encoding="utf-8", newline="")
            if path.exists():
                aside.chmod(path.stat().st_mode)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise ConvcliError([Diagnostic("CV009", f"{path} cannot be written: {error.strerror}")]) from None
