"""Each mistake is complained of once: what is said of a later layer still holds when the earlier ones are repaired."""

import math
import random
import re
import shutil
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import attempt, messages, mistakes, net

from convcli.asking import graph_of, read_model
from convcli.layer import syntax
from convcli.layer.parse import parse
from convcli.layer.write import write
from convcli.readers.bundled import FOLDER
from convcli.resolve.written import argument_of, with_argument
from convcli.source import Span, phrase

FILES = sorted(FOLDER.glob("*.yaml"))
TRIES = 4
"""How often a bundled network is broken at one place, and at two."""

# ---- bundled networks, broken at random


def breakable(path) -> dict[Span, tuple[str, str]]:
    """Return the calls that have an input side, each with itself as text, and with an input side that fits nowhere."""
    graph = graph_of(read_model(path)[0])[0]
    layers = defaultdict(list)
    for node in graph.nodes:
        if node.module and node.span and node.span.source.name.endswith(path.name):
            layers[node.span].append(node.op)
    found = {}
    for span, ops in layers.items():
        cls = type(ops[0])
        name = next((name for name, declared in cls.arguments.items() if declared.inferred), None)
        call = parse(phrase(span.text(), "call"))
        direct = isinstance(call, syntax.Call) and getattr(call.function, "name", None) == cls.name
        if name and direct and argument_of(cls, call, name):
            sizes = [value if isinstance(value := op.values[name], int) else value[-1] for op in ops]
            wrong = with_argument(cls, call, name, syntax.Constant(2 * math.lcm(*sizes)))
            found[span] = (span.text(), write(wrong))
    return found


def complaints(path) -> set[tuple[str, int]]:
    """Return code and line of what is wrong with a file."""
    findings = graph_of(read_model(path)[0])[1]
    return {(found.code, found.span.line) for found in findings if found.level == "error"}


@pytest.fixture
def networks(tmp_path):
    """Copy the bundled networks, which use each other, to where they can be changed."""
    for path in FILES:
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.parametrize("breaks", [1, 2])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_network_has_as_many_mistakes_as_it_was_broken_at(path, breaks: int, networks) -> None:
    calls, text, chance = breakable(path), path.read_text(encoding="utf-8"), random.Random(path.stem)
    by_line = {span.line: span for span in calls}
    if len(by_line) < breaks:
        pytest.skip("all its layers with an input side stand in another file")
    for _ in range(TRIES):
        lines = chance.sample(sorted(by_line), breaks)
        broken = text
        for span in sorted((by_line[line] for line in lines), key=lambda span: -span.start):
            broken = broken[: span.start] + calls[span][1] + broken[span.end :]
        (networks / path.name).write_text(broken, encoding="utf-8")
        assert complaints(networks / path.name) == {("CV202", line) for line in lines}, [
            calls[by_line[line]] for line in lines
        ]


# ---- chains, broken and repaired as their messages say

CHANNELS = (8, 12, 16, 24)
KEEPING = (
    "BatchNorm2d({c})", "GroupNorm(4, {c})", "PReLU({c})", "LayerNorm2d({c})", "InstanceNorm2d({c}, affine=True)",
)  # fmt: skip
SLIDING = (
    "Conv2d({c}, {n}, 3, padding=1)", "Conv2d({c}, {n}, 3, stride=2, padding=1)",
    "ConvTranspose2d({c}, {n}, 2, stride=2)",
    "Conv2d({c}, {n}, 1, groups=4)", "CondConv2d({c}, {n}, 3, num_experts=2)",
)  # fmt: skip
FREE = ("ReLU()", "MaxPool2d(3, stride=1, padding=1)", "Dropout()")
HEAD_KEEPING = ("LayerNorm({c})", "RMSNorm({c})", "MultiheadAttention({c}, 4)", "TransformerEncoderLayer({c}, 4)")
HEAD_SLIDING = ("Linear({c}, {n})", "LSTM({c}, {n})", "GRU({c}, {n}, bidirectional=False)")


