"""CondConv2d against our own reference in torch, and against counts by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, check_shown, check_unknown, compare, module_cases, ours, run, torchs
from hypothesis import given
from hypothesis import strategies as st

from convcli.diagnostics import Refusal
from convcli.ops.dynamic import CondConv2d

if TYPE_CHECKING:
    from convcli.op import Operator

CASES = module_cases(CondConv2d, size=8)


@given(case=CASES)
def test_equals_the_reference(case: Case) -> None:
    compare(ours(CondConv2d, case), torchs(CondConv2d, case))


@given(case=CASES)
def test_the_module_that_it_builds_equals_what_it_says(case: Case) -> None:
    mine = ours(CondConv2d, case)
    if not mine.refused:
        op = CondConv2d.of(**case.arguments)
        compare(mine, run(lambda: op.build(torch.nn, device="meta"), case))


@given(case=CASES, data=st.data())
def test_unknown_and_shown_sizes_agree_with_known_ones(case: Case, data: Any) -> None:
    check_unknown(CondConv2d, case, data.draw)
    check_shown(CondConv2d, case)


def test_the_module_that_it_builds_computes_what_the_reference_computes() -> None:
    from reference_layers import CondConv2d as Reference

    arguments: dict[str, Any] = {"stride": 2, "padding": (1, 2), "dilation": (2, 1), "groups": 2}
    built = CondConv2d.of(in_channels=4, out_channels=6, kernel_size=3, num_experts=5, **arguments).build(torch.nn)
    reference = Reference(4, 6, 3, 5, **arguments)
    reference.load_state_dict(built.state_dict())
    x = torch.randn(3, 4, 9, 8)
    torch.testing.assert_close(built(x), reference(x))
    assert built.weight.std() > 0.01
    assert repr(built).startswith("CondConv2d(\n  4, 6, 3, 5, stride=2, padding=(1, 2)")


def test_by_hand() -> None:
    op = CondConv2d.of(in_channels=4, out_channels=6, kernel_size=3, num_experts=5, groups=2)
    answer = op.answer(((2, 4, 7, 7),), ("float32",))
    assert answer.outputs == ((2, 6, 5, 5),)
    expert = 6 * 2 * 9 + 6
    assert op.params() == 5 * expert + 5 * 4 + 5
    assert answer.macs == 2 * 6 * 25 * 2 * 9 + 2 * 4 * 5 + 2 * 5 * expert
    assert answer.other_ops == 2 * 4 * 49 + 2 * 5 * (1 + 4) + 2 * 6 * 25


def test_arguments_stand_in_their_order() -> None:
    names = "in_channels out_channels kernel_size num_experts stride padding dilation groups bias"
    assert list(CondConv2d.arguments) == names.split()


def test_needs_a_batch() -> None:
    op: Operator = CondConv2d.of(in_channels=4, out_channels=6, kernel_size=3, num_experts=5)
    with pytest.raises(Refusal, match="CondConv2d takes a 4-d input"):
        op.outputs((4, 7, 7))
