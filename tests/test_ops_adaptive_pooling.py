"""Adaptive and fractional pools against torch, and against windows counted one by one."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, compare, module_cases, ours, torchs
from hypothesis import given
from hypothesis import strategies as st
from layer_cases import judge_all, throw_absurd, types_agree

from convcli.argument import Slot
from convcli.diagnostics import Refusal
from convcli.ops import adaptive_pooling as adaptive
from convcli.ops import fractional_pooling as fractional
from convcli.quantity import UNKNOWN, Shown

if TYPE_CHECKING:
    from convcli.op import Operator

AVERAGE = [adaptive.AdaptiveAvgPool1d, adaptive.AdaptiveAvgPool2d, adaptive.AdaptiveAvgPool3d]
MAXIMUM = [adaptive.AdaptiveMaxPool1d, adaptive.AdaptiveMaxPool2d, adaptive.AdaptiveMaxPool3d]
FUNCTIONS = [
    *(adaptive.adaptive_avg_pool1d, adaptive.adaptive_avg_pool2d, adaptive.adaptive_avg_pool3d),
    *(adaptive.adaptive_max_pool1d, adaptive.adaptive_max_pool2d, adaptive.adaptive_max_pool3d),
]
RANDOM = [fractional.FractionalMaxPool2d, fractional.FractionalMaxPool3d]
RANDOM_FUNCTIONS = [fractional.FractionalMaxPool2dFunction, fractional.FractionalMaxPool3dFunction]
X = ("float32",)


def name_of(cls: Any) -> str:
    return cls.name


@pytest.mark.parametrize("cls", AVERAGE + MAXIMUM + FUNCTIONS, ids=name_of)
def test_equals_torch(cls: type[Operator]) -> None:
    judge_all(cls, module_cases(cls, size={1: 16, 2: 12, 3: 7}[cls.axes]))


@st.composite
def fractional_cases(draw: Any, cls: type[Operator]) -> Case:
    """Draw a fractional pool: mostly a ratio or a size, with a kernel that mostly fits."""
    case = draw(module_cases(cls, size=6, fixed={"kernel_size": draw(st.integers(1, 3))}))
    axes = draw(st.sampled_from([1, cls.axes, cls.axes]))
    more = draw(st.sampled_from([0, 6, 6, 6]))
    (shape,) = case.inputs
    case = case._replace(inputs=((*shape[: -cls.axes], *(size + more for size in shape[-cls.axes :])),))
    ratio = st.floats(0.2, 0.8)
    if draw(st.integers(0, 4)) == 0:
        ratio = st.floats(0.01, 0.99) | st.sampled_from([0.0, 1.0, -0.5, math.nan, math.inf])
    size = st.integers(1, 5)
    values = {
        "output_ratio": draw(st.tuples(*[ratio] * cls.axes) | (ratio if axes == 1 else st.tuples(*[ratio] * cls.axes))),
        "output_size": draw(size | st.tuples(*[size] * cls.axes)),
    }
    kept = draw(st.sampled_from([("output_ratio",), ("output_size",)] * 4 + [("output_ratio", "output_size"), ()]))
    rest = {name: value for name, value in case.arguments.items() if name not in values}
    return case._replace(arguments={**rest, **{name: values[name] for name in kept}})


@pytest.mark.parametrize("cls", RANDOM + RANDOM_FUNCTIONS, ids=name_of)
def test_fractional_pools_equal_torch(cls: type[Operator]) -> None:
    judge_all(cls, fractional_cases(cls))


@pytest.mark.parametrize("cls", AVERAGE + MAXIMUM + RANDOM + RANDOM_FUNCTIONS, ids=name_of)
def test_absurd_numbers_are_answered_or_refused(cls: type[Operator]) -> None:
    throw_absurd(cls)


@pytest.mark.parametrize("output", [None, (None,), (3,), (3, None), (None, None), (3, 4), (None, 4, 2), [3, 3, 3], 3])
@pytest.mark.parametrize("cls", AVERAGE + MAXIMUM + FUNCTIONS, ids=name_of)
def test_reads_output_sizes_as_torch_does(cls: type[Operator], output: Any) -> None:
    case = Case({"output_size": output}, ((2, 3, *[7] * cls.axes),))
    compare(ours(cls, case), torchs(cls, case, count=False))


@pytest.mark.parametrize("rank", range(1, 8))
@pytest.mark.parametrize("cls", [*AVERAGE, *FUNCTIONS[:3]], ids=name_of)
def test_pools_any_leading_axes_to_single_values(cls: type[Operator], rank: int) -> None:
    if rank == cls.axes > 1:
        return  # torch pools a tensor without channels for `1`, and not for `(1, 1)`; we refuse it
    case = Case({"output_size": 1}, ((2,) * rank,))
    compare(ours(cls, case), torchs(cls, case, count=False))


def windows(size: int, out: int) -> list[tuple[int, int]]:
    """List the windows of an axis, as torch places them."""
    return [(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]


def test_the_sum_of_window_sizes_is_that_of_all_windows() -> None:
    for size in range(1, 41):
        for out in range(1, 41):
            assert adaptive.covered([size], [out]) == sum(end - start for start, end in windows(size, out))


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_the_sum_of_window_sizes_at_random(size: int, out: int) -> None:
    assert adaptive.covered([size], [out]) == sum(end - start for start, end in windows(size, out))


def test_torch_places_windows_where_we_count_them() -> None:
    for size, out in [(7, 3), (10, 4), (3, 7), (12, 5), (6, 6)]:
        marks = torch.eye(size).unsqueeze(0)  # channel j is 1 at position j: the average shows who sees it
        seen = torch.nn.AdaptiveAvgPool1d(out)(marks)[0] > 0
        assert int(seen.sum()) == adaptive.covered([size], [out])


def test_operations_are_counted_over_the_exact_windows() -> None:
    x, out = (2, 3, 7, 9), (3, 4)
    sizes = [(b - a) * (d - c) for a, b in windows(7, 3) for c, d in windows(9, 4)]
    average = adaptive.AdaptiveAvgPool2d.of(output_size=out).answer((x,), X)
    maximum = adaptive.AdaptiveMaxPool2d.of(output_size=out, return_indices=True).answer((x,), X)
    assert average.other_ops == 6 * sum(sizes)
    assert maximum.other_ops == 6 * sum(size - 1 for size in sizes)
    assert maximum.outputs == ((2, 3, 3, 4),) * 2
    assert maximum.dtypes == ("float32", "int64")


def test_global_average_counts_each_element_once() -> None:
    assert adaptive.AdaptiveAvgPool2d.of(output_size=1).answer(((1, 512, 7, 7),), X).other_ops == 512 * 49


def test_huge_sizes_take_no_time() -> None:
    began = time.perf_counter()
    answer = adaptive.AdaptiveAvgPool1d.of(output_size=10**18 - 1).answer(((1, 10**18),), X)
    assert answer.other_ops == 2 * 10**18 - 2
    assert time.perf_counter() - began < 0.1


def test_the_formula_writes_itself_out() -> None:
    assert adaptive.covered([Shown.named(8, "width")], [6]).words == "width + 6 - gcd(width, 6)"
    assert fractional.scaled(Shown.named(9, "width"), 0.5).words == "floor(width * output_ratio)"


def test_fractional_operations_by_hand() -> None:
    op = fractional.FractionalMaxPool2d.of(kernel_size=(3, 2), output_ratio=(0.5, 0.3))
    assert op.answer(((2, 3, 9, 11),), X)[0:4:3] == (((2, 3, 4, 3),), 2 * 3 * 4 * 3 * 5)


@pytest.mark.parametrize(
    ("make", "code", "message"),
    [
        (lambda: adaptive.AdaptiveAvgPool2d.of(output_size=0), "CV210", "must be a positive integer, or a list of 2"),
        (lambda: adaptive.AdaptiveAvgPool2d.of(output_size=None), "CV210", "None keeps the input's size"),
        (lambda: adaptive.AdaptiveMaxPool1d.of(output_size=3).outputs((3,)), "CV203", "2-d or 3-d"),
        (lambda: fractional.FractionalMaxPool2d.of(kernel_size=2), "CV226", "found neither"),
        (lambda: fractional.FractionalMaxPool2d.of(kernel_size=2, output_ratio=1.5), "CV210", "between 0 and 1"),
        (
            lambda: fractional.FractionalMaxPool2d.of(kernel_size=2, output_ratio=0.1).outputs((3, 9, 9)),
            *("CV225", "of a height of 9 no output is left"),
        ),
        (
            lambda: fractional.FractionalMaxPool3d.of(kernel_size=2, output_size=8).outputs((3, 10, 9, 10)),
            *("CV220", "8 windows of 2 need a height of at least 10, found 9"),
        ),
    ],
)
def test_refusals(make: Any, code: str, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        make()
    assert refused.value.code == code
    assert message in refused.value.message


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_types(dtype: str) -> None:
    for cls in AVERAGE + MAXIMUM:
        types_agree(cls, {"output_size": 2}, (2, 3, *[4] * cls.axes), dtype)
    for cls in RANDOM:
        types_agree(cls, {"output_size": 2, "kernel_size": 2, "return_indices": True}, (2, 3, *[4] * cls.axes), dtype)


def test_a_list_that_keeps_a_size_keeps_an_unknown_one() -> None:
    op = adaptive.adaptive_avg_pool2d.of(input=Slot(0), output_size=(None, 4))
    assert op.outputs((3, UNKNOWN, 9)) == ((3, UNKNOWN, 4),)
