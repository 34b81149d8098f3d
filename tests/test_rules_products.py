"""Rules about single layers against torch: idle dilations, positions that are not read, odd channels, sight."""

import pytest

pytest.importorskip("torch")

from typing import Any

import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from reading import attempt, net
from test_rules import found, said
from torch import nn

from convcli.ops.convolution import Conv1d

# ---- dilations


@pytest.mark.parametrize(
    "layer",
    [
        "Conv2d(3, 8, 1, dilation=2)",
        "Conv1d(3, 8, 1, dilation=4)",
        "Conv2d(3, 8, (3, 1), padding=(1, 0), dilation=(1, 2))",
        "ConvTranspose2d(3, 8, 1, dilation=3)",
        "MaxPool2d(1, 1, dilation=2)",
        "max_pool2d(x, 1, 1, dilation=2)",
    ],
)
def test_a_dilation_of_a_kernel_of_one_is_found(layer: str) -> None:
    assert found(layer, input="[3, 16]" if "1d" in layer else "[3, 16, 16]") == [("idle-dilation", 3)]


@pytest.mark.parametrize(
    "layer",
    ["Conv2d(3, 8, 3, padding=2, dilation=2)", "Conv2d(3, 8, 1)", "Conv2d(3, 8, (3, 1), padding=(2, 0), dilation=2)",
     "MaxPool2d(3, 1, dilation=2)", "MaxPool2d(1, 1)"],
)  # fmt: skip
def test_a_dilation_that_spreads_something_is_let_pass(layer: str) -> None:
    assert found(layer, input="[3, 16, 16]") == []


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_a_dilation_is_idle_where_torch_makes_the_same_without(high: int, wide: int, down: int, right: int) -> None:
    assume(max(down, right) > 1)
    dilated = nn.Conv2d(1, 1, (high, wide), dilation=(down, right))
    plain = nn.Conv2d(1, 1, (high, wide))
    plain.load_state_dict(dilated.state_dict())
    x = torch.randn(1, 1, 9, 9)
    same = dilated(x).shape == plain(x).shape and torch.allclose(dilated(x), plain(x))
    layer = f"Conv2d(1, 1, ({high}, {wide}), dilation=({down}, {right}))"
    assert found(layer, input="[1, 9, 9]") == ([("idle-dilation", 3)] if same else [])


def test_it_says_along_which_axis() -> None:
    assert said("Conv2d(3, 8, (3, 1), padding=(1, 0), dilation=(1, 2))") == (
        "the dilation of 2 of `0` has no effect: its kernel is 3x1; along width there is one element; "
        "leave `dilation` out, or take a larger kernel"
    )


# ---- positions that are not read


@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 20))
def test_what_is_not_read_has_no_gradient(stride: int, pad: int, size: int) -> None:
    op: Any = Conv1d.of(in_channels=1, out_channels=1, kernel_size=1, stride=stride, padding=pad)
    module = op.build(nn)
    nn.init.ones_(module.weight)
    x = torch.ones(1, 1, size, requires_grad=True)
    module(x).sum().backward()
    assert x.grad is not None
    lost = int((x.grad == 0).sum())
    findings = attempt(net(op.text(), input=f"[1, {size}]"), warnings=True, levels={"CV310": "warn"}).findings
    messages = [one.message for one in findings if one.code == "CV310"]
    assert messages == ([f"`0` never reads {lost} of the {size} positions of its input of {size}"] if lost else [])


def test_a_strided_window_of_one_says_what_it_does_not_read_and_what_does() -> None:
    assert said("Conv2d(64, 128, 1, stride=2)", input="[64, 56, 56]", on="strided-1x1") == (
        "`0` never reads 2,352 of the 3,136 positions of its input of 56x56; 75.0 %; "
        "`AvgPool2d(2)` in front of it, and no stride, reads all of them"
    )
    assert said("MaxPool2d(1, stride=(2, 3))", input="[8, 6, 6]", on="strided-1x1") == (
        "`0` never reads 30 of the 36 positions of its input of 6x6; 83.3 %; a kernel of (2, 3) reads all of them"
    )


