"""Draws calls of torch's functions, makes them, and compares shapes, number types and MACs.

A family's test says how its arguments and shapes hang together; `judge` does the rest: it asks
torch, asks the operator, asks it again with unknown sizes and with numbers that show their formula.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import torch
from differential import flatten, function, placed, spread
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from convcli import argument as arg
from convcli.binding import bind
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.op import Answer
from convcli.ops.slicing import Index, Slice
from convcli.quantity import UNKNOWN, Shown, is_known

FLOAT, INT = "float32", "int64"
DRAW = Any


class Call(NamedTuple):
    """A function's arguments without its tensors, and the shapes and types of these."""

    given: dict[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    types: tuple[str, ...]


class Theirs(NamedTuple):
    """What torch said: a refusal, or the numbers."""

    refused: str
    outputs: tuple[tuple[int, ...], ...] = ()
    types: tuple[str, ...] = ()
    macs: int = 0


def crop(x: torch.Tensor, size: int | list[int]) -> torch.Tensor:
    """Cut out the middle, with the offsets that torchvision uses."""
    if isinstance(size, int):
        if x.dim() < 3:
            raise ValueError
        size = [size] * (x.dim() - 2)
    for axis, length in zip(range(-len(size), 0), size, strict=True):
        start = round((x.shape[axis] - length) / 2.0)
        x = x.narrow(axis, start, length)
    return x


OURS_ALONE: dict[str, Any] = {"slice": lambda x, index=None: x[index], "center_crop": crop}
"""What stands for functions that torch does not have under their name."""


def shapes(least: int = 0, most: int = 5, size: int = 6) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw a shape with `least` to `most` dimensions."""
    return st.lists(st.integers(1, size), min_size=least, max_size=most).map(tuple)


def dims(rank: int) -> st.SearchStrategy[int]:
    """Draw a dimension of a tensor with `rank` dimensions, now and then one that it has not."""
    inside = st.integers(-max(rank, 1), max(rank, 1) - 1)
    return st.one_of(inside, inside, inside, inside, st.integers(-rank - 2, rank + 2))


def related(draw: DRAW, count: int, most: int = 4) -> tuple[tuple[int, ...], ...]:
    """Draw shapes that mostly broadcast: axes missing in front, or 1, now and then another size."""
    whole = draw(shapes(0, most))
    found = []
    for _ in range(count):
        shape = list(whole[draw(st.integers(0, 2)) :])
        for axis in range(len(shape)):
            shape[axis] = draw(st.sampled_from([shape[axis]] * 6 + [1, 1, 1, 2]))
        found.append(tuple(shape))
    return tuple(found)


def types(count: int) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw number types, mostly all the same."""
    return st.one_of(
        st.just((FLOAT,) * count),
        st.sampled_from([FLOAT, INT]).map(lambda kind: (kind,) * count),
        st.tuples(*[st.sampled_from([FLOAT, INT])] * count),
    )


def judge(cls: type[Function], call: Call, data: st.DataObject, *, macs: bool = True) -> None:
    """Assert that torch and the operator say the same, and that the operator agrees with itself."""
    theirs = ask_torch(cls, call)
    mine = answer(cls, call)
    if isinstance(mine, Refusal):
        empty = any(0 in shape for shape in theirs.outputs)
        assert theirs.refused or empty, f"ours: {mine.message!r}; torch gives {theirs.outputs}"
        assert mine.message.isprintable()
        return
    assert not theirs.refused, f"ours: {mine.outputs}; torch: {theirs.refused}"
    assert mine.outputs == theirs.outputs
    assert mine.dtypes == theirs.types
    if macs:
        assert mine.macs == theirs.macs
    op = make(cls, call)
    assert op.weights() == op.buffers() == {}
    check_hidden(op, call, mine, data)
    check_shown(op, call, mine)


def make(cls: type[Function], call: Call) -> Function:
    """Return the operator that is called."""
    return cls.make(bind(cls, (), placed(cls, call.given, len(call.shapes))))


def answer(cls: type[Function], call: Call) -> Answer | Refusal:
    """Ask the operator."""
    try:
        return make(cls, call).answer(call.shapes, call.types)
    except Refusal as refusal:
        return refusal


def ask_torch(cls: type[Function], call: Call) -> Theirs:
    """Call torch's function on the CPU, and on the meta device to count."""
    try:
        out = make_call(cls, call, "cpu")
    except (RuntimeError, ValueError, TypeError, IndexError, OverflowError) as error:
        return Theirs(f"{type(error).__name__}: {error}")
    results = out if isinstance(out, tuple | list) else [out]
    counter = FlopCounterMode(display=False)
    with counter:
        make_call(cls, call, "meta")
    kinds = tuple(str(result.dtype).removeprefix("torch.") for result in results)
    return Theirs("", tuple(flatten(out)), kinds, counter.get_total_flops() // 2)


def make_call(cls: type[Function], call: Call, device: str) -> Any:
    """Call torch's function, with positional arguments as far as they go: that checks their order."""
    items = [
        torch.ones(shape, dtype=getattr(torch, kind), device=device)
        for shape, kind in zip(call.shapes, call.types, strict=True)
    ]
    free = [name for name in cls.tensor_arguments() if name not in call.given]
    left = {**spread(cls, free, items), **{k: v for k, v in call.given.items() if v is not None}}
    positional = []
    for name, declared in cls.arguments.items():
        if name not in left or declared.keyword_only:
            break
        positional.append(left.pop(name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (OURS_ALONE.get(cls.name) or function(cls.name))(*positional, **left)


def check_hidden(op: Function, call: Call, known: Answer, data: st.DataObject) -> None:
    """Hide some sizes: what is still known must stay as it is."""
    hidden = tuple(tuple(UNKNOWN if data.draw(st.booleans()) else n for n in shape) for shape in call.shapes)
    partly = answer(type(op), call._replace(shapes=hidden))
    if isinstance(partly, Refusal):
        assert partly.code == "CV255"
        return
    assert partly.dtypes[: len(known.dtypes)] == known.dtypes
    if op.name != "chunk":  # which takes it that no part is empty
        assert len(partly.outputs) == len(known.outputs)
    pairs = [*zip(partly[2:], known[2:], strict=True)]
    for some, all_ in zip(partly.outputs, known.outputs, strict=False):
        assert len(some) == len(all_)
        pairs.extend(zip(some, all_, strict=True))
    assert all(not is_known(one) or (is_known(other) and one == other) for one, other in pairs)


def check_shown(op: Function, call: Call, plain: Answer) -> None:
    """Let all numbers show their formula: their values must stay as they are."""
    named = tuple(tuple(Shown.named(n, f"s{axis}") for axis, n in enumerate(shape)) for shape in call.shapes)
    shown = op.shown().answer(named, call.types)
    assert (shown.outputs, shown.macs, shown.other_ops) == (plain.outputs, plain.macs, plain.other_ops)


HOSTILE = [-(2**63), -(10**18), -2, -1, 0, 1, 2, 3, 10**18, 2**62, 2**63 - 1, UNKNOWN]
FLOATS = [0.0, -1.5, 1e308, math.inf, -math.inf, math.nan]


def hostile(kind: arg.Kind) -> st.SearchStrategy[Any]:
    """Draw values at the limits of a kind, and beyond."""
    if isinstance(kind, arg.Either):
        return st.one_of([hostile(each) for each in kind.kinds])
    if isinstance(kind, arg.Many):
        return st.lists(hostile(kind.each), max_size=6)
    if isinstance(kind, Index):
        number = st.sampled_from(HOSTILE)
        item = st.one_of(number, st.builds(Slice, number, number, number), st.sampled_from([None, ...]))
        return st.lists(item, max_size=6).map(tuple)
    if isinstance(kind, arg.Word):
        return st.sampled_from(kind.choices)
    if isinstance(kind, arg.Flag):
        return st.booleans()
    return st.sampled_from([None, *HOSTILE, *FLOATS])


def check_hostile(cls: type[Function], data: st.DataObject) -> None:
    """Assert that absurd arguments and shapes get an answer or a refusal, and no other exception."""
    size = st.sampled_from([1, 2, 3, 10**18, 2**63 - 1, UNKNOWN])
    names = cls.tensor_arguments()
    count = data.draw(st.integers(1, 3)) if any(cls.arguments[name].kind.many for name in names) else len(names)
    inputs = tuple(tuple(data.draw(st.lists(size, max_size=5))) for _ in range(count))
    given = {n: data.draw(hostile(d.kind)) for n, d in cls.arguments.items() if not isinstance(d.kind, arg.Tensor)}
    try:
        op = cls.make(bind(cls, (), placed(cls, given, count)))
        op.text()
        answer = op.answer(inputs, (FLOAT,) * count)
    except Refusal:
        return
    assert all(not is_known(size) or size >= 1 for shape in answer.outputs for size in shape)
