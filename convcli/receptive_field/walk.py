"""The walk over a graph: for each tensor, what its units depend on along each axis of one network input."""

from convcli.graph import Graph, Node, Result
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shape, is_known
from convcli.receptive_field.layout import Layout
from convcli.receptive_field.moves import Move, Plan, planned
from convcli.record import Record
from convcli.window.family import START, Family, Units, compose, is_empty, merge
from convcli.window.taps import STAY

MOST_EFFORT = 2_000_000
"""The intervals that are worked out for a network before long periods are no longer followed."""
TOO_LONG, LOST = 1, 2
"""The period is longer than is followed, though single units are known; it is not known what units depend on."""
MOST_PATHS = 16
"""The strides that may meet along one axis."""


class Along(Record):
    """What the units of a tensor depend on along one axis.

    Attributes:
        units: a family for each stride at which local paths arrive; empty where there are none.
        whole: some path sees all of the axis.
        lost: 0, or why there are no units: TOO_LONG or LOST.
    """

    __slots__ = ()

    units: tuple[Units, ...]
    whole: bool
    lost: int


class Field(Record):
    """What the units of a tensor depend on: its layout, and what there is along each axis.

    `loose` says that branches met of which some have units that depend on nothing, so that a
    product of intervals may hold more than there is.
    """

    __slots__ = ()

    layout: Layout
    axes: tuple[Along, ...]
    loose: bool


class Axis(Record):
    """An axis of a network's input: the dimension, and its size if that is known."""

    dim: int
    size: int | None


_new = tuple.__new__
"""Past `Record`'s own constructor, where it is called for every layer."""


