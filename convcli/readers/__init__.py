"""Readers: each turns one format into a network in words, or one whose graph is settled.

`find_reader` decides by the name of what is asked for; a new format is one file here and one row.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from convcli.blocks import Network
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion

if TYPE_CHECKING:
    from convcli.readers.revision import Blob
    from convcli.settled import AnyNetwork
    from convcli.source import Source

SUFFIXES = (".yaml", ".yml")
EXPORTED = ".pt2"


def find_reader(model: str | Path, max_size: int | None = None) -> "tuple[AnyNetwork, str | None]":
    """Read a network file, standard input, a bundled network, or layers; with the variant its name implies.

    Raises:
        ConvcliError: there is no such network, or its text cannot be read.
    """
    from convcli.readers.files import MAX_SIZE

    name, limit = str(model), max_size or MAX_SIZE
    if name.lower().endswith(EXPORTED):
        from convcli.readers.exported import read_exported

        return read_exported(Path(name), max_size), None
    if name == "-" or name.lower().endswith(SUFFIXES) or isinstance(model, Path):
        return _file(name, limit)
    from convcli.readers.bundled import bundled, read_bundled

    found = bundled(name)
    if found is not None:
        return read_bundled(found), found.variant
    if _is_file(name):
        return _file(name, limit)
    if _looks_like_layers(name):
        from convcli.readers.text import read_layers

        return read_layers([name]), None
    raise ConvcliError([_unknown(name)])


def _file(name: str, limit: int) -> tuple[Network, str | None]:
    from convcli.readers.files import read_standard_input, read_text

    path = None if name == "-" else Path(name)
    return read_words(read_text(path, limit) if path else read_standard_input(limit), path)


def read_words(source: "Source", path: "Path | Blob | None" = None) -> tuple[Network, str | None]:
    """Read a text as the network in words that it is, with the variant that its name implies.

    Raises:
        ConvcliError: it cannot be read.
    """
    if "backbone" in source.text:
        from convcli.readers.ultralytics.read import looks_like_model, read_ultralytics

        if looks_like_model(source.text):
            return read_ultralytics(source, path)
    if '"configurations"' in source.text:
        from convcli.readers.nnunet.read import looks_like_plans, read_plans

        if looks_like_plans(source.text):
            return read_plans(source, path)
    from convcli.readers.network_file import read_network

    return read_network(source, path), None


def _is_file(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def _looks_like_layers(name: str) -> bool:
    from convcli.layer.split import looks_short
    from convcli.ops.short import SHORT_WORDS

    return any(sign in name for sign in "(|\n") or looks_short(name) or name in SHORT_WORDS


def _unknown(name: str) -> Diagnostic:
    from convcli.readers.bundled import bundled_names

    listed = "`convcli models` lists the bundled networks; a network file ends in .yaml"
    help = suggestion(name, bundled_names(), listed)
    return Diagnostic("CV001", f"there is no file and no bundled network `{name[:80]}`", help=help)
