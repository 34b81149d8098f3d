"""Normalising layers against torch, and against operations counted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, module_cases, ours, torchs
from layer_cases import judge_all, throw_absurd

from convcli.argument import Slot
from convcli.diagnostics import Refusal
from convcli.ops import group_normalization as group
from convcli.ops import local_normalization as local
from convcli.ops import normalization as norm
from convcli.ops.catalogue import find_lazy
from convcli.quantity import UNKNOWN

if TYPE_CHECKING:
    from convcli.op import Operator

BATCH = [norm.BatchNorm1d, norm.BatchNorm2d, norm.BatchNorm3d, norm.SyncBatchNorm]
INSTANCE = [norm.InstanceNorm1d, norm.InstanceNorm2d, norm.InstanceNorm3d]
LAYER = [group.LayerNorm, group.LayerNorm2d, group.RMSNorm]
OTHERS = [group.GroupNorm, *LAYER, local.LocalResponseNorm, local.CrossMapLRN2d]
ALL = [*BATCH, *INSTANCE, *OTHERS, local.local_response_norm, group.Normalize]
X = ("float32",)


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.name)
def test_equals_torch(cls: type[Operator]) -> None:
    judge_all(cls, module_cases(cls, size=3))


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.name)
def test_absurd_numbers_are_answered_or_refused(cls: type[Operator]) -> None:
    throw_absurd(cls)


@pytest.mark.parametrize("cls", [*BATCH, *INSTANCE], ids=lambda cls: cls.name)
def test_torch_counts_no_macs_either(cls: type[Operator]) -> None:
    case = Case({"num_features": 3}, ((2, 3, *[4] * (cls.axes or 2)),))
    assert torchs(cls, case).macs == ours(cls, case).macs == 0


@pytest.mark.parametrize("dim", [0, -1, 1, (), (0,), (0, -1)])
def test_normalize_takes_a_scalar_as_torch_does(dim: Any) -> None:
    case = Case({"dim": dim}, ((),))
    assert bool(ours(group.Normalize, case).refused) == bool(torchs(group.Normalize, case).refused)


def test_batch_norm_in_evaluation_is_a_scale_and_a_shift() -> None:
    op = norm.BatchNorm2d.of(num_features=4)
    assert op.answer(((2, 4, 3, 5),), X).other_ops == 2 * 120
    assert op.params() == 8
    assert op.buffers() == {"running_mean": (4,), "running_var": (4,), "num_batches_tracked": ()}
    assert norm.BatchNorm2d.of(num_features=4, affine=False).answer(((2, 4, 3, 5),), X).other_ops == 2 * 120


def by_hand(sets: list[list[float]], *, weights: int, mean: bool = True) -> int:
    """Count the operations of normalising sets of numbers, one by one."""
    ops = 0
    for values in sets:
        if mean:
            ops += len(values) - 1 + 1  # their sum, divided
            ops += len(values)  # differences
        ops += len(values)  # squares
        ops += len(values) - 1 + 1  # their sum, divided
        ops += 2  # eps, root
        ops += len(values) * (1 + weights)  # the division, the weight, the bias
    return ops


@pytest.mark.parametrize(
    ("op", "shape", "sets", "weights"),
    [
        (norm.BatchNorm1d.of(num_features=3, track_running_stats=False), (4, 3, 5), 3, 2),
        (norm.BatchNorm1d.of(num_features=3, track_running_stats=False, affine=False), (4, 3), 3, 0),
        (norm.InstanceNorm2d.of(num_features=3), (2, 3, 4, 5), 6, 0),
        (norm.InstanceNorm2d.of(num_features=3, affine=True, bias=False), (3, 4, 5), 3, 1),
        (group.GroupNorm.of(num_groups=2, num_channels=6), (4, 6, 5), 8, 2),
        (group.LayerNorm.of(normalized_shape=(4, 5)), (2, 3, 4, 5), 6, 2),
        (group.LayerNorm.of(normalized_shape=5, elementwise_affine=False), (3, 5), 3, 0),
        (group.LayerNorm2d.of(normalized_shape=3), (2, 3, 4, 5), 40, 2),
        (group.RMSNorm.of(normalized_shape=5), (2, 3, 5), 6, 1),
    ],
    ids=str,
)
def test_own_statistics_are_counted_one_by_one(op: Operator, shape: Any, sets: int, weights: int) -> None:
    n = torch.zeros(shape).numel()
    expected = by_hand([[0.0] * (n // sets)] * sets, weights=weights, mean=not isinstance(op, group.RMSNorm))
    assert op.answer((shape,), X).other_ops == expected


def test_layer_norm_2d_normalises_the_channels_at_each_position() -> None:
    built = group.LayerNorm2d.of(normalized_shape=64).build(torch.nn)
    x = built(torch.randn(2, 64, 3, 5) * 7 + 3)
    torch.testing.assert_close(x.mean(1), torch.zeros(2, 3, 5), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.var(1, correction=0), torch.ones(2, 3, 5), atol=1e-3, rtol=0)
    assert repr(built).startswith("LayerNorm2d((64,), eps=1e-05, elementwise_affine=True")


def test_local_response_is_counted_by_hand() -> None:
    # a square, five of a mean over five, alpha, k, power, division for each element
    assert local.LocalResponseNorm.of(size=5).answer(((2, 7, 3),), X).other_ops == 42 * (1 + 5 + 4)
    assert local.CrossMapLRN2d.of(size=5).answer(((1, 7, 3, 2),), X).other_ops == 42 * (1 + 4 + 4)


def test_normalize_is_counted_by_hand() -> None:
    # four rows of three: three powers, two sums, a root, a comparison and three divisions each
    assert group.Normalize.of(input=Slot(0), dim=-1).answer(((4, 3),), X).other_ops == 4 * (3 + 2 + 1 + 1 + 3)


@pytest.mark.parametrize(("cls", "shape", "inferred"), [
    (norm.BatchNorm1d, (2, 5), 5),
    (norm.BatchNorm1d, (2, 5, 7), 5),
    (norm.BatchNorm2d, (2, 5, 7, 7), 5),
    (norm.SyncBatchNorm, (2, 5, 7), 5),
    (norm.InstanceNorm1d, (5, 7), 5),
    (norm.InstanceNorm3d, (2, 5, 7, 7, 7), 5),
    (group.GroupNorm, (2, 6, 3), 6),
    (group.LayerNorm, (2, 6, 3), (3,)),
    (group.LayerNorm2d, (2, 6, 3, 3), (6,)),
    (group.RMSNorm, (3,), (3,)),
])  # fmt: skip
def test_infers_its_size(cls: type[Operator], shape: Any, inferred: Any) -> None:
    (name,) = (name for name, declared in cls.arguments.items() if declared.inferred)
    assert cls.infer(name, (shape,)) == inferred


@pytest.mark.parametrize("name", [f"{kind}Norm{n}d" for kind in ("Batch", "Instance") for n in (1, 2, 3)])
def test_lazy_forms_have_torchs_defaults(name: str) -> None:
    cls = find_lazy(f"Lazy{name}")
    assert cls is not None
    lazy = getattr(torch.nn, f"Lazy{name}")()
    op = cls.of(num_features=3, **cls.lazy_defaults)
    lazy(torch.zeros(2, 3, *[2] * cls.axes))
    assert {key: tuple(value.shape) for key, value in lazy.named_parameters()} == op.weights()
    assert {key: tuple(value.shape) for key, value in lazy.named_buffers()} == op.buffers()


def test_sync_and_group_norm_have_no_lazy_form() -> None:
    assert find_lazy("LazySyncBatchNorm") is find_lazy("LazyGroupNorm") is None


@pytest.mark.parametrize("cls", [norm.BatchNorm2d, norm.InstanceNorm2d, local.LocalResponseNorm])
def test_mistakes_say_what_was_expected(cls: type[Operator]) -> None:
    op = cls.of(num_features=8) if "num_features" in cls.arguments else cls.of(size=2)
    with pytest.raises(Refusal, match=r"takes a .*3-d|takes a .*4-d|3 dimensions or more"):
        op.outputs((5, 5))


@pytest.mark.parametrize(
    ("make", "code", "message"),
    [
        (
            lambda: norm.BatchNorm2d.of(num_features=8).outputs((1, 4, 2, 2)),
            "CV202",
            "8 input channels, found 4",
        ),
        (lambda: norm.InstanceNorm1d.of(num_features=8).outputs((8, 1)), "CV240", "only one value"),
        (
            lambda: group.GroupNorm.of(num_groups=4, num_channels=6),
            "CV223",
            "does not divide num_channels=6",
        ),
        (lambda: group.GroupNorm.of(num_groups=4, num_channels=8).outputs((3,)), "CV203", "2 dimensions or more"),
        (lambda: group.LayerNorm.of(normalized_shape=(4, 5)).outputs((2, 4, 6)), "CV202", "to be 4x5, found 4x6"),
        (lambda: group.LayerNorm.of(normalized_shape=5).outputs((2, 4)), "CV202", "the last axis to be 5, found 4"),
        (lambda: group.LayerNorm2d.of(normalized_shape=8).outputs((2, 4, 8, 8)), "CV202", "8 input channels, found 4"),
        (lambda: group.LayerNorm2d.of(normalized_shape=(4, 8)), "CV210", "a list of 1"),
        (lambda: group.RMSNorm.of(normalized_shape=()), "CV210", "one size or more"),
        (lambda: norm.BatchNorm1d.of(num_features=8, eps=-1.0), "CV210", "0 or more, found -1.0"),
    ],
)
def test_refusals(make: Any, code: str, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        make()
    assert refused.value.code == code
    assert message in refused.value.message


def test_an_unknown_size_is_no_reason_to_refuse() -> None:
    assert group.GroupNorm.of(num_groups=4, num_channels=UNKNOWN).outputs((UNKNOWN, 8, 3)) == ((UNKNOWN, 8, 3),)
    assert norm.InstanceNorm1d.of(num_features=8).outputs((8, UNKNOWN)) == ((8, UNKNOWN),)


@pytest.mark.parametrize("line", [
    "num_features=64, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True",
    "num_features=64, eps=1e-05, momentum=None, affine=False, bias=False, track_running_stats=False",
])  # fmt: skip
def test_reads_what_torch_prints(line: str) -> None:
    given = dict(part.split("=") for part in line.split(", "))
    values = {name: {"True": True, "False": False, "None": None}.get(text, text) for name, text in given.items()}
    values |= {"num_features": 64, "eps": 1e-5} | ({"momentum": 0.1} if values["momentum"] else {})
    op = norm.BatchNorm2d.of(**values)
    printed = repr(op.build(torch.nn))
    assert all(part in printed for part in line.split(", ")[1:])
