"""What each operator keeps for backward, makes and looks at, against torch, on drawn arguments and inputs."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from differential import INT, Case, _function, module_cases, module_class, placed
from function_cases import OURS_ALONE
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_oracle import saved_storages, storages
from torch import nn
from torch.utils._pytree import tree_leaves

from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.layout import normal
from convcli.op import Operator, bind
from convcli.ops.catalogue import names, operator
from convcli.tape import FIRST, WEIGHT, Piece, Tape, Use

PARTLY = {"LSTM": "without a projection, in training"}
"""Operators whose memory is not known for all arguments."""

BY_HAND: dict[str, tuple[dict[str, Any], tuple[tuple[int, ...], ...]]] = {
    "view": ({"size": (6, 4)}, ((2, 3, 4),)),
    "expand": ({"size": (5, 2, 3)}, ((2, 1),)),
    "repeat": ({"repeats": (2, 1, 3)}, ((2, 3),)),
    "permute": ({"dims": (2, 0, 1)}, ((2, 3, 4),)),
    "Permute": ({"dims": (0, 2, 3, 1)}, ((2, 3, 4, 5),)),
    "slice": ({"index": (slice(None), slice(1, 3), None, 0)}, ((2, 5, 4),)),
    "batch_norm": ({"training": True, "running_mean": None, "running_var": None}, ((4, 3, 5), (3,), (3,))),
    "Unflatten": ({"dim": 1, "unflattened_size": (2, 3)}, ((4, 6, 5),)),
    "unflatten": ({"dim": 1, "sizes": (2, 3)}, ((4, 6, 5),)),
    "UpsamplingBilinear2d": ({"scale_factor": 2}, ((2, 3, 4, 5),)),
    "UpsamplingNearest2d": ({"scale_factor": 2}, ((2, 3, 4, 5),)),
    "bmm": ({}, ((2, 3, 4), (2, 4, 5))),
    "FractionalMaxPool3d": ({"kernel_size": 2, "output_size": 2}, ((2, 3, 6, 6, 6),)),
    "StochasticDepth": ({"p": 0.5, "mode": "row"}, ((4, 3, 5),)),
    "DropPath": ({"drop_prob": 0.5}, ((4, 3, 5),)),
    "stochastic_depth": ({"p": 0.5, "mode": "batch"}, ((4, 3, 5),)),
    "drop_path": ({"drop_prob": 0.5, "training": True}, ((4, 3, 5),)),
    "center_crop": ({"size": (2, 3)}, ((4, 6, 7),)),
    **{f"MaxUnpool{n}d": ({"kernel_size": 2}, ((2, 3, *(4,) * n),) * 2) for n in (1, 2, 3)},
    **{f"max_unpool{n}d": ({"kernel_size": 2}, ((2, 3, *(4,) * n),) * 2) for n in (1, 2, 3)},
    "Parameter": ({"shape": (3, 4)}, ()),
}
"""Operators that are not drawn, because torch has them as methods or elsewhere, or draws would not fit."""

HIDDEN = "CrossMapLRN2d"
"""An operator that keeps a tensor which autograd's hooks do not see."""

ELSEWHERE_COMPARED = {HIDDEN, "CondConv2d"}
"""Operators that are compared by tests of their own, here and in `test_memory_composed.py`."""

METHODS = {"view", "expand", "repeat"}


def scaled(x: Any, shape: tuple[int, ...]) -> Any:
    """Drop rows as stochastic depth does."""
    return x * x.new_empty(shape).bernoulli_(0.5).div_(0.5)


ELSEWHERE = {
    **OURS_ALONE,
    "StochasticDepth": lambda x: scaled(x, (x.shape[0], 1, 1)),
    "DropPath": lambda x: scaled(x, (x.shape[0], 1, 1)),
    "stochastic_depth": lambda x, **_: scaled(x, (1, 1, 1)),
    "drop_path": lambda x, **_: scaled(x, (x.shape[0], 1, 1)),
    "Parameter": lambda: nn.Parameter(torch.zeros(3, 4)),
}
"""What stands for operators that torch itself does not have."""


def theirs(cls: type[Operator], case: Case) -> Any:
    """Return torch's module, in training, or its function with everything but the tensors."""
    if cls.name in ELSEWHERE:
        return (lambda *x: ELSEWHERE[cls.name](*x, **case.arguments)) if cls.name in OURS_ALONE else ELSEWHERE[cls.name]
    if cls.name in METHODS:
        return lambda x: getattr(x, cls.name)(*next(iter(case.arguments.values())))
    if issubclass(cls, Function):
        return _function(cls, case.arguments, "")
    return module_class(cls)(**case.arguments).train()


def play(cls: type[Operator], case: Case, wants: list[bool]) -> Use | None:
    """Play the call on a tape; None where the operator has no rule."""
    op = cls.make(bind(cls, (), placed(cls, case.arguments, len(case.inputs))))
    answer = op.answer(case.inputs, case.dtypes())
    grad = any(wants) or bool(op.weights())
    tape = Tape(answer.outputs, answer.dtypes, training=True, grad=grad, dtype="float32", asked=frozenset((0, 1)))
    pieces = [
        Piece(at, shape, kind, None, wants[at])
        for at, (shape, kind) in enumerate(zip(case.inputs, case.dtypes(), strict=True))
    ]
    results = op.memory(tape, *pieces)
    return None if results is None else tape.use(results)


