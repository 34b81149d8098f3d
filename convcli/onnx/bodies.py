"""Functions, branches and loops: their bodies are gone through as often as they run, where that is known.

A loop that runs more often than is written out, or nobody knows how often, is one layer: its body is gone through once,
with nothing known of its numbers, and costs what that costs times the number of runs. So is a branch whose condition is
not known, and costs what both sides cost, if that is the same.
"""

from collections.abc import Sequence

from convcli.aten.call import Call, Ref, Traced, refs
from convcli.aten.graph import graph_from
from convcli.onnx.asked import Asked, Flow
from convcli.onnx.names import label
from convcli.onnx.record import GraphPart
from convcli.onnx.turn import Turn, WrongError
from convcli.onnx.within import EMPTY, Body, Frame, Walker, applied, filled, number_of, numbers, stacked
from convcli.quantity import UNKNOWN, Shape, is_known

MOST_RUNS, MOST_IN_ALL = 64, 16384
"""Runs of a loop that are written out, and nodes in all runs of all loops."""


def unfold(walk: Walker, asked: Asked, frame: Frame) -> list[Flow]:
    """Do what the nodes of a function do."""
    node = asked.node
    function = walk.model.functions[node.domain, node.op]
    inner = {name: flow for name, flow in zip(function.inputs, asked.inputs, strict=False) if flow is not None}
    inner.update({name: EMPTY for name in function.inputs if name not in inner})
    given = function.defaults | node.attributes
    prefix = label(node)
    nodes = [
        one._replace(
            name=f"{prefix}.{one.name or one.op.lower()}",
            attributes=filled(one.attributes, given),
            inputs=tuple("" if inner.get(name) is EMPTY else name for name in one.inputs),
        )
        for one in function.nodes
    ]
    walk.run(nodes, frame.within(inner, {}, walk.model.opsets | function.opsets))
    wanted = zip(node.outputs, function.outputs, strict=False)
    return [walk.found(theirs, inner) if ours else EMPTY for ours, theirs in wanted]


