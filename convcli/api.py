"""The library: one function for each command, with the command's name and options.

>>> import convcli
>>> report = convcli.shape("Conv2d(3, 64, 7, stride=2, padding=3)", input="3x224x224")
>>> report.layers[0].output_shapes
((1, 64, 112, 112),)
>>> report.totals.macs
118013952
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from convcli.asking import counted, graph_of, how_trained, on_device, read_model, report_of, shared_options, whole
from convcli.checking.ask import check, check_init, lock
from convcli.converting import convert
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.rendered import Report
from convcli.running.ask import Progress, build, plain_model, silent, timed, verify
from convcli.running.ask_device import ceilings
from convcli.running.inspecting import inspect
from convcli.shapes import Inputs, Size
from convcli.solving.ask import solve_batch, solve_size

if TYPE_CHECKING:
    from convcli.catalogue_api.networks import ModelEntry
    from convcli.catalogue_api.operators import OperatorEntry
    from convcli.explanations import Explanation
    from convcli.receptive_field.question import Answer
    from convcli.timing.wanted import Run

__all__ = [
    "build",
    "ceilings",
    "check",
    "check_init",
    "convert",
    "explain",
    "inspect",
    "lock",
    "models",
    "ops",
    "profile",
    "rf",
    "shape",
    "solve_batch",
    "solve_size",
    "verify",
]


def shape(
    *layers: str,
    input: Size | Mapping[str, Size] | None = None,
    batch: int | None = None,
    batched: bool | None = None,
    dtype: str = "float32",
    optimizer: str = "sgd",
    amp: bool = False,
    max_layers: int | None = None,
    formulas: bool = False,
    convention: str = "macs",
    receptive_fields: bool = True,
    warnings: bool = True,
    roofline: bool = False,
    device_spec: str | None = None,
    run: "Run | None" = None,
    progress: Progress = silent,
) -> Report:
    """Work out a layer or a chain of layers, written as in PyTorch or in short words.

    Without `input` the report says what can be known without a size.

    Args:
        layers: expressions or short words; several are a chain.
        input: the size that flows in, "3x224x224" or (3, 224, 224), with or without batch.
        batch: the batch, where `input` has none (default 1).
        batched: say whether `input` has a batch, where its number of dimensions leaves that open.
        dtype: the type of all floating point numbers, for sizes in bytes.
        optimizer: "sgd", "momentum", "adam" or "adamw", for the memory of training.
        amp: mixed precision, for memory: convolutions and products in float16.
        max_layers: the limit of layers (default 100,000).
        formulas: write out each layer's formulas, as `--explain` does.
        convention: whose costs are counted: "macs" (ours), "fvcore", "thop", ...
        receptive_fields: work out receptive fields too.
        warnings: say in the report's `findings` what the rules have against the architecture.
        roofline: work out the bytes that each layer moves too.
        device_spec: whose bounds are wanted: "this" machine's, "h100-sxm", or "peak=989T,bandwidth=3.35TB/s".
        run: build it with torch and time it, as `Run` says; the report has `timings` then.
        progress: is told during a run how much is done, from 0 to 1, and what is being done.

    Raises:
        ConvcliError: something is wrong; its `diagnostics` say what, its `report` how far it went.

    Example:
        >>> shape("conv 64 k7 s2 p3", "relu", input="3x224x224").outputs[0].shape
        (1, 64, 112, 112)
    """
    from convcli.readers.text import read_layers

    options = shared_options(input=input, batch=batch, batched=batched, max_layers=max_layers)
    wanted = {"formulas": formulas, "receptive_fields": receptive_fields, "convention": convention}
    wanted |= {"warnings": warnings, "roofline": roofline, "device": on_device(device_spec, dtype)}
    if run is not None:
        plain = plain_model(None, layers, input=input, batch=batch, batched=batched, max_layers=max_layers)
        return timed(plain, run, dtype=dtype, optimizer=optimizer, amp=amp, progress=progress, **wanted)
    options |= {"dtype": dtype, "training": how_trained(optimizer, amp=amp)}
    return whole(report_of(read_layers(list(layers) or [""]), **options, **wanted))


def profile(
    model: Any,
    input: Inputs | None = None,
    *,
    batch: int | None = None,
    batched: bool | None = None,
    variant: str | None = None,
    set: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    optimizer: str = "sgd",
    amp: bool = False,
    max_layers: int | None = None,
    max_size: int | None = None,
    from_format: str | None = None,
    convention: str = "macs",
    versus: str | None = None,
    receptive_fields: bool = True,
    warnings: bool = True,
    roofline: bool = False,
    device_spec: str | None = None,
    train: bool = False,
    run: "Run | None" = None,
    progress: Progress = silent,
) -> Report:
    """Work out a whole network.

    Args:
        model: a network file, `-` for standard input, a bundled network's name, layers, "net.py:Net", a .pt2
            archive, or a torch.nn.Module.
        input: the size that flows in, where it differs from the file's, or a tensor of that size; several by name,
            `{"image": (1, 3, 64, 64)}`, or in order, `[(1, 3, 64, 64), (1, 10)]`.
        batch: the batch, where `input` has none (default 1).
        batched: say whether `input` has a batch.
        variant: one of the file's variants.
        set: variables that replace the file's, `{"num_classes": 10}`.
        dtype: the type of all floating point numbers, for sizes in bytes.
        optimizer: "sgd", "momentum", "adam" or "adamw", for the memory of training.
        amp: mixed precision, for memory: convolutions and products in float16.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of the file's size in bytes (default 2 MiB).
        from_format: the format of the file, "darknet" say, where its name and content do not tell.
        convention: whose costs are counted: "macs" (ours), "torch", "fvcore", "thop", "ptflops",
            "ptflops-aten", "torchinfo", "calflops" or "darknet".
        versus: the convention of another tool, for `Report.versus`: from our number to its.
        receptive_fields: work out receptive fields too.
        warnings: say in the report's `findings` what the rules have against the architecture.
        roofline: work out the bytes that each layer moves too.
        device_spec: whose bounds are wanted: "this" machine's, "h100-sxm", or "peak=989T,bandwidth=3.35TB/s".
        train: call a Python model as in training (`model.train()`), else as in evaluation.
        run: build it with torch and time it, as `Run` says; the report has `timings` then.
        progress: is told during a run how much is done, from 0 to 1, and what is being done.

    Raises:
        ConvcliError: something is wrong; its `diagnostics` say what, its `report` how far it went.

    Example:
        >>> profile("resnet18").totals.params
        11689512
        >>> profile("resnet18", convention="fvcore").cost.value
        1819065856
    """
    wanted = {"receptive_fields": receptive_fields, "convention": convention, "versus": versus}
    wanted |= {"warnings": warnings, "roofline": roofline, "device": on_device(device_spec, dtype)}
    fed: dict[str, Any] = {"input": input, "batch": batch, "batched": batched, "max_layers": max_layers}
    if run is not None and train:
        help = "a run trains with `--backward` or `--optimizer`"
        raise ConvcliError([Diagnostic("CV010", "`--train` has no meaning with `--run`", help=help)])
    if run is not None:
        plain = plain_model(model, variant=variant, set=set, max_size=max_size, from_format=from_format, **fed)
        return timed(plain, run, dtype=dtype, optimizer=optimizer, amp=amp, progress=progress, **wanted)
    network, own = read_model(model, max_size, from_format, train=train)
    wanted |= {"dtype": dtype, "needs_input": True, "training": how_trained(optimizer, amp=amp)}
    return whole(report_of(network, variant=variant or own, settings=set or {}, **shared_options(**fed), **wanted))


def rf(
    model: Any,
    *,
    layer: str | None = None,
    unit: Sequence[int] | None = None,
    pixel: Sequence[int] | None = None,
    middle: bool = False,
    **network: Any,
) -> "Answer":
    """Answer a question about receptive fields; without `unit` and `pixel` those of all layers.

    Args:
        model: as for `profile`.
        layer: the layer in question; for `unit` the last one whose units have a place, if left out.
        unit: a unit of the layer, a number for each axis: what of the input it depends on.
        pixel: a position of the input: which units of the layers see it.
        middle: take the unit in the middle where neither is given.
        network: `input`, `batched`, `variant`, `set`, `max_layers`, `max_size`, `from_format`, as for `profile`.

    Raises:
        ConvcliError: something is wrong with the network, or there is no such layer, unit or position.

    Example:
        >>> rf("resnet18", layer="layer1.0.conv1", unit=(0, 20)).boxes[0].extents[1][2:4]
        (71, 89)
    """
    from convcli.receptive_field import question

    given, settings = dict.fromkeys(("input", "batch", "batched", "max_layers")) | network, network.get("set") or {}
    variant, reading = given.pop("variant", None), (given.pop("max_size", None), given.pop("from_format", None))
    given.pop("set", None)
    words, own = read_model(model, *reading)
    graph, findings = graph_of(
        words, variant=variant or own, settings=settings, needs_input=True, **shared_options(**given)
    )
    report = whole(counted(graph, findings))
    if middle and unit is None and pixel is None:
        layer, unit = question.middle(graph, layer)
    return question.ask(graph, report, layer, tuple(unit) if unit else None, tuple(pixel) if pixel else None)


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