def compare(cls: type[Operator], case: Case, wants: list[bool]) -> bool:
    """Assert that the operator says of its memory what torch does; False where torch does not run this."""
    run = theirs(cls, case)
    inputs = [
        torch.zeros(shape, dtype=torch.int64) if kind == INT else torch.rand(shape).requires_grad_(want)
        for shape, kind, want in zip(case.inputs, case.dtypes(), wants, strict=True)
    ]
    got: dict[str, Any] = {}

    def forward() -> Any:
        got["inputs"] = [x * 1.0 if x.requires_grad else x for x in inputs]  # leaves refuse operators in place
        got["results"] = run(*got["inputs"])
        return got

    apart = [*run.parameters(), *run.buffers()] if isinstance(run, nn.Module) else []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            saved = saved_storages(forward, apart)
    except (RuntimeError, ValueError, TypeError, IndexError):
        return False
    played = play(cls, case, wants)
    if played is None:
        assert cls.name in PARTLY
        return True
    check_saved(played, got, saved)
    check_places(played, got)
    return True


def check_saved(use: Use, got: dict[str, Any], saved: dict[int, int]) -> None:
    """Assert that the inputs that are saved are these, the results these, and all else as many bytes."""
    inputs = [address(x) for x in got["inputs"]]
    results = [address(x) for x in tree_leaves(got["results"]) if isinstance(x, torch.Tensor)]
    ours = {storage for storage, _, _ in use.results}
    assert [at in use.saved for at in range(len(inputs))] == [place in saved for place in inputs]
    new = [(result[0] in use.saved, place in saved) for result, place in zip(use.results, results, strict=False)]
    assert all(mine == real for mine, real in new)
    rest = sum(size for at, size in enumerate(use.made) if FIRST - at in use.saved and FIRST - at not in ours)
    assert rest == sum(size for place, size in saved.items() if place not in (*inputs, *results))


def check_places(use: Use, got: dict[str, Any]) -> None:
    """Assert that each result lies in the storage, and in the order, that the operator says."""
    results = [x for x in tree_leaves(got["results"]) if isinstance(x, torch.Tensor)]
    for (storage, state, _), real in zip(use.results, results, strict=False):
        if storage == WEIGHT:
            continue
        shared = [at for at, x in enumerate(got["inputs"]) if address(x) == address(real)]
        assert (storage >= 0) == bool(shared)
        if storage >= 0:
            assert state.strides == normal(tuple(real.shape), real.stride())


def address(x: torch.Tensor) -> int:
    """Return which storage a tensor lies in."""
    return x.untyped_storage()._cdata


DRAWN = [name for name in names() if name not in BY_HAND and name not in ELSEWHERE_COMPARED]


@pytest.mark.parametrize("name", DRAWN)
def test_an_operator_keeps_what_torch_keeps(name: str) -> None:
    cls, compared = operator(name), []

    @settings(max_examples=40)
    @given(case=module_cases(cls, size=6), data=st.data())
    def run(case: Case, data: st.DataObject) -> None:
        try:
            op = cls.make(bind(cls, (), placed(cls, case.arguments, len(case.inputs))))
            op.answer(case.inputs, case.dtypes())
        except Refusal:
            return
        wants = [kind != INT and data.draw(st.booleans()) for kind in case.dtypes()]
        if not any(wants) and not op.weights():
            wants = [kind != INT for kind in case.dtypes()]
        compared.append(compare(cls, case, wants))

    run()
    assert any(compared)


@pytest.mark.parametrize("name", BY_HAND)
def test_an_operator_that_is_not_drawn_keeps_what_torch_keeps(name: str) -> None:
    arguments, inputs = BY_HAND[name]
    case = Case(arguments, inputs, later=INT if "npool" in name else "")
    assert compare(operator(name), case, [kind != INT for kind in case.dtypes()])


def test_what_is_hidden_from_hooks_is_known_too() -> None:
    x = torch.rand((2, 5, 3, 4), requires_grad=True)
    y = nn.CrossMapLRN2d(3)(x)
    made = storages((y, y.grad_fn.scale))
    assert {place.untyped_storage()._cdata for place in y.grad_fn.saved_tensors} == {address(x), address(y)}
    use = play(operator(HIDDEN), Case({"size": 3}, ((2, 5, 3, 4),)), [True])
    assert use
    assert (sorted(use.made), use.during) == (sorted(made.values()), sum(made.values()))
    assert set(use.saved) == {0, FIRST, FIRST - 1}


@pytest.mark.parametrize("kept", ["input", "nothing"])
def test_a_rule_that_is_wrong_would_be_found(monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    relu = operator("ReLU")
    monkeypatch.setattr(relu, "kept", (kept, kept))
    with pytest.raises(AssertionError):
        assert all(compare(relu, Case({"inplace": inplace}, ((2, 3),)), [True]) for inplace in (True, False))
