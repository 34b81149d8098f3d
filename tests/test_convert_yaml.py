"""Network files that are written: read again they are the same network."""

from __future__ import annotations

import random

import conversions
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convcli
from convcli.asking import graph_of
from convcli.converting import Asked, convert, writer
from convcli.diagnostics import ConvcliError
from convcli.readers.network_file import read_network
from convcli.source import Source
from convcli.writers.network_yaml.write import network_yaml, scalar

GRAPHS = dict(conversions.all_graphs())
NOT_THE_SAME_NAMES = {"hostile names"}


def written(graph):
    """Return a network file; that it is the same network is asserted where it is written."""
    text, findings = writer("yaml")(Asked(graph, None, None, None))
    return text, findings


def expect_same(graph, text):
    """Assert that a file has the layers of a graph, to the last name."""
    again, found = graph_of(read_network(Source("net.yaml", text)), batch=graph.batch)
    assert not found
    assert again.inputs == graph.inputs
    assert again.outputs == graph.outputs
    assert [node[:-2] for node in again.nodes] == [node[:-2] for node in graph.nodes]


@pytest.mark.parametrize("name", [model.name for model in convcli.models()])
def test_a_bundled_network_is_written_and_read_again(name):
    graph = conversions.graph(name)
    text, findings = written(graph)
    assert not findings
    expect_same(graph, text)


@pytest.mark.parametrize("name", GRAPHS)
def test_operators_and_wirings_are_written_and_read_again(name):
    text, findings = written(GRAPHS[name])
    assert not findings
    expect_same(GRAPHS[name], text)


def test_the_report_of_a_written_file_has_the_same_rows(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(convert("unet3d2016", "yaml").text)
    one, other = (convcli.profile(model).to_dict() for model in ("unet3d2016", path))
    for report in (one, other):
        for layer in report["layers"]:
            layer.pop("source")
    assert one["layers"] == other["layers"]
    assert one["totals"] == other["totals"]


def test_repeated_scopes_are_blocks_with_parameters():
    text = convert("resnet18", "yaml").text
    assert "  BasicBlock(out_channels):\n    - conv1: Conv2d(_, out_channels, 3, padding=1, bias=False)\n" in text
    assert "      - BasicBlock(64) * 2\n" in text


def test_numbers_that_hang_together_are_one_parameter():
    text = convert("resnet50", "yaml").text
    assert "    - conv3: Conv2d(_, hidden_channels * 4, 1, bias=False)\n" in text


NAMES = (
    "resnet18",
    "a: b",
    "- x",
    "'",
    '"',
    "null",
    "#",
    "é",
    "\U0001f600",
    "[a]",
    "{",
    "@",
    "\x85",
    "a\nb",
    "% ",
    "~",
    "x\\",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_text_whatever_it_is(name):
    line = f"name: {scalar(name)}\ninput: [3]\nlayers:\n  - ReLU()\n"
    assert read_network(Source("net.yaml", line)).name == name


def test_what_cannot_keep_its_name_is_said():
    graph = conversions.file_graph("\n- a: ReLU()\n- b: x + a\n")
    nodes = [node._replace(name=node.name.replace("a", "a b"), module=node.module and "a b") for node in graph.nodes]
    text, findings = written(graph._replace(nodes=tuple(nodes)))
    assert "- a_b: ReLU()" in text
    assert [(found.code, found.level, found.message) for found in findings] == [
        ("CV073", "warning", "`a b` is called `a_b`")
    ]


def test_what_the_language_cannot_say_is_refused():
    graph = conversions.file_graph("\n- a: ReLU()\n- b: x + a\n")
    with pytest.raises(ConvcliError, match=r"CV074.*its outputs"):
        written(graph._replace(outputs=()))


# ---- any network


class Draft:
    """A network of pictures of one size, wired at random."""

    NAMES = ("a", "b", "c1", "out", "relu", "conv", "skip", "add", "b-1", "self", "class")

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.blocks = []

    def text(self):
        lines = ["input: [4, 8, 8]"]
        if self.random.random() < 0.7:
            lines.append("blocks:")
            for place in range(self.random.randint(1, 3)):
                lines += [f"  B{place}(k):", *self.items(2, 1, self.random.randint(1, 5))]
                self.blocks.append(f"B{place}")
        return "\n".join([*lines, "layers:", *self.items(1, 0, self.random.randint(1, 9))]) + "\n"

    def expression(self, known):
        tensor, other = (self.random.choice(["x", "x", "input", *known]) for _ in "ab")
        bias, times = self.random.random() < 0.5, self.random.randint(1, 3)
        choices = [
            f"Conv2d(_, 4, 3, padding=1, bias={bias})", f"Conv2d(_, 4, 1)({tensor})", f"ReLU() * {times}", "Sigmoid()",
            "Conv2d(_, 4, 3, padding=1) | BatchNorm2d(_) | ReLU()", f"{tensor} + {other}", f"tanh({tensor} - {other})",
            "x + (Conv2d(_, 4, 1) | ReLU())", f"cat([{tensor}, tanh({other})], dim=1) | Conv2d(_, 4, 1)",
            f"cat([chunk({tensor}, 2, dim=1)[1], chunk(x, 2, dim=1)[0]], dim=1)", tensor,
            *(f"{block}({times})" for block in self.blocks), *(f"{block}(1) * {times}" for block in self.blocks),
        ]  # fmt: skip
        return self.random.choice(choices)

    def items(self, indent, depth, count):
        margin, known, lines = "  " * indent, [], []
        names = self.random.sample(self.NAMES, len(self.NAMES))
        for name in names[:count]:
            chance = self.random.random()
            label = f"{name}: " if chance < 0.5 else ""
            if depth < 2 and chance < 0.15:
                lines += [f"{margin}- {name}:", *self.items(indent + 2, depth + 1, self.random.randint(1, 4))]
            elif depth < 2 and chance > 0.9:
                branches = [f"{margin}      - {self.expression(known)}" for _ in range(self.random.randint(2, 3))]
                lines += [f"{margin}- cat:", *branches, f"{margin}- Conv2d(_, 4, 1)"]
            else:
                lines.append(f"{margin}- {label}{self.expression(known)}")
            if chance < 0.5 and name.isidentifier() and name != "class":
                known.append(name)
        return lines


def draft(seed):
    """Return the graph of a draft, None where it is no network."""
    try:
        graph, found = graph_of(read_network(Source("net.yaml", Draft(seed).text())))
    except ConvcliError:
        return None
    return None if found else graph


@given(st.integers(0, 10**9))
def test_any_network_is_written_and_read_again_or_refused(seed):
    graph = draft(seed)
    if graph is None:
        return
    try:
        text, findings = written(graph)
    except ConvcliError as error:
        text, findings = "", error.diagnostics
    assert {found.code for found in findings} <= {"CV073", "CV074"}
    if not findings:
        expect_same(graph, text)


def test_nearly_all_drafts_can_be_written_and_most_keep_their_names():
    graphs = [graph for graph in map(draft, range(100)) if graph is not None]
    kept = refused = 0
    for graph in graphs:
        try:
            kept += not written(graph)[1]
        except ConvcliError:
            refused += 1
    assert len(graphs) > 90
    assert kept > 55
    assert refused < 5


def test_lists_in_place_of_blocks_are_the_same_network():
    graph = conversions.graph("resnet18")
    text = network_yaml(graph, blocks=False).text
    assert "blocks:" not in text
    expect_same(graph, text)
