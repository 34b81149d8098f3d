"""Rules about places: where branches look, and what dilated convolutions read, each against brute force."""

import itertools
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reading import attempt, net
from test_rules import found, said

import convcli
from convcli.rules.gridding import STEADY

Stack = list[tuple[int, int, int]]
"""Kernel, stride and padding of convolutions in a row."""

STACKS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 2), st.integers(0, 2)), min_size=1, max_size=3)


def offsets_of(stack: Stack, unit: int) -> set[int]:
    """Return the positions of the input that a unit reads, padding left out of account."""
    places = {unit}
    for kernel, stride, pad in reversed(stack):
        places = {place * stride - pad + tap for place in places for tap in range(kernel)}
    return places


def look_of(stack: Stack) -> tuple[int, Fraction]:
    """Return stride and middle of unit 0."""
    first, second = offsets_of(stack, 0), offsets_of(stack, 1)
    return min(second) - min(first), Fraction(min(first) + max(first), 2)


def size_of(stack: Stack, size: int) -> int:
    for kernel, stride, pad in stack:
        size = (size + 2 * pad - kernel) // stride + 1
    return size


def written(stack: Stack) -> str:
    return " | ".join(f"Conv2d(1, 1, ({k}, 1), ({s}, 1), ({p}, 0))" for k, s, p in stack)


@given(STACKS, STACKS, st.integers(0, 12))
def test_branches_are_misaligned_where_their_middles_or_strides_differ(one: Stack, other: Stack, more: int) -> None:
    size = 40 + more
    units = size_of(one, size)
    assume(units == size_of(other, size) and units > 1)
    codes = {
        finding.code
        for finding in convcli.shape(f"({written(one)}) + ({written(other)})", input=(1, 1, size, 4)).findings
    }
    assert ("CV302" in codes) == (look_of(one) != look_of(other))


@pytest.mark.parametrize(
    "layers",
    [
        ("Conv2d(3, 8, 1)", "AvgPool2d(2) + Conv2d(8, 8, 3, stride=2, padding=1)"),
        ("Conv2d(3, 8, 1)", "x + Conv2d(8, 8, 4, padding='same')(x)"),
        ("Conv2d(3, 8, 1)", "cat([x, Conv2d(8, 8, 4, padding='same')(x)], dim=1)"),
        ("Conv2d(3, 8, 1)", "MaxPool2d(2)(x) * Conv2d(8, 8, 1, stride=2)(x)"),
        ("Conv2d(3, 8, 1)", "Conv2d(8, 8, 17) + Conv2d(8, 8, 3, stride=2, padding=1)"),
        ("Conv2d(3, 8, 1)", "x + (Upsample(scale_factor=2) | Conv2d(8, 8, 2, padding='same'))(MaxPool2d(2)(x))"),
    ],
)
def test_misaligned_branches_are_found(layers: tuple[str, ...]) -> None:
    assert ("misaligned-branches", 4) in found(*layers)


@pytest.mark.parametrize(
    "layers",
    [
        ("x + Conv2d(3, 3, 3, padding=1)(x)",),
        ("Conv2d(3, 8, 1)", "AvgPool2d(3, 2, 1) + Conv2d(8, 8, 3, stride=2, padding=1)"),
        ("Conv2d(3, 8, 1)", "MaxPool2d(2) + Conv2d(8, 8, 2, stride=2)"),
        ("Conv2d(3, 8, 1)", "x + (MaxPool2d(2) | ConvTranspose2d(8, 8, 2, stride=2))"),
        ("Conv2d(3, 8, 1)", "x + (Conv2d(8, 8, 3, 2, 1) | Upsample(scale_factor=2))"),
        ("Conv2d(3, 8, 1)", "x + (Conv2d(8, 8, 3, 2, 1) | Upsample(scale_factor=2, mode='bilinear'))"),
        ("Conv2d(3, 8, 1)", "x + (Conv2d(8, 8, 3, 2, 1) | ConvTranspose2d(8, 8, 4, 2, 1))"),
        ("Conv2d(3, 8, 1)", "x * (AdaptiveAvgPool2d(1) | Conv2d(8, 8, 1))"),
        ("cat([x[:, :, ::2, ::2], x[:, :, 1::2, 1::2]], dim=1)", "Conv2d(6, 8, 1)"),
        ("Conv2d(3, 8, 1)", "x + roll(x, (1,), (2,))"),
    ],
)
def test_branches_that_fit_or_that_were_moved_on_purpose_are_let_pass(layers: tuple[str, ...]) -> None:
    assert "misaligned-branches" not in dict(found(*layers))


