"""Draws operators from their own declarations, runs them in torch, and compares every number.

`check(cls, case)` is the judge: what torch refuses we refuse, and the other way round; otherwise
output shapes, weights, buffers, parameters and MACs are equal.
"""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from convcli import argument as arg
from convcli.diagnostics import Refusal
from convcli.op import Function, Operator, bind
from convcli.quantity import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

with contextlib.suppress(ImportError):
    import torch
    from torch.utils.flop_counter import FlopCounterMode

FLOAT, INT = "float32", "int64"


class Case(NamedTuple):
    """Keyword arguments as a user writes them (tensors left out), and the input shapes."""

    arguments: dict[str, Any]
    inputs: tuple[tuple[int, ...], ...]
    dtype: str = FLOAT


class Outcome(NamedTuple):
    """What ours or torch said: a refusal, or the numbers."""

    refused: str | None
    outputs: tuple[tuple[int, ...], ...] = ()
    weights: dict[str, tuple[int, ...]] | None = None
    buffers: dict[str, tuple[int, ...]] | None = None
    macs: int = 0


SMALL = {"kernel_size": 5, "stride": 4, "padding": 4, "dilation": 3, "output_padding": 3, "groups": 4}
"""The largest values drawn for arguments of these names; 8 for all others."""


def values(kind: arg.Kind, axes: int, name: str = "") -> st.SearchStrategy[Any]:
    """Draw what a user might write for an argument of a kind, mostly within its bounds."""
    if isinstance(kind, arg.Integer):
        least = -3 if kind.minimum is None else kind.minimum
        most = min(SMALL.get(name, 8), kind.maximum)
        usual = st.integers(least, max(most, least))
        return usual | st.just(least) if kind.minimum is None else usual | st.just(least) | st.just(least)
    if isinstance(kind, arg.Real):
        least = -2.0 if kind.minimum is None else kind.minimum
        most = least + 4 if kind.maximum is None else kind.maximum
        return st.floats(least, most, allow_nan=False)
    if isinstance(kind, arg.Flag):
        return st.booleans()
    if isinstance(kind, arg.Word):
        return st.sampled_from(kind.choices)
    if isinstance(kind, arg.Nothing):
        return st.none()
    if isinstance(kind, arg.PerAxis):
        each = values(kind.each, axes, name)
        return each | st.tuples(*[each] * axes)
    if isinstance(kind, arg.Many):
        each = values(kind.each, axes, name)
        length = st.integers(1, 3) if kind.length is None else st.just(kind.length)
        some = length.flatmap(lambda n: st.tuples(*[each] * n))
        return some if kind.spread is None else each | some
    if isinstance(kind, arg.Either):
        return st.one_of([values(k, axes, name) for k in kind.kinds])
    msg = f"no strategy for {kind!r}"
    raise TypeError(msg)


@st.composite
def arguments(draw: Any, cls: type[Operator], fixed: dict[str, Any] | None = None) -> dict[str, Any]:
    """Draw arguments for an operator; optional ones are often left out; `groups` usually divides."""
    drawn: dict[str, Any] = dict(fixed or {})
    for name, declared in cls.arguments.items():
        if name in drawn or isinstance(declared.kind, arg.Tensor):
            continue
        if declared.default is arg.REQUIRED or draw(st.integers(0, 2)) == 0:
            drawn[name] = draw(values(declared.kind, cls.axes, name))
    groups = drawn.get("groups", 1)
    if groups > 1 and draw(st.integers(0, 9)):
        for name in ("in_channels", "out_channels"):
            drawn[name] = groups * draw(st.integers(1, 3))
    return drawn


