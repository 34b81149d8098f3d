"""Comments that silence a rule: where they count, what else they may be, and what is said of idle ones."""

import time
from pathlib import Path

import pytest
from reading import attempt, net
from test_rules import SLUGS, found

import convcli

TWICE = "ReLU() | ReLU()  # convcli: ignore"
BLOCK = "blocks:\n  Block(planes):\n    - Conv2d(_, planes, 1){inside}\n    - BatchNorm2d(planes)\n"
WHY = "exported with the bias"


def of_file(text: str, **options: object) -> list[tuple[str, int]]:
    """Return slug and line of all warnings of a whole file."""
    findings = attempt(text, warnings=True, **options).findings
    return [(SLUGS[one.code], one.span.line) for one in findings if one.span]


def complaint(comment: str) -> str:
    """Return what is said of a comment behind an activation that follows itself."""
    findings = attempt(net(f"ReLU() | ReLU()  {comment}"), warnings=True).findings
    return "; ".join(f"{one.message}, {one.help}" for one in findings if one.code == "CV314")


# ---- what silences


@pytest.mark.parametrize(
    "comment",
    [
        "# convcli: ignore[repeated-activation] as published",
        "# convcli: ignore[CV308] as published",
        "#convcli:ignore[CV308]as published",
        "# convcli: ignore [ CV308 ]: as published",
        "# the second is meant  # convcli: ignore[CV308] as published",
        "# 3x32x32  # convcli: ignore[CV308] as published",
    ],
)
def test_a_comment_silences_a_rule_on_its_line(comment: str) -> None:
    assert found(f"ReLU() | ReLU()  {comment}") == []
    assert found(f"Conv2d(3, 3, 1)  {comment}", "ReLU() | ReLU()") == [("wrong-ignore", 3), ("repeated-activation", 4)]


def test_several_rules_have_commas_between_them() -> None:
    layers = "Conv2d(3, 8, 2, 2, bias=True) | ReLU() | ReLU()", "BatchNorm2d(8)"
    assert found(*layers, input="[3, 15, 15]") == [("dropped-pixels", 3), ("repeated-activation", 3)]
    silent = f"{layers[0]}  # convcli: ignore[dropped-pixels, CV308] as published"
    assert found(silent, layers[1], input="[3, 15, 15]") == []


def test_a_rule_that_is_not_named_still_speaks() -> None:
    assert found(f"{TWICE}[dropped-pixels] why") == [("repeated-activation", 3), ("wrong-ignore", 3)]


@pytest.mark.parametrize(
    "layer",
    [
        "Conv2d:  # {}\n      out_channels: 8\n      kernel_size: 1\n      dilation: 2",
        "Conv2d:\n      out_channels: 8\n      kernel_size: 1  # {}\n      dilation: 2",
        "Conv2d:\n      out_channels: 8\n      kernel_size: 1\n      dilation: 2  # {}",
        "conv: {{Conv2d: {{out_channels: 8,\n      kernel_size: 1, # {}\n      dilation: 2}}}}",
        "conv:  # {}\n      Conv2d: {{out_channels: 8, kernel_size: 1, dilation: 2}}",
        "Conv2d(3, 8, 1,\n      dilation=2)  # {}",
        "conv:\n      Conv2d(3, 8, 1, dilation=2)  # {}",
        '"Conv2d(3, 8, 1,\n      dilation=2)"  # {}',
        "Conv2d:\n      out_channels: 8\n      # {}\n      kernel_size: 1\n      dilation: 2",
    ],
)
def test_it_stands_on_any_line_of_the_layer(layer: str) -> None:
    assert found(layer.format("something else")) == [
        ("idle-dilation", attempt(net(layer.format("x"))).layers[0].span.line)
    ]
    assert found(layer.format("convcli: ignore[idle-dilation] as published"), "ReLU()") == []


def test_layers_in_flow_style_share_a_line() -> None:
    text = "input: [3, 8, 8]\nlayers: [ReLU(), ReLU(), ReLU()]"
    assert of_file(text) == [("repeated-activation", 2)] * 2
    assert of_file(f"{text}  # convcli: ignore[CV308] as published") == []


def test_a_comment_below_a_layer_belongs_to_nobody() -> None:
    layer = "Conv2d:\n      out_channels: 8\n      kernel_size: 1\n      dilation: 2\n    # convcli: ignore[CV309] late"
    assert found(layer, "ReLU()") == [("idle-dilation", 3), ("wrong-ignore", 7)]


@pytest.mark.parametrize(
    "name", ["'a # convcli: ignore[CV308]'", '"a # convcli: ignore"', "|\n  a # convcli: ignore\n"]
)
def test_a_sign_within_a_text_is_no_comment(name: str) -> None:
    assert of_file(f"name: {name}\n{net('ReLU()')}") == []


def test_a_quoted_name_with_a_comment_in_it_silences_nothing() -> None:
    text = "input: [3, 8, 8]\nvars:\n  why: '# convcli: ignore[CV308] why'\nlayers: [ReLU(), ReLU()]"
    assert of_file(text) == [("repeated-activation", 4)]


# ---- blocks


def test_in_a_block_it_counts_for_all_calls() -> None:
    head = BLOCK.format(inside=f"  # convcli: ignore[CV304] {WHY}")
    assert found("Block(8)", "Block(16) * 3", head=head) == []


def test_on_the_line_of_a_call_it_counts_for_that_call_alone() -> None:
    layers = "Block(8)", f"Block(16) * 3  # convcli: ignore[bias-before-norm] {WHY}", "Block(32)"
    (one,) = attempt(net(*layers, head=BLOCK.format(inside="")), warnings=True).findings
    assert (one.repeats, one.label) == (1, "8 parameters for nothing, 40 in all 2 such layers")


