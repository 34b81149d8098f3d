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
    """Return the bundled network of this name, or None."""
    return bundled_index().get(name)


def bundled_names() -> tuple[str, ...]:
    """Return the names of all bundled networks, families in alphabetical order."""
    return tuple(bundled_index())


def bundled_index() -> dict[str, Bundled]:
    """Find the names in the files' own text, without parsing it: a start should not read them all as YAML."""
    found: dict[str, Bundled] = {}
    for path in sorted(FOLDER.iterdir()):
        text = path.read_text(encoding="utf-8")
        inside = False
        for line in text.splitlines():
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
