"""The library: one function for each command, with the command's name and options.

>>> import convcli
>>> report = convcli.shape("Conv2d(3, 64, 7, stride=2, padding=3)", input="3x224x224")
>>> report.layers[0].output_shapes
((1, 64, 112, 112),)
>>> report.totals.macs
118013952
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from convcli.blocks import Network, Words
from convcli.collector import paused_collector
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.quantity import Shape
from convcli.rendered import Report
from convcli.shapes import parse_inputs

if TYPE_CHECKING:
    from convcli.catalogue_api.networks import ModelEntry
    from convcli.catalogue_api.operators import OperatorEntry
    from convcli.explanations import Explanation

Size = str | Sequence[int]

DTYPES = ("float32", "float64", "float16", "bfloat16")


def shape(
    *layers: str,
    input: Size | Mapping[str, Size] | None = None,
    batch: int | None = None,
    batched: bool | None = None,
    dtype: str = "float32",
    max_layers: int | None = None,
    formulas: bool = False,
) -> Report:
    """Work out a layer or a chain of layers, written as in PyTorch or in short words.

    Without `input` the report says what can be known without a size.

    Args:
        layers: expressions or short words; several are a chain.
        input: the size that flows in, "3x224x224" or (3, 224, 224), with or without batch.
        batch: the batch, where `input` has none (default 1).
        batched: say whether `input` has a batch, where its number of dimensions leaves that open.
        dtype: the type of all floating point numbers, for sizes in bytes.
        max_layers: the limit of layers (default 100,000).
        formulas: write out each layer's formulas, as `--explain` does.

    Raises:
        ConvcliError: something is wrong; its `diagnostics` say what, its `report` how far it went.

    Example:
        >>> shape("conv 64 k7 s2 p3", "relu", input="3x224x224").outputs[0].shape
        (1, 64, 112, 112)
    """
    from convcli.readers.text import read_layers

    options = _options(input=input, batch=batch, batched=batched, max_layers=max_layers)
    return _whole(report_of(read_layers(list(layers) or [""]), dtype=dtype, formulas=formulas, **options))


def profile(
    model: str | Path,
    *,
    input: Size | Mapping[str, Size] | None = None,
    batch: int | None = None,
    batched: bool | None = None,
    variant: str | None = None,
    set: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    max_layers: int | None = None,
    max_size: int | None = None,
) -> Report:
    """Work out a whole network.

    Args:
        model: a network file, `-` for standard input, a bundled network's name, or layers.
        input: the size that flows in, where it differs from the file's; by name for several inputs.
        batch: the batch, where `input` has none (default 1).
        batched: say whether `input` has a batch.
        variant: one of the file's variants.
        set: variables that replace the file's, `{"num_classes": 10}`.
        dtype: the type of all floating point numbers, for sizes in bytes.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of the file's size in bytes (default 2 MiB).

    Raises:
        ConvcliError: something is wrong; its `diagnostics` say what, its `report` how far it went.

    Example:
        >>> profile("resnet18").totals.params
        11689512
    """
    options = _options(input=input, batch=batch, batched=batched, max_layers=max_layers)
    network, own = read_model(model, max_size)
    report = report_of(network, variant=variant or own, settings=set or {}, dtype=dtype, needs_input=True, **options)
    return _whole(report)


@overload
def ops(name: None = None) -> "tuple[OperatorEntry, ...]": ...
@overload
def ops(name: str) -> "OperatorEntry": ...
def ops(name: str | None = None) -> "tuple[OperatorEntry, ...] | OperatorEntry":
    """Return what is known of an operator, or of all, in the order of the documentation.

    Args:
        name: an operator, its lazy form, or a short word for it; None for all.

    Raises:
        ConvcliError: there is no such operator.

    Example:
        >>> ops("Conv2d").weights["weight"]
        '[out_channels, in_channels / groups, kernel_size, kernel_size]'
    """
    from convcli.catalogue_api import operators

    return operators.ops(name)


@overload
def models(name: str) -> "ModelEntry": ...
@overload
def models(name: None = None, *, filter: str | None = None, sort: str | None = None) -> "tuple[ModelEntry, ...]": ...
def models(
    name: str | None = None, *, filter: str | None = None, sort: str | None = None
) -> "tuple[ModelEntry, ...] | ModelEntry":
    """Describe a bundled network, or all of them, family by family, with the figures that their files promise.

    Args:
        name: one of them; None for all.
        filter: only those with this text in their own or their family's name.
        sort: "name" or "family", or "params" or "macs", largest first.

    Raises:
        ConvcliError: there is no such network, or nothing to sort by.

    Example:
        >>> [model.name for model in models(filter="densenet", sort="macs")]
        ['densenet161', 'densenet201', 'densenet169', 'densenet121']
    """
    from convcli.catalogue_api import networks

    return networks.model(name) if name is not None else networks.models(filter, sort)


@overload
def explain(code: str) -> "Explanation": ...
@overload
def explain(code: None = None) -> "tuple[Explanation, ...]": ...
def explain(code: str | None = None) -> "tuple[Explanation, ...] | Explanation":
    """Return what an error code means, with an example and its repair; all of them without a code.

    Args:
        code: as messages show it, `CV202`; `cv202`, `202` and `error[CV202]` do as well.

    Raises:
        ConvcliError: there is no such code.

    Example:
        >>> explain("CV221").right.command
        "convcli shape 'Conv2d(3, 8, 3, stride=2, padding=1)' -i 3x32x32"
    """
    from convcli.catalogue_api import codes

    return codes.explain(code)


def read_model(model: str | Path, max_size: int | None = None) -> tuple[Network, str | None]:
    """Read whatever names a network; the second result is the variant that a bundled name implies.

    Raises:
        ConvcliError: there is no such network, or its text cannot be read.
    """
    from convcli.readers import find_reader

    return find_reader(model, max_size)


def report_of(
    network: Network,
    *,
    sizes: Mapping[str, Shape] | None = None,
    batch: int | None = None,
    batched: bool | None = None,
    variant: str | None = None,
    settings: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    max_layers: int | None = None,
    needs_input: bool = False,
    formulas: bool = False,
) -> Report:
    """Resolve and count a network in words; mistakes are in the report's `findings`."""
    from convcli.analyse import analyse
    from convcli.resolve.boundary import Given
    from convcli.resolve.network import resolve
    from convcli.resolve.state import MAX_LAYERS

    if dtype not in DTYPES:
        raise ConvcliError(
            [Diagnostic("CV006", f"there is no type `{dtype}`", help=f"the types are: {', '.join(DTYPES)}")]
        )
    if needs_input and not sizes and not network.inputs:
        if network.findings:  # one of them may be why
            raise ConvcliError(network.findings)
        help = "give one: `-i 3x224x224`, or `input: [3, 224, 224]` in the file"
        raise ConvcliError([Diagnostic("CV007", f"{network.source} has no input size", help=help)])
    given = Given(
        dict(sizes or {}), batch, batched, variant,
        tuple((name, _setting(name, value)) for name, value in (settings or {}).items()), max_layers or MAX_LAYERS,
    )  # fmt: skip
    with paused_collector():
        graph, findings = resolve(network, given)
        return Report(*analyse(graph, findings, dtype, formulas=formulas))


