"""Reductions against torch, and their operations counted by hand."""

from typing import Any

import pytest

pytest.importorskip("torch")

from function_cases import Call, check_hostile, dims, judge, shapes, types
from hypothesis import given
from hypothesis import strategies as st

from convcli.argument import Slot
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.ops.reduction import Amax, Amin, Argmax, Argmin, Mean, Std, Sum, Var

PLAIN = [Sum, Mean, Amax, Amin]
ALL = [*PLAIN, Var, Std, Argmax, Argmin]


@st.composite
def calls(draw: Any, cls: type[Function]) -> Call:
    """A tensor, and dimensions of it."""
    x = draw(shapes(0, 4))
    rank = len(x)
    one = st.one_of(st.none(), dims(rank))
    some = st.lists(dims(rank), max_size=3)
    given_arguments: dict[str, Any] = {"dim": draw(one if cls in (Argmax, Argmin) else one | some)}
    dim = given_arguments["dim"]
    if draw(st.booleans()) and not (dim is None and cls in (Sum, Mean)):  # torch then wants `dim=None` written
        given_arguments["keepdim"] = draw(st.booleans())
    if cls in (Var, Std) and draw(st.booleans()):
        given_arguments["correction"] = draw(st.sampled_from([0, 1, 2, 0.5]))
    elif cls in (Var, Std) and (dim is not None or "keepdim" not in given_arguments) and draw(st.booleans()):
        given_arguments["unbiased"] = draw(st.booleans())
    return Call(given_arguments, (x,), draw(types(1)))


@pytest.mark.parametrize("cls", ALL)
def test_equals_torch(cls: type[Function]) -> None:
    @given(call=calls(cls), data=st.data())
    def check(call: Call, data: st.DataObject) -> None:
        judge(cls, call, data)

    check()


@given(cls=st.sampled_from(ALL), data=st.data())
def test_absurd_values(cls: type[Function], data: st.DataObject) -> None:
    check_hostile(cls, data)


@pytest.mark.parametrize(("cls", "count"), [(Sum, 20), (Amax, 20), (Argmin, 20), (Mean, 24), (Var, 96), (Std, 100)])
@pytest.mark.parametrize("keepdim", [False, True])
def test_operations(cls: type[Function], count: int, keepdim: bool) -> None:
    op = cls.of(input=Slot(0), dim=1, keepdim=keepdim)  # 2x6x2 becomes 2x2
    assert op.answer(((2, 6, 2),), ("float32",)).other_ops == count


def test_one_sum_by_hand() -> None:
    additions = sum(1 for _ in range(4) for _ in range(1, 6))
    assert Sum.of(input=Slot(0), dim=-1).answer(((2, 2, 6),), ("float32",)).other_ops == additions


def test_refusals() -> None:
    with pytest.raises(Refusal, match="axis 1 comes twice"):
        Sum.of(input=Slot(0), dim=(1, -1)).outputs((2, 3))
    with pytest.raises(Refusal, match="not both"):
        Var.of(input=Slot(0), dim=1, unbiased=False, correction=0)
    with pytest.raises(Refusal, match="found int64"):
        Mean.of(input=Slot(0)).answer(((2, 3),), ("int64",))
