"""Normalising functions against torch, and against the layers that do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

from differential import Case
from hypothesis import strategies as st
from layer_cases import judge_all, throw_absurd

from convcli.argument import Slot
from convcli.diagnostics import Refusal
from convcli.ops import group_normalization as group
from convcli.ops import normalization as norm
from convcli.ops import normalization_functions as functions

if TYPE_CHECKING:
    from convcli.op import Operator

BY_CHANNEL = [functions.BatchNormFunction, functions.InstanceNormFunction, functions.GroupNormFunction]
BY_LAST_AXES = [functions.LayerNormFunction, functions.RMSNormFunction]
SIZE = st.integers(1, 4)


@st.composite
def cases(draw: Any, cls: type[Operator]) -> Case:
    """Draw an input, weights and statistics that mostly fit it, or None for them."""
    shape = draw(st.lists(SIZE, min_size=1, max_size=5)) if draw(st.integers(0, 9)) == 0 else None
    x = shape or draw(st.lists(SIZE, min_size=2, max_size=5))
    given: dict[str, Any] = {}
    own = tuple(x[1:2] or x)
    if cls in BY_LAST_AXES:
        own = tuple(x[-draw(st.integers(1, 3)) :]) if draw(st.integers(0, 5)) else (draw(SIZE),)
        given["normalized_shape"] = list(own)
    if "num_groups" in cls.arguments:
        given["num_groups"] = draw(st.sampled_from([n for n in (1, 2, 3, 4) if own[0] % n == 0] * 2 + [2, 3]))
    for name in {"training", "use_input_stats"} & cls.arguments.keys():
        given[name] = draw(st.booleans())
    if draw(st.integers(0, 3)) == 0:
        given["eps"] = draw(st.sampled_from([1e-5, 0.0, -1.0, 1.0]))
    inputs = [tuple(x)]
    statistics = draw(st.integers(0, 3))
    for name in cls.tensor_arguments()[1:]:
        present = statistics if name.startswith("running") and draw(st.integers(0, 19)) else draw(st.booleans())
        if present:
            inputs.append(own if draw(st.integers(0, 29)) else (draw(SIZE),))
        else:
            given[name] = None
    return Case(given, tuple(inputs))


@pytest.mark.parametrize("cls", BY_CHANNEL + BY_LAST_AXES, ids=lambda cls: cls.name)
def test_equals_torch(cls: type[Operator]) -> None:
    judge_all(cls, cases(cls))


@pytest.mark.parametrize("cls", BY_CHANNEL + BY_LAST_AXES, ids=lambda cls: cls.name)
def test_absurd_numbers_are_answered_or_refused(cls: type[Operator]) -> None:
    throw_absurd(cls)


X, C = Slot(0), {"running_mean": Slot(1), "running_var": Slot(2), "weight": Slot(3), "bias": Slot(4)}
AFFINE = {"weight": Slot(1), "bias": Slot(2)}


@pytest.mark.parametrize(
    ("function", "layer"),
    [
        (functions.BatchNormFunction.of(input=X, **C), norm.BatchNorm2d.of(num_features=6)),
        (
            functions.BatchNormFunction.of(input=X, running_mean=None, running_var=None, **AFFINE, training=True),
            norm.BatchNorm2d.of(num_features=6, track_running_stats=False),
        ),
        (functions.InstanceNormFunction.of(input=X), norm.InstanceNorm2d.of(num_features=6)),
        (
            functions.InstanceNormFunction.of(input=X, **C, use_input_stats=False),
            norm.InstanceNorm2d.of(num_features=6, affine=True, track_running_stats=True),
        ),
        (
            functions.GroupNormFunction.of(input=X, num_groups=3, weight=Slot(1)),
            group.GroupNorm.of(num_groups=3, num_channels=6, bias=False),
        ),
    ],
    ids=str,
)
def test_counts_as_the_layer_does(function: Operator, layer: Operator) -> None:
    x = (2, 6, 4, 5)
    assert function.answer((x, *[(6,)] * 4), ("float32",) * 5).other_ops == layer.answer((x,), ("float32",)).other_ops


@pytest.mark.parametrize(("function", "layer"), [
    (functions.LayerNormFunction, group.LayerNorm),
    (functions.RMSNormFunction, group.RMSNorm),
])  # fmt: skip
def test_last_axes_count_as_the_layer_does(function: type[Operator], layer: type[Operator]) -> None:
    x, own = (2, 3, 4, 5), (4, 5)
    plain = function.of(input=X, normalized_shape=own).answer((x,), ("float32",))
    assert (
        plain.other_ops == layer.of(normalized_shape=own, elementwise_affine=False).answer((x,), ("float32",)).other_ops
    )
    weighted = function.of(input=X, normalized_shape=own, weight=Slot(1)).answer((x, own), ("float32",) * 2)
    assert weighted.other_ops == plain.other_ops + 120


@pytest.mark.parametrize(
    ("make", "code", "message"),
    [
        (
            lambda: functions.LayerNormFunction.of(input=X, normalized_shape=[5], weight=Slot(1)).outputs((2, 5), (2,)),
            *("CV228", "`weight` must be 5, found 2"),
        ),
        (
            lambda: functions.BatchNormFunction.of(input=X, running_mean=None, running_var=None).outputs((2, 5)),
            *("CV226", "needs both `running_mean` and `running_var`, found none"),
        ),
        (
            lambda: functions.InstanceNormFunction.of(input=X, running_mean=Slot(1)).outputs((2, 5, 3), (5,)),
            *("CV226", "both or neither of `running_mean` and `running_var`, found one"),
        ),
        (
            lambda: functions.LayerNormFunction.of(input=X, normalized_shape=5),
            "CV210",
            "a list, each a positive",
        ),
    ],
)
def test_refusals(make: Any, code: str, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        make()
    assert refused.value.code == code
    assert message in refused.value.message