@st.composite
def module_cases(draw: Any, cls: type[Operator], *, size: int = 14, fixed: dict[str, Any] | None = None) -> Case:
    """Draw a module's arguments, and inputs that mostly fit them."""
    given_arguments = draw(arguments(cls, fixed))
    ranks = list(cls.ranks) or [1, 2, 3, 4, 5]
    rank = draw(st.sampled_from(ranks))
    if cls.unbatched and draw(st.integers(0, 3)) == 0:
        rank -= 1
    try:
        templates = cls.make(bind(cls, (), given_arguments)).template(rank)
    except Refusal:
        templates = ((UNKNOWN,) * rank,)
    inputs = []
    for template in templates:
        shape = [draw(st.integers(1, size)) if dim is UNKNOWN else dim for dim in template]
        if draw(st.integers(0, 11)) == 0:
            shape[draw(st.integers(0, len(shape) - 1))] = draw(st.integers(1, size))
        if draw(st.integers(0, 19)) == 0:
            shape.insert(0, 1)
        inputs.append(tuple(shape))
    return Case(given_arguments, tuple(inputs), INT if cls.takes == "integer" else FLOAT)


def ours(cls: type[Operator], case: Case) -> Outcome:
    """Ask the operator."""
    try:
        op = cls.make(bind(cls, (), case.arguments))
        answer = op.answer(case.inputs, (case.dtype,) * len(case.inputs))
    except Refusal as refusal:
        return Outcome(refusal.message)
    return Outcome(None, answer.outputs, op.weights(), op.buffers(), answer.macs)


def tensors(case: Case, device: str = "meta") -> list[Any]:
    """Make the case's input tensors."""
    if case.dtype == INT:
        return [torch.zeros(shape, dtype=torch.int64, device=device) for shape in case.inputs]
    return [torch.zeros(shape, device=device) for shape in case.inputs]


def torchs(cls: type[Operator], case: Case) -> Outcome:
    """Build torch's own module with the same arguments and run it, in evaluation mode.

    The CPU says what torch refuses (meta kernels skip checks); the meta device counts (the CPU's
    fused kernels escape the counter).
    """

    def build(device: str) -> Any:
        factory = {"device": device} if cls.has_factory() else {}
        return getattr(torch.nn, cls.name)(**case.arguments, **factory).eval()

    real = run(lambda: build("cpu"), case, "cpu")
    if real.refused:
        return real
    return real._replace(macs=run(lambda: build("meta"), case, "meta").macs)


def run(build: Callable[[], Any], case: Case, device: str = "meta") -> Outcome:
    """Build a module, apply it to the case's inputs, and note what came out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = build()
            counter = FlopCounterMode(display=False)
            with counter, torch.no_grad():
                out = module(*tensors(case, device))
        except (RuntimeError, ValueError, TypeError, AssertionError, IndexError, NotImplementedError) as error:
            return Outcome(f"{type(error).__name__}: {error}")
    weights = {k: tuple(v.shape) for k, v in getattr(module, "named_parameters", dict)()} if _is_module(module) else {}
    buffers = {k: tuple(v.shape) for k, v in module.named_buffers()} if _is_module(module) else {}
    return Outcome(None, tuple(flatten(out)), weights, buffers, counter.get_total_flops() // 2)


def _is_module(value: object) -> bool:
    return isinstance(value, torch.nn.Module)


def flatten(out: Any) -> list[tuple[int, ...]]:
    """List the shapes of all tensors in a result, in order."""
    if isinstance(out, torch.Tensor):
        return [tuple(out.shape)]
    return [shape for item in out for shape in flatten(item)] if isinstance(out, tuple | list) else []


def compare(mine: Outcome, theirs: Outcome, *, macs: bool = True) -> None:
    """Assert that both say the same."""
    if mine.refused and any(0 in shape for shape in theirs.outputs):
        return  # torch makes tensors without elements; to us they are a mistake
    if theirs.refused or mine.refused:
        assert bool(mine.refused) == bool(theirs.refused), f"ours: {mine.refused!r}; torch: {theirs.refused!r}"
        return
    assert mine.outputs == theirs.outputs
    assert mine.weights == theirs.weights
    assert mine.buffers == theirs.buffers
    if macs:
        assert mine.macs == theirs.macs


def function(name: str) -> Any:
    """Return torch's function of this name."""
    places = (torch.nn.functional, torch, torch.Tensor)
    return next(getattr(place, name) for place in places if hasattr(place, name))


def is_function(cls: type[Operator]) -> bool:
    """Say whether an operator is a function over tensors."""
    return issubclass(cls, Function)
