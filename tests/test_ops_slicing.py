"""Slices against torch, and the middle of an image against its definition."""

from typing import Any

import pytest

pytest.importorskip("torch")

from function_cases import Call, check_hostile, dims, judge, shapes, types
from hypothesis import given
from hypothesis import strategies as st

from convcli.argument import Slot
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.ops.slicing import CenterCrop, Narrow, Slice, Slicing
from convcli.quantity import UNKNOWN

# beyond these numbers torch overflows inside
EDGES = st.none() | st.integers(-8, 8) | st.sampled_from([2**40, -(2**40)])
STEPS = st.sampled_from([None, None, None, 1, 2, 3, 7, 2**40, 0, -1])


@st.composite
def index_of(draw: Any, rank: int) -> tuple[Any, ...]:
    """An index that mostly has no more items than there are axes."""
    one = st.one_of(st.integers(-2, 2), st.builds(slice, EDGES, EDGES, STEPS), st.just(slice(None)))
    items = draw(st.lists(one, max_size=rank + draw(st.sampled_from([0, 0, 0, 1]))))
    for extra in draw(st.lists(st.sampled_from([None, None, ...]), max_size=2)):
        at = draw(st.integers(0, len(items)))
        if extra is None or ... not in items:  # two of `...` are refused, which torch does not do
            items.insert(at, extra)
    return tuple(items)


@given(x=shapes(0, 4), kinds=types(1), data=st.data())
def test_slices_equal_torch(x: tuple[int, ...], kinds: tuple[str, ...], data: st.DataObject) -> None:
    index = data.draw(index_of(len(x)))
    alone = len(index) == 1 and data.draw(st.booleans())
    judge(Slicing, Call({"index": index[0] if alone else index}, (x,), kinds), data)


@st.composite
def stretches(draw: Any) -> Call:
    """A stretch that mostly lies inside its axis."""
    x = draw(shapes(0, 4))
    dim = draw(dims(len(x)))
    size = x[dim] if -len(x) <= dim < len(x) else 3
    start = draw(st.integers(-size - 1, size + 1))
    left = -start if start < 0 else size - start
    length = draw(st.integers(-1, max(left, 0) + draw(st.sampled_from([0, 0, 0, 1]))))
    return Call({"dim": dim, "start": start, "length": length}, (x,), draw(types(1)))


@given(call=stretches(), data=st.data())
def test_narrow_equals_torch(call: Call, data: st.DataObject) -> None:
    judge(Narrow, call, data)


@given(x=shapes(0, 5, 9), kinds=types(1), data=st.data())
def test_center_crop(x: tuple[int, ...], kinds: tuple[str, ...], data: st.DataObject) -> None:
    lists = st.lists(st.integers(0, 9), max_size=len(x) + 1).map(lambda sizes: [min(s, n + 1) for s, n in zip(
        sizes, x[len(x) - len(sizes) :] or sizes, strict=False)])  # fmt: skip
    size = data.draw(st.one_of(st.integers(0, 9), lists))
    judge(CenterCrop, Call({"size": size}, (x,), kinds), data)


@given(have=st.integers(1, 40), want=st.integers(1, 40))
def test_center_crop_begins_where_torchvisions_does(have: int, want: int) -> None:
    if want <= have:
        op = CenterCrop.of(input=Slot(0), size=[want])
        assert op.starts((3, have)) == (round((have - want) / 2.0),)


@given(cls=st.sampled_from([Slicing, Narrow, CenterCrop]), data=st.data())
def test_absurd_values(cls: type[Function], data: st.DataObject) -> None:
    check_hostile(cls, data)


@pytest.mark.parametrize(
    ("index", "code", "message"),
    [
        ((slice(None), 3), "CV230", "index 3 is outside of axis 1 of 2x3x4"),
        ((0, 0, 0, 0), "CV230", "[0, 0, 0, 0] names 4 axes, the input 2x3x4 has 3"),
        ((..., ...), "CV226", "`...` stands twice in [..., ...]"),
        (slice(2, 1), "CV225", "`2:1` of axis 0 leaves nothing: 2x3x4 has 2 there"),
        (slice(None, None, -1), "CV226", "a step must be 1 or more, found `::-1`"),
        ([0, 1], "CV210", "slice: `index` must be integers, `start:stop:step`, `...` or None, found [0, 1]"),
    ],
)
def test_refusals(index: Any, code: str, message: str) -> None:
    with pytest.raises(Refusal) as caught:
        Slicing.of(input=Slot(0), index=index).outputs((2, 3, 4))
    assert (caught.value.code, caught.value.message) == (code, message)


def test_normal_form() -> None:
    op = Slicing.of(input=Slot(0), index=(slice(None), ..., None, -1, slice(1, None, 2)))
    assert op.index == (Slice(), "...", None, -1, Slice(1, None, 2))
    assert op is Slicing.of(input=Slot(0), index=((None, None, None), "...", None, -1, (1, None, 2)))
    assert op.text() == "[:, ..., None, -1, 1::2]"


def test_unknown_sizes() -> None:
    (shape,) = Slicing.of(input=Slot(0), index=(0, slice(1, None), slice(None))).outputs((UNKNOWN,) * 4)
    assert len(shape) == 3
    (shape,) = Slicing.of(input=Slot(0), index=(slice(UNKNOWN, None), UNKNOWN, slice(None))).outputs((2, 3, 4))
    assert shape[0] is UNKNOWN
    assert shape[1] == 4
