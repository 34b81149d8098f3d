"""The library's `convert`: a network in another format; a new one is one row of `FORMATS`, and one writer."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from convcli.asking import counted, expect_joined, graph_of, read_model, shared_options, whole
from convcli.diagnostics import WARNING, ConvcliError, Diagnostic, suggestion
from convcli.graph import Graph
from convcli.human import counted as counted_words
from convcli.record import Record
from convcli.report import Report
from convcli.settled import AnyNetwork
from convcli.shapes import Size, typed


class Converted(Record):
    """A network in another format: its text, or bytes, and what could not be kept, as warnings."""

    text: str
    format: str
    findings: tuple[Diagnostic, ...]
    data: bytes = b""

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
    depth: int | None = None,
    cost: str | None = None,
    init: bool = False,
    max_layers: int | None = None,
    max_size: int | None = None,
    from_format: str | None = None,
) -> Converted:
    """Write a network in another format: its source in PyTorch, a network file, ONNX, a diagram.

    Args:
        model: as for `profile`.
        to: "torch", "yaml", "onnx", which gives `data` and no text, "mermaid", "dot" or "svg".
        input: the size that flows in, where it differs from the file's.
        batch: the batch, where `input` has none (default 1).
        batched: say whether `input` has a batch.
        variant: one of the file's variants.
        set: variables that replace the file's.
        depth: for diagrams: scopes deeper than this are one box; if left out, as few as make it readable.
        cost: for diagrams: what colours the boxes, "macs", "params" or "memory".
        init: for ONNX: fill the weights with numbers; if not, they are inputs.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of the file's size in bytes (default 2 MiB).
        from_format: the format of the file, "darknet" say, where its name and content do not tell.

    Raises:
        ConvcliError: there is no such format, something is wrong with the network, or the format cannot say it.

    Example:
        >>> print(convert("conv 8 k3 | relu", "torch", input="3x32x32").text.splitlines()[5])
        class Layers(nn.Sequential):
    """
    written = writer(to)
    expect_cost(cost)
    expect_diagram(to, depth, cost)
    options = shared_options(input=input, batch=batch, batched=batched, max_layers=max_layers)
    words, own = read_model(model, max_size, from_format)
    options |= {"variant": variant or own, "settings": set or {}}
    graph, found = graph_of(words, needs_input=True, **options)
    report = whole(counted(graph, found, receptive_fields=False))
    expect_joined(graph)
    if not graph.whole and to not in DIAGRAMS:
        message = f"{graph.open_end()}, and cannot be written: nobody knows how it goes on"
        help = "name a part that reads no numbers, or draw it: `--to svg`"
        raise ConvcliError([Diagnostic("CV074", message, help=help)])
    made, findings = written(Asked(graph, report, depth, cost, init, another_batch(words, graph, options)))
    text, data = (made, b"") if isinstance(made, str) else ("", made)
    return Converted(text, to, findings, data)


class Asked(Record):
    """What a writer gets."""

    graph: Graph
    report: Report
    depth: int | None
    cost: str | None
    init: bool = False
    again: Callable[[int], Graph | None] = lambda _: None
    """Makes the network for another batch; None where it takes none."""


def another_batch(network: AnyNetwork, graph: Graph, options: Mapping[str, Any]) -> Callable[[int], Graph | None]:
    """Return what makes a network's graph for other batches, None where it takes none or has no batch."""

    def again(batch: int) -> Graph | None:
        from convcli.writers.torch_source.batch import at_batch

        sizes = {
            made.name: typed(shape, made.dtype if network.format == "python" else "")
            for made, shape in zip(graph.inputs, at_batch(graph, batch), strict=True)
        }
        try:
            made, found = graph_of(network, **{**options, "sizes": sizes, "batch": None, "batched": True})
        except ConvcliError:
            return None
        return None if any(one.level != WARNING for one in found) else made

    return again


Written = tuple[str | bytes, tuple[Diagnostic, ...]]


def _torch(asked: Asked) -> Written:
    from convcli.writers.known import expect_known
    from convcli.writers.torch_source.module import torch_source

    expect_known(asked.graph, torch=True)
    source = torch_source(asked.graph, asked.again)
    why = "`nn.Module` has an attribute of this name; checkpoints of the network have the other one"
    renamed = _renamed([(one.path, one.name) for one in source.renamed], why)
    return source.text, (*renamed, *_for_a_batch(source.batch))


def _yaml(asked: Asked) -> Written:
    """Write a network file, and read it again: what comes of it must be the same network."""
    from convcli.writers.known import expect_known
    from convcli.writers.network_yaml.frames import Unreachable
    from convcli.writers.network_yaml.write import network_yaml

    graph, reason = asked.graph, ""
    expect_known(graph)
    for how in ({}, {"blocks": False}, {"blocks": False, "speaking": True}):
        try:
            written = network_yaml(graph, **how)
        except Unreachable as error:
            reason = str(error)
            continue
        reason = _difference(graph, written.text, names=not written.renamed)
        if not reason:
            return written.text, _renamed(written.renamed, "a name has letters, digits, `_` and `-`, and stands once")
    message = f"{graph.name} cannot be written as a network file: {reason}"
    raise ConvcliError([Diagnostic("CV074", message, help="`--to torch` can write it")])


