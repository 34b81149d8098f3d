"""Sliding and power pools against torch, and against operations counted one by one."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, compare, module_cases, ours, torchs
from layer_cases import judge_all, throw_absurd, types_agree

from convcli.argument import Slot
from convcli.diagnostics import Refusal
from convcli.ops import pooling as pool
from convcli.ops import power_pooling as power
from convcli.quantity import UNKNOWN

if TYPE_CHECKING:
    from convcli.op import Operator

MODULES = [
    *(pool.MaxPool1d, pool.MaxPool2d, pool.MaxPool3d),
    *(pool.AvgPool1d, pool.AvgPool2d, pool.AvgPool3d),
    *(power.LPPool1d, power.LPPool2d, power.LPPool3d),
]
FUNCTIONS = [
    *(pool.max_pool1d, pool.max_pool2d, pool.max_pool3d),
    *(pool.avg_pool1d, pool.avg_pool2d, pool.avg_pool3d),
    *(power.lp_pool1d, power.lp_pool2d, power.lp_pool3d),
]
X = ("float32",)


@pytest.mark.parametrize("cls", MODULES + FUNCTIONS, ids=lambda cls: cls.name)
def test_equals_torch(cls: type[Operator]) -> None:
    judge_all(cls, module_cases(cls, size={1: 16, 2: 12, 3: 7}[cls.axes]))


@pytest.mark.parametrize("cls", MODULES, ids=lambda cls: cls.name)
def test_absurd_numbers_are_answered_or_refused(cls: type[Operator]) -> None:
    throw_absurd(cls)


@pytest.mark.parametrize("infinite", [float("inf"), -float("inf")])
@pytest.mark.parametrize("cls", [power.LPPool1d, power.LPPool2d, power.LPPool3d], ids=lambda cls: cls.name)
def test_an_infinite_norm_equals_torch(cls: type[Operator], infinite: float) -> None:
    judge_all(cls, module_cases(cls, size=7, fixed={"norm_type": infinite}))


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("cls", [pool.MaxPool1d, pool.AvgPool1d])
def test_every_small_window_has_torchs_size(cls: type[Operator], ceil_mode: bool) -> None:
    for size, kernel, stride, pad in itertools.product(range(1, 9), range(1, 6), range(1, 6), range(3)):
        given = {"kernel_size": kernel, "stride": stride, "padding": pad, "ceil_mode": ceil_mode}
        case = Case(given, ((1, size),))
        compare(ours(cls, case), torchs(cls, case, count=False))


@pytest.mark.parametrize("cls", MODULES[:6], ids=lambda cls: cls.name)
def test_a_list_of_one_stands_for_all_axes(cls: type[Operator]) -> None:
    given: dict[str, Any] = {"kernel_size": [3], "stride": (2,), "padding": [1]}
    case = Case(given, ((1, 2, *[7] * cls.axes),))
    compare(ours(cls, case), torchs(cls, case, count=False))
    assert ours(cls, case).outputs == ((1, 2, *[4] * cls.axes),)
    assert cls.of(**given) is cls.of(kernel_size=3, stride=2, padding=1)


@pytest.mark.parametrize(
    ("cls", "given"),
    [
        (pool.MaxPool2d, {"kernel_size": 0}),
        (pool.MaxPool2d, {"kernel_size": (2, 2, 2)}),
        (pool.MaxPool1d, {"kernel_size": 2, "stride": 0}),
        (pool.AvgPool2d, {"kernel_size": 2, "stride": 0}),
        (pool.AvgPool2d, {"kernel_size": 2, "padding": -1}),
        (pool.MaxPool3d, {"kernel_size": 2, "dilation": 0}),
        (pool.AvgPool2d, {"kernel_size": 2, "divisor_override": 0}),
        (pool.AvgPool3d, {"kernel_size": 2, "divisor_override": 1.5}),
        (power.LPPool1d, {"norm_type": 2, "kernel_size": (2,)}),
        (power.LPPool2d, {"norm_type": 2, "kernel_size": (2,)}),
        (power.LPPool2d, {"norm_type": 0, "kernel_size": 2}),
    ],
)
def test_both_refuse(cls: type[Operator], given: dict[str, Any]) -> None:
    case = Case(given, ((2, 3, *[6] * cls.axes),))
    assert ours(cls, case).refused
    assert torchs(cls, case, count=False).refused


def test_functions_take_torchs_order() -> None:
    torchs_order = torch.nn.functional.max_pool2d(torch.zeros(1, 9, 9), 2, 3, 1, 2, True, True)[0].shape
    op = pool.max_pool2d
    values = dict(zip(op.arguments, [Slot(0), 2, 3, 1, 2, True, True], strict=True))
    (out, indices) = op.of(**values).outputs((1, 9, 9))
    assert out == indices == tuple(torchs_order)


@pytest.mark.parametrize("cls", MODULES, ids=lambda cls: cls.name)
def test_torch_counts_no_macs_either(cls: type[Operator]) -> None:
    given = {"kernel_size": 2} | ({"norm_type": 2.0} if "norm_type" in cls.arguments else {})
    case = Case(given, ((2, 3, *[6] * cls.axes),))
    assert torchs(cls, case).macs == ours(cls, case).macs == 0


def windows(size: int, kernel: int, stride: int) -> int:
    """Count the windows that lie inside."""
    return sum(1 for start in range(0, size, stride) if start + kernel <= size)


def test_operations_are_counted_one_by_one() -> None:
    x = (2, 3, 7, 9)
    positions = 6 * windows(7, 3, 2) * windows(9, 2, 2)
    maximum = pool.MaxPool2d.of(kernel_size=(3, 2), stride=2).answer((x,), X)
    average = pool.AvgPool2d.of(kernel_size=(3, 2), stride=2).answer((x,), X)
    norm = power.LPPool2d.of(norm_type=2.0, kernel_size=(3, 2), stride=2).answer((x,), X)
    largest = power.LPPool2d.of(norm_type=float("inf"), kernel_size=(3, 2), stride=2).answer((x,), X)
    assert maximum.other_ops == positions * (3 * 2 - 1)
    assert average.other_ops == positions * (3 * 2 - 1 + 1)
    assert norm.other_ops == 2 * 3 * 7 * 9 + positions * (3 * 2 - 1 + 1)
    assert largest.other_ops == 2 * 3 * 7 * 9 + positions * (3 * 2 - 1)
    assert maximum.macs == average.macs == norm.macs == 0


def test_a_single_kernel_number_is_a_square() -> None:
    assert pool.MaxPool2d.of(kernel_size=2).answer(((1, 16, 10, 10),), X).other_ops == 16 * 25 * 3


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "int64", "int32", "uint8", "bool"])
@pytest.mark.parametrize("indices", [False, True])
def test_maximum_takes_torchs_types(dtype: str, indices: bool) -> None:
    for cls in MODULES[:3]:
        types_agree(cls, {"kernel_size": 2, "return_indices": indices}, (2, 3, *[4] * cls.axes), dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "uint8", "bool"])
def test_average_takes_torchs_types(dtype: str) -> None:
    for cls in MODULES[3:6]:
        types_agree(cls, {"kernel_size": 2}, (2, 3, *[4] * cls.axes), dtype)


@pytest.mark.parametrize(
    ("make", "code", "message", "help"),
    [
        (
            lambda: pool.MaxPool2d.of(kernel_size=3, padding=2),
            "CV227",
            "padding 2 is more than half",
            "padding=1 at most",
        ),
        (
            lambda: pool.MaxPool2d.of(kernel_size=3).outputs((8, 2, 5)),
            "CV220",
            "height of 2",
            "that works is 1",
        ),
        (lambda: pool.MaxPool1d.of(kernel_size=2, dilation=5).outputs((8, 3)), "CV220", "spans 6", "smaller"),
        (lambda: pool.AvgPool3d.of(kernel_size=4, padding=2).outputs((8, 4, 4, 3)), "CV220", "width of 3", "smaller"),
        (lambda: pool.MaxPool2d.of(kernel_size=3).outputs((8, 2)), "CV203", "3-d or 4-d", ""),
    ],
)
def test_refusals(make: Any, code: str, message: str, help: str) -> None:
    with pytest.raises(Refusal) as refused:
        make()
    assert refused.value.code == code
    assert message in refused.value.message
    assert help in refused.value.help


def test_unknown_arguments_give_unknown_sizes() -> None:
    op = pool.MaxPool1d.of(kernel_size=2, stride=UNKNOWN, ceil_mode=True)
    assert op.outputs((3, 8))[0][1] is UNKNOWN


@pytest.mark.parametrize("given", [
    {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 1, "ceil_mode": False},
    {"kernel_size": (3, 2), "stride": (3, 2), "padding": (1, 0), "dilation": 1, "ceil_mode": True},
])  # fmt: skip
def test_writes_itself_as_a_user_would(given: dict[str, Any]) -> None:
    op = pool.MaxPool2d.of(**given)
    assert op.text().startswith("MaxPool2d(3, stride=2, padding=1)" if given["stride"] == 2 else "MaxPool2d((3, 2)")