class Walk:
    """Follows one input of a network through its graph."""

    def __init__(self, graph: Graph, input: int) -> None:
        self.graph = graph
        self.input = input
        shape = input_shape(graph, input)
        self.axes = tuple(
            Axis(dim, shape[dim] if is_known(shape[dim]) else None) for dim in input_axes(graph, input, shape)
        )
        self.fields: dict[Result, Field | None] = {(-1 - at, 0): None for at in range(len(graph.inputs))}
        self.dark: set[Result] = set()
        """Tensors without a field that may depend on the input all the same: nothing is known of what makes them."""
        self.effort = MOST_EFFORT
        self.plans: dict[tuple[object, ...], Plan | None] = {}
        self.planned: dict[tuple[object, ...], Plan | None] = {}
        self.layouts: dict[Layout, Layout] = {}
        if self.axes:
            at = {axis.dim: index for index, axis in enumerate(self.axes)}
            dims = tuple(((at[dim], size, 1),) if dim in at else () for dim, size in enumerate(shape))
            layout = Layout(dims, tuple(shape[axis.dim] for axis in self.axes))
            self.layouts[layout] = layout
            self.fields[-1 - input, 0] = Field(layout, (Along((START,), False, 0),) * len(self.axes), False)

    def field(self, result: Result) -> Field | None:
        """Return what the units of a tensor depend on, None where that is nothing of this input.

        Tensors are asked for in the order of the graph's nodes.
        """
        if result not in self.fields:
            self.fields[result] = self._worked_out(result)
        return self.fields[result]

    def each(self) -> list[Field | None]:
        """Return what each node's first result depends on, in order."""
        fields, plans, found = self.fields, self.plans, []
        for at, node in enumerate(self.graph.nodes):
            before = fields.get(node.inputs[0]) if len(node.inputs) == 1 else None
            plan = plans.get((id(node.op), id(node.answer), 0, id(before.layout))) if before is not None else None
            if before is None or plan is None:
                found.append(self.field((at, 0)))
                continue
            # what follows is `field`, made short: chains are most of a network
            if plan.changes:
                before = _new(Field, (plan.layout, self._through(before, plan, 0), before.loose))
            fields[at, 0] = before
            found.append(before)
        return found

    def _worked_out(self, result: Result) -> Field | None:
        node = self.graph.nodes[result[0]]
        inputs = [self.field(tensor) for tensor in node.inputs]
        dark = bool(self.dark) and not self.dark.isdisjoint(node.inputs)
        plan = self.plan(node, result[1], inputs)
        if plan is None:
            if dark or (node.answer is None and any(inputs)):
                self.dark.add(result)
            return None
        field = self._moved(plan, inputs) if plan.changes else inputs[plan.readings[0][0]]
        if dark and field is not None:
            return field._replace(axes=tuple(Along((), along.whole, LOST) for along in field.axes))
        return field

    def plan(self, node: Node, result: int, inputs: list[Field | None]) -> Plan | None:
        """Return what becomes of each axis in a result; equal operators on equal inputs are asked once."""
        key = (id(node.op), id(node.answer), result, *(field and id(field.layout) for field in inputs))
        if key not in self.plans:
            plan = self._made(node, result, inputs) if any(inputs) and node.answer is not None else None
            if plan is not None:  # one object for equal layouts, which the key counts on
                plan = plan._replace(layout=self.layouts.setdefault(plan.layout, plan.layout))
            self.plans[key] = plan
        return self.plans[key]

    def _made(self, node: Node, result: int, inputs: list[Field | None]) -> Plan | None:
        shapes = tuple(map(self._shape, node.inputs, node.input_shapes))
        outputs = node.answer.outputs if node.answer else ()
        readings = node.op.reads(result, shapes, outputs)
        layouts = tuple(field.layout if field else None for field in inputs)
        sizes: tuple[object, ...] = (shapes, outputs[result])
        if all(reading.before is None and reading.after is None for reading in readings):  # channels do not matter
            windows = {
                dim for r in readings for dim, source in enumerate(r.sources) if source and source[1] is not STAY
            }
            sizes = tuple(outputs[result][dim] for dim in windows)
        key = (readings, sizes, *map(id, layouts))
        if key not in self.planned:
            self.planned[key] = planned(readings, layouts, shapes, outputs[result])
        return self.planned[key]

    def _shape(self, tensor: Result, read: Shape | None) -> Shape:
        """Return the shape of a tensor; where nothing is known of what makes it, the one that is read."""
        if tensor[0] < 0:
            return input_shape(self.graph, -1 - tensor[0])
        return self.graph.shape(tensor) or read or ()

    def _moved(self, plan: Plan, inputs: list[Field | None]) -> Field:
        read = [at for at, _ in plan.readings]
        arriving = [self._through(field, plan, which) for which, at in enumerate(read) if (field := inputs[at])]
        axes = arriving[0]
        if arriving.count(axes) < len(arriving):
            if all(own.count(own[0]) == len(own) for own in arriving):  # worked out once
                axes = (self._joined(tuple([own[0] for own in arriving])),) * len(axes)
            else:
                axes = tuple(map(self._joined, zip(*arriving, strict=True)))
        loose = any(field.loose for field in inputs if field is not None)
        if not loose and len(arriving) > 1 and len(axes) > 1:
            loose = any(map(_has_gaps, arriving))
        return Field(plan.layout, axes, loose)

    def _through(self, field: Field, plan: Plan, which: int) -> tuple[Along, ...]:
        """Take all axes through one reading; where one of them leads to nothing, so do all."""
        moves = plan.readings[which][1]
        first = field.axes[0]
        if plan.square and field.axes.count(first) == len(moves):
            one = self._along(first, moves[0])  # worked out once
            return (Along((), one.whole, one.lost) if _is_nothing(one) else one,) * len(moves)
        axes = tuple(map(self._along, field.axes, moves))
        if any(map(_is_nothing, axes)):
            return tuple(Along((), one.whole, one.lost) for one in axes)
        return axes

    def _along(self, along: Along, move: Move) -> Along:
        """Take one axis through one move."""
        window, is_whole, is_lost, _, made = move
        units, whole, lost = along
        if is_whole or is_lost or lost or window is None:
            some = bool(units) or lost > 0
            lost = LOST if is_lost and some else lost
            whole = whole or (is_whole and some)
        if window is None or lost:
            return Along((), whole, lost)
        if window is STAY:
            return along if whole is along.whole else Along(units, whole, lost)
        count = 1 if made is None else made if is_known(made) else None
        through = []
        for own in units:
            composed = compose(window, own, count) if self.effort > 0 or _is_short(own) else None
            if composed is None:
                return Along((), whole, TOO_LONG)
            self.effort -= len(composed.low) - 1
            through.append(composed)
        return _new(Along, (tuple(through), whole, lost))

    def _joined(self, arriving: tuple[Along, ...]) -> Along:
        """Join what arrives along one axis; families of one stride are merged."""
        whole, lost = any(one.whole for one in arriving), max(one.lost for one in arriving)
        by_rate: dict[tuple[int, int], Units] = {}
        for along in arriving:
            for own in along.units:
                rate = own.rate()
                joined = merge(by_rate[rate], own) if rate in by_rate else own
                if joined is None:
                    return Along((), whole, max(lost, TOO_LONG))
                if joined is not own:
                    self.effort -= len(joined.low) - 1
                by_rate[rate] = joined
        if len(by_rate) > MOST_PATHS:
            lost = max(lost, TOO_LONG)
        return Along(() if lost else tuple(by_rate.values()), whole, lost)


def _is_nothing(along: Along) -> bool:
    """Say whether there are local paths, which all lead to nothing."""
    units = along.units
    return bool(units) and units[0].low[0] is None and all(map(is_empty, units))


def _is_short(units: Units) -> bool:
    return isinstance(units, Family) and units.period == 1


def _has_gaps(axes: tuple[Along, ...]) -> bool:
    """Say whether some unit depends on nothing along some axis."""
    return any(None in units.low for along in axes for units in along.units if len(units.low) > 1)


def input_shape(graph: Graph, input: int) -> Shape:
    """Return the shape of a network's input, with batch; unknown sizes where only the number of axes is known."""
    shape = graph.inputs[input].shape
    if shape is not None:
        return shape
    reader = _reader(graph, input)
    return (UNKNOWN,) * reader.ranks[0] if reader is not None and len(reader.ranks) == 1 else ()


def input_axes(graph: Graph, input: int, shape: Shape) -> tuple[int, ...]:
    """Return the dimensions of an input that are neither batch nor channels, as the operator that reads it first says.

    Numbers that are looked up in a table have no channels.
    """
    reader = _reader(graph, input)
    if reader is None or not shape:
        return ()
    without = {reader.batch_axis() % len(shape)}
    if graph.inputs[input].dtype != "int64":
        without.add(reader.channel_axis(len(shape)) % len(shape))
    return tuple(dim for dim in range(len(shape)) if dim not in without)


def _reader(graph: Graph, input: int) -> Operator | None:
    for node in graph.nodes:
        if (-1 - input, 0) in node.inputs:
            return node.op
    return None
