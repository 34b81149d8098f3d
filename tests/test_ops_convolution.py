"""Convolutions against torch, and against a count of taps by hand."""

import itertools

import pytest

pytest.importorskip("torch")

from differential import Case, compare, module_cases, ours, torchs
from hypothesis import given

from convcli.op import Operator
from convcli.ops import convolution

FORWARD = [convolution.Conv1d, convolution.Conv2d, convolution.Conv3d]
TRANSPOSED = [convolution.ConvTranspose1d, convolution.ConvTranspose2d, convolution.ConvTranspose3d]


@pytest.mark.parametrize("cls", FORWARD + TRANSPOSED)
def test_equals_torch(cls: type[Operator]) -> None:
    @given(case=module_cases(cls))
    def judge(case: Case) -> None:
        compare(ours(cls, case), torchs(cls, case))

    judge()


@pytest.mark.parametrize("groups", [1, 2])
def test_macs_are_the_taps_counted_one_by_one(groups: int) -> None:
    op = convolution.Conv2d.of(in_channels=4, out_channels=6, kernel_size=(3, 2), stride=2, padding=1, groups=groups)
    answer = op.answer(((2, 4, 7, 5),), ("float32",))
    (shape,) = answer.outputs
    taps = itertools.product(*map(range, shape), range(4 // groups), range(3), range(2))
    assert sum(1 for _ in taps) == answer.macs


@pytest.mark.parametrize("groups", [1, 2])
def test_transposed_macs_are_one_for_each_input_unit_and_weight(groups: int) -> None:
    op = convolution.ConvTranspose2d.of(in_channels=4, out_channels=6, kernel_size=(3, 2), stride=2, groups=groups)
    answer = op.answer(((2, 4, 7, 5),), ("float32",))
    taps = itertools.product(range(2), range(4), range(7), range(5), range(6 // groups), range(3), range(2))
    assert sum(1 for _ in taps) == answer.macs
