"""Files that lie beside the one that is read, and say more of its network."""

from pathlib import Path
from typing import Any

from convcli.diagnostics import ConvcliError
from convcli.readers.files import read_text
from convcli.readers.places_json import read_json
from convcli.source import Source


def text_beside(source: Source, name: str) -> Source | None:
    """Return the text of a file beside that of another text, in its revision of git; None where there is no such file.

    Raises:
        ConvcliError: it cannot be read.
    """
    if source.beside is not None:
        return source.beside(name)
    path = Path(source.name).parent / name
    try:
        there = path.is_file()
    except OSError:
        return None
    return read_text(path) if there else None


def json_beside(source: Source, name: str) -> tuple[Source, Any] | None:
    """Return the text and the value of a JSON file beside that of another text; None where there is none to read."""
    try:
        found = text_beside(source, name)
        return None if found is None else (found, read_json(found))
    except ConvcliError:
        return None
