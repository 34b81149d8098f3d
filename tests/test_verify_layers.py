"""Random layers, drawn from each operator's own declaration, each a network of one layer for `convcli verify`."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from differential import Case, module_cases
from hypothesis import given, settings
from hypothesis import strategies as st

import convcli
from convcli.bench.verify import OUTPUT, Verification
from convcli.binding import bind
from convcli.diagnostics import ConvcliError, Refusal
from convcli.function import Function
from convcli.ops.catalogue import names, operator

EACH = 6
"""The layers of each operator."""
NOT_DRAWN = ("Permute", "Unflatten")
"""Draws hardly ever fit these."""
FIXED = {"TransformerEncoderLayer": {"d_model": 4}}
"""A norm of a single number is constant, whatever moves."""
DRAWN = [
    name
    for name in names()
    if not issubclass(operator(name), Function) and operator(name).arity[0] == 1 and name not in NOT_DRAWN
]


def test_they_are_five_hundred() -> None:
    assert EACH * len(DRAWN) >= 500


@pytest.mark.parametrize("name", DRAWN)
def test_random_layers_are_verified(name: str) -> None:
    verified, wrong = [], []

    @settings(max_examples=40 * EACH)
    @given(case=module_cases(operator(name), size=9, fixed=FIXED.get(name)), seed=st.integers(0, 99))
    def run(case: Case, seed: int) -> None:
        if (len(verified) < EACH or wrong) and case not in verified:
            found = verification(name, case, seed)
            wrong.extend([case] if found and found.disagreements else [])
            assert not found or found.disagreements == ()
            verified.extend([case] if found else [])

    run()
    assert len(verified) == EACH


def verification(name: str, case: Case, seed: int) -> Verification | None:
    """Verify a layer; None where it is refused, which other tests hold against torch."""
    cls = operator(name)
    shape = case.inputs[0]
    try:
        op = cls.make(bind(cls, (), case.arguments))
        op.answer(case.inputs, (case.dtype,))
        batched = not cls.unbatched or len(shape) in cls.ranks
        found = convcli.verify(op.text(), input=shape, batched=batched, seed=seed, receptive_field=True)
    except (Refusal, ConvcliError):
        return None
    assert dict(found.checked)[OUTPUT] == found.layers == 1
    return found
