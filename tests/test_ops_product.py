"""Matrix products against torch, and their MACs against a count one by one."""

import itertools
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from function_cases import Call, check_hostile, judge, types
from hypothesis import given
from hypothesis import strategies as st

from convcli.argument import Slot
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.ops.product import Bmm, Matmul
from convcli.quantity import UNKNOWN

SIZES = st.integers(1, 5)


@st.composite
def factors(draw: Any) -> Call:
    """Two tensors that mostly can be multiplied, from 0 to 5 dimensions each."""
    batch, (m, k, n) = draw(st.lists(SIZES, max_size=3)), draw(st.tuples(SIZES, SIZES, SIZES))
    found = []
    for matrix, vector in (((m, k), (k,)), ((k, n), (k,))):
        own = [draw(st.sampled_from([size, size, 1])) for size in batch[draw(st.integers(0, 2)) :]]
        shape = draw(st.sampled_from([[*own, *matrix]] * 5 + [list(matrix), list(vector), []]))
        if shape and not draw(st.integers(0, 6)):
            shape[draw(st.integers(0, len(shape) - 1))] = draw(SIZES)
        found.append(tuple(shape))
    return Call({}, tuple(found), draw(types(2)))


@given(call=factors(), data=st.data())
def test_matmul_equals_torch(call: Call, data: st.DataObject) -> None:
    counted = all(len(shape) > 1 for shape in call.shapes)  # torch's counter does not know products of vectors
    judge(Matmul, call, data, macs=counted)


@st.composite
def batches(draw: Any) -> Call:
    """Two batches of matrices that mostly can be multiplied."""
    b, m, k, n = draw(st.tuples(SIZES, SIZES, SIZES, SIZES))
    found = [[b, m, k], [b, k, n]]
    for shape in found:
        if not draw(st.integers(0, 4)):
            shape[draw(st.integers(0, 2))] = draw(SIZES)
        if not draw(st.integers(0, 9)):
            shape.pop()
    return Call({}, tuple(map(tuple, found)), draw(types(2)))


@given(call=batches(), data=st.data())
def test_bmm_equals_torch(call: Call, data: st.DataObject) -> None:
    judge(Bmm, call, data)


@given(cls=st.sampled_from([Matmul, Bmm]), data=st.data())
def test_absurd_values(cls: type[Function], data: st.DataObject) -> None:
    check_hostile(cls, data)


@pytest.mark.parametrize(
    ("a", "b"),
    [((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 5)), ((2, 3, 4), (4,)), ((4,), (2, 4, 5)), ((2, 1, 3, 4), (6, 4, 5))],
)
def test_macs_are_the_products_counted_one_by_one(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    answer = Matmul.of(input=Slot(0), other=Slot(1)).answer((a, b), ("float32",) * 2)
    assert answer.outputs == (tuple(torch.matmul(torch.ones(a), torch.ones(b)).shape),)
    count = sum(1 for _ in itertools.product(*map(range, answer.outputs[0]), range(4)))
    assert (answer.macs, answer.other_ops) == (count, 0)


def test_inner_sizes_that_differ() -> None:
    op = Matmul.of(input=Slot(0), other=Slot(1))
    with pytest.raises(Refusal) as caught:
        op.outputs((1, 8, 49, 64), (1, 8, 49, 64))
    assert caught.value.code == "CV228"
    assert caught.value.message == "matmul: the inner sizes of 1x8x49x64 and 1x8x49x64 differ: 64 and 49"
    assert "transpose(..., -2, -1)" in caught.value.help
    with pytest.raises(Refusal) as caught:
        op.outputs((1, 8, 49, 64), (1, 4, 64, 49))
    expected = "matmul of 1x8x49x64 and 1x4x64x49, the batches: 1x8 and 1x4 do not go together: axis 1 is 8 and 4"
    assert caught.value.message == expected
    with pytest.raises(Refusal, match="one number type"):
        op.answer(((2, 2), (2, 2)), ("float32", "int64"))


def test_an_inner_size_is_known_from_either_side() -> None:
    op = Matmul.of(input=Slot(0), other=Slot(1))
    assert op.answer(((2, 3, UNKNOWN), (4, 5)), ("float32",) * 2).macs == 2 * 3 * 4 * 5
    assert op.answer(((2, 3, UNKNOWN), (UNKNOWN, 5)), ("float32",) * 2).macs is UNKNOWN
