"""From a question to its report: the options that questions share, checked and brought into one form."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcli.blocks import Network, setting
from convcli.collector import paused_collector
from convcli.diagnostics import SLIP, ConvcliError, Diagnostic
from convcli.quantity import Shape
from convcli.rendered import Report
from convcli.shapes import Inputs, by_place, sizes_of

if TYPE_CHECKING:
    from convcli.graph import Graph
    from convcli.intensity import Device
    from convcli.memory.measure import Wanted
    from convcli.roofline.devices import Entry
    from convcli.rules.written import Written
    from convcli.settled import AnyNetwork

DTYPES = ("float32", "float64", "float16", "bfloat16")


def read_model(
    model: Any, max_size: int | None = None, format: str | None = None, *, train: bool = False
) -> "tuple[AnyNetwork, str | None]":
    """Read whatever names or is a network; the second result is the variant that a bundled name implies.

    With a `format`, `model` is a file in it. With `train` a Python model is called as in training.

    Raises:
        ConvcliError: there is no such network, or its text cannot be read.
    """
    from convcli.readers import find_reader

    if not isinstance(model, str | Path) or (isinstance(model, str) and ":" in model and format is None):
        from convcli.tracing.find import python_model

        found = python_model(model, train=train)
        if found is not None:
            return found, None
    if train:
        message = f"`{str(model)[:80]}` is no Python model, and is the same in training"
        raise ConvcliError([Diagnostic("CV061", message, help="leave `--train` out")])
    return find_reader(model, max_size, format)


def report_of(network: "AnyNetwork", **wanted: Any) -> Report:
    """Resolve and count a network in words, as `graph_and_report`."""
    return graph_and_report(network, **wanted)[1]


def graph_and_report(
    network: "AnyNetwork",
    *,
    dtype: str = "float32",
    formulas: bool = False,
    receptive_fields: bool = True,
    convention: str = "macs",
    versus: str | None = None,
    training: "Wanted | None" = None,
    warnings: bool = False,
    levels: Mapping[str, str] | None = None,
    roofline: bool = False,
    device: "Device | None" = None,
    **given: Any,
) -> "tuple[Graph, Report]":
    """Resolve and count a network in words, `given` as for `graph_of`; mistakes are in the report's `findings`.

    With `warnings` they also have what the rules say; `levels` are "error", "warn" or "off" by their codes.
    """
    expect_dtype(dtype)
    graph, findings = graph_of(network, **given)
    return graph, counted(
        graph, findings, dtype, formulas=formulas, receptive_fields=receptive_fields,
        convention=convention, versus=versus, training=training, warnings=warnings, levels=levels,
        written=written_of(network, **given) if warnings else None, roofline=roofline, device=device,
    )  # fmt: skip


def expect_dtype(dtype: str) -> None:
    """Refuse a type of floating point numbers that there is not."""
    if dtype not in DTYPES:
        help = f"the types are: {', '.join(DTYPES)}"
        raise ConvcliError([Diagnostic("CV006", f"there is no type `{dtype}`", help=help)])


def written_of(network: "AnyNetwork", **given: Any) -> "Written | None":
    """Return a network in words for the rules, if there is anything beside its layers."""
    if not isinstance(network, Network) or not network.comments:
        return None
    from convcli.rules.written import Written

    touched = given.get("sizes") or given.get("settings") or given.get("batched") is not None
    return Written(network, not touched and given.get("batch") in (None, 1))


def counted(graph: "Graph", findings: tuple[Diagnostic, ...], dtype: str = "float32", **wanted: Any) -> Report:
    """Count a graph, `wanted` as for `analyse`."""
    from convcli.analyse import analyse

    with paused_collector():
        return Report(*analyse(graph, findings, dtype, **wanted))


def graph_of(
    network: "AnyNetwork",
    *,
    sizes: Mapping[str, Shape] | None = None,
    batch: int | None = None,
    batched: bool | None = None,
    variant: str | None = None,
    settings: Mapping[str, Any] | None = None,
    max_layers: int | None = None,
    needs_input: bool = False,
) -> "tuple[Graph, tuple[Diagnostic, ...]]":
    """Make the graph of whatever a reader yields; the second result is what was found on the way."""
    from convcli.resolve.boundary import Given
    from convcli.resolve.state import MAX_LAYERS
    from convcli.settled import Settled, graph_at

    names = network.order if isinstance(network, Settled) else [made.name for made in network.inputs]
    known = by_place(sizes or {}, names)
    if isinstance(network, Network):
        _expect_size(network, known, variant, batched=batched, needs_input=needs_input)
    given = Given(
        known, batch, batched, variant,
        tuple((name, setting(name, value)) for name, value in (settings or {}).items()), max_layers or MAX_LAYERS,
    )  # fmt: skip
    with paused_collector():
        return graph_at(network, given)


def _expect_size(
    network: Network, sizes: Mapping[str, Shape], variant: str | None, *, batched: bool | None, needs_input: bool
) -> None:
    """Refuse a size that a file contradicts, or none where one is needed; a mistake in the file may be why."""
    missing = needs_input and not sizes and not network.inputs
    wrong = any(found.level == "error" for found in network.findings)
    if missing and wrong:
        raise ConvcliError(network.findings)
    if wrong or not (missing or (sizes and network.stated)):
        return
    from convcli.stated import expect_stated, no_size

    if missing:
        raise ConvcliError([*network.findings, no_size(network, variant)])
    expect_stated(network, sizes, variant, batched=batched)


def expect_joined(graph: "Graph") -> None:
    """Refuse layers that nothing flows through, since their file does not say how they are joined.

    Raises:
        ConvcliError: they are such.
    """
    if not graph.outputs:
        message = f"{graph.source} does not say how its layers are joined, only what they are"
        raise ConvcliError([Diagnostic("CV085", message, help="name the model itself: `package.module:Net`")])


def how_trained(optimizer: str, *, amp: bool) -> "Wanted":
    """Return how a network is to be trained, for its memory."""
    from convcli.memory.measure import Wanted
    from convcli.memory.step import OPTIMIZERS

    if optimizer not in OPTIMIZERS:
        help = f"the optimisers are: {', '.join(OPTIMIZERS)}"
        raise ConvcliError([Diagnostic("CV020", f"there is no optimiser `{optimizer}`", help=help)])
    return Wanted(optimizer, "float16" if amp else None)


def on_device(spec: str | None, dtype: str) -> "Device | None":
    """Return the ceilings of the device whose bounds are wanted, for numbers of a type."""
    if spec is None:
        return None
    from convcli.roofline.spec import device_of

    return device_of(spec, dtype, lambda device: _measured(device, dtype))


def _measured(device: str, dtype: str) -> "Entry":
    """Return this machine's ceilings, measured where they are not known yet, which takes some seconds."""
    from convcli.bench.known import known_ceilings
    from convcli.machine.ceilings import entry_of

    return entry_of(known_ceilings(device, dtype=dtype).ceilings)


def shared_options(
    *, input: Inputs | None, batch: int | None, batched: bool | None, max_layers: int | None
) -> dict[str, Any]:
    """Check the options about what flows in, and return them as `graph_of` takes them."""
    if batch is not None and batch < 1:
        raise ConvcliError([Diagnostic("CV002", f"a batch is a positive integer, found {batch}")])
    return {"sizes": sizes_of(input), "batch": batch, "batched": batched, "max_layers": max_layers}


def whole(report: Report) -> Report:
    """Return the report of a network that could be resolved; raise what is wrong with another one.

    What a rule has against a network is no such mistake, whatever its level; a slip of the pen may have led to one.
    """
    if report.failed is not None:
        raise ConvcliError([one for one in report.findings if one.level == "error" or one.code == SLIP], report)
    return report
