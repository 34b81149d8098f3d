"""SVG, laid out and drawn without any library; any browser shows it."""

from collections.abc import Iterator
from html import escape
from itertools import pairwise
from typing import Any

from convcli.styled import width_of
from convcli.writers.diagram.layered import Layers
from convcli.writers.diagram.picture import Box, Edge, Picture, colour

LETTER, LINE, MARGIN, TITLE = 6.7, 15.0, 12.0, 20.0
"""The width of a letter, the height of a line, the room around a group's boxes and for its title."""

Key = tuple[Any, ...]
"""A member of a group: a box, a group, or a port, "in" or "out", with the box that the edge comes from."""
Way = tuple[int, Key, Key]
Point = tuple[float, float]


STYLE = """\
<style>
text { font: 11px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328; text-anchor: middle }
.dim { fill: #59636e } .shape { font-size: 9px; fill: #59636e; stroke: #fff; stroke-width: 3px; paint-order: stroke }
.title { font-weight: bold; text-anchor: start; fill: #59636e; stroke: #f6f8fa; stroke-width: 4px; paint-order: stroke }
.box { fill: #fff; stroke: #59636e } .input, .output { fill: #ddf4ff } .scope { stroke-width: 2 }
.group { fill: #818b98; fill-opacity: .08; stroke: #d1d9e0 }
.edge { fill: none; stroke: #59636e }
</style>"""


def svg(shown: Picture) -> str:
    """Draw a picture."""
    return "\n".join(_Drawing(shown).lines()) + "\n"


