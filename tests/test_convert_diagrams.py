"""Diagrams: what they show, that they are well formed whatever layers are called, and that boxes do not overlap."""

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import conversions
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convcli
from convcli.asking import counted
from convcli.writers.diagram.dot import dot
from convcli.writers.diagram.mermaid import mermaid
from convcli.writers.diagram.picture import MOST_BOXES, Group, picture, walk
from convcli.writers.diagram.svg import svg

SVG = "{http://www.w3.org/2000/svg}"
GRAPHS = dict(conversions.all_graphs())
NETWORKS = [model.name for model in convcli.models()]


def shown(graph, depth=None, cost=None):
    """Return what a picture of a graph shows."""
    return picture(graph, counted(graph, ()), depth, cost)


def rectangles(text, kind):
    """Return the places of all boxes, or groups: left, top, right, bottom."""
    found = []
    for one in ET.fromstring(text).iter(f"{SVG}rect"):
        if kind in one.get("class", "").split():
            x, y, width, height = (float(one.get(key)) for key in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    return found


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("name", NETWORKS)
def test_boxes_do_not_overlap_and_lie_on_the_page(name):
    text = svg(shown(conversions.graph(name)))
    page = [float(size) for size in ET.fromstring(text).get("viewBox").split()]
    boxes = rectangles(text, "box")
    assert all(0 <= left < right <= page[2] and 0 <= top < bottom <= page[3] for left, top, right, bottom in boxes)
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))


@pytest.mark.parametrize("name", ["retinanet_resnet50_fpn", "unet", "googlenet", "wavenet", "yolov3"])
def test_groups_hold_each_other_or_lie_apart(name):
    groups = rectangles(svg(shown(conversions.graph(name))), "group")
    for one, other in combinations(groups, 2):
        inside = any(
            a[0] <= b[0] and a[1] <= b[1] and b[2] <= a[2] and b[3] <= a[3] for a, b in ((one, other), (other, one))
        )
        assert inside or not overlap(one, other)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_layer_has_a_box_and_every_tensor_an_edge(name):
    graph = GRAPHS[name]
    made = shown(graph)
    assert sum(box.kind == "layer" for box in made.boxes) == len(graph.nodes)
    read = {(tensor, at) for at, node in enumerate(graph.nodes) for tensor in node.inputs}
    between = {(made_by, at) for (made_by, _), at in read}
    assert len({(edge.start, edge.end) for edge in made.edges}) == len(between) + len(set(graph.outputs))
    assert len(rectangles(svg(made), "box")) == len(made.boxes)


def test_edges_have_shapes():
    assert 'n1 -->|"1x8x30x30"| n2' in mermaid(shown(conversions.graph("conv 8 k3 | relu", "3x32x32")))


def test_a_large_network_is_folded_until_it_is_readable():
    for name in ("resnet152", "densenet201", "efficientnet_b7"):
        made = shown(conversions.graph(name))
        assert made.depth is not None
        assert len(made.boxes) <= MOST_BOXES + 2


def test_a_thousand_layers_in_blocks_are_a_few_boxes():
    lines = "".join(f"\n- part{n}:\n    - ReLU() * 100" for n in range(10))
    made = shown(conversions.file_graph(lines))
    assert [box.lines for box in made.boxes[1:3]] == [("part0", "100 layers"), ("part1", "100 layers")]