def _options(
    *, input: Size | Mapping[str, Size] | None, batch: int | None, batched: bool | None, max_layers: int | None
) -> dict[str, Any]:
    if batch is not None and batch < 1:
        raise ConvcliError([Diagnostic("CV002", f"a batch is a positive integer, found {batch}")])
    return {"sizes": _sizes(input), "batch": batch, "batched": batched, "max_layers": max_layers}


def _sizes(input: Size | Mapping[str, Size] | None) -> dict[str, Shape]:
    if input is None:
        return {}
    named = input if isinstance(input, Mapping) else {"": input}
    texts = [(name, size if isinstance(size, str) else ",".join(map(str, size))) for name, size in named.items()]
    return parse_inputs([f"{name}={size}" if name else size for name, size in texts])


def _setting(name: str, value: Any) -> Words:
    """Make words of a variable's new value; a text is an expression, as behind `--set`."""
    from convcli.layer.parse import parse
    from convcli.source import phrase

    words = phrase(value if isinstance(value, str) else repr(value), f"--set {name}")
    return Words(parse(words), words)


def _whole(report: Report) -> Report:
    """Return a report without errors; raise those of one that has any."""
    errors = [found for found in report.findings if found.level == "error"]
    if errors:
        raise ConvcliError(errors, report)
    return report