@st.composite
def chains(draw) -> list[tuple[str, int]]:
    """Return layers as text, with `{c}` for the input side, and the number that belongs there."""
    layers, channels = [], 8
    for sliding, keeping in ((SLIDING, KEEPING), (HEAD_SLIDING, HEAD_KEEPING)):
        if keeping is HEAD_KEEPING:
            layers.append(("flatten(x, 2) | transpose(x, 1, 2)", 0))
        for text in draw(st.lists(st.sampled_from((*sliding, *keeping, *FREE)), min_size=1, max_size=6)):
            free = keeping is HEAD_KEEPING and text in FREE
            wide = draw(st.sampled_from(CHANNELS))
            layers.append(("GELU()" if free else text.replace("{n}", str(wide)), channels))
            channels = wide if text in sliding else channels
    return layers


def lines(layers: list[tuple[str, int]], wrong: dict[int, int]) -> list[str]:
    """Write the layers, some with a number of channels that does not fit."""
    return [text.replace("{c}", str(wrong.get(place, fits))) for place, (text, fits) in enumerate(layers)]


@given(chains(), st.data())
def test_a_chain_has_the_mistakes_that_were_made_and_each_message_repairs_one(layers, data) -> None:
    places = [place for place, (text, _) in enumerate(layers) if "{c}" in text]
    chosen = data.draw(st.lists(st.sampled_from(places), unique=True, max_size=3)) if places else []
    wrong = {place: layers[place][1] * data.draw(st.sampled_from((2, 3, 5))) for place in chosen}
    written = lines(layers, wrong)
    left = sorted(chosen)
    while True:
        findings = attempt(net(*written, input="[8, 16, 16]")).findings
        assert [(one.code, one.span.line - 3) for one in findings] == [("CV202", place) for place in left]
        if not left:
            return
        first = findings[0]
        told = re.match(r"write `(.+?)`", first.help)
        assert told, first.help
        written[left.pop(0)] = told[1]


@given(chains(), st.data())
def test_behind_an_unknown_layer_only_what_the_text_says_is_judged(layers, data) -> None:
    places = [place for place, (text, _) in enumerate(layers) if "{c}" in text and place]
    if not places:
        return
    second = data.draw(st.sampled_from(places))
    first = data.draw(st.integers(0, second - 1))
    written = lines(layers, {second: 2 * layers[second][1]})
    written[first] = "Nonesuch(3)"
    known = any(text.startswith("Con") for text, _ in layers[first + 1 : second])
    told = [("CV201", first + 3), ("CV202", second + 3)]
    assert mistakes(net(*written, input="[8, 16, 16]")) == (told if known else told[:1])


# ---- one by one


OWN = (
    "conv1: Conv2d(3, 16, 3)", "bn1: BatchNorm2d(16)", "conv2: Conv2d(16, 32, 3)", "bn2: BatchNorm2d(32)",
    "AdaptiveAvgPool2d(1)", "flatten(x, 1)", "fc: Linear(32, 10)",
)  # fmt: skip


def test_the_first_layer_does_not_let_its_input_through() -> None:
    assert [("CV202", 3)] == mistakes(net("conv1: Conv2d(4, 16, 3)", *OWN[1:]))


def test_an_input_that_does_not_fit_is_one_mistake() -> None:
    assert [("CV202", 3)] == mistakes(net(*OWN), sizes={"": (1, 32, 32)})


def test_a_norm_of_another_width_hands_its_input_on() -> None:
    assert [("CV202", 4)] == mistakes(net(OWN[0], "bn1: BatchNorm2d(24)", *OWN[2:]))


