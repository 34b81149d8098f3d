"""Dropout and its kin against torch: in evaluation they let everything pass."""

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, check_built, check_shown, check_unknown, compare, module_cases, ours, torchs
from hypothesis import given, settings
from hypothesis import strategies as st

from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.op import Operator
from convcli.ops.catalogue import CATALOGUE, find

FAMILY = next(family for family in CATALOGUE if family.file == "dropout")
ELSEWHERE = ("StochasticDepth", "DropPath", "stochastic_depth", "drop_path")
"""torchvision's and timm's own, which torch.nn does not have to compare with."""
MODULES = [find(name) for name in FAMILY.modules.split() if name not in ELSEWHERE]
FUNCTIONS = [find(name) for name in FAMILY.functions.split() if name not in ELSEWHERE]

by_name = {"ids": lambda cls: cls.name}


@pytest.mark.parametrize("cls", MODULES, **by_name)
def test_module_equals_torch(cls: type[Operator]) -> None:
    @settings(max_examples=max(40, settings().max_examples // 2))
    @given(case=module_cases(cls, size=6), data=st.data())
    def judge(case: Case, data: Any) -> None:
        compare(ours(cls, case), torchs(cls, case))
        check_unknown(cls, case, data.draw)
        check_shown(cls, case)
        check_built(cls, case)

    judge()


@pytest.mark.parametrize("cls", FUNCTIONS, **by_name)
def test_function_equals_torch(cls: type[Function]) -> None:
    @given(case=module_cases(cls, size=6), data=st.data())
    def judge(case: Case, data: Any) -> None:
        compare(ours(cls, case), torchs(cls, case))
        check_unknown(cls, case, data.draw)
        check_shown(cls, case)

    judge()


@pytest.mark.parametrize(
    "op", [find("StochasticDepth").of(p=0.2, mode="row"), find("DropPath").of(drop_prob=0.1)], ids=repr
)
def test_dropping_whole_branches_lets_all_pass_in_evaluation(op: Operator) -> None:
    module, x = op.build(torch.nn), torch.randn(2, 3, 4)
    assert module.eval()(x) is x
    assert repr(module) == repr(op)
    answer = op.answer(((2, 3, 4),), ("float32",))
    assert (answer.outputs, answer.macs, answer.other_ops) == (((2, 3, 4),), 0, 0)


@pytest.mark.parametrize("name", [*FAMILY.modules.split()])
def test_costs_nothing_and_keeps_the_number_type(name: str) -> None:
    cls = find(name)
    op = cls.of(p=0.5, mode="row") if name == "StochasticDepth" else cls.of()
    answer = op.answer(((2, 3, 4),), ("int64",))
    assert (answer.dtypes, answer.macs, answer.other_ops) == (("int64",), 0, 0)


@pytest.mark.parametrize("p", [-0.1, 1.5])
@pytest.mark.parametrize("name", ["Dropout", "AlphaDropout", "Dropout2d"])
def test_refuses_what_is_no_probability(name: str, p: float) -> None:
    with pytest.raises(Refusal, match="a number from 0 to 1"):
        find(name).of(p=p)
    with pytest.raises(ValueError, match="between 0 and 1"):
        getattr(torch.nn, name)(p=p)
