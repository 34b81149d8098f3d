"""From a graph to a report: what each layer costs, and the sums."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from convcli.diagnostics import ERROR, Diagnostic
from convcli.graph import Graph
from convcli.memory.measure import Memory, Wanted, measure
from convcli.report import (
    MEMORY,
    SUMS,
    Cost,
    Failed,
    LayerReport,
    ReceptiveField,
    Report,
    TensorReport,
    Totals,
    Uncounted,
    Versus,
)  # fmt: skip
from convcli.rows import Formulas, open_shape, rows_of
from convcli.source import Span
from convcli.tape import typed

if TYPE_CHECKING:
    from convcli.intensity import Device
    from convcli.receptive_field.walk import Walk
    from convcli.rules.written import Written

COUNTED = {"params": "params", "macs": "macs", "other_ops": "other_ops", "saved_bytes": "memory"}
"""Numbers of a row that can be unknown, and what `uncounted` calls them."""
SUMMED = ("params", "trainable", "buffers", "macs", "other_ops", "weights_bytes", "saved_bytes")


def analyse(
    graph: Graph,
    findings: tuple[Diagnostic, ...] = (),
    dtype: str = "float32",
    *,
    formulas: bool = False,
    training: Wanted | None = None,
    convention: str = "macs",
    versus: str | None = None,
    receptive_fields: bool = True,
    warnings: bool = False,
    levels: Mapping[str, str] | None = None,
    written: "Written | None" = None,
    roofline: bool = False,
    device: "Device | None" = None,
) -> Report:
    """Count everything.

    Args:
        graph: the network; it ends before the first error, if there is one.
        findings: what was found while it was resolved.
        dtype: the type of all floating point numbers, for the sizes in bytes.
        formulas: write out how each number comes about.
        training: how the network is to be trained, for its memory.
        convention: the name of the convention of the costs.
        versus: the name of a convention with which ours is to be reconciled.
        receptive_fields: work them out too.
        warnings: judge the architecture, unless there are errors.
        levels: "error", "warn" or "off" by the codes of rules, where that is not their own.
        written: the network in words, for the rules.
        roofline: work out the bytes that layers move too.
        device: whose bounds are wanted; it implies `roofline`.

    Raises:
        ConvcliError: there is no such convention.
    """
    fields, seen, walks = _fields(graph, formulas=formulas, wanted=receptive_fields)
    memory = measure(graph, dtype, training or Wanted())
    rows = rows_of(graph, dtype, fields, memory, seen if formulas else None)
    failed = _failed(graph, findings)
    totals, uncounted = _totals(rows, memory)
    if failed:  # what stands behind the failing layer is not known
        totals = totals._replace(unknown=SUMS)
    elif warnings:
        from convcli.rules.judge import judge  # many questions do without

        findings = (*findings, *judge(graph, walks, levels, written))
    cost = Cost("macs", None, "MACs", "MAC", totals.macs, "macs" not in totals.unknown)
    if convention != "macs":
        rows, cost, uncounted = _by_convention(graph, rows, convention, uncounted, whole=failed is None)
    report = Report(
        graph.name, graph.source, graph.format, graph.variant, dtype, graph.batch,
        tuple(TensorReport(made.name, open_shape(made.shape), typed(made.dtype, dtype)) for made in graph.inputs),
        tuple(_output(graph, at, dtype) for at in range(len(graph.outputs))),
        tuple(rows), totals, cost, uncounted, findings, failed,
        _versus(graph, versus, whole=failed is None) if versus else None,
    )  # fmt: skip
    return _bounded(graph, report, device) if roofline or device else report


def _fields(
    graph: Graph, *, formulas: bool, wanted: bool
) -> "tuple[Sequence[ReceptiveField | None], Sequence[Formulas], Sequence[Walk] | None]":
    """Return each layer's receptive field, how it comes about, and the walks that know more of them."""
    if not wanted:
        return [None] * len(graph.nodes), [()] * len(graph.nodes), None
    from convcli.receptive_field import record  # many questions do without

    walks = record.walks_of(graph)
    if not formulas:
        return record.fields_of(graph, walks), (), walks
    from convcli.receptive_field.explain import recurrences

    return record.fields_of(graph, walks), recurrences(graph, walks), walks


