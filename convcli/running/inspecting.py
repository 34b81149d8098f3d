"""The library's `inspect`; what it needs, torch too, is imported when it is asked."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcli.asking import graph_of, read_model, shared_options
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.running.ask import trainable

if TYPE_CHECKING:
    from convcli.bench.inside.asked import Wanted
    from convcli.bench.inside.record import Inspection

BATCH = 8
"""Samples where nobody says how many: a batch norm over fewer says little of what it will do."""
MOST_IMAGES = 64
"""Images that are taken where nobody says how many: those that are first."""


def inspect(
    model: str | Path,
    *,
    init: str | None = None,
    weights: Mapping[str, Any] | None = None,
    seed: int = 0,
    images: Sequence[str | Path] = (),
    layers: Sequence[str] = (),
    fold: int = 3,
    grids: str | Path | None = None,
    tensorboard: str | Path | None = None,
    force: bool = False,
    repairs: bool | None = None,
    progress: Callable[[float], None] = lambda _: None,
    **network: Any,
) -> "Inspection":
    """Run a network forward and back, and look at every layer: values, what is left of the signal, gradients.

    What flows in are images, or normal random numbers. Without `weights` they are those with which training begins.

    Args:
        model: a network file, `-` for standard input, a bundled network's name, or layers.
        init: how weights begin, as for `build`.
        weights: a `state_dict` of the network, trained say.
        seed: for weights, inputs and targets.
        images: files, and folders with files, that flow in.
        layers: the layers whose results become pictures, `layer1` or `*.conv1` (default: five through depth).
        fold: the channels of a picture, 3 or 1.
        grids: a folder for pictures as PNG files.
        tensorboard: a folder for pictures and distributions as TensorBoard reads them.
        force: write where files are already.
        repairs: try Kaiming's initialisation, batch norm and residuals too (default: where weights begin, random
            numbers flow in, and nothing is written).
        progress: is told now and then how much is done, from 0 to 1.
        network: `input`, `batch`, `batched`, `variant`, `set`, `max_layers` and `max_size`, as for `build`. The
            batch is 8 where none is given; with images it is the most that are taken, 64 where none is given.

    Raises:
        ConvcliError: torch or pillow is not installed, something is wrong with the network, an image or an
            option, there is too little memory, or a file is there already.
        RuntimeError: `weights` are those of another network.

    Example:
        >>> inspect("(Linear(16, 16) | Sigmoid()) * 20", input="16").passed.gradient.kind  # doctest: +SKIP
        'vanishes'
    """
    from convcli.bench.inside.asked import Wanted

    shows = grids is not None or tensorboard is not None
    _expect_options(shows=shows, layers=layers, fold=fold, force=force)
    wanted = Wanted(
        init, seed, not (images or shows or weights is not None) if repairs is None else repairs, tuple(layers), fold,
        None if grids is None else Path(grids), None if tensorboard is None else Path(tensorboard), force, weights,
    )  # fmt: skip
    return _inspected(model, dict(network), wanted, images, progress)


def _inspected(
    model: str | Path,
    network: dict[str, Any],
    wanted: "Wanted",
    images: Sequence[str | Path],
    progress: Callable[[float], None],
) -> "Inspection":
    """Find out all that can be wrong before the network runs, then look."""
    from convcli.bench.inside.asked import Images, gallery, looked
    from convcli.bench.inside.choosing import expect_pictures
    from convcli.bench.inside.images import image_files, read_images
    from convcli.bench.inside.look import with_second
    from convcli.bench.torch_or_not import find_torch
    from convcli.bench.weights import expect_init, expect_seed
    from convcli.running.graphs import resized
    from convcli.running.room import expect_room

    torch = find_torch()
    expect_seed(wanted.seed)
    expect_init(wanted.init)
    reading = network.pop("max_size", None), network.pop("from_format", None)
    variant, settings = network.pop("variant", None), network.pop("set", None)
    options = shared_options(**{**dict.fromkeys(("input", "batch", "batched", "max_layers")), **network})
    words, own = read_model(model, *reading)
    given = {"variant": variant or own, "settings": settings or {}, "needs_input": True, **options}
    files = image_files(images) if images else {}
    graph, report, at = trainable(words, given, min(len(files), MOST_IMAGES) or BATCH)
    pictures = bool(images) or wanted.grids is not None or wanted.tensorboard is not None
    size = expect_pictures(graph, of_images=bool(images)) if pictures else ()
    hung = gallery(torch, graph, report, wanted)
    expect_room(with_second(report), train=True, report_at=lambda batch, times: with_second(at(batch, times)))
    if not images:
        return looked(torch, graph, wanted, None, hung, progress)
    read = Images(*read_images(torch, files, size, graph.batch, lambda done: progress(done / 10)))
    if len(read.pictures) != graph.batch:
        fewer = {"sizes": resized(graph, len(read.pictures), 1), "batch": None, "batched": True}
        graph, _ = graph_of(words, **{**given, **fewer})
    return looked(torch, graph, wanted, read, hung, lambda done: progress(0.1 + 0.9 * done))


def _expect_options(*, shows: bool, layers: Sequence[str], fold: int, force: bool) -> None:
    """Refuse options of pictures where there are none.

    Raises:
        ConvcliError: there are none, or pictures of so many channels are unknown.
    """
    if fold not in (1, 3):
        raise ConvcliError([Diagnostic("CV050", f"a picture has 1 or 3 channels, and `--fold` is {fold}")])
    if not shows and (layers or force):
        option = "--layers" if layers else "--force"
        help = "name a folder: `--grids DIR`, `--tensorboard DIR`"
        raise ConvcliError([Diagnostic("CV010", f"`{option}` is about pictures, and none are written", help=help)])
