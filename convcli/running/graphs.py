"""A network as plain values: how a process that measures it finds the same network again."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcli.asking import expect_joined, graph_of, read_model, shared_options
from convcli.diagnostics import ERROR, ConvcliError, Diagnostic
from convcli.graph import Graph
from convcli.shapes import Size

if TYPE_CHECKING:
    from convcli.settled import AnyNetwork

Model = dict[str, Any]


def plain_model(
    model: Any,
    layers: tuple[str, ...] = (),
    *,
    input: Size | Mapping[str, Size] | None = None,
    batch: int | None = None,
    batched: bool | None = None,
    variant: str | None = None,
    set: Mapping[str, Any] | None = None,
    max_layers: int | None = None,
    max_size: int | None = None,
    from_format: str | None = None,
    revisions: bool = False,
) -> Model:
    """Return a network and its options as values that JSON knows; standard input is read here, once.

    With `revisions`, `REV:path` is a file in a revision of git.

    Raises:
        ConvcliError: standard input cannot be read, or an option is wrong.
    """
    text = None
    if not isinstance(model, str | Path | None):
        message = "a module in hand cannot be timed: each process has to find it anew"
        raise ConvcliError([Diagnostic("CV053", message, help='name it: "package.module:attribute", "net.py:Net"')])
    if model == "-":
        from convcli.readers.files import MAX_SIZE, read_standard_input

        text = read_standard_input(max_size or MAX_SIZE).text
    options = shared_options(input=input, batch=batch, batched=batched, max_layers=max_layers)
    settings = {name: value if isinstance(value, str) else repr(value) for name, value in (set or {}).items()}
    return {
        "model": None if model is None else str(model), "is_path": isinstance(model, Path), "text": text,
        "layers": list(layers), "variant": variant, "settings": settings, "max_size": max_size,
        "from_format": from_format, "revisions": revisions, **options,
    }  # fmt: skip


def words_of(plain: Model) -> "tuple[AnyNetwork, str | None]":
    """Read a network in words; the second result is the variant that its name implies.

    Raises:
        ConvcliError: there is no such network, or its text cannot be read.
    """
    if plain["model"] is None:
        from convcli.readers.text import read_layers

        return read_layers(plain["layers"] or [""]), None
    if plain["text"] is not None:
        from convcli.readers.formats import read_as
        from convcli.source import Source

        return read_as(Source("<stdin>", plain["text"]), None, plain["from_format"]), None
    if plain["revisions"]:
        from convcli.readers.sides import read_side

        return read_side(plain["model"], plain["max_size"], plain["from_format"], read_model)
    model = Path(plain["model"]) if plain["is_path"] else plain["model"]
    return read_model(model, plain["max_size"], plain["from_format"])


def graph_for(plain: Model) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """Resolve the network that `plain_model` has written down; the second result is what was found on the way.

    Raises:
        ConvcliError: it cannot be read, or has no input size.
    """
    words, own = words_of(plain)
    sizes = {name: tuple(size) for name, size in plain["sizes"].items()}
    graph, findings = graph_of(
        words, sizes=sizes, batch=plain["batch"], batched=plain["batched"], variant=plain["variant"] or own,
        settings=plain["settings"], max_layers=plain["max_layers"], needs_input=True,
    )  # fmt: skip
    if not any(found.level == ERROR for found in findings):
        expect_joined(graph)
    return graph, findings


def resized(graph: Graph, batch: int, times: int) -> dict[str, tuple[int, ...]]:
    """Return the sizes of all inputs at another batch, and `times` smaller along each spatial axis.

    Raises:
        ConvcliError: the batch is not the first axis.
    """
    found = {}
    for made in graph.inputs:
        first, *rest = made.shape or (0,)
        if first != graph.batch:
            raise ConvcliError([Diagnostic("CV002", f"the first axis of `{made.name}` is not the batch")])
        found[made.name] = (batch, *rest[:1], *(max(size // times, 1) for size in rest[1:]))
    return found


def graph_at(plain: Model, graph: Graph, batch: int, times: int) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """Resolve a network again at another batch, and with inputs `times` smaller along each spatial axis.

    Raises:
        ConvcliError: it does not take such an input.
    """
    return graph_for({**plain, "sizes": resized(graph, batch, times), "batch": None, "batched": True})