def _by_convention(
    graph: Graph, rows: list[LayerReport], name: str, uncounted: tuple[Uncounted, ...], *, whole: bool
) -> tuple[list[LayerReport], Cost, tuple[Uncounted, ...]]:
    """Give the rows their costs in another tool's convention; `whole` says that no layer is missing."""
    from convcli.conventions.count import count, uncosted  # the tables of other tools are rarely wanted
    from convcli.conventions.tables import table

    convention = table(name)
    counted = count(graph, convention, whole=whole)
    also = convention.also and count(graph, convention.also, whole=whole)
    costs = [
        Cost(name, one.version, one.says, one.unit, many.total, counted.known and many.known and whole)
        for one, many in ((convention, counted), (convention.also, also))
        if one and many
    ]
    rows = [row._replace(cost=cost) for row, cost in zip(rows, counted.costs, strict=True)]
    return rows, costs[0]._replace(also=costs[1] if costs[1:] else None), (*uncounted, *uncosted(graph, counted))


def _bounded(graph: Graph, report: Report, device: "Device | None") -> Report:
    """Give a report what each layer moves and computes, and the bounds."""
    from convcli.roofline.bound import bound, unmoved  # rarely wanted

    found, roofline = bound(graph, report.layers, report.dtype, device, whole=report.failed is None)
    rows = tuple(row._replace(roofline=one) for row, one in zip(report.layers, found, strict=True))
    return report._replace(layers=rows, roofline=roofline, uncounted=(*report.uncounted, *unmoved(rows)))


def _versus(graph: Graph, name: str, *, whole: bool) -> Versus:
    from convcli.conventions.count import count
    from convcli.conventions.reconcile import reconcile
    from convcli.conventions.tables import table

    convention = table(name)
    found = reconcile(graph, convention, count(graph, convention, whole=whole))
    return found if whole else found._replace(ours_known=False, theirs_known=False)


def _output(graph: Graph, at: int, dtype: str) -> TensorReport:
    result, key = graph.outputs[at], graph.keys[at] if graph.keys else ""
    shape, kind = open_shape(graph.shape(result)), typed(graph.dtype(result), dtype)
    return TensorReport(graph.producer(result), shape, kind, key)


def _totals(rows: list[LayerReport], memory: Memory) -> tuple[Totals, tuple[Uncounted, ...]]:
    missing: dict[str, dict[str, list[str]]] = {}
    unfollowed: set[str] = set()
    for row in rows:
        for name, called in COUNTED.items():
            if getattr(row, name) is None:
                missing.setdefault(row.op, {}).setdefault(called, []).append(row.name)
        if row.receptive_field is not None and row.receptive_field.kind == "unknown":
            if unfollowed.isdisjoint(row.inputs):  # the first one is to blame, not those behind it
                missing.setdefault(row.op, {}).setdefault("receptive_field", []).append(row.name)
            unfollowed.add(row.name)
    unknown = {name for lacks in missing.values() for name in lacks} - {"receptive_field"}
    unknown |= {"flops"} if "macs" in unknown else set()
    unknown |= {"trainable", "buffers", "weights_bytes", "training_bytes"} if "params" in unknown else set()
    if "memory" in unknown:
        at_inference = memory.alive[-1] is not None  # as of an LSTM
        unknown = unknown - {"memory"} | set(MEMORY) - ({"inference_peak_bytes"} if at_inference else set())
    sums = {name: sum(v for row in rows if (v := getattr(row, name)) is not None) for name in SUMMED}
    totals = Totals(
        len(rows), sums["params"], sums["trainable"], sums["buffers"], sums["macs"], 2 * sums["macs"],
        sums["other_ops"], sums["weights_bytes"], memory.inference_peak_bytes, sums["saved_bytes"],
        sums["weights_bytes"] + memory.training.optimizer_bytes + memory.training.peak_bytes,
        memory.inference_peak, memory.training, tuple(sorted(unknown)),
    )  # fmt: skip
    uncounted = tuple(
        Uncounted(op, tuple(dict.fromkeys(name for names in lacks.values() for name in names)), tuple(lacks))
        for op, lacks in missing.items()
    )
    return totals, uncounted


def _failed(graph: Graph, findings: tuple[Diagnostic, ...]) -> Failed | None:
    """Return where the table ends: at the first error on the way through the layers, which need not be the topmost."""
    errors = [found for found in findings if found.level == ERROR]
    if not errors:
        return None
    first = next(
        (found for found in errors if graph.failed and found.span and _meet(found.span, graph.failed)), errors[0]
    )
    text = first.span.text().split("\n")[0] if first.span else ""
    return Failed(text, first.span.line if first.span else None)


def _meet(one: Span, other: Span) -> bool:
    return one.source is other.source and one.start < other.end and other.start < one.end
