"""The bundled networks: files of this package, one a family, each variant a name of its own."""

from pathlib import Path

from convcli.blocks import Network
from convcli.readers.files import read_text
from convcli.readers.network_file import read_network
from convcli.record import Record
from convcli.source import Source

FOLDER = Path(__file__).parent.parent / "networks"


class Bundled(Record):
    """A bundled network: the file it stands in, and the variant, None for the file's own."""

    name: str
    path: Path
    variant: str | None


def bundled(name: str) -> Bundled | None:
    """Return the bundled network of this name, or None; the files that are called like it are opened first."""
    for path in sorted(FOLDER.iterdir(), key=lambda path: (not name.startswith(path.stem), path)):
        found = _networks(path).get(name)
        if found is not None:
            return found
    return None


def bundled_names() -> tuple[str, ...]:
    """Return the names of all bundled networks, families in alphabetical order."""
    return tuple(bundled_index())


def bundled_index() -> dict[str, Bundled]:
    """Return all bundled networks by their names."""
    return {name: found for path in sorted(FOLDER.iterdir()) for name, found in _networks(path).items()}


def _networks(path: Path) -> dict[str, Bundled]:
    """Find the names in a file's own text, without parsing it: a start should not read them all as YAML."""
    found: dict[str, Bundled] = {}
    inside = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("name:"):
            name = line.partition(":")[2].strip()
            found[name] = Bundled(name, path, None)
        elif inside and line.startswith("  ") and line[2:3].strip(" #"):
            name = line.strip().partition(":")[0]
            found[name] = Bundled(name, path, name)
        inside = line.startswith("variants:") or (inside and (line.startswith((" ", "#")) or not line.strip()))
    return found


def read_bundled(found: Bundled) -> Network:
    """Read the file of a bundled network."""
    source = read_text(found.path)
    network = read_network(Source(found.path.name, source.text), found.path)
    return network._replace(name=found.name)