def test_on_the_line_of_an_outer_call_it_counts_too() -> None:
    head = BLOCK.format(inside="") + "  Stage(planes):\n    - Block(planes)\n"
    assert found(f"Stage(8)  # convcli: ignore[CV304] {WHY}", head=head) == []


def test_comments_that_silence_the_same_are_all_in_use() -> None:
    head = BLOCK.format(inside=f"  # convcli: ignore[CV304] {WHY}")
    assert found(f"Block(8)  # convcli: ignore[CV304] {WHY}", "Block(8)", head=head) == []


def test_files_that_are_used_have_their_own_comments(tmp_path: Path) -> None:
    inside = "  # convcli: ignore[CV304] " + WHY
    (tmp_path / "common.yaml").write_text(BLOCK.format(inside=inside) + "# convcli: ignore[CV301] not known here\n")
    (tmp_path / "net.yaml").write_text("uses: [common.yaml]\n" + net("Block(8)", "Conv2d(8, 8, 1)", "BatchNorm2d(8)"))
    findings = convcli.profile(tmp_path / "net.yaml").findings
    assert [(one.code, one.span.line) for one in findings if one.span] == [("CV304", 5)]


# ---- what is said of comments


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("# convcli: ignore[CV308]", "a rule is not silenced without a reason"),
        ("# convcli: ignore[CV308] -", "a rule is not silenced without a reason"),
        ("# convcli: ignore", "names no rule in brackets"),
        ("# convcli: ignore[] why", "names no rule in brackets"),
        ("# convcli: ignore[CV308 why", "names no rule in brackets"),
        ("# convcli: ignore[repeated-activatoin] why", "did you mean `repeated-activation`?"),
        ("# convcli: ignore[speed] why", "there is no rule `speed`, the rules are: dropped-pixels, "),
        ("# convcli: noqa[CV308] why", "`convcli: noqa` means nothing in a comment, write `# convcli: ignore["),
    ],
)
def test_a_comment_that_silences_nothing_is_said(comment: str, words: str) -> None:
    assert words in complaint(comment)
    assert ("repeated-activation", 3) in found(f"ReLU() | ReLU()  {comment}")


@pytest.mark.parametrize(
    "comment",
    [
        "# convcli: see docs",
        "# convcli profile net.yaml",
        "# convcli: profile net.yaml",
        "# ignore[CV308] why",
        "# x#convcli",
    ],
)
def test_nothing_else_in_a_comment_matters(comment: str) -> None:
    assert found(f"ReLU() | ReLU()  {comment}") == [("repeated-activation", 3)]


def test_where_nothing_is_to_be_silenced_that_is_said_with_what_to_do() -> None:
    assert "leave it out; it counts on the lines of a layer" in complaint("# convcli: ignore[CV301] why")
    above = attempt(net("ReLU()\n  # convcli: ignore[CV308] why", "ReLU()"), warnings=True).findings
    assert [one.help for one in above if one.code == "CV314"] == [
        "put the comment behind the layer, on its line; or leave it out"
    ]


IDLE = net("ReLU()  # convcli: ignore[CV308] at other sizes, perhaps")


def test_only_of_a_file_as_it_stands_it_is_certain_that_nothing_is_silenced() -> None:
    assert of_file(IDLE) == [("wrong-ignore", 3)]
    assert of_file(IDLE, sizes={"": (3, 64, 64)}) == []
    assert of_file(IDLE, batch=4) == []
    assert of_file(f"variants: {{wide: {{}}}}\n{IDLE}") == []
    assert of_file(f"vars: {{n: 1}}\n{IDLE}", settings={"n": 2}) == []


def test_a_rule_that_is_off_may_be_silenced_for_those_who_have_it_on() -> None:
    assert of_file(IDLE, levels={"CV308": "off"}) == []
    text = net("Conv2d(3, 8, 1, stride=2)  # convcli: ignore[strided-1x1] a shortcut")
    assert of_file(text) == of_file(text, levels={"CV310": "error"}) == []


def test_its_own_rule_has_a_level() -> None:
    assert of_file(IDLE, levels={"CV314": "off"}) == []


def test_it_counts_in_every_command_that_judges() -> None:
    text = net("Conv2d(3, 3, 1)", f"{TWICE}[CV308] as published")
    report = attempt(text, warnings=True, sizes={"": (3, 9, 9)}, levels={"CV308": "error"})
    assert report.findings == ()


# ---- comments of strangers


@pytest.mark.parametrize(
    "comment",
    [
        "# convcli: ignore[" + "CV308," * 150_000 + "] why",
        "# convcli: ignore[" + "a," * 500_000 + "] why",
        "# convcli: " * 100_000,
        "# " + "1M, " * 300_000,
        "# 1" + "x1" * 500_000,
        "# [" + "1, " * 300_000,
        "#" * 1_000_000,
    ],
    ids=lambda text: text[:24],
)
def test_a_comment_of_a_megabyte_is_judged_at_once(comment: str) -> None:
    start = time.process_time()
    attempt(net(f"ReLU() | ReLU()  {comment}"), warnings=True)
    assert time.process_time() - start < 1


def test_layers_on_one_line_and_comments_on_each_cost_no_more_than_their_number() -> None:
    start = time.process_time()
    of_file("input: [3, 8, 8]\nlayers: [" + "SiLU(), " * 10_000 + "SiLU()]  # 3x8x8 # convcli: ignore[CV308] why")
    of_file(net(*["SiLU()  # 3x32x32  # convcli: ignore[nothing] why"] * 5_000))
    assert time.process_time() - start < 5