def choose(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """Do what the branch of an `If` does whose condition is known; else know what both have in common."""
    sides = [asked.node.attributes.get(name) for name in ("else_branch", "then_branch")]
    graphs = [one for one in sides if isinstance(one, GraphPart)]
    if len(graphs) < 2:
        raise WrongError(f"`{asked.node.name}` is an If without a branch")
    condition = number_of(asked.flow())
    if condition is not None:
        return Body(walk, graphs[bool(condition)], frame).run(())
    each = [_Aside(walk, Body(walk, graph, frame), ()) for graph in graphs]
    results = [_common(*both) for both in zip(*(side.results for side in each), strict=False)]
    costs = tuple(one if one == other else UNKNOWN for one, other in zip(each[0].costs, each[1].costs, strict=True))
    return _written(walk, asked, results, [ref for side in each for ref in side.reads], costs)


def loop(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`Loop`: its body gets the number of the run, the condition, and what it carries from run to run."""
    graph, carried = asked.node.attributes.get("body"), [one for one in asked.inputs[2:] if one is not None]
    if not isinstance(graph, GraphPart) or len(carried) < len(asked.inputs) - 2:
        return None
    body = Body(walk, graph, frame)
    count = number_of(asked.flow(0)) if asked.has(0) else None
    start = asked.flow(1) if asked.has(1) else Flow(walk.fresh((), "bool"))
    never = asked.has(1) and number_of(start) == 0
    if (count is not None and count <= MOST_RUNS) or not asked.has(0) or never:
        begin = len(walk.calls)
        found = _written_out(body, asked, count, start, carried, frame)
        if found is not None:
            return found
        forget(walk, begin)
    aside = _Aside(walk, body, [Flow(Ref(0, (), "int64")), start, *(Flow(one.ref) for one in carried)])
    again, after = aside.results[:1], aside.results[1 : len(carried) + 1]
    runs = count if count is not None and (not asked.has(1) or all(number_of(one) for one in again)) else UNKNOWN
    if [one.shape for one in after] != [one.shape for one in carried]:
        unknown = [Ref(0, None, one.ref.dtype) for one in aside.results[1:]]
        return _written(walk, asked, unknown, aside.reads, (UNKNOWN, UNKNOWN))
    rows = [_stacked_ref(one.ref, 0, runs) for one in aside.results[len(carried) + 1 :]]
    return _written(walk, asked, [*(one.ref for one in after), *rows], aside.reads, aside.times(runs))


def _written_out(
    body: Body, asked: Asked, count: int | None, condition: Flow, carried: list[Flow], frame: Frame
) -> list[Flow] | None:
    """Run a loop as often as it runs; None where that is not known, or is too often."""
    rows: list[list[Flow]] = []
    for run in range(MOST_RUNS + 1):
        going = number_of(condition) if asked.has(1) else 1
        if going is None:
            return None
        if not going or run == count:
            break
        if run == MOST_RUNS or body.walk.repeated >= MOST_IN_ALL:
            return None
        condition, *results = body.run([numbers(body.walk, (run,), ()), condition, *carried])
        carried = results[: len(carried)]
        rows.append(results[len(carried) :])
    many = len(body.graph.outputs) - 1 - len(carried)
    stacks = [stacked(body.walk, asked, [row[at] for row in rows], 0, frame) for at in range(many)]
    return [*carried, *stacks]


def scan(walk: Walker, asked: Asked, frame: Frame) -> list[Flow] | None:
    """`Scan`: its body gets what it carries, and a slice of each of the other inputs."""
    graph, many = asked.node.attributes.get("body"), asked.attribute("num_scan_inputs", 0)
    flows = [one for one in asked.inputs if one is not None]
    kept = len(flows) - many
    if (
        not isinstance(graph, GraphPart)
        or asked.opset < 9
        or not 0 < many <= len(flows)
        or len(flows) < len(asked.inputs)
    ):
        return None
    carried, rows = flows[:kept], flows[kept:]
    axes = [
        axis % len(row.shape or (1,)) for axis, row in zip(_each(asked, "scan_input_axes", many), rows, strict=True)
    ]
    shapes = [row.shape for row in rows]
    runs = next((shape[axis] for shape, axis in zip(shapes, axes, strict=True) if shape), UNKNOWN)
    body = Body(walk, graph, frame)
    if is_known(runs) and runs <= MOST_RUNS and walk.repeated < MOST_IN_ALL:
        turned = _each(asked, "scan_input_directions", many)
        found: list[list[Flow]] = []
        for run in range(runs):
            places = [numbers(walk, (runs - 1 - run if way else run,), ()) for way in turned]
            parts = [
                applied(walk, "Gather", [row, place], frame, asked, {"axis": axis})[0]
                for row, place, axis in zip(rows, places, axes, strict=True)
            ]
            results = body.run([*carried, *parts])
            carried = results[:kept]
            found.append(results[kept:])
        outs = _each(asked, "scan_output_axes", len(asked.node.outputs) - kept)
        stacks = [stacked(walk, asked, [row[at] for row in found], axis, frame) for at, axis in enumerate(outs)]
        return [*carried, *stacks]
    parts_of = [_without(row, axis) for row, axis in zip(rows, axes, strict=True)]
    aside = _Aside(walk, body, [Flow(ref) for ref in (*(one.ref for one in carried), *parts_of)])
    outs = _each(asked, "scan_output_axes", len(aside.results) - kept)
    stacks_of = [_stacked_ref(one.ref, axis, runs) for one, axis in zip(aside.results[kept:], outs, strict=True)]
    return _written(walk, asked, [*(one.ref for one in carried), *stacks_of], aside.reads, aside.times(runs))


def _each(asked: Asked, name: str, many: int) -> Sequence[int]:
    found: Sequence[int] = asked.attribute(name, [0] * many)
    if len(found) != many:
        raise ValueError(f"its `{name}` {[*found]} are not {many} numbers")
    return found


class _Aside:
    """One run of a body beside the network, with nothing known of numbers but what is given: results, costs, reads."""

    def __init__(self, walk: Walker, body: Body, given: Sequence[Flow]) -> None:
        own = [walk.fresh(flow.shape, flow.ref.dtype) for flow in given]
        begin = len(walk.calls)
        self.results = body.run([Flow(ref, flow.constant) for ref, flow in zip(own, given, strict=True)])
        calls = walk.calls[begin:]
        forget(walk, begin)
        made = {ref.id for call in calls for ref in call.outputs} | {ref.id for ref in own}
        each = [ref for call in calls for ref in refs(call.args)]
        each += [one.ref for one in self.results if one.constant is None]
        self.reads = [*{ref.id: ref for ref in each if ref.id not in made}.values()]
        self.costs = _costs(calls, [*own, *self.reads])

    def times(self, runs: int) -> tuple[int, ...]:
        """Return the costs of so many runs."""
        return tuple(cost * runs for cost in self.costs)


def _costs(calls: Sequence[Call], inputs: Sequence[Ref]) -> tuple[int, ...]:
    """Return the multiply-accumulates and the other operations of calls."""
    traced = Traced("", "", "onnx", tuple(("", ref) for ref in inputs), (), tuple(calls), ())
    answers = [node.answer for node in graph_from(traced).nodes]
    if None in answers:
        return UNKNOWN, UNKNOWN
    return sum(one.macs for one in answers if one), sum(one.other_ops for one in answers if one)


def forget(walk: Walker, begin: int) -> None:
    """Take back all calls from one on."""
    del walk.calls[begin:]
    for key in [key for key, at in walk.linear.items() if at >= begin]:
        del walk.linear[key]


def _written(
    walk: Walker, asked: Asked, results: Sequence[Ref], reads: Sequence[Ref], costs: tuple[int, ...]
) -> list[Flow]:
    """Write a node down as one layer that reads all that its bodies read; its results get numbers here."""
    outputs = [walk.fresh(ref.shape, ref.dtype) for ref in results][: len(asked.node.outputs)]
    turn = Turn(walk, asked, outputs, "", label(asked.node))
    flowing = [flow.ref for flow in asked.inputs if flow is not None and flow.constant is None]
    inputs = {ref.id: ref for ref in (*flowing, *reads)}
    turn.opaque([*inputs.values()], *costs)
    walk.calls += turn.calls
    return [Flow(ref) for ref in outputs]


def _stacked_ref(one: Ref, axis: int, runs: int) -> Ref:
    at = axis if one.shape is None or axis >= 0 else axis + len(one.shape) + 1
    return Ref(0, None if one.shape is None else (*one.shape[:at], runs, *one.shape[at:]), one.dtype)


def _without(row: Flow, axis: int) -> Ref:
    shape: Shape | None = None if row.shape is None else (*row.shape[:axis], *row.shape[axis + 1 :])
    return Ref(0, shape, row.ref.dtype)


def _common(one: Flow, other: Flow) -> Ref:
    """Return what is known of a tensor that is one or the other."""
    a, b = one.shape, other.shape
    if a is None or b is None or len(a) != len(b):
        return Ref(0, None, one.ref.dtype)
    return Ref(0, tuple(size if size == same else UNKNOWN for size, same in zip(a, b, strict=True)), one.ref.dtype)
