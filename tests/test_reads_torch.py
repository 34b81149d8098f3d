"""What each operator says of its reading, against torch's derivatives: nothing is read that it does not admit.

Every dimension of every input is taken for an axis of its own, channels and batch too, so that a
wrong dimension shows as much as a wrong window.
"""

import warnings
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, aligned_cases, ours, placed
from hypothesis import given, settings
from hypothesis import strategies as st

from convcli.argument import Slot
from convcli.function import Function
from convcli.op import Operator, bind
from convcli.ops.catalogue import find, names
from convcli.receptive_field.layout import CHANNELS, Layout
from convcli.receptive_field.moves import Plan, planned

Shapes = tuple[tuple[int, ...], ...]

CONSTANT_STATISTICS = (
    *("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "GroupNorm", "LayerNorm", "LayerNorm2d", "RMSNorm"),
    *("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"),
)
RANDOM = ("FractionalMaxPool2d", "FractionalMaxPool3d", "StochasticDepth", "DropPath")
NOT_DERIVED = ("Embedding", "EmbeddingBag", "Parameter", "CrossMapLRN2d")
"""Their input is numbers to look up, or there is none; torch's derivative of the last fails for even sizes."""
MODULES = [
    name
    for name in names()
    if not issubclass(find(name), Function) and name not in (*CONSTANT_STATISTICS, *RANDOM, *NOT_DERIVED)
]
LARGEST = 400


def judge(op: Operator, shapes: Shapes, run: Callable[..., Any]) -> None:
    """Assert that no element of the first result depends on an element that the readings leave out."""
    outputs = op.answer(shapes, ("float32",) * len(shapes)).outputs
    readings = op.reads(0, shapes, outputs)
    inputs = [torch.rand(shape, dtype=torch.float64) + 0.1 for shape in shapes]
    for which, shape in enumerate(shapes):

        def one(x: Any, which: int = which) -> Any:
            made = run(*(x.clone() if at == which else other for at, other in enumerate(inputs)))
            return made if isinstance(made, torch.Tensor) else made[0]

        layout = Layout(tuple(((d, size, 1),) for d, size in enumerate(shape)), shape)
        plan = planned(
            readings, tuple(layout if at == which else None for at in range(len(shapes))), shapes, outputs[0]
        )
        matrix = dependence(one, inputs[which])
        for place in matrix.nonzero().tolist():
            unit, read = tuple(place[: len(outputs[0])]), tuple(place[len(outputs[0]) :])
            assert admits(plan, unit, read), (op, shapes, which, unit, read)


def dependence(run: Callable[[Any], Any], x: Any) -> Any:
    """Return where the derivatives are not 0; divisions by 0 say nothing."""
    return torch.autograd.functional.jacobian(run, x).nan_to_num(0, 0, 0) != 0


def admits(plan: Plan | None, unit: tuple[int, ...], read: tuple[int, ...]) -> bool:
    """Say whether some reading lets a unit depend on an element."""
    assert plan is not None
    at = place_of(plan.layout, unit)
    for _, moves in plan.readings:
        for axis, (move, position) in enumerate(zip(moves, read, strict=True)):
            if move.lost or move.whole:
                continue
            reads = move.window.reads(at.get(axis, 0), move.size) if move.window else []
            if position not in reads:
                break
        else:
            return True
    return False


def place_of(layout: Layout, unit: tuple[int, ...]) -> dict[int, int]:
    """Return where along each axis an element stands."""
    found: dict[int, int] = {}
    for parts, number in zip(layout.dims, unit, strict=True):
        rest = number
        for axis, size, weight in reversed(parts):
            rest, step = divmod(rest, size)
            if axis != CHANNELS:
                found[axis] = found.get(axis, 0) + step * weight
    return found


@pytest.mark.parametrize("name", MODULES)
@settings(max_examples=20)
@given(data=st.data())
def test_modules_read_no_more_than_they_say(name: str, data: Any) -> None:
    cls = find(name)
    case: Case = data.draw(aligned_cases(cls, size=5))
    sizes = [torch.zeros(shape, device="meta").numel() for shape in case.inputs]
    outcome = ours(cls, case)
    if outcome.refused or max(sizes, default=0) > LARGEST or case.dtype != "float32":
        return None
    if any(torch.zeros(shape, device="meta").numel() > LARGEST for shape in outcome.outputs):
        return None
    arguments = {name: value for name, value in case.arguments.items() if name != "inplace"}
    op = cls.make(bind(cls, (), placed(cls, arguments, len(case.inputs))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = op.build(torch.nn).eval().double()
        if "Unpool" in name:
            return unpooled(op, case.inputs[0], module)
        alone = name == "MultiheadAttention" and len(case.inputs) == 1
        judge(op, case.inputs, (lambda x: module(x, x, x)) if alone else module)


def unpooled(op: Operator, shape: tuple[int, ...], module: Any) -> None:
    """Unpool with the indices that a pool would give: each value at the first place of its window."""
    axes, kernel = op.axes, op.values["kernel_size"]
    if any(op.values["padding"]) or (op.values["stride"] or kernel) != kernel:
        return
    sizes = op.outputs(shape, shape)[0][-axes:]
    place = torch.zeros(shape[-axes:], dtype=torch.int64)
    for axis, size in enumerate(sizes):
        along = torch.arange(shape[axis - axes]) * kernel[axis]
        place = place * size + along.reshape([-1 if other == axis else 1 for other in range(axes)])
    judge_first(op, shape, lambda x: module(x, place.expand(shape)))


def judge_first(op: Operator, shape: tuple[int, ...], run: Callable[[Any], Any]) -> None:
    """Judge the reading of the first of two inputs, the second being indices."""

    reading = op.reads(0, (shape, shape), op.outputs(shape, shape))[:1]
    layout = Layout(tuple(((d, size, 1),) for d, size in enumerate(shape)), shape)
    plan = planned(reading, (layout,), (shape,), op.outputs(shape, shape)[0])
    matrix = dependence(run, torch.rand(shape, dtype=torch.float64))
    rank = len(shape)
    for place in matrix.nonzero().tolist():
        assert admits(plan, tuple(place[:rank]), tuple(place[rank:]))


F = torch.nn.functional
CALLS: list[tuple[str, dict[str, Any], Shapes, Callable[..., Any]]] = [
    ("add", {}, ((2, 1, 4), (3, 4)), torch.add),
    ("mul", {}, ((4,), (2, 3, 4)), torch.mul),
    ("cat", {"dim": 1}, ((2, 3, 2), (2, 1, 2)), lambda a, b: torch.cat([a, b], 1)),
    ("stack", {"dim": 1}, ((2, 3), (2, 3)), lambda a, b: torch.stack([a, b], 1)),
    ("chunk", {"chunks": 2, "dim": 1}, ((2, 5),), lambda x: x.chunk(2, 1)),
    ("split", {"split_size_or_sections": (2, 3), "dim": 1}, ((2, 5),), lambda x: x.split((2, 3), 1)),
    ("unbind", {"dim": 1}, ((2, 3, 2),), lambda x: x.unbind(1)),
    ("reshape", {"shape": (4, 3, 5)}, ((3, 4, 5),), lambda x: x.reshape(4, 3, 5)),
    ("view", {"size": (2, -1)}, ((4, 3),), lambda x: x.view(2, -1)),
    ("squeeze", {}, ((2, 1, 3),), torch.squeeze),
    ("unsqueeze", {"dim": 1}, ((2, 3),), lambda x: x.unsqueeze(1)),
    ("expand", {"size": (2, 3, 4)}, ((3, 1),), lambda x: x.expand(2, 3, 4)),
    ("permute", {"dims": (2, 0, 1)}, ((2, 3, 4),), lambda x: x.permute(2, 0, 1)),
    ("transpose", {"dim0": 0, "dim1": 2}, ((2, 3, 4),), lambda x: x.transpose(0, 2)),
    ("roll", {"shifts": (1, -2), "dims": (0, 1)}, ((3, 4),), lambda x: x.roll((1, -2), (0, 1))),
    ("roll", {"shifts": (1,)}, ((3, 4),), lambda x: x.roll(1)),
    ("flip", {"dims": (1,)}, ((2, 4),), lambda x: x.flip(1)),
    ("tile", {"dims": (2, 1)}, ((1, 2, 3),), lambda x: x.tile(2, 1)),
    ("repeat", {"repeats": (2, 1, 3)}, ((1, 3),), lambda x: x.repeat(2, 1, 3)),
    ("slice", {"index": (slice(1, None, 2), None, ..., -1)}, ((4, 3, 2),), lambda x: x[1::2, None, ..., -1]),
    ("narrow", {"dim": 1, "start": -2, "length": 1}, ((2, 4),), lambda x: x.narrow(1, -2, 1)),
    ("mean", {"dim": (0, 2)}, ((2, 3, 4),), lambda x: x.mean((0, 2))),
    ("sum", {"dim": 1, "keepdim": True}, ((2, 3, 4),), lambda x: x.sum(1, keepdim=True)),
    ("amax", {}, ((2, 3),), torch.amax),
    ("std", {"dim": 1}, ((2, 3),), lambda x: x.std(1)),
    ("matmul", {}, ((2, 1, 3, 4), (5, 4, 2)), torch.matmul),
    ("matmul", {}, ((4,), (2, 4, 3)), torch.matmul),
    ("matmul", {}, ((2, 3, 4), (4,)), torch.matmul),
    ("bmm", {}, ((2, 3, 4), (2, 4, 2)), torch.bmm),
    ("scaled_dot_product_attention", {}, ((2, 3, 4), (2, 5, 4), (2, 5, 3)), F.scaled_dot_product_attention),
    ("pad", {"pad": (1, -1, 2, 0)}, ((2, 3, 4),), lambda x: F.pad(x, (1, -1, 2, 0))),
    ("pad", {"pad": (2, 1), "mode": "reflect"}, ((2, 3, 4),), lambda x: F.pad(x, (2, 1), "reflect")),
    ("interpolate", {"size": (3, 7)}, ((1, 2, 5, 5),), lambda x: F.interpolate(x, (3, 7))),
    ("prelu", {}, ((2, 3, 2), (3,)), F.prelu),
    ("softmax", {"dim": 1}, ((2, 3, 2),), lambda x: x.softmax(1)),
    ("glu", {"dim": 1}, ((2, 4, 3),), lambda x: F.glu(x, 1)),
    ("unflatten", {"dim": 1, "sizes": (2, -1)}, ((2, 6),), lambda x: x.unflatten(1, (2, -1))),
    ("fold", {"output_size": 4, "kernel_size": 2}, ((1, 4, 9),), lambda x: F.fold(x, 4, 2)),
    ("unfold", {"kernel_size": 2}, ((1, 2, 4, 3),), lambda x: F.unfold(x, 2)),
    ("local_response_norm", {"size": 2}, ((1, 4, 3),), lambda x: F.local_response_norm(x, 2)),
]


@pytest.mark.parametrize(
    ("name", "given", "shapes", "run"), CALLS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_functions_read_no_more_than_they_say(
    name: str, given: dict[str, Any], shapes: Shapes, run: Callable[..., Any]
) -> None:
    cls = find(name)
    op = cls.make(bind(cls, (), placed(cls, given, len(shapes))))
    assert isinstance(op.values.get("input", Slot(0)), Slot)
    judge(op, shapes, run)


def test_a_wrong_reading_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    linear = find("Linear").of(in_features=3, out_features=3)
    monkeypatch.setattr(type(linear), "reads", Operator.reads)
    with pytest.raises(AssertionError):
        judge(linear, ((2, 3),), torch.nn.Linear(3, 3).double())
