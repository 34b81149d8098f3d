"""What a Python file has at its top that may be a model, read and never run."""

import ast
from pathlib import Path
from typing import NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.source import Source

LIMIT = 1024 * 1024
"""Bytes of a file that are read."""


def names_in(path: Path) -> list[str]:
    """Return the classes and functions of a file, and what it gives a name; nothing of one that cannot be read."""
    try:
        with path.open("rb") as file:
            return _names_of(file.read(LIMIT))
    except OSError:
        return []


def refuse_file(source: Source) -> NoReturn:
    """Refuse a file of which nobody said which model of it is meant.

    Raises:
        ConvcliError: always.
    """
    found = _names_of(source.text)
    classes = [name for name in found if name[0].isupper()] or found
    shown = ", ".join(f"`{source.name}:{name}`" for name in classes[:8])
    help = f"name a class, a function or a model of it, which runs the file: {shown or f'`{source.name}:Net`'}"
    raise ConvcliError([Diagnostic("CV060", f"{source.name} is a Python file, and may have many models", help=help)])


def _names_of(text: str | bytes) -> list[str]:
    try:
        tree = ast.parse(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    names = [name for node in tree.body for name in _names(node)]
    return [name for name in dict.fromkeys(names) if not name.startswith("_")]


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
        return [one.id for one in node.targets if isinstance(one, ast.Name)]
    return []
