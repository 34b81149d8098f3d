"""Static receptive fields held against torch: parts of the input are moved, and it is looked at which units move.

Some units of each layer are asked (see `boxes`). The ends of their static boxes cut each axis of the
input into cells: each end by itself, and what lies between. A probe moves a whole slab of the input, one
cell along one axis, so what moves a unit is the box's shadow on that axis. One more probe stands for
global paths.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from convcli.bench.boxes import Asked, Cell, asked_of, cells_of, fits, hull_of, said, shown
from convcli.bench.moving import Mover, TooDear, fades, passes, without_gate
from convcli.bench.supports import as_placed, placed
from convcli.graph import Graph, Node, Result
from convcli.ops.opaque import Opaque
from convcli.receptive_field.moves import Plan
from convcli.receptive_field.question import axis_names
from convcli.receptive_field.record import walks_of
from convcli.receptive_field.units import is_known
from convcli.receptive_field.walk import Field, Walk
from convcli.record import Record
from convcli.report import LayerReport, ReceptiveField, Report
from convcli.window.taps import STAY

UNKNOWN = "it is not known statically"
BEHIND = "what flows in could not be followed"
FADES = "what a step does fades over the steps that follow, in torch's numbers"
MIXED = "its local and its global paths cannot be told apart"
DEAR = "it would take too long"
FOREIGN = "it is no operator of convcli's"
SPARED = "of so many layers only some are asked, and it is none of them"
MOST_ASKED = 100
"""Of more layers that differ in their receptive field only some are asked, the last one always."""
MOST_CELLS = 2048
"""The positions of all axes together, up to which each is moved by itself."""
MOST_MOVED = 1 << 24
"""The elements that move for all probes and layers together, before fewer layers are asked."""
CONSTANT = "its result is constant, whatever moves"
PADDED = "size and stride: at this input padding reaches every unit, a larger one (`-i`) has others"


class Outcome(Record):
    """What came of one layer.

    Attributes:
        layer: its name.
        compared: whether anything was.
        differs: pairs of ours and torch's.
        skipped: why not all was compared.
    """

    layer: str
    compared: bool
    differs: tuple[tuple[str, str], ...] = ()
    skipped: str | None = None


def compare(torch: Any, graph: Graph, report: Report, progress: Callable[[float], None]) -> Iterator[Outcome]:
    """Compare the receptive field of every layer, of each input by itself."""
    for walk in walks_of(graph):
        walk.each()
        yield from _Sweep(torch, walk).outcomes(report, progress)


# ---- what moves


class _Sweep:
    """Takes all probes of one input through all layers."""

    def __init__(self, torch: Any, walk: Walk) -> None:
        self.torch, self.walk, self.graph = torch, walk, walk.graph
        self.mover = Mover(torch)
        self.asked: dict[int, tuple[Asked, ...]] = {}
        """What is asked, by the identity of the tensor's field."""
        self.cells: list[Cell] = []
        self.supports: dict[Result, Any] = {}
        self.lost: dict[Result, str] = {}

    def outcomes(self, report: Report, progress: Callable[[float], None]) -> list[Outcome]:
        """Compare all layers; where one differs once more with cells of one position, so that torch's box is exact."""
        self._ask(lambda done: progress(done / 2))
        self.cells = cells_of(self.walk, self.asked.values())
        found = list(self._pass(report, lambda done: progress(0.5 + done / 2)))
        sizes = [axis.size or 0 for axis in self.walk.axes]
        if any(one.differs for one in found) and sum(sizes) <= MOST_CELLS:
            self.cells = [(axis, at, at) for axis, size in enumerate(sizes) for at in range(size)]
            exact = self._pass(report, progress)
            found = [one if one.differs else rough for one, rough in zip(exact, found, strict=True)]
        return found

    def _pass(self, report: Report, progress: Callable[[float], None]) -> Iterator[Outcome]:
        """Take the probes through all layers."""
        graph = self.graph
        self.supports = {(-1 - self.walk.input, 0): self._probes()}
        last = {place: at for at, node in enumerate(graph.nodes) for place in node.inputs}
        for at, (node, row) in enumerate(zip(graph.nodes, report.layers, strict=True)):
            if any(self.walk.field(place) for place in node.inputs):
                outcome = self._through(at, node, row)
                if outcome is not None:
                    yield outcome
            for place in node.inputs:
                if last[place] == at:
                    self.supports.pop(place, None)
            progress((at + 1) / len(graph.nodes))

    def _ask(self, progress: Callable[[float], None]) -> None:
        """Work out the static boxes; layers that share a field share them."""
        fields: dict[int, Result] = {}
        for at in range(len(self.graph.nodes)):
            field = self.walk.field((at, 0))
            if field is not None and is_known(self.walk, (at, 0)):
                fields.setdefault(id(field), (at, 0))
        results = list(fields.values())
        spared = max(1, -(-len(results) // max(1, min(MOST_ASKED, MOST_MOVED // self._elements()))))
        for done, result in enumerate(results[::-spared]):
            field = self.walk.field(result)
            if field is not None:
                self.asked[id(field)] = asked_of(self.walk, result, field)
            progress(done / len(results) * spared)

    def _elements(self) -> int:
        """Return how many places there are in all that operators make."""
        fields = (self.walk.field((at, 0)) for at, node in enumerate(self.graph.nodes) if not passes(node))
        return 1 + sum(math.prod(units or 1 for units in field.layout.units) for field in fields if field)

    def _probes(self) -> Any:
        """Return what of the input each probe moves; the last one, of global paths, moves nothing of it."""
        shape = [1] * len(self._shape((-1 - self.walk.input, 0)))
        for carried in self.walk.axes:
            shape[carried.dim] = carried.size or 1
        made = self.torch.zeros((len(self.cells) + 1, *shape), dtype=self.torch.bool)
        for number, (axis, first, last) in enumerate(self.cells):
            made[number].narrow(self.walk.axes[axis].dim, first, last - first + 1).fill_(True)
        return made

    def _shape(self, tensor: Result) -> tuple[int, ...]:
        return tuple(self.graph.shape(tensor) or ())

    # ---- a layer

    def _through(self, at: int, node: Node, row: LayerReport) -> Outcome | None:
        """Take the probes through a layer, and compare its first result."""
        results = range(len(node.answer.outputs) if node.answer else 0)
        fields = [self.walk.field((at, result)) for result in results]
        why = next((self.lost[place] for place in node.inputs if place in self.lost), None)
        if why is None and any(field and not is_known(self.walk, (at, 0)) for field in fields):
            why = UNKNOWN
        if why is None and isinstance(node.op, Opaque) and not passes(node):
            why = FOREIGN
        if why is None and fades(node):
            why = FADES
        wrong: list[tuple[str, str]] = []
        if why is None:
            try:
                wrong = self._follow(at, node, fields)
            except TooDear:
                why = DEAR
            except _Mixed:
                why = MIXED
        if why is not None:
            self.lost |= dict.fromkeys(((at, result) for result in results), BEHIND if why != UNKNOWN else UNKNOWN)
            return Outcome(node.name, compared=False, skipped=why)
        return self._judged(at, node, row, wrong)

    def _follow(self, at: int, node: Node, fields: Sequence[Field | None]) -> list[tuple[str, str]]:
        """Take the probes through a layer, global paths apart; return what is wrong about these."""
        inputs = [self.walk.field(place) for place in node.inputs]
        plans = [self.walk.plan(node, result, inputs) for result in range(len(fields))]
        layouts = [as_placed(field.layout) if field else None for field in fields]
        supports = [self.supports.get(place) for place in node.inputs]
        shapes = [self._shape(place) for place in node.inputs]
        whole = [plan for plan in plans if plan and any(move.whole for _, moves in plan.readings for move in moves)]
        made = self.mover.moved(node, supports, shapes, layouts)
        wrong = []
        if whole:
            everything = made
            wrong = [_narrower(plan, one, supports, self.cells, len(self.walk.axes)) for plan, one in
                     zip(plans[:1], everything, strict=False) if plan]  # fmt: skip
            made = [self._local(node, plan, number, supports, shapes, layouts) if plan else one
                    for number, (plan, one) in enumerate(zip(plans, everything, strict=True))]  # fmt: skip
            for plan, one, all_ in zip(plans, made, everything, strict=True):
                if plan is not None and plan in whole:
                    one[-1] = all_.any()
        self.supports |= {(at, number): one for number, one in enumerate(made) if one is not None}
        return [one for one in wrong if one is not None]

    def _local(
        self, node: Node, plan: Plan, result: int, supports: Sequence[Any], shapes: Any, layouts: Sequence[Any]
    ) -> Any:
        """Return what moves along local paths alone: each input by itself, as far as it has any."""
        total = None
        for source, moves in plan.readings:
            if supports[source] is None:
                continue
            alone = [one if number == source else None for number, one in enumerate(supports)]
            gated = any(move.whole and move.window not in (None, STAY) for move in moves)
            part = without_gate(node) if gated else node
            if part is None:
                raise _Mixed
            made = self.mover.moved(part, alone, shapes, layouts)[result].clone()
            for number, (axis, _, _) in enumerate(self.cells):
                if moves[axis].window is None:
                    made[number] = False
                elif moves[axis].whole and not gated:
                    made[number] = supports[source][number]
            total = made if total is None else total | made
        return total

    # ---- the comparison

    def _judged(self, at: int, node: Node, row: LayerReport, wrong: list[tuple[str, str]]) -> Outcome | None:
        support, field = self.supports.get((at, 0)), self.walk.field((at, 0))
        if support is None or field is None:
            return None
        chosen = self.asked.get(id(field))
        if chosen is None:
            return Outcome(node.name, compared=False, skipped=SPARED)
        own = _of_input(row.receptive_field, self.graph.inputs[self.walk.input].name)
        if own is None:
            return Outcome(
                node.name, compared=True, differs=(("it depends on no position", "it moves with the input"),)
            )
        if not support.any():
            return Outcome(node.name, compared=False, skipped=CONSTANT)
        places = placed(support, as_placed(field.layout))
        clear = 0
        for asked in chosen:
            there = (slice(None), *asked.unit)
            moves = places[there].tolist()
            true = hull_of(self.cells, moves, len(self.walk.axes))
            name = f"unit {', '.join(map(str, asked.unit))}"
            if not fits(true, asked.hull, loose=asked.loose):
                wrong.append((f"{name}: {shown(asked.hull)}", shown(true)))
            hull, known = said(own, asked.unit)
            if asked.clear and known:
                clear += 1
                if not fits(true, hull, loose=field.loose):
                    wrong.append((f"{name} by size, stride and start: {shown(hull)}", shown(true)))
            if moves[-1] != own.whole:
                both = {True: "global paths too", False: "no global path"}
                wrong.append((f"{name}: {both[own.whole]}", both[moves[-1]]))
        local = own.size is not None or own.paths is not None
        return Outcome(node.name, True, tuple(wrong), PADDED if local and not clear else None)


class _Mixed(Exception):
    """Local and global paths of one layer cannot be told apart."""


def _of_input(field: ReceptiveField | None, name: str) -> ReceptiveField | None:
    each = () if field is None else (field, *field.others)
    return next((one for one in each if one.input == name), None)


def _narrower(
    plan: Plan, support: Any, supports: Sequence[Any], cells: list[Cell], axes: int
) -> tuple[str, str] | None:
    """Return what is wrong where a path said to be global does not bring to some unit all that there is."""
    for source, moves in plan.readings:
        for axis in range(axes):
            if supports[source] is None or not moves[axis].whole:
                continue
            rows = [number for number, cell in enumerate(cells) if cell[0] == axis and supports[source][number].any()]
            if rows and not support[rows].flatten(1).all(0).any():
                return f"a global path along {axis_names(axes)[axis]}", "no unit sees all of it"
    return None
