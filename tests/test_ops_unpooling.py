"""Max unpooling against torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from differential import INT, Case, aligned_cases, compare, ours, torchs
from hypothesis import strategies as st
from layer_cases import judge_all, throw_absurd

from convcli.diagnostics import Refusal
from convcli.ops import unpooling as unpool
from convcli.quantity import UNKNOWN

if TYPE_CHECKING:
    from convcli.op import Operator

MODULES = [unpool.MaxUnpool1d, unpool.MaxUnpool2d, unpool.MaxUnpool3d]
FUNCTIONS = [unpool.MaxUnpool1dFunction, unpool.MaxUnpool2dFunction, unpool.MaxUnpool3dFunction]
TYPES = ("float32", INT)


@st.composite
def unpooling_cases(draw: Any, cls: type[Operator]) -> Case:
    """Draw values with indices, and for a function often an output size near the usual one."""
    case = draw(aligned_cases(cls, size=5))._replace(later=INT)
    given = {name: value for name, value in case.arguments.items() if name != "output_size"}
    if "output_size" in cls.arguments and draw(st.booleans()):
        near = [draw(st.integers(-3, 3)) + usual for usual in usual_sizes(cls, case)]
        extra = draw(st.sampled_from([(), (), (), (2, 3), (2,)]))
        given["output_size"] = [*extra, *near]
    return case._replace(arguments=given)


def usual_sizes(cls: type[Operator], case: Case) -> list[int]:
    """Work out the output sizes without an `output_size`."""

    def spread(value: Any) -> Any:
        return value if isinstance(value, tuple) else (value,) * cls.axes

    given, sizes = case.arguments, case.inputs[0][-cls.axes :]
    kernel = spread(given["kernel_size"])
    stride = kernel if given.get("stride") is None else spread(given["stride"])
    axes = zip(sizes, kernel, stride, spread(given.get("padding", 0)), strict=False)
    return [(size - 1) * step - 2 * pad + window for size, window, step, pad in axes]


@pytest.mark.parametrize("cls", MODULES + FUNCTIONS, ids=lambda cls: cls.name)
def test_equals_torch(cls: type[Operator]) -> None:
    judge_all(cls, unpooling_cases(cls))


@pytest.mark.parametrize("cls", MODULES + FUNCTIONS, ids=lambda cls: cls.name)
def test_absurd_numbers_are_answered_or_refused(cls: type[Operator]) -> None:
    throw_absurd(cls)


@pytest.mark.parametrize("cls", MODULES, ids=lambda cls: cls.name)
def test_indices_must_be_integers(cls: type[Operator]) -> None:
    case = Case({"kernel_size": 2}, ((2, 3, *[4] * cls.axes),) * 2)
    assert torchs(cls, case, count=False).refused
    assert "indices, int64; found float32" in (ours(cls, case).refused or "")


def test_undoes_max_pooling() -> None:
    x = torch.rand(2, 3, 8, 6)
    values, indices = torch.nn.MaxPool2d(2, return_indices=True)(x)
    back = unpool.MaxUnpool2d.of(kernel_size=2).answer((tuple(values.shape), tuple(indices.shape)), TYPES)
    assert back.outputs == (tuple(x.shape),)
    assert back.dtypes == ("float32",)
    assert (back.macs, back.other_ops) == (0, 0)


def test_one_list_counts_for_the_whole_shape() -> None:
    case = Case({"kernel_size": 2, "output_size": (9, 9, 8, 9)}, ((2, 3, 4, 4),) * 2, later=INT)
    compare(ours(FUNCTIONS[1], case), torchs(FUNCTIONS[1], case))
    assert ours(FUNCTIONS[1], case).outputs == ((2, 3, 8, 9),)


def test_what_one_tensor_knows_the_other_learns() -> None:
    op = unpool.MaxUnpool1d.of(kernel_size=2)
    assert op.outputs((3, UNKNOWN), (UNKNOWN, 4)) == ((3, 8),)


@pytest.mark.parametrize(
    ("make", "code", "message"),
    [
        (lambda: unpool.MaxUnpool1d.of(kernel_size=2).outputs((3, 4), (3, 5)), "CV228", "found 3x4 and 3x5"),
        (
            lambda: unpool.MaxUnpool1d.of(kernel_size=2, padding=4).outputs((3, 4), (3, 4)),
            "CV225",
            "padding 4 leaves no",
        ),
        (lambda: unpool.MaxUnpool1d.of(kernel_size=2).outputs((4,), (4,)), "CV203", "2-d or 3-d"),
    ],
)
def test_refusals(make: Any, code: str, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        make()
    assert refused.value.code == code
    assert message in refused.value.message
