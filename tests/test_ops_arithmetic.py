"""Element-wise arithmetic against torch, and its operations counted by hand."""

import itertools
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from function_cases import Call, check_hostile, judge, related, shapes, types
from hypothesis import given
from hypothesis import strategies as st

from convcli.argument import Slot
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.ops import arithmetic
from convcli.ops.broadcast import meet, promoted
from convcli.quantity import UNKNOWN

SCALED = [arithmetic.Add, arithmetic.Sub]
PAIRS = [*SCALED, arithmetic.Mul, arithmetic.Div, arithmetic.Pow, arithmetic.Maximum, arithmetic.Minimum]
SINGLE = [
    arithmetic.Neg, arithmetic.Abs, arithmetic.Square, arithmetic.Exp, arithmetic.Log, arithmetic.Sqrt,
    arithmetic.Rsqrt, arithmetic.Reciprocal, arithmetic.Sin, arithmetic.Cos,
]  # fmt: skip
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, 2.0, -1.5]), st.sampled_from([2**62, 2**70]))


@st.composite
def pairs(draw: Any, cls: type[Function]) -> Call:
    """Two tensors that mostly broadcast, or a tensor and a number."""
    names = cls.tensor_arguments()
    numbers = cls.arguments[names[0]].kind.number and draw(st.booleans())
    given_arguments = {draw(st.sampled_from(names)): draw(NUMBERS)} if numbers else {}
    if cls in SCALED and draw(st.booleans()):
        given_arguments["alpha"] = draw(st.one_of(st.integers(-2, 2), st.just(1.5)))
    if cls is arithmetic.Div and draw(st.booleans()):
        given_arguments["rounding_mode"] = draw(st.sampled_from([None, "trunc", "floor"]))
    count = 1 if numbers else 2
    return Call(given_arguments, related(draw, count), draw(types(count)))


@pytest.mark.parametrize("cls", PAIRS)
def test_pairs_equal_torch(cls: type[Function]) -> None:
    @given(call=pairs(cls), data=st.data())
    def check(call: Call, data: st.DataObject) -> None:
        judge(cls, call, data)

    check()


@given(cls=st.sampled_from(SINGLE), shape=shapes(), kinds=types(1), data=st.data())
def test_elementary_functions_equal_torch(
    cls: type[Function], shape: tuple[int, ...], kinds: tuple[str, ...], data: st.DataObject
) -> None:
    judge(cls, Call({}, (shape,), kinds), data)


@given(
    bounds=st.fixed_dictionaries({}, optional={"min": st.none() | NUMBERS, "max": st.none() | NUMBERS}),
    shape=shapes(),
    kinds=types(1),
    data=st.data(),
)
def test_clamp_equals_torch(
    bounds: dict[str, Any], shape: tuple[int, ...], kinds: tuple[str, ...], data: st.DataObject
) -> None:
    judge(arithmetic.Clamp, Call(bounds, (shape,), kinds), data)


@given(cls=st.sampled_from([*PAIRS, *SINGLE, arithmetic.Clamp]), data=st.data())
def test_absurd_values(cls: type[Function], data: st.DataObject) -> None:
    check_hostile(cls, data)


@given(st.sampled_from([1, 2, 3, UNKNOWN]), st.sampled_from([1, 2, 3, UNKNOWN]))
def test_broadcasting_with_an_unknown_size_allows_every_size_it_may_have(a: int, b: int) -> None:
    def possible(size: int) -> list[int]:
        return [1, 2, 3, 4] if size is UNKNOWN else [size]

    found = {max(x, y) for x, y in itertools.product(possible(a), possible(b)) if 1 in {x, y} or x == y}
    size = meet(a, b)
    assert size is (None if not found else UNKNOWN if len(found) > 1 else size)
    assert len(found) != 1 or found == {size}


def test_number_types_are_promoted_as_in_torch() -> None:
    kinds = ["uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]
    for a, b in itertools.product(kinds, kinds):
        wide = torch.promote_types(getattr(torch, a), getattr(torch, b))
        assert f"torch.{promoted((a, b))}" == str(wide)


@pytest.mark.parametrize(
    ("op", "shapes", "count"),
    [
        (arithmetic.Add.of(input=Slot(0), other=Slot(1)), [(2, 3, 1), (3, 5)], 30),
        (arithmetic.Add.of(input=Slot(0), other=Slot(1), alpha=2), [(2, 3, 1), (3, 5)], 60),
        (arithmetic.Sub.of(input=1, other=Slot(0)), [(2, 3)], 6),
        (arithmetic.Div.of(input=Slot(0), other=2, rounding_mode="floor"), [(2, 3)], 12),
        (arithmetic.Mul.of(input=Slot(0), other=Slot(0)), [(2, 3)], 6),
        (arithmetic.Exp.of(input=Slot(0)), [(2, 3)], 6),
        (arithmetic.Clamp.of(input=Slot(0), min=0, max=1), [(2, 3)], 12),
        (arithmetic.Clamp.of(input=Slot(0), max=1), [()], 1),
    ],
)
def test_operations(op: Function, shapes: list[tuple[int, ...]], count: int) -> None:
    answer = op.answer(tuple(shapes), ("float32",) * len(shapes))
    assert (answer.macs, answer.other_ops) == (0, count)


def test_an_integer_and_its_float_are_two_operators() -> None:
    whole, real = (arithmetic.Mul.of(input=Slot(0), other=number) for number in (2, 2.0))
    assert whole.dtypes(("int64",), 1) == ("int64",)
    assert real.dtypes(("int64",), 1) == ("float32",)


def test_shapes_that_do_not_go_together() -> None:
    op = arithmetic.Add.of(input=Slot(0), other=Slot(1))
    with pytest.raises(Refusal) as caught:
        op.outputs((1, 64, 56, 56), (1, 128, 56, 56))
    assert caught.value.code == "CV228"
    assert caught.value.message == "add: 1x64x56x56 and 1x128x56x56 do not go together: axis 1 is 64 and 128"
    assert "`Conv2d(_, 64, 1)`" in caught.value.help
    with pytest.raises(Refusal, match="axis -1 is 3 and 2"):
        op.outputs((4, 3), (5, 4, 2))
    with pytest.raises(Refusal, match="two numbers"):
        arithmetic.Add.of(input=1, other=2)
