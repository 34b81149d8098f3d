"""Judges one drawn layer on everything that it says of itself, and throws absurd numbers at it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from differential import INT, Case, check_unknown, compare, ours, placed, run, torchs
from function_cases import FLOAT, hostile
from hypothesis import given
from hypothesis import strategies as st

from convcli.argument import Tensor
from convcli.binding import bind
from convcli.diagnostics import Refusal
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shown, is_known

if TYPE_CHECKING:
    from collections.abc import Callable


def judge_all(cls: type[Operator], cases: st.SearchStrategy[Case], *, more: Callable[..., None] | None = None) -> None:
    """Judge as many cases as the profile says; `more` looks at each operator with its inputs and answer."""

    @given(case=cases, data=st.data())
    def run_one(case: Case, data: st.DataObject) -> None:
        judge(cls, case, data, more)

    run_one()


def judge(cls: type[Operator], case: Case, data: st.DataObject, more: Callable[..., None] | None = None) -> None:
    """Assert that torch and the operator agree, the operator with itself, and torch with what it builds."""
    mine, theirs = ours(cls, case), torchs(cls, case, count=False)
    compare(mine, theirs)  # torch counts no MACs here, and we have none
    if mine.refused:
        assert mine.refused.isprintable()
        return
    check_unknown(cls, case, data.draw)
    op = cls.make(bind(cls, (), placed(cls, case.arguments, len(case.inputs))))
    answer = op.answer(case.inputs, case.dtypes())
    named = tuple(tuple(Shown.named(n, f"s{axis}") for axis, n in enumerate(shape)) for shape in case.inputs)
    shown = op.shown().answer(named, case.dtypes())
    assert (shown.outputs, shown.macs, shown.other_ops) == (answer.outputs, answer.macs, answer.other_ops)
    if op.module:
        names = {cls.name: lambda *args, **given: cls.make(bind(cls, args, given)), "inf": math.inf}
        assert eval(op.text(), names) is op
        built = run(lambda: op.build(torch.nn).eval(), case, "cpu", count=False)
        assert built == theirs
    if more:
        more(op, case.inputs, answer)


def types_agree(cls: type[Operator], arguments: dict[str, Any], shape: tuple[int, ...], dtype: str) -> None:
    """Assert that torch and the operator give results of the same types, or both refuse this one."""
    x = torch.zeros(shape, dtype=getattr(torch, dtype))
    try:
        out = getattr(torch.nn, cls.name)(**arguments).eval()(x)
    except RuntimeError:
        out = None
    try:
        mine = cls.of(**arguments).answer((shape,), (dtype,)).dtypes
    except Refusal:
        mine = None
    results = out if isinstance(out, tuple | None) else (out,)
    assert mine == (None if results is None else tuple(str(one.dtype).removeprefix("torch.") for one in results))


def throw_absurd(cls: type[Operator]) -> None:
    """Assert that absurd arguments and shapes get an answer or a refusal, and no other exception."""
    size = st.sampled_from([1, 2, 3, 10**18, 2**63 - 1, UNKNOWN])
    count = cls.arity[0] if cls.module else len(cls.tensor_arguments())

    @given(data=st.data())
    def throw(data: st.DataObject) -> None:
        inputs = [tuple(data.draw(st.lists(size, max_size=6)))] * count
        given = {n: data.draw(hostile(d.kind)) for n, d in cls.arguments.items() if not isinstance(d.kind, Tensor)}
        try:
            op = cls.make(bind(cls, (), placed(cls, given, count)))
            op.text()
            for rank in range(7):
                op.template(rank)
            answer = op.answer(tuple(inputs), (FLOAT, *(INT,) * (count - 1)))
        except Refusal:
            return
        assert all(not is_known(size) or size >= 1 for shape in answer.outputs for size in shape)

    throw()
