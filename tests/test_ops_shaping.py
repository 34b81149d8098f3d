"""Functions that reshape, reorder and repeat, against torch."""

from typing import Any

import pytest

pytest.importorskip("torch")

from differential import Case, check_built, check_shown, check_unknown, compare, ours, torchs
from function_cases import Call, check_hostile, dims, judge, shapes, types
from hypothesis import given
from hypothesis import strategies as st

from convcli.argument import Slot
from convcli.binding import bind
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.ops.reordering import Flip, Permute, PermuteFunction, Repeat, Roll, Tile, Transpose
from convcli.ops.shaping import Expand, Reshape, Squeeze, Unsqueeze, View
from convcli.quantity import UNKNOWN, product

ALL = [Reshape, View, Squeeze, Unsqueeze, Expand, PermuteFunction, Transpose, Roll, Flip, Tile, Repeat]


def some_dims(draw: Any, rank: int) -> tuple[int, ...]:
    """Several dimensions, mostly different ones."""
    found = draw(st.lists(dims(rank), max_size=4, unique_by=lambda dim: dim % max(rank, 1)))
    return tuple([*found, found[0]] if found and not draw(st.integers(0, 9)) else found)


def new_shape(draw: Any, x: tuple[int, ...]) -> tuple[int, ...]:
    """A list of sizes with the elements of `x`, mostly: some axes joined, one split, one -1."""
    sizes = list(x) or [1]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(sizes) - 1))
        if at + 1 < len(sizes) and draw(st.booleans()):
            sizes[at : at + 2] = [sizes[at] * sizes[at + 1]]
        else:
            part = draw(st.sampled_from([n for n in range(1, sizes[at] + 1) if sizes[at] % n == 0]))
            sizes[at : at + 1] = [part, sizes[at] // part]
    sizes = draw(st.permutations(sizes))
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 1, 2]))):
        sizes[draw(st.integers(0, len(sizes) - 1))] = -1
    if not draw(st.integers(0, 5)):
        sizes[draw(st.integers(0, len(sizes) - 1))] = draw(st.integers(-2, 6))
    return tuple(sizes) if x or draw(st.booleans()) else ()


def expanded(draw: Any, x: tuple[int, ...]) -> tuple[int, ...]:
    """A list of sizes that `x` mostly expands to."""
    sizes = [draw(st.sampled_from([n, n, -1] if n > 1 else [1, 3, 4, -1])) for n in x]
    new = draw(st.lists(st.sampled_from([1, 2, 2, 3, -1, 0]), max_size=2))
    if sizes and not draw(st.integers(0, 5)):
        sizes[draw(st.integers(0, len(sizes) - 1))] = draw(st.integers(-2, 6))
    return tuple([*new, *sizes][draw(st.sampled_from([0, 0, 0, 0, 1])) :])


@st.composite
def calls(draw: Any, cls: type[Function]) -> Call:
    """A tensor and arguments that mostly fit it."""
    x = draw(st.lists(st.sampled_from([1, 1, 2, 3, 4, 6]), max_size=4).map(tuple))
    rank = len(x)
    given_arguments: dict[str, Any] = {}
    if cls in (Reshape, View):
        given_arguments[cls.variadic] = new_shape(draw, x)
    elif cls is Expand:
        given_arguments["size"] = expanded(draw, x)
    elif cls is PermuteFunction:
        order = draw(st.permutations(range(rank)))
        signed = [axis - rank * draw(st.integers(0, 1)) for axis in order]
        given_arguments["dims"] = draw(st.sampled_from([signed, signed, signed, [*signed, 0], signed[1:], [0] * rank]))
    elif cls is Transpose:
        given_arguments.update(dim0=draw(dims(rank)), dim1=draw(dims(rank)))
    elif cls is Squeeze:
        drawn = draw(st.sampled_from(["none", "one", "some"]))
        if drawn != "none":
            given_arguments["dim"] = draw(dims(rank)) if drawn == "one" else some_dims(draw, rank)
    elif cls is Unsqueeze:
        given_arguments["dim"] = draw(dims(rank + 1))
    elif cls is Flip:
        given_arguments["dims"] = some_dims(draw, rank)
    elif cls is Roll:
        given_arguments["shifts"] = draw(st.one_of(st.integers(-9, 9), st.lists(st.integers(-9, 9), max_size=3)))
        given_arguments["dims"] = draw(st.one_of(st.none(), dims(rank), st.lists(dims(rank), max_size=3)))
    else:
        name = cls.variadic
        given_arguments[name] = draw(st.lists(st.sampled_from([1, 2, 3, 1, 2, 3, 0, -1]), max_size=rank + 1))
    return Call(given_arguments, (x,), draw(types(1)))