class _Drawing:
    def __init__(self, shown: Picture) -> None:
        self.shown = shown
        self.boxes = {box.key: box for box in shown.boxes}
        self.members: dict[str, dict[Key, None]] = {path: {} for path in ("", *shown.groups)}
        for box in shown.boxes:
            path, key = box.group, box.key
            inside: Key = ("box", key)
            for outer in self.scopes(path):
                self.members[outer][inside] = None
                inside = ("group", outer)
        self.ways: dict[str, dict[Way, str]] = {path: {} for path in self.members}
        for edge in shown.edges:
            self.lift(edge)
        self.layers: dict[str, Layers] = {}
        for path in reversed(list(self.members)):  # the inner ones come behind those around them
            self.layers[path] = self.laid_out(path)

    def scopes(self, path: str) -> list[str]:
        """Return a group and those around it, from the inside out; the last is the whole picture."""
        found = []
        while path:
            found.append(path)
            path = self.shown.groups[path].outer
        return [*found, ""]

    def lift(self, edge: Edge) -> None:
        """Note an edge in each group that it passes: out of those of its start, into those of its end."""
        outs, ins = (self.scopes(self.boxes[key].group) for key in (edge.start, edge.end))
        common = next(path for path in outs if path in ins)
        start: Key = ("box", edge.start)
        for path in outs[: outs.index(common)]:
            self.ways[path].setdefault((edge.start, start, ("out", edge.start)), "")
            start = ("group", path)
        end: Key = ("box", edge.end)
        for path in ins[: ins.index(common)]:
            self.ways[path].setdefault((edge.start, ("in", edge.start), end), "")
            end = ("group", path)
        self.ways[common].setdefault((edge.start, start, end), edge.shape)

    def laid_out(self, path: str) -> Layers:
        """Return where the members of a group go."""
        ways = self.ways[path]
        first = dict.fromkeys(start for _, start, _ in ways if start[0] == "in")
        last = dict.fromkeys(end for _, _, end in ways if end[0] == "out")
        sizes = {key: (8.0, 0.0) if key in first or key in last else self.size(key)
                 for key in (*first, *self.members[path], *last)}  # fmt: skip
        return Layers(sizes, [(start, end) for _, start, end in ways], set(first), set(last))

    def size(self, key: Any) -> Point:
        """Return how large a box, or a group that is laid out, is."""
        if key[0] == "box":
            lines = self.boxes[key[1]].lines
            return max(map(width_of, lines)) * LETTER + 16, len(lines) * LINE + 8
        inner, title = self.layers[key[1]], self.shown.groups[key[1]].title
        return max(inner.width + 2 * MARGIN, width_of(title) * LETTER + 16), inner.height + TITLE + MARGIN

    # ---- lines

    def lines(self) -> Iterator[str]:
        """Give the lines of the file."""
        whole = self.layers[""]
        width, height = round(whole.width + 2 * MARGIN), round(whole.height + 2 * MARGIN)
        size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        yield f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        yield f"<title>{_text(self.shown.title)}</title>"
        yield STYLE
        yield f'<rect width="{width}" height="{height}" fill="#fff"/>'
        yield from self.group("", MARGIN, MARGIN)
        yield "</svg>"

    def group(self, path: str, left: float, top: float) -> Iterator[str]:
        """Draw a group's members, and the edges between them over these."""
        layers = self.layers[path]
        for key in self.members[path]:
            x, y = left + layers.x[key], top + layers.y[key]
            width, height = layers.sizes[key]
            if key[0] == "box":
                yield from self.box(self.boxes[key[1]], x, y, width, height)
            else:
                yield _rectangle("group", x, y, width, height)
                inner = (width - self.layers[key[1]].width) / 2
                yield from self.group(key[1], x - width / 2 + inner, y + TITLE)
                title = _text(self.shown.groups[key[1]].title)
                yield f'<text class="title" x="{x - width / 2 + 8:.1f}" y="{y + 14:.1f}">{title}</text>'
        for (source, start, end), shape in self.ways[path].items():
            yield from self.edge(path, source, layers.chains[start, end], shape, left, top)

    def box(self, box: Box, x: float, y: float, width: float, height: float) -> Iterator[str]:
        fill = f' style="fill: {colour(box.cost)}"' if box.cost is not None else ""
        yield _rectangle(f"box {box.kind}", x, y, width, height, fill)
        for place, line in enumerate(box.lines):
            dim = ' class="dim"' if place else ""
            yield f'<text{dim} x="{x:.1f}" y="{y + 4 + LINE * (place + 0.75):.1f}">{_text(line)}</text>'

    def edge(self, path: str, source: int, chain: list[Key], shape: str, left: float, top: float) -> Iterator[str]:
        """Draw an edge through the points on its way."""
        layers = self.layers[path]
        points: list[Point] = [self.leaving(path, source, chain[0])]
        for point in chain[1:-1]:
            begin, end = layers.spans[layers.rank[point]]
            points += [(layers.x[point], begin), (layers.x[point], end)]
        points.append(self.entering(path, source, chain[-1]))
        way = f"M{left + points[0][0]:.1f} {top + points[0][1]:.1f}"
        for (x1, y1), (x2, y2) in pairwise(points):
            middle = top + (y1 + y2) / 2
            way += f" C{left + x1:.1f} {middle:.1f} {left + x2:.1f} {middle:.1f} {left + x2:.1f} {top + y2:.1f}"
        yield f'<path class="edge" d="{way}"/>'
        (x1, y1), (x2, y2) = points[-2:]
        if chain[-1][0] == "box":
            x, y = left + x2, top + y2
            yield f'<path fill="#59636e" d="M{x:.1f} {y:.1f} l-3.5 -6 h7 z"/>'
        if shape:
            x, y = left + x1 + 0.216 * (x2 - x1), top + y1 + 0.342 * (y2 - y1)  # at 0.3 of the curve
            yield f'<text class="shape" x="{x:.1f}" y="{y + 2:.1f}">{_text(shape)}</text>'

    def leaving(self, path: str, source: int, key: Any) -> Point:
        """Return where an edge begins, from the upper left of the group's members."""
        layers = self.layers[path]
        if key[0] == "in":  # the upper border of the group itself
            return layers.x[key], -TITLE
        return layers.x[key] + self.port(path, key, ("out", source)), layers.y[key] + layers.sizes[key][1]

    def entering(self, path: str, source: int, key: Any) -> Point:
        """Return where an edge ends."""
        layers = self.layers[path]
        if key[0] == "out":  # the lower border of the group itself
            return layers.x[key], layers.height + MARGIN
        return layers.x[key] + self.port(path, key, ("in", source)), layers.y[key]

    def port(self, path: str, key: Any, port: Key) -> float:
        """Return how far from its middle an edge meets a member: where its port is, if it is a group."""
        if key[0] != "group":
            return 0.0
        inner = self.layers[key[1]]
        return inner.x[port] - inner.width / 2


def _rectangle(kind: str, x: float, y: float, width: float, height: float, more: str = "") -> str:
    place = f'x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{kind}" {place} rx="{12 if "put" in kind else 4}"{more}/>'


def _text(text: str) -> str:
    """Return a text as XML takes it."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
