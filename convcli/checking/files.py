"""Which files are judged: those that are named, and the network files below folders."""

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import translate
from pathlib import Path

from convcli.budgets.verdict import Skipped
from convcli.diagnostics import Diagnostic
from convcli.readers import SUFFIXES
from convcli.record import Record

LEAVES_OUT = ("node_modules", "__pycache__")
"""Folders that are never gone into, beside hidden ones."""

_NETWORK = re.compile(r"^(?:layers|[\"']layers[\"'])[ \t]*:", re.MULTILINE)


class Files(Record):
    """The files to judge, those to leave out, and what is wrong with the paths."""

    files: tuple[Path, ...]
    skipped: tuple[Skipped, ...]
    wrong: tuple[Diagnostic, ...]


def collect(paths: Sequence[str], exclude: Sequence[str], root: Path) -> Files:
    """Return the files that paths mean; `exclude` are patterns, as seen from `root`.

    A file that is named is judged whatever it is; below a folder only network files are.
    """
    files: dict[Path, None] = {}
    skipped: list[Skipped] = []
    wrong: list[Diagnostic] = []
    left_out = Patterns(exclude, root)
    for name in paths:
        path = Path(name)
        if path.is_dir():
            before = len(files) + len(skipped)
            for file in _below(path):
                why = "excluded" if left_out.match(file) else _no_network(file)
                if why:
                    skipped.append(Skipped(str(file), why))
                else:
                    files[file] = None
            if len(files) + len(skipped) == before:
                help = f"network files end in {' or '.join(SUFFIXES)}"
                wrong.append(Diagnostic("CV001", f"the folder {name} has no YAML files", help=help))
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
        self.expressions = [re.compile(expression(pattern)) for pattern in patterns]

    def match(self, path: Path) -> bool:
        """Say whether a path fits one of them."""
        if not self.expressions:
            return False
        try:
            text = path.resolve().relative_to(self.root).as_posix()
        except ValueError:
            return False
        return any(one.fullmatch(text) for one in self.expressions)


def expression(pattern: str) -> str:
    """Write a pattern as a regular expression; a folder's name is all below it."""
    parts = pattern.removeprefix("./").rstrip("/").split("/")
    words = [
        "(?:[^/]+/)*" if part == "**" else translate(part).removesuffix(r"\Z").replace(".*", "[^/]*") + "/"
        for part in parts
    ]
    return "".join(words).removesuffix("/") + "(?:/.*)?"
