"""Questions about receptive fields: the layers in order, one unit's box, and who sees one position."""

from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.graph import Graph
from convcli.receptive_field.record import walks_of
from convcli.receptive_field.units import Seen, input_of, is_known, units_of
from convcli.receptive_field.walk import Field, Walk
from convcli.record import Record
from convcli.report import Report
from convcli.window import AXIS_NAMES

Position = tuple[int, ...]


class Extent(Record):
    """Along one axis: its name and size, the first and last position, and how many between them count.

    `first` and `last` are None where no local path leads along this axis.
    """

    axis: str
    size: int
    first: int | None
    last: int | None
    positions: int


class Box(Record):
    """What one unit depends on in an input, or where the units of a layer are that see one position.

    Attributes:
        tensor: the name of the input, or of the layer.
        extents: along each axis; None where local paths lead to nothing.
        whole: whether global paths lead everywhere.
        exact: whether the extents are no larger than need be.
    """

    tensor: str
    extents: tuple[Extent, ...] | None
    whole: bool
    exact: bool


class Answer(Record):
    """All that was asked: the report, and the boxes of a unit of a layer, or of a position of an input.

    Attributes:
        report: the network, with the receptive field of every layer.
        layer: the name of the layer in question, None where all are.
        unit: its unit.
        pixel: the position of the input.
        boxes: of a unit one for each input, of a position one for each layer.
    """

    report: Report
    layer: str | None
    unit: Position | None
    pixel: Position | None
    boxes: tuple[Box, ...]


def ask(graph: Graph, report: Report, layer: str | None, unit: Position | None, pixel: Position | None) -> Answer:
    """Answer a question about a network whose sizes are known.

    Raises:
        ConvcliError: there is no such layer, unit or position.
    """
    if layer is not None and layer not in (node.name for node in graph.nodes):
        help = suggestion(layer, [node.name for node in graph.nodes]) or "`convcli rf` without `--layer` lists them"
        raise ConvcliError([Diagnostic("CV012", f"the network has no layer `{layer}`", help=help)])
    if unit is None and pixel is None:
        return Answer(report, layer, None, None, ())
    walks = walks_of(graph)
    for walk in walks:
        walk.each()
    if pixel is not None:
        return Answer(report, layer, None, pixel, _who_sees(graph, walks, layer, pixel))
    chosen = layer if layer is not None else last_local(graph, walks)
    return Answer(report, chosen, unit, None, _boxes_of(graph, walks, chosen, unit or ()))


def last_local(graph: Graph, walks: list[Walk]) -> str:
    """Return the last layer of whose units each depends on a place of its own.

    Raises:
        ConvcliError: there is none.
    """
    for at in range(len(graph.nodes) - 1, -1, -1):
        for walk in walks:
            field = walk.field((at, 0))
            placed = field is not None and all(units is not None for units in field.layout.units)
            if field is not None and placed and all(along.units for along in field.axes):
                return graph.nodes[at].name
    raise ConvcliError([Diagnostic("CV013", "no layer of the network has units with a place on its input")])


def middle(graph: Graph, layer: str | None) -> tuple[str, Position]:
    """Return a layer and the unit in its middle, for a picture of no unit in particular."""
    walks = walks_of(graph)
    for walk in walks:
        walk.each()
    name = layer if layer is not None else last_local(graph, walks)
    for walk in walks:
        field = walk.field((_place(graph, name), 0))
        if field is not None:
            return name, tuple((units or 1) // 2 for units in field.layout.units)
    return name, ()


def _place(graph: Graph, name: str) -> int:
    return next(at for at, node in enumerate(graph.nodes) if node.name == name)


def _boxes_of(graph: Graph, walks: list[Walk], layer: str, unit: Position) -> tuple[Box, ...]:
    boxes = []
    for walk in walks:
        tensor = (_place(graph, layer), 0)
        field = walk.field(tensor)
        if field is None:
            continue
        if not any(along.units or along.lost for along in field.axes):
            message = f"the units of `{layer}` have no place on the input: global paths see all of it"
            raise ConvcliError([Diagnostic("CV013", message, help="ask a layer before, of `convcli rf`")])
        if not is_known(walk, tensor):
            raise ConvcliError([Diagnostic("CV013", f"it is not known on what the units of `{layer}` depend")])
        sizes = [1 if units is None else units for units in field.layout.units]
        _check(unit, sizes, f"`{layer}`", "unit", "units")
        seen = input_of(walk, tensor, unit, whole=False)
        boxes.append(_box(graph.inputs[walk.input].name, walk, seen, [axis.size or 0 for axis in walk.axes], field))
    if not boxes:
        raise ConvcliError([Diagnostic("CV013", f"no unit of `{layer}` depends on a position of the input")])
    return tuple(boxes)


def _who_sees(graph: Graph, walks: list[Walk], layer: str | None, pixel: Position) -> tuple[Box, ...]:
    if not walks:
        raise ConvcliError([Diagnostic("CV013", "the network's input has no positions")])
    walk = walks[0]
    _check(pixel, [axis.size or 0 for axis in walk.axes], f"`{graph.inputs[walk.input].name}`", "position", "positions")
    seen = units_of(walk, pixel, whole=False)
    boxes = []
    for at, node in enumerate(graph.nodes):
        field = walk.field((at, 0))
        if field is not None and is_known(walk, (at, 0)) and layer in (None, node.name):
            sizes = [1 if units is None else units for units in field.layout.units]
            boxes.append(_box(node.name, walk, seen[at, 0], sizes, field))
    return tuple(boxes)


def _box(name: str, walk: Walk, seen: Seen, sizes: list[int], field: Field) -> Box:
    names = axis_names(len(walk.axes))
    whole = any(along.whole for along in field.axes)
    if seen.intervals is None:
        return Box(name, None, whole, seen.exact)
    extents = tuple(
        Extent(axis, size, *(interval or (None, None, 0)))
        for axis, size, interval in zip(names, sizes, seen.intervals, strict=True)
    )
    return Box(name, extents, whole, seen.exact)


def axis_names(count: int) -> tuple[str, ...]:
    """Return the names of the axes of an input."""
    return AXIS_NAMES.get(count) or tuple(f"axis {axis + 1}" for axis in range(count))


def _check(place: Position, sizes: list[int], what: str, one: str, many: str) -> None:
    """Refuse a place with too few or too many numbers, or outside of a tensor."""
    named = zip(axis_names(len(sizes)), sizes, strict=True)
    shown = ", ".join(f"0 to {size - 1} along the {name}" for name, size in named)
    if len(place) != len(sizes):
        message = f"a {one} of {what} has {len(sizes)} numbers, found {len(place)}"
        raise ConvcliError([Diagnostic("CV013", message, help=f"its {many} are {shown}")])
    if any(not 0 <= at < size for at, size in zip(place, sizes, strict=True)):
        message = f"{what} has no {one} {', '.join(map(str, place))}"
        raise ConvcliError([Diagnostic("CV013", message, help=f"its {many} are {shown}")])
