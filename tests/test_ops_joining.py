"""Joining and splitting against torch."""

from typing import Any

import pytest

pytest.importorskip("torch")

from function_cases import Call, check_hostile, dims, judge, shapes, types
from hypothesis import given
from hypothesis import strategies as st

from convcli.argument import Slot
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.ops.joining import MOST_RESULTS, Cat, Chunk, Split, Stack, Unbind
from convcli.quantity import UNKNOWN


@st.composite
def joined(draw: Any, cls: type[Function]) -> Call:
    """Shapes that mostly differ in the joined axis alone."""
    whole, count = draw(shapes(0, 4)), draw(st.integers(1, 4))
    rank = len(whole)
    dim = draw(dims(rank if cls is Cat else rank + 1))
    found = []
    for _ in range(count):
        shape = list(whole)
        if cls is Cat and -rank <= dim < rank:
            shape[dim] = draw(st.integers(1, 5))
        if shape and not draw(st.integers(0, 9)):
            shape[draw(st.integers(0, rank - 1))] = draw(st.integers(1, 6))
        if not draw(st.integers(0, 19)):
            shape.append(2)
        found.append(tuple(shape))
    given_arguments = {"dim": dim} if dim or draw(st.booleans()) else {}
    return Call(given_arguments, tuple(found), draw(types(count)))


@pytest.mark.parametrize("cls", [Cat, Stack])
def test_joining_equals_torch(cls: type[Function]) -> None:
    @given(call=joined(cls), data=st.data())
    def check(call: Call, data: st.DataObject) -> None:
        judge(cls, call, data)

    check()


@st.composite
def cuts(draw: Any, cls: type[Function]) -> Call:
    """A tensor, an axis of it, and how it is cut."""
    shape = draw(shapes(0, 4, 12))
    dim = draw(dims(len(shape)))
    size = shape[dim] if -len(shape) <= dim < len(shape) else 3
    given_arguments: dict[str, Any] = {}
    if cls is Chunk:
        given_arguments["chunks"] = draw(st.integers(0, 14))
    if cls is Split:
        first = draw(st.integers(0, size))
        sections = st.sampled_from([[first, size - first], [size], [], [first], [1] * size, [size - 1, -1, 2]])
        given_arguments["split_size_or_sections"] = draw(st.one_of(st.integers(0, 14), sections))
    if dim or draw(st.booleans()):
        given_arguments["dim"] = dim
    return Call(given_arguments, (shape,), draw(types(1)))


@pytest.mark.parametrize("cls", [Chunk, Split, Unbind])
def test_splitting_equals_torch(cls: type[Function]) -> None:
    @given(call=cuts(cls), data=st.data())
    def check(call: Call, data: st.DataObject) -> None:
        judge(cls, call, data)

    check()


@given(cls=st.sampled_from([Cat, Stack, Chunk, Split, Unbind]), data=st.data())
def test_absurd_values(cls: type[Function], data: st.DataObject) -> None:
    check_hostile(cls, data)


def test_sizes_that_differ() -> None:
    op = Cat.of(tensors=[Slot(0), Slot(1), Slot(2)], dim=1)
    with pytest.raises(Refusal) as caught:
        op.outputs((1, 64, 56, 56), (1, 3, 56, 56), (1, 128, 28, 56))
    assert caught.value.code == "CV228"
    assert caught.value.message == "cat: axis 2 is 56 and 28: input 0 is 1x64x56x56 and input 2 is 1x128x28x56"
    assert caught.value.help == "only axis 1, the one that is joined, may differ"


def test_one_tensor_twice_is_one_input() -> None:
    assert Cat.of(tensors=[Slot(0), Slot(0)], dim=1).outputs((1, 3)) == ((1, 6),)
    assert Stack.of(tensors=[Slot(0), Slot(0)], dim=1).outputs((1, 3)) == ((1, 2, 3),)


def test_unknown_sizes() -> None:
    assert Cat.of(tensors=[Slot(0), Slot(1)], dim=1).outputs((UNKNOWN, 3, 8), (2, 5, UNKNOWN)) == ((2, 8, 8),)
    halves = Chunk.of(input=Slot(0), chunks=2, dim=1).outputs((1, UNKNOWN, 8))
    assert [shape[0] for shape in halves] == [1, 1]
    assert all(shape[1] is UNKNOWN for shape in halves)
    with pytest.raises(Refusal, match="not known"):
        Split.of(tensor=Slot(0), split_size_or_sections=2, dim=1).outputs((1, UNKNOWN, 8))


@pytest.mark.parametrize(
    "op",
    [
        Chunk.of(input=Slot(0), chunks=2**62),
        Split.of(tensor=Slot(0), split_size_or_sections=1),
        Unbind.of(input=Slot(0)),
    ],
)
def test_too_many_results(op: Function) -> None:
    assert len(op.outputs((MOST_RESULTS,))) == MOST_RESULTS
    for size in (MOST_RESULTS + 1, 10**18):
        with pytest.raises(Refusal, match="the limit is 100,000"):
            op.outputs((size,))