def test_along_a_length_causal_branches_are_let_pass() -> None:
    causal = "x + (pad(x, [2, 0]) | Conv1d(3, 3, 3))"
    assert found(causal, input="[3, 32]") == []
    assert found("x + Conv1d(3, 3, 4, padding='same')(x)", input="[3, 32]") == [("misaligned-branches", 3)]


def test_branches_of_several_inputs_are_counted_once() -> None:
    head = "inputs: {a: [3, 8, 8], b: [3, 8, 8]}\n"
    layers = "both: cat([a, b], dim=1)", "x + Conv2d(6, 6, 2, padding='same')(x)"
    (finding,) = attempt(net(*layers, input=None, head=head), warnings=True).findings
    assert (finding.code, finding.repeats) == ("CV302", 0)


def test_where_branches_look_is_said() -> None:
    text = said("Conv2d(3, 8, 1)", "x + Conv2d(8, 8, (2, 3), padding='same')(x)")
    assert text.startswith(
        "`add` joins `0` and `1`, which look at places 0.5 apart, in positions of the input; along height;"
    )
    (finding,) = convcli.shape("x + Conv2d(3, 3, 2, padding='same')(x)", input="3x8x8").findings
    assert [one.text for one in finding.related] == [
        "`input`: stride 1, the middle of unit 0 at 0", "`0`: stride 1, the middle of unit 0 at 0.5",
    ]  # fmt: skip


# ---- gridding


def combined(dilations: list[int], kernel: int) -> set[int]:
    return {sum(taps) for taps in itertools.product(*([step * tap for tap in range(kernel)] for step in dilations))}


def has_holes(places: set[int]) -> bool:
    return len(places) <= max(places) - min(places)


@given(st.lists(st.integers(2, 6), min_size=2, max_size=4), st.integers(2, 4), st.integers(1, 4), st.integers(1, 4))
def test_a_run_leaves_holes_where_its_taps_do(dilations: list[int], kernel: int, front: int, behind: int) -> None:
    steady = any(len(list(row)) >= STEADY for _, row in itertools.groupby(dilations))
    taps = combined(dilations, kernel)
    mended = {place + tap for place in taps for tap in range(max(front, behind))}
    expected = has_holes(taps) and (steady or has_holes(mended))
    layers = [f"Conv1d(1, 1, {front})", *(f"Conv1d(1, 1, {kernel}, dilation={step}) | SiLU()" for step in dilations)]
    findings = convcli.shape(*layers, f"Conv1d(1, 1, {behind})", input=(1, 1, 200)).findings
    assert [one.code for one in findings] == ["CV303"] * expected


RESIDUAL = """blocks:
  Block(dilation):
    - Conv2d(_, 4, 1, bias=False) | BatchNorm2d(_) | ReLU()
    - Conv2d(_, 4, 3, padding=dilation, dilation=dilation, bias=False) | BatchNorm2d(_) | ReLU()
    - Conv2d(_, 8, 1, bias=False) | BatchNorm2d(_)
    - relu(x + input)
"""


@pytest.mark.parametrize(
    ("dilations", "warned"),
    [((2, 2, 2), True), ((1, 2, 2, 2), True), ((2, 4), True), ((1, 2, 4, 8), False), ((1, 2, 5), False),
     ((2, 1, 2), False), ((2,), False), ((1, 2, 2, 4, 4), False), ((2, 2, 1), False)],
)  # fmt: skip
def test_residual_blocks_are_a_run(dilations: tuple[int, ...], warned: bool) -> None:
    blocks = [f"Block({step})" for step in dilations]
    assert bool(found("Conv2d(3, 8, 2, stride=2)", *blocks, head=RESIDUAL)) == warned


def test_a_pyramid_of_dilations_is_no_run() -> None:
    branches = ", ".join(f"Conv2d(8, 8, 3, padding={step}, dilation={step})(x)" for step in (2, 4, 6))
    assert found("Conv2d(3, 8, 2, stride=2)", f"cat([{branches}], dim=1)") == []


def test_a_run_along_one_axis_says_which() -> None:
    text = said("Conv2d(3, 8, 2, stride=2)", "Conv2d(8, 8, 3, padding=(1, 2), dilation=(1, 2)) * 3")
    assert text == (
        "the convolutions from `1` to `3` leave holes: dilations 2 (3 times) read 7 of 13 positions in a row; "
        "along width: #.#.#.#.#.#.#; dilations such as 1, 2, 5 read every position"
    )


def test_a_run_that_reaches_very_far_is_given_up() -> None:
    layers: list[Any] = ["Conv1d(3, 3, 3, dilation=2000)"] * 3
    assert found(*layers, input="[3, 40000]") == []
