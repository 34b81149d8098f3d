"""Comments that state a size or a number: which are read, and when they are wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import attempt, net
from test_rules import found, said

from convcli.human import short
from convcli.readers.network_file import read_network
from convcli.rules.statements import statements
from convcli.rules.written import Written
from convcli.source import Source

CONV = "conv1: Conv2d(3, 64, 7, stride=2, padding=3)"
"""64x112x112 of 224x224; 9,472 parameters, 118,013,952 MACs, twice as many FLOPs."""
IMAGE = "[3, 224, 224]"
WRONG = [("wrong-comment", 3)]


def is_read(comment: str) -> bool:
    """Say whether a comment behind a layer is read closely."""
    return bool(Written(read_network(Source("net.yaml", net(f"ReLU()  # {comment}"))), True).stating())


def warned(comment: str, layer: str = CONV) -> bool:
    """Say whether a comment is wrong."""
    lines = found(f"{layer}  # {comment}", input=IMAGE)
    assert lines in ([], WRONG)
    return bool(lines)


# ---- what is right and what is wrong


@pytest.mark.parametrize(
    "comment",
    [
        "64x112x112", "1x64x112x112", "32x64x112x112", "Nx64x112x112", "64 x 112 x 112", "64\u00d7112\u00d7112",
        "[64, 112, 112]", "[64,112,112]", "(1, 64, 112, 112)", "(N,64,112,112)", "112x112x64", "[1, 112, 112, 64]",
        "-> 64x112x112", "-> [64, 112, 112]", "out:64x112x112", "output 64x112x112", "Output shape: (64, 112, 112)",
        "9,472 params", "9472 params", "9_472 parameters", "9.5k params", "9.47 k parameters", "9.472K param",
        "9k params", "118M MACs", "118 MMACs", "0.118 GMACs", "0.12G macs", "118,013,952 MACs", "236 MFLOPs",
        "0.24 GFLOPS", "9.5k", "118M", "236M", "236M FLOPs",
        "64x112x112, 9.5k params, 118M MACs", "64x112x112; 9.5k params", "64x112x112 | 118M MACs",
    ],
)  # fmt: skip
def test_what_is_right_is_let_pass(comment: str) -> None:
    assert statements(f"# {comment}") != []
    assert is_read(comment)
    assert not warned(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "64x56x56", "128x112x112", "[64, 56, 56]", "(1, 64, 56, 56)", "-> 64x56x56", "output: 64x56x56", "3x224x224",
        "9,473 params", "9.4k params", "10k parameters", "9.48k params", "119M MACs", "0.2 GMACs", "118 MFLOPs",
        "11.7M", "64x112x112, 9.6k params", "64x56x56, 9.5k params",
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(comment: str) -> None:
    assert warned(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "3x3", "64", "7x7x64", "64x3x7x7", "112x112", "about 64x56x56", "64x56x56 in the paper", "in: 3x224x224",
        "~9k params", "3x224x224 -> 64x56x56", "stride 2", "11.7", "2x", "50 %", "1.5 GB", "1024 MB", "64x56x56?",
        "see 11.7M", "[conv]", "5 B", "5 m", "64x", "1, 2, 3", "[]", "-> ", "out", "9.4k weights", "11.7Mx",
        "3.6 GFLOPs/s", "0x56x56",
    ],
)  # fmt: skip
def test_of_what_is_no_statement_nothing_is_said(comment: str) -> None:
    assert not warned(comment)


def test_what_there_is_is_said_with_what_to_write() -> None:
    comments = {
        "64x56x56": "the comment states 64x56x56, and `conv1` makes 64x112x112; ; write `64x112x112`",
        "[1, 64, 56, 56]": "the comment states [1, 64, 56, 56], and `conv1` makes 1x64x112x112; ; "
        "write `[1, 64, 112, 112]`",
        "12M params": "the comment states 12M params, and `conv1` has 9,472 parameters; ; write `9.47 k parameters`",
        "118 MFLOPs": "the comment states 118 MFLOPs, and `conv1` has 236,027,904 FLOPs; that is what it has of MACs; "
        "a multiply-accumulate is two FLOPs; write `MACs`",
        "5M": "the comment states 5M, and `conv1` has 9,472 parameters, 118,013,952 MACs and 236,027,904 FLOPs; ; "
        "write `9.47 k parameters`",
    }
    assert {comment: said(f"{CONV}  # {comment}", input=IMAGE) for comment in comments} == comments


@given(st.integers(1, 10**17), st.sampled_from(["params", "MACs", "FLOPs"]))
def test_a_number_as_we_write_it_rounds_to_itself(value: int, word: str) -> None:
    (one,) = statements(f"# {short(value)} {word}")
    assert one.holds(value)


@given(st.integers(1, 10**9), st.integers(0, 3))
def test_a_number_is_right_within_half_of_its_last_digit(value: int, places: int) -> None:
    (one,) = statements(f"# {value / 10**6:.{places}f}M params")
    half = 10**6 // 10**places // 2
    middle = round(value / 10**6, places) * 10**6
    assert one.holds(round(middle))
    assert one.holds(round(middle) + half)
    assert not one.holds(round(middle) + half + 2)
    assert not one.holds(round(middle) - half - 2)


@given(st.text("0123456789xX,.[](){} kMGNB-=>#~", max_size=30))
def test_whatever_a_comment_says_it_is_read_to_its_end_or_not_at_all(text: str) -> None:
    found = statements(f"# {text}")
    assert is_read(text) or not found
    for one in found:
        assert 0 < one.start < one.end <= len(text) + 2


@pytest.mark.parametrize(
    ("layer", "comment", "wrong"),
    [
        ("Linear(3, 20)", "[20]", False),
        ("Linear(3, 20)", "[3]", True),
        ("Linear(3, 20)", "1x20", False),
        ("Linear(3, 20)", "2x30", True),
        ("Linear(3, 20)", "3x20", False),
        ("Linear(3, 20)", "20x3", False),
        ("unsqueeze(x, 2)", "3x1", False),
        ("unsqueeze(x, 2)", "4x1", True),
        ("unsqueeze(x, 2)", "7x7", False),
    ],
)
def test_short_shapes_may_be_a_weight_or_a_picture(layer: str, comment: str, wrong: bool) -> None:
    assert found(f"{layer}  # {comment}", input="[3]") == (WRONG if wrong else [])


# ---- of what a line speaks


BLOCK = (
    "blocks:\n  Block(planes):\n    - Conv2d(_, planes, 3, padding=1){inside}\n    - ReLU()\n"
    "  Stage(planes):\n    - Block(planes) * 2{outer}\n"
)


def in_blocks(*layers: str, inside: str = "", outer: str = "") -> list[tuple[str, int]]:
    return found(*layers, head=BLOCK.format(inside=inside, outer=outer), input="[3, 8, 8]")


def test_the_line_of_a_call_speaks_of_the_whole_block() -> None:
    assert in_blocks("Stage(8)  # 8x8x8, 808 params, 50.7 kMACs") == []
    assert in_blocks("Stage(8)  # 8x8x8, 224 params") == [("wrong-comment", 9)]
    assert in_blocks("Block(8) * 2  # 808 params") == []


def test_in_a_block_it_has_to_be_true_of_one_build() -> None:
    layers = "Block(8)", "Block(8)", "Block(16)"
    assert in_blocks(*layers, inside="  # 8x8x8, 224 params") == []
    assert in_blocks(*layers, inside="  # 16x8x8, 1,168 params") == []
    assert in_blocks(*layers, inside="  # 32x8x8") == [("wrong-comment", 4)]


def test_builds_of_one_line_are_not_added_up() -> None:
    """Each of the two blocks of a stage has 224 or 584 parameters; a stage has 808, two of them 1,976."""
    assert in_blocks("Stage(8)", inside="  # 584 params") == []
    assert in_blocks("Stage(8)", inside="  # 808 params") == [("wrong-comment", 4)]
    assert in_blocks("Stage(8) * 2", outer="  # 808 params") == []
    assert in_blocks("Stage(8) * 2", outer="  # 1,168 params") == []
    assert in_blocks("Stage(8) * 2", outer="  # 1,976 params") == [("wrong-comment", 7)]
    assert in_blocks("Stage(8) * 2  # 1,976 params") == []


def test_the_line_of_a_name_speaks_of_the_list_below() -> None:
    body = "body:  # {}\n    - Conv2d(3, 8, 1)\n    - Conv2d(8, 4, 1)"
    assert found(body.format("4x32x32, 68 params")) == []
    assert found(body.format("8x32x32, 32 params"), "ReLU()") == [("wrong-comment", 3)] * 2


def test_a_shape_is_that_of_any_tensor_that_leaves_the_line() -> None:
    body = "body:  # 8x32x32\n    - a: Conv2d(3, 8, 1)\n    - Conv2d(8, 4, 1)"
    assert found(body, "Conv2d(8, 4, 1)(body.a)", "cat([body, x], dim=1)") == []


def test_a_chain_and_a_merge_are_one_line() -> None:
    assert found("Conv2d(3, 8, 1) | Conv2d(8, 4, 1)  # 4x32x32, 68 params") == []
    assert found("Conv2d(3, 8, 1) | Conv2d(8, 4, 1)  # 32 params") == WRONG
    assert found("cat:  # 6x32x32\n    - Conv2d(3, 3, 1)\n    - Conv2d(3, 3, 1)") == []
    assert found("cat:  # 3x32x32\n    - Conv2d(3, 3, 1)\n    - Conv2d(3, 3, 1)") == WRONG


@pytest.mark.parametrize(("comment", "wrong"), [("1.9k params", False), ("11.7M params", True)])
def test_the_network_has_two_lines(comment: str, wrong: bool) -> None:
    for text in (f"name: net  # {comment}\n{net('Conv2d(3, 64, 3)', 'BatchNorm2d(64)')}",
                 net("Conv2d(3, 64, 3)", "BatchNorm2d(64)").replace("layers:", f"layers:  # {comment}")):  # fmt: skip
        assert ("CV313" in {one.code for one in attempt(text, warnings=True).findings}) == wrong


VARIANTS = "vars: {n: 8}\nvariants:\n  wide: {n: 16}  # 448 params\n  thin: {n: 2}  # 448 params\n"


@pytest.mark.parametrize(("variant", "lines"), [(None, []), ("wide", []), ("thin", [5])])
def test_a_variant_has_its_own_line_and_the_layers_speak_of_the_file_as_it_stands(variant, lines) -> None:
    text = net("Conv2d(3, n, 3)  # 8x30x30, 224 params", head=VARIANTS)
    findings = attempt(text, warnings=True, variant=variant).findings
    assert [one.span.line for one in findings if one.span] == lines


def test_shared_layers_count_where_they_are_and_where_they_are_applied() -> None:
    assert found("conv: Conv2d(3, 3, 1)  # 12 params", "conv(x)  # 12 params", "conv(x)  # 0 params") == []


def test_a_list_behind_an_alias_is_in_two_places_and_nothing_is_said_of_its_lines() -> None:
    text = "input: [3, 8, 8]\nlayers:\n  - a: &a\n    - Conv2d(3, 3, 1)  # 5 params\n  - b: *a\n"
    assert attempt(text, warnings=True).findings == ()


@pytest.mark.parametrize("layer", ["LSTM(3, 8)", "LSTM(3, 8, batch_first=True)"])
def test_recurrent_layers_have_their_batch_where_they_have_it(layer: str) -> None:
    assert found(f"{layer}  # 5x8", input="[5, 3]") == []
    assert found(f"{layer}  # 5x9", input="[5, 3]") == WRONG


# ---- when


def test_nothing_is_said_of_another_size_batch_or_variable() -> None:
    text = net("Conv2d(3, n, 3)  # 9x30x30, 1M params", head="vars: {n: 8}\n")
    for options in ({"sizes": {"": (3, 64, 64)}}, {"batch": 2}, {"settings": {"n": 9}}):
        assert attempt(text, warnings=True, **options).findings == ()
    assert len(attempt(text, warnings=True).findings) == 2


def test_a_bare_number_of_bytes_or_minutes_is_none_of_ours() -> None:
    assert statements("# 5 B") == statements("# 5m") == []
    assert [one.kind for one in statements("# 5 B params")] == ["params"]


def test_a_comment_on_a_line_of_its_own_states_nothing() -> None:
    assert found("ReLU()\n  # 64x56x56\n") == []


def test_other_lines_than_those_of_layers_are_let_pass() -> None:
    head = "vars:\n  n: 8  # 11.7M params\ncheck:\n  params: 224  # 11.7M params\n"
    assert found("Conv2d(3, n, 3)", head=head) == []
    assert attempt("input: [3, 8, 8]  # 5x5x5\nlayers:\n  - ReLU()\n", warnings=True).findings == ()


def test_where_a_number_is_not_known_nothing_is_said() -> None:
    assert found("Conv2d(3, 8, 3)  # 8x99x99, 5 GMACs", input=None) == []
