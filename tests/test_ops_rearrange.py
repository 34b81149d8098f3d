"""Pixel shuffles, flattening and sliding blocks against torch."""

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, check_built, check_shown, check_unknown, compare, function, module_cases, ours, torchs
from hypothesis import given
from hypothesis import strategies as st

from convcli.diagnostics import Refusal
from convcli.op import Operator
from convcli.ops.catalogue import CATALOGUE, find
from convcli.quantity import UNKNOWN

FAMILIES = [family for family in CATALOGUE if family.file in ("rearrange", "unfold")]
NAMES = [name for family in FAMILIES for name in f"{family.modules} {family.functions}".split()]
SHUFFLES = [name for name in NAMES if "huffle" in name]
FLATTENS = ["Flatten", "flatten"]
UNFLATTENS = ["Unflatten", "unflatten"]

dims = st.integers(-4, 3) | st.integers(-2, 2)


def judge_by_torch(cls: type[Operator], case: Case, data: Any) -> None:
    compare(ours(cls, case), torchs(cls, case))
    check_unknown(cls, case, data.draw)
    check_shown(cls, case)
    if cls.module:
        check_built(cls, case)


@st.composite
def shuffle_cases(draw: Any, cls: type[Operator]) -> Case:
    """Draw inputs whose channels, height and width are mostly multiples of what divides them."""
    factor = draw(st.integers(1, 3))
    multiples = (1, factor, factor) if "unshuffle" in cls.name.lower() else (factor * factor, 1, 1)
    some = st.integers(1, 3)
    rank = draw(st.sampled_from([3, 3, 4, 4, 4, 5, 2, 0]))
    shape = [draw(some) for _ in range(rank)]
    for axis in range(-min(rank, 3), 0):
        shape[axis] = draw(some) * (multiples[axis] if draw(st.integers(0, 9)) else 1)
    if rank > 1 and cls.name in ("ChannelShuffle", "channel_shuffle"):
        shape[1] = factor * draw(some) + (draw(st.integers(0, 5)) == 0)
    (name,) = [name for name in cls.arguments if name != "input"]
    return Case({name: factor if draw(st.integers(0, 9)) else draw(st.integers(-1, 4))}, (tuple(shape),))


@pytest.mark.parametrize("name", SHUFFLES)
def test_shuffles_equal_torch(name: str) -> None:
    @given(case=shuffle_cases(find(name)), data=st.data())
    def judge(case: Case, data: Any) -> None:
        judge_by_torch(find(name), case, data)

    judge()


@pytest.mark.parametrize("name", FLATTENS)
def test_flatten_equals_torch(name: str) -> None:
    @given(shape=st.lists(st.integers(1, 4), max_size=4), start=st.none() | dims, end=st.none() | dims, data=st.data())
    def judge(shape: list[int], start: int | None, end: int | None, data: Any) -> None:
        given_dims = {"start_dim": start, "end_dim": end}
        case = Case({name: dim for name, dim in given_dims.items() if dim is not None}, (tuple(shape),))
        judge_by_torch(find(name), case, data)

    judge()


@pytest.mark.parametrize("name", UNFLATTENS)
def test_unflatten_equals_torch(name: str) -> None:
    cls = find(name)
    sizes_name = list(cls.arguments)[-1]

    @given(
        shape=st.lists(st.sampled_from([1, 2, 4, 6, 12]), max_size=3),
        dim=dims,
        sizes=st.lists(st.sampled_from([-1, -1, 1, 2, 2, 3, 4, 0, -2]), max_size=3),
        data=st.data(),
    )
    def judge(shape: list[int], dim: int, sizes: list[int], data: Any) -> None:
        judge_by_torch(cls, Case({"dim": dim, sizes_name: tuple(sizes)}, (tuple(shape),)), data)

    judge()


@pytest.mark.parametrize("name", ["Unfold", "unfold"])
def test_unfold_equals_torch(name: str) -> None:
    @given(case=module_cases(find(name), size=8), data=st.data())
    def judge(case: Case, data: Any) -> None:
        judge_by_torch(find(name), case, data)

    judge()


@st.composite
def fold_cases(draw: Any, cls: type[Operator]) -> Case:
    """Draw columns that mostly fit the blocks."""
    case = draw(module_cases(cls, size=5))
    *batch, rows, columns = case.inputs[0]
    rows *= draw(st.integers(1, 3))
    return case._replace(inputs=((*batch, rows, min(columns, 10**4)),))


@pytest.mark.parametrize("name", ["Fold", "fold"])
def test_fold_equals_torch(name: str) -> None:
    @given(case=fold_cases(find(name)), data=st.data())
    def judge(case: Case, data: Any) -> None:
        judge_by_torch(find(name), case, data)

    judge()


def test_fold_adds_each_of_its_elements() -> None:
    op = find("Fold").of(output_size=(4, 5), kernel_size=(2, 3), padding=1)
    (shape,) = find("Unfold").of(kernel_size=(2, 3), padding=1).outputs((2, 3, 4, 5))
    answer = op.answer((shape,), ("float32",))
    assert (answer.outputs, answer.macs, answer.other_ops) == (((2, 3, 4, 5),), 0, 2 * 18 * 25)


@pytest.mark.parametrize("name", [name for name in NAMES if name.lower() != "fold"])
def test_moving_costs_nothing(name: str) -> None:
    cls = find(name)
    assert cls.macs is Operator.macs
    assert cls.other_ops is Operator.other_ops


@pytest.mark.parametrize("name", ["pixel_shuffle", "pixel_unshuffle", "channel_shuffle"])
def test_built_in_functions_take_the_input_first(name: str) -> None:
    arguments = list(find(name).arguments)
    x = torch.zeros(1, 4, 4, 4)
    assert function(name)(x, 2).shape == function(name)(**dict(zip(arguments, (x, 2), strict=True))).shape


def test_unknown_sizes_are_split_as_far_as_is_known() -> None:
    unflatten = find("Unflatten")
    assert unflatten.of(dim=1, unflattened_size=(2, 3)).outputs((1, UNKNOWN)) == ((1, 2, 3),)
    (shape,) = unflatten.of(dim=1, unflattened_size=(2, -1)).outputs((1, UNKNOWN))
    assert shape[1] == 2
    assert shape[2] is UNKNOWN
    (shape,) = unflatten.of(dim=1, unflattened_size=(UNKNOWN, -1)).outputs((1, 12))
    assert shape[1] is shape[2] is UNKNOWN


def test_an_unknown_axis_is_refused() -> None:
    with pytest.raises(Refusal, match="not known"):
        find("Flatten").of(start_dim=UNKNOWN).outputs((1, 2, 3))


@pytest.mark.parametrize(
    ("name", "arguments", "shape", "help"),
    [
        ("PixelShuffle", {"upscale_factor": 3}, (1, 10, 4, 4), "give it 18 channels"),
        ("PixelUnshuffle", {"downscale_factor": 2}, (1, 3, 5, 4), "give it a height of 6"),
        ("ChannelShuffle", {"groups": 4}, (1, 6, 4, 4), "give it 8 channels"),
    ],
)
def test_help_says_which_size_would_do(name: str, arguments: dict[str, Any], shape: tuple[int, ...], help: str) -> None:
    with pytest.raises(Refusal) as refused:
        find(name).of(**arguments).outputs(shape)
    assert refused.value.help == help


def test_huge_factors_take_no_time() -> None:
    with pytest.raises(Refusal):
        find("PixelShuffle").of(upscale_factor=10**18).outputs((1, 3, 4, 4))
    assert find("Fold").of(output_size=10**18, kernel_size=1).template(3)[0][2] == 10**36