@pytest.mark.parametrize(
    "layer", ["Conv2d(3, 8, 1)", "Conv2d(3, 8, 3, stride=2, padding=1)", "Conv2d(3, 8, (1, 2), 2)"]
)
def test_other_windows_are_let_pass(layer: str) -> None:
    assert found(layer, on="strided-1x1") == []


def test_what_is_advised_reads_everything() -> None:
    assert found("AvgPool2d(2)", "Conv2d(3, 8, 1)", on="strided-1x1") == []


# ---- channels


CHANNELS = (
    "Conv2d(3, 12, 3)",
    "Conv2d(12, 24, 3)",
    "Conv2d(24, 20, 3)",
    "ReLU()",
    "Conv2d(20, 30, 1)",
    "Conv2d(30, 10, 1)",
)


def test_channels_that_eight_does_not_divide_are_found_between_first_and_last() -> None:
    findings = attempt(net(*CHANNELS), warnings=True, levels={"CV311": "warn"}).findings
    assert [(one.span.line, one.message, one.help) for one in findings if one.span] == [
        (4, "`1` has 12 input channels, which 8 does not divide", "the next multiple: 16 for 12"),
        (5, "`2` has 20 output channels, which 8 does not divide", "the next multiple: 24 for 20"),
        (7, "`4` has 20 input channels and 30 output channels, which 8 does not divide",
         "the next multiple: 24 for 20 and 32 for 30"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "layers",
    [
        ("Conv2d(3, 8, 3)", "Conv2d(8, 16, 3)", "Conv2d(16, 5, 1)"),
        ("Conv2d(3, 12, 3)", "Conv2d(12, 12, 3, groups=12)", "Conv2d(12, 5, 1)"),
        ("Conv2d(3, 12, 3)", "ReLU()", "Conv2d(12, 5, 1)"),
        ("a: Conv2d(3, 12, 3)(input)", "b: Conv2d(3, 12, 3)(input)", "a + b"),
    ],
)
def test_other_channels_are_let_pass(layers: tuple[str, ...]) -> None:
    assert found(*layers, on="tensor-cores") == []


def test_linear_layers_and_transposed_convolutions_are_looked_at() -> None:
    layers = "Conv2d(3, 8, 1)", "ConvTranspose2d(8, 12, 2, 2)", "Linear(64, 60)", "Conv2d(12, 8, 1)"
    assert found(*layers, on="tensor-cores") == [("tensor-cores", 4), ("tensor-cores", 5)]


# ---- sight


@pytest.mark.parametrize(("size", "lines"), [(8, [7]), (9, []), (6, [6, 7])])
def test_a_convolution_is_unproductive_where_its_input_has_seen_all(size: int, lines: list[int]) -> None:
    """Receptive fields are 3, 5, 7, 9: what flows into the fifth sees 9."""
    layers = ["Conv2d(3, 3, 3, padding=1)"] * 5
    slugs = found(*layers, input=f"[3, {size}, {size}]", on="unproductive-layer")
    assert slugs == [("unproductive-layer", line) for line in lines]


@pytest.mark.parametrize(
    "layers",
    [
        ("Conv2d(3, 3, 3, padding=1) * 4", "Conv2d(3, 3, 1)"),
        ("Conv2d(3, 3, (9, 1), padding=(4, 0))", "Conv2d(3, 3, 3, padding=1)"),
        ("AdaptiveAvgPool2d(1)", "Conv2d(3, 3, 3, padding=1)"),
        ("x * sigmoid(mean(x, dim=(2, 3), keepdim=True))", "Conv2d(3, 3, 3, padding=1)"),
    ],
)
def test_a_convolution_that_could_see_more_is_let_pass(layers: tuple[str, ...]) -> None:
    slugs = found(*layers, input="[3, 8, 8]", on="unproductive-layer")
    assert "unproductive-layer" not in {slug for slug, _ in slugs}


def test_sight_is_said_in_positions() -> None:
    layers = ["Conv2d(3, 3, 3, padding=1)"] * 5
    assert said(*layers, input="[3, 8, 8]", on="unproductive-layer") == (
        "`4` sees nothing new: what it reads sees 9 already, and the network's input is 8; ; "
        "a larger input, fewer layers in front of it, or fewer strides"
    )
