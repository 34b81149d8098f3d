"""Rules about windows against torch: pixels without a gradient, weights without one, and how often outputs are hit."""

import pytest

pytest.importorskip("torch")

from typing import Any

import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from test_rules import found, said
from torch import nn

import convcli
from convcli.ops.convolution import Conv1d
from convcli.ops.pooling import AvgPool1d
from convcli.window.dropping import dropped_by

Windows = st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(0, 4), st.integers(1, 3), st.integers(1, 40))


def pixels_read(module: Any, size: int) -> set[int]:
    """Return the positions that some output depends on, by their gradient."""
    x = torch.ones(1, 1, size, requires_grad=True)
    for weight in module.parameters():
        nn.init.ones_(weight)
    module(x).sum().backward()
    return {at for at, slope in enumerate(x.grad[0, 0].tolist()) if slope}


def dropped(op: Any, size: int) -> tuple[int, int]:
    (reading,) = op.reads(0, ((1, 1, size),), ())
    return dropped_by(reading.sources[2][1], size, op.outputs((1, 1, size))[0][2])


def is_warned_of(op: Any, size: int) -> bool:
    return "CV301" in {one.code for one in convcli.shape(op.text(), input=(1, 1, size)).findings}


def truly_dropped(op: Any, size: int, longer: int) -> int:
    """Count the positions without a gradient that have one where the input goes on for long enough."""
    module = op.build(nn)
    return len((pixels_read(module, longer) & set(range(size))) - pixels_read(module, size))


@given(Windows, st.sampled_from(["zeros", "circular"]))
def test_a_convolution_drops_the_pixels_that_have_no_gradient(window: tuple[int, ...], mode: str) -> None:
    kernel, stride, pad, dilation, size = window
    assume(size + 2 * pad > dilation * (kernel - 1) and (mode == "zeros" or pad <= size))
    op = Conv1d.of(in_channels=1, out_channels=1, kernel_size=kernel, stride=stride, padding=pad, dilation=dilation,
                   padding_mode=mode)  # fmt: skip
    assume(stride > 1)
    longer = Conv1d.of(in_channels=1, out_channels=1, kernel_size=kernel, stride=stride, padding=pad, dilation=dilation)
    more = pixels_read(longer.build(nn), size + 40) & set(range(size))
    lost = len(more - pixels_read(op.build(nn), size))
    assert dropped(op, size)[0] == lost
    assert is_warned_of(op, size) == (lost > 0)


@given(Windows, st.booleans())
def test_a_pool_drops_the_pixels_that_have_no_gradient(window: tuple[int, ...], ceil: bool) -> None:
    kernel, stride, pad, _, size = window
    assume(2 * pad <= kernel and size + 2 * pad >= kernel and stride > 1)
    op = AvgPool1d.of(kernel_size=kernel, stride=stride, padding=pad, ceil_mode=ceil)
    lost = truly_dropped(op, size, size + 40)
    assert dropped(op, size)[0] == lost
    assert is_warned_of(op, size) == (lost > 0)


@pytest.mark.parametrize(
    ("layer", "input"),
    [
        ("Conv2d(3, 8, 7, stride=2)", "[3, 32, 32]"),
        ("MaxPool2d(2)", "[3, 15, 16]"),
        ("Conv2d(3, 8, 16, stride=16)", "[3, 100, 96]"),
        ("Unfold(4, stride=4)", "[3, 18, 18]"),
        ("max_pool2d(x, 3, 2)", "[3, 32, 32]"),
        ("LPPool2d(2, 3)", "[3, 32, 32]"),
        ("Conv1d(3, 8, 3, stride=2)", "[3, 32]"),
        ("AvgPool3d(2)", "[3, 5, 4, 4]"),
        ("Conv2d(3, 8, 2, stride=3)", "[3, 7, 7]"),
    ],
)
def test_dropped_pixels_are_found(layer: str, input: str) -> None:
    assert found(layer, input=input) == [("dropped-pixels", 3)]


@pytest.mark.parametrize(
    ("layer", "input"),
    [
        ("Conv2d(3, 8, 3, stride=2, padding=1)", "[3, 32, 32]"),
        ("Conv2d(3, 8, 7, stride=2, padding=3)", "[3, 33, 33]"),
        ("Conv2d(3, 8, 1, stride=2)", "[3, 32, 32]"),
        ("Conv2d(3, 8, 2, stride=3)", "[3, 9, 9]"),
        ("MaxPool2d(2, ceil_mode=True)", "[3, 15, 15]"),
        ("Conv2d(3, 8, 16, stride=16)", "[3, 224, 224]"),
        ("AdaptiveAvgPool2d(7)", "[3, 30, 30]"),
        ("x[:, :, ::2, ::2]", "[3, 15, 15]"),
        ("Conv2d(3, 8, 3)", "[3, 15, 15]"),
    ],
)
def test_windows_that_read_everything_are_let_pass(layer: str, input: str) -> None:
    assert found(layer, input=input) == []


