"""How a receptive field comes about: the recurrence of size, stride and start, with its numbers."""

from collections.abc import Sequence

from convcli.graph import Graph, Node
from convcli.receptive_field.moves import Move, Plan
from convcli.receptive_field.walk import Along, Field, Walk
from convcli.report import Formula
from convcli.window import AXIS_NAMES
from convcli.window.family import Family
from convcli.window.taps import STAY


def recurrences(graph: Graph, walks: Sequence[Walk]) -> list[tuple[Formula, ...]]:
    """Return the formulas of each node, those of all inputs in turn."""
    return [tuple(f for walk in walks for f in _of_node(walk, at, node)) for at, node in enumerate(graph.nodes)]


def _of_node(walk: Walk, at: int, node: Node) -> list[Formula]:
    field = walk.field((at, 0))
    inputs = [walk.field(tensor) for tensor in node.inputs]
    plan = walk.plan(node, 0, inputs)
    if field is None or plan is None:
        return []
    names = AXIS_NAMES.get(len(walk.axes), tuple(f"axis {axis + 1}" for axis in range(len(walk.axes))))
    rows = [_of_axis(plan, inputs, field.axes[axis], axis, node) for axis in range(len(walk.axes))]
    if all(row == rows[0] for row in rows):
        return rows[0]
    return [f._replace(name=f"{f.name}, {name}") for name, row in zip(names, rows, strict=True) for f in row]


def _of_axis(plan: Plan, inputs: list[Field | None], along: Along, axis: int, node: Node) -> list[Formula]:
    if along.lost or len(along.units) != 1 or not along.units[0].low:
        return []
    units = along.units[0]
    if not isinstance(units, Family) or units.period != 1:
        ends = zip(units.low, units.high, strict=True)
        sizes = [high - low + 1 for low, high in ends if low is not None and high is not None]
        return [Formula("rf", "the largest of all phases", "", max(sizes))] if sizes else []
    arriving = [(field.axes[axis], moves[axis]) for at, moves in plan.readings if (field := inputs[at])]
    if len(arriving) == 1:
        before = arriving[0][0].units
        if len(before) == 1 and isinstance(before[0], Family) and before[0].period == 1:
            return _through(before[0], units, arriving[0][1], node)
    return _met(units, [one for one in arriving if one[0].units])


def _through(before: Family, after: Family, move: Move, node: Node) -> list[Formula]:
    """Write one step of the recurrence."""
    if move.window is None or move.window is STAY or move.window.period != 1:
        return []
    ((base, step, taps),) = move.window.taps
    (low,), (high,), stride = before.low, before.high, before.step
    if low is None or high is None or after.low[0] is None or after.high[0] is None:
        return []
    known = node.op.values
    kernel = "kernel_size" if "kernel_size" in known else "taps"
    apart = f" * {'dilation' if 'dilation' in known else 'step'}" if step != 1 else ""
    figures = f" * {step}" if step != 1 else ""
    size, size_after = high - low + 1, after.high[0] - after.low[0] + 1
    sign, left = ("-", "padding") if base <= 0 else ("+", "first")
    spread = f"{size} + ({taps} - 1){figures} * {stride}"
    return [
        Formula("rf", f"rf_in + ({kernel} - 1){apart} * rf_stride_in", spread, size_after),
        Formula("rf stride", "rf_stride_in * stride", f"{stride} * {move.window.shift}", after.step),
        Formula(
            "rf start",
            f"rf_start_in {sign} {left} * rf_stride_in",
            f"{low} {sign} {abs(base)} * {stride}",
            after.low[0],
        ),
    ]


def _met(units: Family, arriving: list[tuple[Along, Move]]) -> list[Formula]:
    """Write the union of branches."""
    if units.low[0] is None or units.high[0] is None or len(arriving) < 2:
        return []
    words = "last of all branches - first of all branches + 1"
    size = units.high[0] - units.low[0] + 1
    return [
        Formula("rf", words, f"{units.high[0]} - {units.low[0]} + 1", size),
        Formula("rf stride", "", "", units.step),
        Formula("rf start", "first of all branches", "", units.low[0]),
    ]
