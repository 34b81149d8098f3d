"""What a Python file has at its top that may be a model, read and never run."""

import ast
from pathlib import Path

LIMIT = 1024 * 1024
"""Bytes of a file that are read."""


def names_in(path: Path) -> list[str]:
    """Return the classes and functions of a file, and what it gives a name; nothing of one that cannot be read."""
    try:
        with path.open("rb") as file:
            tree = ast.parse(file.read(LIMIT))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    names = [name for node in tree.body for name in _names(node)]
    return [name for name in dict.fromkeys(names) if not name.startswith("_")]


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [one.id for one in node.targets if isinstance(one, ast.Name)]
    return []
