"""Draws operators from their own declarations, runs them in torch, and compares every number.

`check(cls, case)` is the judge: what torch refuses we refuse, and the other way round; otherwise
output shapes, weights, buffers, parameters and MACs are equal.
"""

from __future__ import annotations

import contextlib
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from convcli import argument as arg
from convcli.binding import bind
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shown

if TYPE_CHECKING:
    from collections.abc import Callable

with contextlib.suppress(ImportError):
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    torch.set_num_threads(1)  # on tensors this small, threads only wait for each other

FLOAT, INT = "float32", "int64"


class Case(NamedTuple):
    """Keyword arguments as a user writes them (tensors left out), and the input shapes."""

    arguments: dict[str, Any]
    inputs: tuple[tuple[int, ...], ...]
    dtype: str = FLOAT
    later: str = ""
    """The type of all inputs after the first, where it is another."""

    def dtypes(self) -> tuple[str, ...]:
        """Return the type of each input."""
        return (self.dtype, *(self.later or self.dtype for _ in self.inputs[1:]))[: len(self.inputs)]


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
        templates = cls.make(bind(cls, (), placed(cls, given_arguments))).template(rank)
    except Refusal:
        templates = ((UNKNOWN,) * rank,)
    inputs = []
    for template in templates:
        shape = [draw(st.integers(1, size)) if dim is UNKNOWN else dim for dim in template]
        if shape and draw(st.integers(0, 11)) == 0:
            shape[draw(st.integers(0, len(shape) - 1))] = draw(st.integers(1, size))
        if draw(st.integers(0, 19)) == 0:
            shape.insert(0, 1)
        inputs.append(tuple(shape))
    return Case(given_arguments, tuple(inputs), INT if cls.takes == "integer" else FLOAT)


@st.composite
def aligned_cases(draw: Any, cls: type[Operator], *, size: int = 14, fixed: dict[str, Any] | None = None) -> Case:
    """Draw as `module_cases` does, but mostly give all inputs the same sizes on their free axes."""
    case = draw(module_cases(cls, size=size, fixed=fixed))
    first = case.inputs[0]
    if not draw(st.integers(0, 4)):
        return case
    try:
        templates = cls.make(bind(cls, (), placed(cls, case.arguments))).template(len(first))
    except Refusal:
        return case
    fitted = [
        tuple(size if dim is UNKNOWN else dim for size, dim in zip(first, template, strict=False))
        for template in templates[1:]
    ]
    return case._replace(inputs=(first, *fitted))


def check_unknown(cls: type[Operator], case: Case, draw: Any) -> None:
    """Assert that with some sizes unknown every number that is still known is the same."""
    hidden = [tuple(UNKNOWN if draw(st.booleans()) else size for size in shape) for shape in case.inputs]
    try:
        op = cls.make(bind(cls, (), placed(cls, case.arguments, len(case.inputs))))
        known = op.answer(case.inputs, case.dtypes())
    except Refusal:
        return
    partly = op.answer(tuple(hidden), case.dtypes())
    assert partly.dtypes == known.dtypes
    assert [len(shape) for shape in partly.outputs] == [len(shape) for shape in known.outputs]
    pairs = [*zip(partly[2:], known[2:], strict=True)]
    for some, all_ in zip(partly.outputs, known.outputs, strict=True):
        pairs.extend(zip(some, all_, strict=True))
    assert all(one is UNKNOWN or (other is not UNKNOWN and one == other) for one, other in pairs)


def check_shown(cls: type[Operator], case: Case) -> None:
    """Assert that numbers which remember their formula are the same numbers."""
    try:
        op = cls.make(bind(cls, (), placed(cls, case.arguments, len(case.inputs))))
        plain = op.answer(case.inputs, (case.dtype,) * len(case.inputs))
    except Refusal:
        return
    named = [tuple(Shown.named(size, f"size{i}") for i, size in enumerate(shape)) for shape in case.inputs]
    assert op.shown().answer(tuple(named), (case.dtype,) * len(named)) == plain


def check_built(cls: type[Operator], case: Case) -> None:
    """Assert that the module that the operator builds gives the shapes that the operator says."""
    mine = ours(cls, case)
    if mine.refused:
        return
    op = cls.make(bind(cls, (), case.arguments))
    assert run(lambda: op.build(torch.nn).eval(), case, "cpu").outputs == mine.outputs


def ours(cls: type[Operator], case: Case) -> Outcome:
    """Ask the operator."""
    try:
        op = cls.make(bind(cls, (), placed(cls, case.arguments, len(case.inputs))))
        answer = op.answer(case.inputs, case.dtypes())
    except Refusal as refusal:
        return Outcome(refusal.message)
    return Outcome(None, answer.outputs, op.weights(), op.buffers(), answer.macs)


def placed(cls: type[Operator], given: dict[str, Any], count: int = 0) -> dict[str, Any]:
    """Put the slots of `count` tensors (0: as few as there can be) among a function's arguments."""
    names = cls.tensor_arguments() if issubclass(cls, Function) else []
    free = [name for name in names if name not in given]
    return {**spread(cls, free, [arg.Slot(i) for i in range(count or len(free))]), **given}


def spread(cls: type[Operator], names: list[str], items: list[Any]) -> dict[str, Any]:
    """Share out one item for each argument of these names; an argument that is a list takes the surplus."""
    rest, shared = list(items), {}
    for name in names:
        many = getattr(cls.arguments[name].kind, "many", False)
        surplus = len(items) - len(names) + 1 if many else 1
        taken, rest = rest[:surplus], rest[surplus:]
        if taken:
            shared[name] = taken if many else taken[0]
    return shared


def tensors(case: Case, device: str = "meta") -> list[Any]:
    """Make the case's input tensors."""
    types = [torch.int64 if dtype == INT else torch.float32 for dtype in case.dtypes()]
    return [torch.zeros(shape, dtype=dtype, device=device) for shape, dtype in zip(case.inputs, types, strict=True)]


def torchs(cls: type[Operator], case: Case, *, count: bool = True) -> Outcome:
    """Build torch's own module with the same arguments and run it, in evaluation mode.

    The CPU says what torch refuses (meta kernels skip checks); the meta device counts (the CPU's
    fused kernels escape the counter). Without `count` there are no MACs, in a third of the time.
    """

    def build(device: str) -> Any:
        factory = {"device": device} if cls.has_factory() else {}
        return module_class(cls)(**case.arguments, **factory).eval()

    if issubclass(cls, Function):
        build = partial(_function, cls, case.arguments)
    real = run(lambda: build("cpu"), case, "cpu", count=False)
    if real.refused or not count:
        return real
    return real._replace(macs=run(lambda: build("meta"), case, "meta").macs)


def module_class(cls: type[Operator]) -> Any:
    """Return the class to compare with: our own reference where there is one, else torch's."""
    from reference_layers import REFERENCE

    return REFERENCE.get(cls.name) or getattr(torch.nn, cls.name)


def _function(cls: type[Function], given: dict[str, Any], _: str) -> Any:
    free = [name for name in cls.tensor_arguments() if name not in given]
    return lambda *items: function(cls.name)(**spread(cls, free, list(items)), **given)


def run(build: Callable[[], Any], case: Case, device: str = "meta", *, count: bool = True) -> Outcome:
    """Build a module, apply it to the case's inputs, and note what came out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = build()
            counter = FlopCounterMode(display=False)
            with counter if count else contextlib.nullcontext(), torch.no_grad():
                out = module(*tensors(case, device))
        except (RuntimeError, ValueError, TypeError, AssertionError, IndexError, ArithmeticError) as error:
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