@pytest.mark.parametrize("cls", ALL)
def test_equals_torch(cls: type[Function]) -> None:
    @given(call=calls(cls), data=st.data())
    def check(call: Call, data: st.DataObject) -> None:
        judge(cls, call, data)

    check()


@given(call=calls(PermuteFunction), data=st.data())
def test_permute_as_a_module_does_the_same(call: Call, data: st.DataObject) -> None:
    case = Case(call.given, call.shapes)
    compare(ours(Permute, case), torchs(Permute, case))
    check_unknown(Permute, case, data.draw)
    check_shown(Permute, case)
    check_built(Permute, case)


@given(cls=st.sampled_from(ALL), data=st.data())
def test_absurd_values(cls: type[Function], data: st.DataObject) -> None:
    check_hostile(cls, data)


@given(x=shapes(1, 4), data=st.data())
def test_a_list_may_be_written_without_brackets(x: tuple[int, ...], data: st.DataObject) -> None:
    sizes = new_shape(data.draw, x)
    apart, together = (_bound(Reshape, positional) for positional in ([Slot(0), *sizes], [Slot(0), sizes]))
    assert apart == together
    assert _bound(Flip, [Slot(0), -1]) == _bound(Flip, [Slot(0), (-1,)])


def _bound(cls: type[Function], positional: list[Any]) -> object:
    try:
        return cls.make(bind(cls, positional, {}))
    except Refusal as refusal:
        return refusal.message


def test_elements_that_do_not_fit() -> None:
    with pytest.raises(Refusal) as caught:
        Reshape.of(input=Slot(0), shape=(1, 4096)).outputs((1, 64, 7, 7))
    assert caught.value.code == "CV229"
    assert caught.value.message == "reshape: 1x64x7x7 has 3136 = 1 * 64 * 7 * 7 elements, (1, 4096) has 4096"
    assert caught.value.help == "with 3136 in place of 4096 it fits; -1 there works it out"
    with pytest.raises(Refusal, match=r"no multiple of the 5 of \(5, -1\)"):
        View.of(input=Slot(0), size=(5, -1)).outputs((1, 64, 7, 7))


def test_a_list_of_absurd_length() -> None:
    long = (2**62,) * 3_000
    for op in (Reshape.of(input=Slot(0), shape=long), Reshape.of(input=Slot(0), shape=(*long, -1))):
        with pytest.raises(Refusal, match=r"more than 2\^186000"):
            op.outputs((2, 3))
    assert len(PermuteFunction.of(input=Slot(0), dims=tuple(range(20_000))).outputs((2,) * 20_000)[0]) == 20_000


def test_unknown_sizes() -> None:
    (shape,) = Reshape.of(input=Slot(0), shape=(-1, 3136)).outputs((UNKNOWN, 64, 7, 7))
    assert shape[0] is UNKNOWN
    assert shape[1] == 3136
    assert Expand.of(input=Slot(0), size=(4, -1)).outputs((UNKNOWN, 3)) == ((4, 3),)
    (shape,) = Reshape.of(input=Slot(0), shape=(UNKNOWN, -1)).outputs((2, 3))
    assert shape[0] is shape[1] is UNKNOWN
    with pytest.raises(Refusal, match="not known"):
        Squeeze.of(input=Slot(0)).outputs((UNKNOWN, 512, 1, 1))
    assert Squeeze.of(input=Slot(0), dim=(2, 3)).outputs((5, 512, 1, 1)) == ((5, 512),)


def test_nothing_is_computed() -> None:
    op = PermuteFunction.of(input=Slot(0), dims=(1, 0))
    answer = op.answer(((2, 3),), ("float32",))
    assert (product(answer.outputs[0]), answer.macs, answer.other_ops) == (6, 0, 0)