def _difference(graph: Graph, text: str, *, names: bool) -> str:
    """Say what is not the same in a network file that was written of a graph; empty where all is."""
    from convcli.readers.network_file import read_network
    from convcli.resolve.state import MAX_LAYERS
    from convcli.source import Source

    options = shared_options(input=None, batch=graph.batch, batched=None, max_layers=max(MAX_LAYERS, len(graph.nodes)))
    again, found = graph_of(read_network(Source("the file", text)), **options)
    errors = [one for one in found if one.level != WARNING]
    if errors:
        return errors[0].message
    if len(again.nodes) != len(graph.nodes):
        return f"it would have {len(again.nodes)} layers, not {len(graph.nodes)}"
    fields = ("call", "op", "inputs", "input_shapes", "answer", *(("name", "module") if names else ()))
    for one, other in zip(graph.nodes, again.nodes, strict=True):
        if any(getattr(one, field) != getattr(other, field) for field in fields):
            return f"`{one.name}` would not be the same"
    return "" if again.outputs == graph.outputs else "its outputs would not be the same"


def _for_a_batch(batch: int | None) -> tuple[Diagnostic, ...]:
    """Say that a source runs for one batch only."""
    if batch is None:
        return ()
    message = f"what was written runs for a batch of {batch} only"
    help = "where its sizes depend on the batch could not be found; for another one convert with `--batch`"
    return (Diagnostic("CV090", message, help=help, level=WARNING),)


def _renamed(names: Sequence[tuple[str, str]], why: str) -> tuple[Diagnostic, ...]:
    """Say which layers have other names in what was written."""
    if not names:
        return ()
    more = f", and {counted_words(len(names) - 1, 'layer')} more have other names" if names[1:] else ""
    message = f"`{names[0][0]}` is called `{names[0][1]}`{more}"
    return (Diagnostic("CV073", message, help=why, level=WARNING),)


def _onnx(asked: Asked) -> Written:
    from convcli import __version__
    from convcli.writers.onnx_file.write import onnx_file

    return onnx_file(asked.graph, __version__, init=asked.init), ()


def _mermaid(asked: Asked) -> Written:
    from convcli.writers.diagram.mermaid import mermaid
    from convcli.writers.diagram.picture import picture

    return mermaid(picture(*asked[:4])), ()


def _dot(asked: Asked) -> Written:
    from convcli.writers.diagram.dot import dot
    from convcli.writers.diagram.picture import picture

    return dot(picture(*asked[:4])), ()


def _svg(asked: Asked) -> Written:
    from convcli.writers.diagram.picture import picture
    from convcli.writers.diagram.svg import svg

    return svg(picture(*asked[:4])), ()


Writer = Callable[[Asked], Written]

FORMATS: Mapping[str, tuple[tuple[str, ...], Writer]] = {
    "torch": ((".py",), _torch),
    "yaml": ((".yaml", ".yml"), _yaml),
    "onnx": ((".onnx",), _onnx),
    "mermaid": ((".mmd", ".mermaid"), _mermaid),
    "dot": ((".dot", ".gv"), _dot),
    "svg": ((".svg",), _svg),
}
"""The formats, each with the suffixes of its files and with what writes it."""

BYTES = ("onnx",)
"""Those that are no text."""

COSTS = ("macs", "params", "memory")
"""What the boxes of a diagram may be coloured by."""


DIAGRAMS = ("mermaid", "dot", "svg")
"""Those that have boxes."""


def expect_diagram(to: str, depth: int | None, cost: str | None) -> None:
    """Refuse to fold or to colour boxes where a format has none."""
    option = "--depth" if depth is not None else "--cost" if cost is not None else ""
    if option and to not in DIAGRAMS:
        help = f"leave it out, or write a diagram: {', '.join(f'`--to {one}`' for one in DIAGRAMS)}"
        raise ConvcliError([Diagnostic("CV072", f"`{option}` is for diagrams, and `{to}` is none", help=help)])


def expect_cost(cost: str | None) -> None:
    """Refuse what boxes cannot be coloured by."""
    if cost is not None and cost not in COSTS:
        help = suggestion(cost, COSTS, f"boxes are coloured by: {', '.join(COSTS)}")
        raise ConvcliError([Diagnostic("CV072", f"there is no cost `{cost}`", help=help)])


def writer(to: str) -> Writer:
    """Return what writes a format.

    Raises:
        ConvcliError: there is no such format.
    """
    if to not in FORMATS:
        help = suggestion(to, FORMATS, f"the formats are: {', '.join(FORMATS)}")
        raise ConvcliError([Diagnostic("CV070", f"networks cannot be written as `{to}`", help=help)])
    return FORMATS[to][1]


def expect_suffix(to: str, name: str | None) -> None:
    """Refuse a file whose suffix tells another format than the one that is asked for."""
    told = _told(name or "")
    if name and told not in (to, None) and to in FORMATS:
        help = f"write `-o {Path(name).stem}{FORMATS[to][0][0]}`, or leave `--to` out"
        raise ConvcliError([Diagnostic("CV070", f"`{name}` is named like `{told}`, found `--to {to}`", help=help)])


def format_of(name: str | None) -> str:
    """Return the format that a file's suffix tells.

    Raises:
        ConvcliError: it tells none, or there is no file.
    """
    if name is None:
        raise ConvcliError([Diagnostic("CV070", "no format is named", help="say `--to torch`, or `-o net.py`")])
    told = _told(name)
    if told is not None:
        return told
    endings = ", ".join(suffix for suffixes, _ in FORMATS.values() for suffix in suffixes)
    help = f"end it in {endings}, or say `--to`"
    raise ConvcliError([Diagnostic("CV070", f"`{name}` does not tell its format", help=help)])


def _told(name: str) -> str | None:
    suffix = Path(name).suffix.lower()
    return next((format for format, (suffixes, _) in FORMATS.items() if suffix in suffixes), None)
