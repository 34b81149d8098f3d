"""What a picture shows: boxes in groups and edges between them, whatever it is drawn with."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convcli.graph import Graph, Result
from convcli.human import bytes_, counted, short, show_shape
from convcli.op import Operator
from convcli.outline.scopes import around, torn
from convcli.record import Record
from convcli.report import LayerReport, Report
from convcli.styled import printable, shorten

MOST_BOXES = 120
"""More than these are not readable: scopes are folded until there are fewer."""

LONGEST = 48
"""Characters of a line in a box."""


class Box(Record):
    """A layer, a folded scope, an input or an output.

    `cost` is its part of the largest one, from 0 to 1, None where no colour is wanted or it is not known.
    """

    key: int
    lines: tuple[str, ...]
    kind: str
    group: str
    cost: float | None = None


class Edge(Record):
    """A tensor on its way from one box to another."""

    start: int
    end: int
    shape: str


class Group(Record):
    """A scope around boxes; `outer` is the group around it, "" where there is none."""

    path: str
    title: str
    outer: str


class Picture(Record):
    """A whole picture; boxes stand in order of execution, a group before those in it."""

    title: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    groups: Mapping[str, Group]
    depth: int | None


def picture(graph: Graph, report: Report, depth: int | None = None, cost: str | None = None) -> Picture:
    """Return what a picture of a network shows, folded below `depth`, or as far as it must to be readable."""
    depths = range(max((node.name.count(".") for node in graph.nodes), default=0) + 1, 0, -1)
    folded = [depth] if depth else [None, *depths]
    for one in folded:
        made = _Maker(graph, report, one, cost)
        if len(made.rows) <= MOST_BOXES or one == folded[-1]:
            break
    return made.picture()


class _Maker:
    def __init__(self, graph: Graph, report: Report, depth: int | None, cost: str | None) -> None:
        self.graph = graph
        self.report = report
        self.depth = depth
        self.cost = cost
        self.torn = torn(graph)
        self.rows: dict[tuple[str, str], list[int]] = {}
        self.place: list[tuple[str, str]] = []
        for at, node in enumerate(graph.nodes):
            scopes = around(node.name)
            deep = depth is not None and len(scopes) >= depth
            key = ("scope", scopes[depth - 1]) if deep and depth else ("layer", node.name)
            self.rows.setdefault(key, []).append(at)
            self.place.append(key)

    def picture(self) -> Picture:
        """Return all boxes, edges and groups."""
        keys: dict[Any, int] = {}
        for place in range(len(self.graph.inputs)):
            keys["input", place] = len(keys)
        for row in self.rows:
            keys[row] = len(keys)
        groups: dict[str, Group] = {}
        boxes = [
            Box(keys["input", place], (_line(made.name), show_shape(made.shape)), "input", "")
            for place, made in enumerate(self.graph.inputs)
        ]
        costs = {row: self.cost_of(members) for row, members in self.rows.items()}
        most = max((cost for cost in costs.values() if cost), default=0)
        for row, members in self.rows.items():
            share = costs[row] / most if most and costs[row] is not None else None  # type: ignore[operator]
            group = self.group(row[1], groups)
            boxes.append(Box(keys[row], self.lines(row, members, costs[row]), row[0], group, share))
        edges = self.edges(keys)
        for place, output in enumerate(self.graph.outputs):
            called = _line(self.graph.keys[place]) if self.graph.keys else ""
            boxes.append(
                Box(len(keys) + place, (called or "output", show_shape(self.graph.shape(output))), "output", "")
            )
            edges[keys[self.source(output)], len(keys) + place, show_shape(self.graph.shape(output))] = None
        title = _line(self.graph.name)
        return Picture(title, tuple(boxes), tuple(Edge(*edge) for edge in edges), groups, self.depth)

    def source(self, tensor: Result) -> tuple[str, Any]:
        """Return the row that makes a tensor."""
        return self.place[tensor[0]] if tensor[0] >= 0 else ("input", -1 - tensor[0])

    def edges(self, keys: Mapping[Any, int]) -> dict[tuple[int, int, str], None]:
        """Return the edges, each once."""
        found: dict[tuple[int, int, str], None] = {}
        for at, node in enumerate(self.graph.nodes):
            for tensor in node.inputs:
                start, end = keys[self.source(tensor)], keys[self.place[at]]
                if start != end:
                    found[start, end, show_shape(self.graph.shape(tensor))] = None
        return found

    def group(self, name: str, groups: dict[str, Group]) -> str:
        """Return the innermost scope around a name that is a group, and note it with those around it."""
        outer = ""
        for path in around(name):
            if path in self.torn:
                continue
            label = path[len(outer) + 1 :] if outer else path
            kind = self.graph.kinds.get(path)
            groups.setdefault(path, Group(path, _line(f"{label}: {kind}" if kind else label), outer))
            outer = path
        return outer

    def lines(self, row: tuple[str, str], members: Sequence[int], cost: int | None) -> tuple[str, ...]:
        """Return the text of a box."""
        name = row[1].rpartition(".")[2]
        if row[0] == "scope":
            kind = self.graph.kinds.get(row[1])
            found = [f"{name}: {kind}" if kind else name, counted(len(members), "layer")]
        else:
            what = summary(self.graph.nodes[members[0]].op)
            found = [name, what] if what != name else [name]
        if self.cost is not None and cost != 0:
            found.append(bytes_(cost) if self.cost == "memory" else f"{short(cost)} {self.words()}")
        return tuple(map(_line, found))

    def words(self) -> str:
        return {"macs": "MACs", "params": "parameters"}[str(self.cost)]

    def cost_of(self, members: Sequence[int]) -> int | None:
        """Return what the layers of a box cost, None where that is not known or not asked."""
        if self.cost is None:
            return None
        costs = [_cost(self.report.layers[at], self.cost) for at in members]
        return None if None in costs else sum(cost for cost in costs if cost is not None)


def walk(shown: Picture) -> Iterator[tuple[int, Box | Group | None]]:
    """Give the boxes with the groups around them, each with how deep it stands; None closes a group."""
    open_: list[str] = []
    for box in shown.boxes:
        path, wanted = box.group, list[str]()
        while path:
            wanted.insert(0, path)
            path = shown.groups[path].outer
        same = sum(1 for one, other in zip(open_, wanted, strict=False) if one == other)
        while len(open_) > same:
            open_.pop()
            yield len(open_), None
        for group in wanted[same:]:
            yield len(open_), shown.groups[group]
            open_.append(group)
        yield len(open_), box
    while open_:
        open_.pop()
        yield len(open_), None


def _cost(layer: LayerReport, cost: str) -> int | None:
    return {"macs": layer.macs, "params": layer.params, "memory": layer.output_bytes}[cost]


def summary(op: Operator) -> str:
    """Return an operator with what its window is: `Conv2d 7x7 /2`."""
    kernel, stride = op.values.get("kernel_size"), op.values.get("stride")
    if not isinstance(kernel, tuple):
        return op.name
    text = f"{op.name} {'x'.join(map(str, kernel))}"
    if isinstance(stride, tuple) and any(step != 1 for step in stride) and (stride != kernel or "Pool" not in op.name):
        steps = stride[:1] if len(set(stride)) == 1 else stride
        text += f" /{'x'.join(map(str, steps))}"
    groups = op.values.get("groups", 1)
    return text if groups == 1 else f"{text} groups={groups}"


def _line(text: str) -> str:
    return shorten(printable(text), LONGEST)


def colour(cost: float) -> str:
    """Return the colour of a cost, from white to a light red."""
    start, end = (255, 255, 255), (249, 130, 108)
    return "#" + "".join(f"{round(a + (b - a) * cost):02x}" for a, b in zip(start, end, strict=True))