def test_depth_folds_what_is_deeper():
    boxes = shown(conversions.graph("resnet18"), depth=1).boxes
    assert [box.lines for box in boxes if box.kind == "scope"] == [
        ("layer1: Stage", "14 layers"), ("layer2: Stage", "16 layers"),
        ("layer3: Stage", "16 layers"), ("layer4: Stage", "16 layers"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cost", "line"), [("macs", "118 M MACs"), ("params", "9.41 k parameters"), ("memory", "3.06 MiB")]
)
def test_costs_are_written_and_are_colours(cost, line):
    made = shown(conversions.graph("resnet18"), depth=1, cost=cost)
    assert line in made.boxes[1].lines
    shares = [box.cost for box in made.boxes if box.cost is not None]
    assert max(shares) == 1
    assert min(shares) >= 0
    assert "fill: #f9826c" in svg(made)
    assert "fill:#f9826c" in mermaid(made)
    assert 'fillcolor="#f9826c"' in dot(made)


def test_what_is_not_known_has_no_colour():
    graph = conversions.graph("conv 8 k3 | relu", "3x32x32")
    report = counted(graph, ())
    unknown = tuple(layer._replace(macs=None) for layer in report.layers)
    boxes = picture(graph, report._replace(layers=unknown), None, "macs").boxes
    assert [box.cost for box in boxes] == [None] * 4
    assert boxes[1].lines[-1] == "? MACs"


# ---- whatever layers are called

NASTY = st.one_of(
    st.text(min_size=1, max_size=12),
    st.sampled_from(
        [
            '"', "'", "\\", "\\n", "\n", "</script>", "<script>alert(1)</script>", "]]>", "-->", "--", "&amp;",
            "#quot;", "end", "subgraph", "click n0 callback", '"]\n  n9["x', '"];\n}', "`", "%%{init}%%", "{", "}",
            ";", "|", "é", "層", "\x00", "\x1b[31m", "\u2028", "\ud800", "graph", "a" * 300, "x;\nimport os", '"""',
            "$(x)", "//", "<!--", "style", "__x", "__init__", "0", "lambda", "None", "forward", "training", "a b",
        ]
    ),
).map(lambda text: text.replace(".", "_"))  # fmt: skip


@st.composite
def hostile_graphs(draw):
    """Draw a graph in which everything that has a name is called something."""
    graph = GRAPHS[draw(st.sampled_from(["shared scope", "merges", "weights", "state"]))]
    parts = dict.fromkeys(part for node in graph.nodes for part in node.name.split("."))
    chosen = draw(st.lists(NASTY, min_size=len(parts), max_size=len(parts), unique=True))
    new = dict(zip(parts, chosen, strict=True))

    def renamed(path):
        return path and ".".join(new.get(part, part) for part in path.split("."))

    nodes = tuple(node._replace(name=renamed(node.name), module=renamed(node.module)) for node in graph.nodes)
    inputs = tuple(made._replace(name=draw(NASTY)) for made in graph.inputs)
    kinds = {path: draw(NASTY) for node in nodes for path in ["".join(node.name.split(".")[:1])] if "." in node.name}
    return graph._replace(name=draw(NASTY), nodes=nodes, inputs=inputs, kinds=kinds)


QUOTED = r'"(?:[^"\n\\<>`&]|<br/>|&(?=amp;))*"'
MERMAID_LINE = re.compile(
    rf"  *(?:n\d+(?:\[{QUOTED}\]|\[\[{QUOTED}\]\]|\(\[{QUOTED}\]\))|subgraph g\d+\[{QUOTED}\]|end"
    rf"|n\d+ -->\|{QUOTED}\| n\d+|style n\d+ fill:#[0-9a-f]{{6}})"
)
DOT_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|->|[\w.]+|[{}\[\]=,]|[ \n]')


@given(hostile_graphs())
def test_whatever_layers_are_called_the_pictures_are_well_formed(graph):
    made = shown(graph, cost="macs")
    tree = ET.fromstring(svg(made))
    assert {element.tag.removeprefix(SVG) for element in tree.iter()} <= {
        "svg",
        "title",
        "style",
        "rect",
        "text",
        "path",
    }
    comment, head, *lines = mermaid(made).splitlines()
    assert comment.startswith("%% ")
    assert "%%{" not in comment
    assert head == "flowchart TD"
    assert [line for line in lines if not MERMAID_LINE.fullmatch(line)] == []
    text, place = dot(made), 0
    while place < len(text):
        token = DOT_TOKEN.match(text, place)
        assert token, text[place : place + 40]
        place = token.end()
    assert len(re.findall(r"^ *n\d+ \[label", text, re.MULTILINE)) == len(made.boxes)


@given(hostile_graphs())
def test_every_group_that_is_opened_is_closed(graph):
    depth = 0
    for indent, item in walk(shown(graph)):
        if item is None:
            depth -= 1
        assert indent == depth
        depth += isinstance(item, Group)
    assert depth == 0


@pytest.mark.parametrize(
    "names",
    [("a.x", "b.x", "a.y", "b.y", "c"), ("a.x", "c", "a.y", "b", "a.z"), ("c", "b.x", "a.x", "b.y", "a.y")],
)
def test_folded_scopes_that_read_each_other_are_drawn(names):
    graph = conversions.graph("conv 8 k3 | relu | conv 8 k3 | relu | conv 4 k1", "3x32x32")
    graph = graph._replace(nodes=tuple(one._replace(name=name) for one, name in zip(graph.nodes, names, strict=True)))
    text = svg(shown(graph, 1))
    boxes = rectangles(text, "box")
    assert len(boxes) == len({name.partition(".")[0] for name in names}) + 2
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))


def test_a_folded_scope_stands_below_what_stands_in_the_graph_behind_its_first_layer():
    graph = conversions.graph("conv 8 k3 | relu | (x + x)", "3x32x32")
    first, second, third = graph.nodes
    names = ("a.x", "b", "a.y")
    nodes = [one._replace(name=name) for one, name in zip((first, second, third), names, strict=True)]
    nodes[1] = nodes[1]._replace(inputs=((-1, 0),))  # reads the input alone, and is read by the second layer of `a`
    nodes[2] = nodes[2]._replace(inputs=((0, 0), (1, 0)))
    root = ET.fromstring(svg(shown(graph._replace(nodes=tuple(nodes)), 1)))
    tops = sorted(float(one.get("y")) for one in root.iter(f"{SVG}rect") if "box" in (one.get("class") or "").split())
    assert len(set(tops)) == 4  # input, `b`, `a`, output
