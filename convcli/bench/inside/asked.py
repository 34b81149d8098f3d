"""All of a look inside: statistics, repairs or pictures, for a graph whose question is settled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from convcli.bench.inside.album import Album
from convcli.bench.inside.choosing import chosen_layers
from convcli.bench.inside.images import normalised
from convcli.bench.inside.look import begun, look, repaired
from convcli.bench.inside.record import Inspection, Repair, Unread
from convcli.bench.inside.showing import Show, names_of
from convcli.graph import Graph
from convcli.record import Record
from convcli.report import Report

BINS = 64
ONE_OF_FOUR = 0.25
"""The part of the time that the network itself takes, where three repairs of it are run too."""
Progress = Callable[[float], None]


class Wanted(Record):
    """What is wanted of a look inside.

    Attributes:
        init: how weights begin.
        seed: for weights, inputs and targets.
        repairs: whether the usual repairs are tried.
        layers: patterns of the layers that are shown; empty for some through depth.
        fold: channels of a picture.
        grids, tensorboard: folders for pictures; None where they are not wanted.
        force: whether files that are there may be overwritten.
        weights: those of the network by their names, where they are not as they begin.
    """

    init: str | None
    seed: int
    repairs: bool
    layers: tuple[str, ...] = ()
    fold: int = 3
    grids: Path | None = None
    tensorboard: Path | None = None
    force: bool = False
    weights: Any = None


class Images(Record):
    """Images that flow in, as bytes, and those that were left out."""

    pictures: Any
    unread: tuple[Unread, ...]


class Gallery(Record):
    """Where pictures are put, and which layers are shown, each in pictures of so many channels."""

    album: Album
    chosen: dict[str, int]


def gallery(torch: Any, graph: Graph, report: Report, wanted: Wanted) -> Gallery | None:
    """Return where pictures are to be put; None where none are wanted.

    Raises:
        ConvcliError: a layer cannot be shown, or there is no place for pictures.
    """
    if wanted.grids is None and wanted.tensorboard is None:
        return None
    chosen = chosen_layers(graph, report, wanted.layers, wanted.fold)
    album = Album(torch, names_of(graph, chosen), wanted.grids, wanted.tensorboard, force=wanted.force)
    return Gallery(album, chosen)


def looked(
    torch: Any, graph: Graph, wanted: Wanted, images: Images | None, hung: Gallery | None, progress: Progress
) -> Inspection:
    """Look inside a network, and write what there is to see.

    Raises:
        ConvcliError: a batch norm is to train on one value, or a file cannot be written.
        RuntimeError: the weights are those of another network.
    """
    network = begun(torch, graph, wanted.init, wanted.seed)
    if wanted.weights is not None:
        network.load_state_dict(wanted.weights)
    part = ONE_OF_FOUR if wanted.repairs else 1.0
    options: dict[str, Any] = {
        "seed": wanted.seed, "inputs": images and [normalised(torch, images.pictures)], "bins": BINS,
        "progress": lambda done: progress(done * part),
    }  # fmt: skip
    if hung is not None:
        show = Show(torch, graph, hung.album, hung.chosen, images and images.pictures)
        show.kernels(network)
        options["watch"] = show
    passed = look(torch, graph, network, **options)
    repairs: tuple[Repair, ...] = ()
    if wanted.repairs:
        others = {"init": wanted.init, "seed": wanted.seed, "inputs": options["inputs"]}
        repairs = repaired(torch, graph, **others, progress=lambda done: progress(part + done * (1 - part)))
    log = None
    if hung is not None:
        hung.album.distributions(passed.rows)
        log = hung.album.write()
    return Inspection(
        graph.name, str(torch.__version__), graph.batch, wanted.init, wanted.seed, passed, repairs,
        tuple(hung.album.written) if hung else (), None if log is None else str(log), images.unread if images else (),
        len(images.pictures) if images else None,
    )  # fmt: skip
