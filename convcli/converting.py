"""The library's `convert`: a network in another format; a new one is one row of `FORMATS`, and one writer."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from convcli.asking import counted, graph_of, read_model, shared_options, whole
from convcli.diagnostics import WARNING, ConvcliError, Diagnostic, suggestion
from convcli.graph import Graph
from convcli.record import Record
from convcli.shapes import Size


class Converted(Record):
    """A network in another format: its text, and what could not be kept, as warnings."""

    text: str
    format: str
    findings: tuple[Diagnostic, ...]

    def __str__(self) -> str:
        return self.text


def convert(
    model: str | Path,
    to: str,
    *,
    input: Size | Mapping[str, Size] | None = None,
    batch: int | None = None,
    batched: bool | None = None,
    variant: str | None = None,
    set: Mapping[str, Any] | None = None,
    max_layers: int | None = None,
    max_size: int | None = None,
) -> Converted:
    """Write a network in another format: its source in PyTorch, a network file, a diagram.

    Args:
        model: as for `profile`.
        to: "torch".
        input: the size that flows in, where it differs from the file's.
        batch: the batch, where `input` has none (default 1).
        batched: say whether `input` has a batch.
        variant: one of the file's variants.
        set: variables that replace the file's.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of the file's size in bytes (default 2 MiB).

    Raises:
        ConvcliError: there is no such format, something is wrong with the network, or the format cannot say it.

    Example:
        >>> print(convert("conv 8 k3 | relu", "torch", input="3x32x32").text.splitlines()[5])
        class Layers(nn.Sequential):
    """
    written = writer(to)
    options = shared_options(input=input, batch=batch, batched=batched, max_layers=max_layers)
    words, own = read_model(model, max_size)
    graph, found = graph_of(words, variant=variant or own, settings=set or {}, needs_input=True, **options)
    whole(counted(graph, found, receptive_fields=False))
    text, findings = written(graph)
    return Converted(text, to, findings)


Written = tuple[str, tuple[Diagnostic, ...]]


def _torch(graph: Graph) -> Written:
    from convcli.writers.torch_source.module import torch_source

    source = torch_source(graph)
    return source.text, tuple(
        Diagnostic("CV073", f"`{one.path}` is called `{one.name}` in the file", help=KEPT, level=WARNING)
        for one in source.renamed
    )


KEPT = "`nn.Module` has an attribute of this name; give the layer another one, or rename it in checkpoints too"

FORMATS: Mapping[str, tuple[tuple[str, ...], Callable[[Graph], Written]]] = {
    "torch": ((".py",), _torch),
}
"""The formats, each with the suffixes of its files and with what writes it."""


def writer(to: str) -> Callable[[Graph], Written]:
    """Return what writes a format.

    Raises:
        ConvcliError: there is no such format.
    """
    if to not in FORMATS:
        help = suggestion(to, FORMATS, f"the formats are: {', '.join(FORMATS)}")
        raise ConvcliError([Diagnostic("CV070", f"networks cannot be written as `{to}`", help=help)])
    return FORMATS[to][1]


def format_of(name: str | None) -> str:
    """Return the format that a file's suffix tells.

    Raises:
        ConvcliError: it tells none, or there is no file.
    """
    if name is None:
        raise ConvcliError([Diagnostic("CV070", "no format is named", help="say `--to torch`, or `-o net.py`")])
    suffix = Path(name).suffix.lower()
    for format, (suffixes, _) in FORMATS.items():
        if suffix in suffixes:
            return format
    endings = ", ".join(suffix for suffixes, _ in FORMATS.values() for suffix in suffixes)
    help = f"end it in {endings}, or say `--to`"
    raise ConvcliError([Diagnostic("CV070", f"`{name}` does not tell its format", help=help)])
