"""The catalogue of bundled networks: what their files say of them, without working the layers out."""

from pathlib import Path
from typing import Any

from convcli.blocks import Network
from convcli.catalogue_api.missing import refuse_unknown
from convcli.document import Node, Scalar, Sequence
from convcli.quantity import Shape
from convcli.readers.bundled import Bundled, bundled, bundled_index, bundled_names, read_bundled
from convcli.record import Record


class ModelEntry(Record):
    """A bundled network; `file` is where it stands, `text` what stands there, `variant` which part of it.

    The figures are those that the file promises under `check:`, for batch 1. `uses` has the networks
    whose files belong beside it.
    """

    name: str
    family: str
    file: Path
    variant: str | None
    description: str
    origin: str
    uses: tuple[str, ...]
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    params: int
    macs: int
    text: str


SORTS = ("name", "family", "params", "macs")


def model(name: str) -> ModelEntry:
    """Describe a bundled network (see `convcli.models`)."""
    found = bundled(name)
    if found is None:
        refuse_unknown("CV001", "bundled network", name, bundled_names(), "`convcli models` lists them")
    return _entry(found, read_bundled(found))


def models(filter: str | None, sort: str | None) -> tuple[ModelEntry, ...]:
    """Describe the bundled networks (see `convcli.models`)."""
    if sort not in (None, *SORTS):
        refuse_unknown("CV008", "column to sort by called", str(sort), SORTS, f"sort by {', '.join(SORTS)}")
    wanted, networks, entries = (filter or "").casefold(), {}, []
    for found in bundled_index().values():
        if wanted in found.name.casefold() or wanted in found.path.stem:
            if found.path not in networks:
                networks[found.path] = read_bundled(found)
            entries.append(_entry(found, networks[found.path]))
    if sort:
        entries.sort(key=lambda entry: getattr(entry, sort), reverse=sort in ("params", "macs"))
    return tuple(entries)


def _entry(found: Bundled, network: Network) -> ModelEntry:
    from convcli.resolve.boundary import Given
    from convcli.resolve.network import input_shapes

    text = network.body.span.source.text
    what, origin, *_ = text.split("\n", 2)
    figures = _promised(network, found.variant)
    outputs = figures["output"] if isinstance(figures["output"][0], tuple) else (figures["output"],)
    return ModelEntry(
        found.name, found.path.stem, found.path, found.variant, what.lstrip("# "), origin.partition(": ")[2],
        _used(network),
        input_shapes(network, Given(variant=found.variant)), tuple((1, *shape) for shape in outputs),
        figures["params"], figures["macs"], text,
    )  # fmt: skip


def _used(network: Network) -> tuple[str, ...]:
    files = {block.span.source.name for block in network.blocks} - {network.source}
    return tuple(other.name for other in bundled_index().values() if not other.variant and other.path.name in files)


def _promised(network: Network, chosen: str | None) -> dict[str, Any]:
    """Return the figures under `check`, a variant's in place of its file's; a test judges them."""
    checks = [network.check, *(variant.check for variant in network.lineage(chosen))]
    return {key.text: _figure(node) for check in checks if check for key, node in check.items}


def _figure(node: Node) -> Any:
    if isinstance(node, Sequence):
        return tuple(map(_figure, node.items))
    return int(node.text) if isinstance(node, Scalar) else None