def test_a_drop_is_counted_along_each_axis_and_gets_its_repair() -> None:
    assert said("Conv2d(3, 8, 16, stride=16)", input="[3, 500, 507]") == (
        "`0` drops 4 rows at the bottom and 11 columns on the right of its input of 500x507; no window reads them; "
        "`padding=(6, 3)` reads everything; or an input of 496 or 512 rows and 496 or 512 columns"
    )


@pytest.mark.parametrize(
    ("layer", "repaired", "size"),
    [("MaxPool2d(3, 2)", "MaxPool2d(3, 2, ceil_mode=True)", 32), ("MaxPool2d(3, 2)", "MaxPool2d(3, 2, padding=1)", 32),
     ("MaxPool2d(3, 2)", "MaxPool2d(3, 2)", 31), ("MaxPool2d(3, 2)", "MaxPool2d(3, 2)", 33)],
)  # fmt: skip
def test_what_is_advised_helps(layer: str, repaired: str, size: int) -> None:
    advice = said(layer)
    assert "`ceil_mode=True`" in advice
    assert "`padding=1`" in advice
    assert "31 or 33 rows" in advice
    assert found(repaired, input=f"[3, {size}, {size}]") == []


# ---- kernels on padding


@given(Windows)
def test_a_kernel_is_used_where_its_weights_have_a_gradient(window: tuple[int, ...]) -> None:
    kernel, stride, pad, dilation, size = window
    assume(size + 2 * pad > dilation * (kernel - 1))
    module = nn.Conv1d(1, 1, kernel, stride, pad, dilation, bias=False)
    module(torch.ones(1, 1, size)).sum().backward()
    assert module.weight.grad is not None
    used = int((module.weight.grad != 0).sum())
    layer = f"Conv1d(1, 1, {kernel}, {stride}, {pad}, {dilation})"
    warned = any(one.code == "CV307" for one in convcli.shape(layer, input=(1, 1, size)).findings)
    assert warned == (2 * used <= kernel)


def test_a_kernel_on_padding_is_counted() -> None:
    assert said("Conv2d(3, 8, 3, padding=24, dilation=24)", input="[3, 16, 16]") == (
        "8 of the 9 elements of `0`'s kernel never meet its input of 16x16; 192 parameters for nothing; "
        "a kernel of 1 does the same here; or keep a larger map"
    )


def test_a_kernel_that_is_advised_does_the_same() -> None:
    """On a map of 3 a dilation of 2 leaves three of five elements; the others have no effect."""
    assert "a kernel of 3x1 does the same here" in said(
        "Conv2d(3, 8, 5, padding=(4, 8), dilation=(2, 4))", input="[3, 3, 3]"
    )
    long = nn.Conv1d(1, 1, 5, padding=4, dilation=2)
    short = nn.Conv1d(1, 1, 3, padding=2, dilation=2)
    with torch.no_grad():
        short.weight.copy_(long.weight[:, :, 1:4])
        short.bias.copy_(long.bias)
    x = torch.randn(1, 1, 3, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(long(x), short(x))


@pytest.mark.parametrize("layer", ["Conv2d(3, 8, 3, padding=1)", "Conv2d(3, 8, 2, padding='same')", "Conv2d(3, 8, 1)"])
def test_a_kernel_that_meets_its_input_is_let_pass(layer: str) -> None:
    assert found(layer, input="[3, 2, 2]") == []


def test_other_paddings_than_zeros_have_an_effect() -> None:
    assert found("Conv2d(3, 8, 3, padding=1, padding_mode='replicate')", input="[3, 1, 1]") == []


# ---- transposed convolutions


@given(st.integers(1, 9), st.integers(1, 6), st.integers(1, 4))
def test_the_output_is_uneven_where_it_is_hit_unevenly(kernel: int, stride: int, dilation: int) -> None:
    module = nn.ConvTranspose1d(1, 1, kernel, stride, 0, 0, 1, False, dilation)
    nn.init.ones_(module.weight)
    size = 3 * kernel * dilation + 12
    hits = module(torch.ones(1, 1, size))[0, 0]
    inner = hits[kernel * dilation : -kernel * dilation]
    layer = f"ConvTranspose1d(1, 1, {kernel}, {stride}, dilation={dilation})"
    findings = convcli.shape(layer, input=(1, 1, size)).findings
    warned = [one.message for one in findings if one.code == "CV306"]
    assert bool(warned) == bool(inner.min() != inner.max())
    assert any("has holes" in text for text in warned) == bool(inner.min() == 0)


def test_a_checkerboard_says_along_which_axis_and_what_helps() -> None:
    assert said("ConvTranspose2d(3, 8, (4, 3), stride=2)") == (
        "the output of `0` is covered unevenly: a kernel of 4x3 in steps of 2; "
        "along width, positions get 1 to 2 of the kernel's elements in turn; "
        "`kernel_size=4`, a multiple of the stride; or `Upsample` and a convolution behind it"
    )