@pytest.mark.parametrize(
    ("layers", "code"),
    [
        (("Conv2d(3, 16, 3)", "PReLU(17)", "PReLU(16)"), "CV202"),
        (("Conv2d(3, 24, 3)", "GroupNorm(32, 64)", "GroupNorm(4, 24)"), "CV202"),  # 32 does not divide 24
        (("Conv2d(6, 12, 3, groups=6)", "ReLU()", "Conv2d(12, 8, 3)"), "CV202"),  # nor 6 3
        (("LayerNorm([3, 31, 32])", "LayerNorm([3, 32, 32])"), "CV202"),
        (("Conv2d(3, 16, 3)", "Linear(16, 10)", "BatchNorm1d(10)"), "CV202"),  # a Flatten is missing
        (("Conv2d(3, 16, 40)", "BatchNorm2d(17)", "Linear(3, 7)"), "CV220"),  # of no input nothing is known
        (("Foo(3)", "Conv2d(_, 16, 3)", "x + input"), "CV201"),
        (
            (
                "Foo(3)",
                "Conv2d(3, 8, 3)",
                "Conv2d(8, 16, 1) if size(x, 2) > 30 else Conv2d(8, 9, 1)",
                "ReLU() | PReLU(16)",
            ),
            "CV201",
        ),
        (("Foo(3)", "a: Conv2d(3, 8, 3)", "interpolate(input, size=size(a)[2:])", "Conv2d(4, 8, 3)"), "CV201"),
        (("y: Conv2d(3, 8, 3) + input", "Conv2d(3, 8, 3)"), "CV228"),
    ],
)
def test_what_stands_behind_is_not_blamed(layers: tuple[str, ...], code: str) -> None:
    assert [code] == [found for found, _ in mistakes(net(*layers))]


def test_behind_a_layer_that_fits_neither_of_its_inputs_it_goes_on() -> None:
    assert [("CV202", 3), ("CV202", 4)] == mistakes(net("Bilinear(4, 5, 6)(x, input)", "Linear(7, 8)"))


def test_a_kernel_larger_than_the_input_is_a_mistake_beside_its_channels() -> None:
    assert [("CV202", 3), ("CV220", 3)] == mistakes(net("Conv2d(4, 16, 40)", "BatchNorm2d(16)"))


def test_a_layer_that_is_applied_again_is_complained_of_once() -> None:
    assert [("CV202", 3)] == mistakes(net("conv: Conv2d(4, 3, 3)", "conv(x)", "BatchNorm2d(3)"))


def test_what_a_repaired_layer_would_refuse_as_well_is_told() -> None:
    told = messages(net("Conv2d(6, 12, 3, groups=6)"))
    assert "with in_channels=3, `groups` has to change as well: groups that divide both 3 and 12: 1, 3" in told


def test_axes_that_do_not_fit_are_written_out() -> None:
    assert "write `LayerNorm([3, 32, 32])`" in messages(net("LayerNorm([3, 31, 32])"))


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({}, "if the layer is right, write `input: [4, 32, 32]`"),
        ({"sizes": {"": (3, 40, 40)}}, "if the layer is right, write `-i 4x40x40`"),
        ({"sizes": {"": (2, 3, 40, 40)}}, "if the layer is right, write `-i 2x4x40x40`"),
        ({"sizes": {"input": (3, 40, 40)}}, "if the layer is right, write `-i input=4x40x40`"),
    ],
)
def test_the_input_may_be_what_is_wrong(options: dict, advice: str) -> None:
    assert f"write `Conv2d(3, 16, 3)`, or `Conv2d(_, 16, 3)` to infer it;\n{advice}" in messages(
        net("Conv2d(4, 16, 3)"), **options
    )


def test_further_in_the_input_is_not_at_fault() -> None:
    assert "if the layer is right" not in messages(net(OWN[0], "BatchNorm2d(24)"))


def test_the_table_ends_at_the_first_mistake_on_the_way_not_at_the_topmost() -> None:
    blocks = "blocks:\n  B():\n    - BatchNorm2d(9)\n"
    report = attempt(net("a: Conv2d(3, 8, 3)", "Conv2d(9, 8, 3)", "B()", head=blocks))
    assert [row.name for row in report.layers] == ["a"]
    assert report.failed is not None
    assert (report.failed.text, report.failed.line) == ("Conv2d(9, 8, 3)", 7)
    assert [4, 7] == [found.span.line for found in report.findings if found.span]
