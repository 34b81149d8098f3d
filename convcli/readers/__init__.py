"""Readers: each turns one format into a network in words, or one whose graph is settled.

`find_reader` decides by the name of what is asked for; a new format is one file here and one row.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from convcli.diagnostics import MOST_NAMES, ConvcliError, Diagnostic, suggestion

if TYPE_CHECKING:
    from convcli.settled import AnyNetwork

SUFFIXES = (".yaml", ".yml")
KERAS = ".keras"


def find_reader(
    model: str | Path, max_size: int | None = None, format: str | None = None
) -> "tuple[AnyNetwork, str | None]":
    """Read a network file, standard input, a bundled network, or layers; with the variant its name implies.

    With a `format`, `model` is a file in it.

    Raises:
        ConvcliError: there is no such network, or its text cannot be read.
    """
    from convcli.readers.binary import BINARY, read_binary
    from convcli.readers.files import MAX_SIZE

    name, limit = str(model), max_size or MAX_SIZE
    binary = format or (name.lower().rpartition(".")[2] if "." in name else "")
    if binary in BINARY:
        return read_binary(binary, Path(name), max_size), None
    if name.lower().endswith(KERAS):
        from convcli.readers.keras.network import read_archive

        return read_archive(Path(name), max_size), None
    if format is not None:
        return _file(name, limit, format), None
    if name == "-" or name.lower().endswith(SUFFIXES) or isinstance(model, Path):
        return _file(name, limit), None
    from convcli.readers.bundled import bundled, read_bundled

    found = bundled(name)
    if found is not None:
        return read_bundled(found), found.variant
    if _is_file(name):
        return _file(name, limit), None
    if _looks_like_layers(name):
        from convcli.readers.text import read_layers

        return read_layers([name]), None
    raise ConvcliError([_unknown(name)])


def _file(name: str, limit: int, format: str | None = None) -> "AnyNetwork":
    from convcli.readers.files import read_standard_input, read_text
    from convcli.readers.formats import read_as

    if name == "-":
        return read_as(read_standard_input(limit), None, format)
    path = Path(name)
    return read_as(read_text(path, limit), path, format)


def _is_file(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def _looks_like_layers(name: str) -> bool:
    from convcli.layer.split import looks_short
    from convcli.ops.short import SHORT_WORDS

    written = any(sign in name for sign in ("(", "|", "\n", "[", " + ", " - ", " * ", " / "))
    return written or looks_short(name) or name in SHORT_WORDS


def _unknown(name: str) -> Diagnostic:
    from convcli.readers.bundled import bundled_names

    listed = "`convcli models` lists the bundled networks; a network file ends in .yaml"
    help = suggestion(name, _beside(name), cutoff=0.8) or suggestion(name, bundled_names(), listed)
    return Diagnostic("CV001", f"there is no file and no bundled network `{name[:80]}`", help=help)


def _beside(name: str) -> list[str]:
    """Return the files in the folder of a name that looks like a file's."""
    from itertools import islice

    folder = Path(name).parent
    try:
        found = list(islice(folder.iterdir(), MOST_NAMES)) if "." in name else []
        return [str(one) for one in found if one.is_file()]
    except (OSError, ValueError):
        return []
