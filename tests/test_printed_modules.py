"""The lines that `print(model)` shows are layers: read back, each is the module that was printed."""

import pytest

pytest.importorskip("torch")

import torch
from differential import arguments
from hypothesis import given
from hypothesis import strategies as st

import convcli
from convcli.diagnostics import Refusal
from convcli.op import Operator, bind
from convcli.ops.catalogue import find, names

pytestmark = pytest.mark.torch

LOST: dict[str, tuple[str, ...]] = {}
"""Arguments that torch leaves out when it prints a module."""

NOT_PRINTED: dict[str, str] = {
    "MultiheadAttention": "torch prints its parts",
    "TransformerEncoderLayer": "torch prints its parts",
    "TransformerDecoderLayer": "torch prints its parts",
}
"""Modules of which torch prints no arguments."""

MODULES = [cls for name in names() if (cls := find(name)) and cls.module and hasattr(torch.nn, name) and name not in NOT_PRINTED]


@pytest.mark.parametrize("cls", MODULES, ids=lambda cls: cls.name)
def test_a_printed_module_is_read_as_the_same_operator(cls: type[Operator]) -> None:
    @given(data=st.data())
    def judge(data: st.DataObject) -> None:
        given_arguments = {k: v for k, v in data.draw(arguments(cls)).items() if k not in LOST.get(cls.name, ())}
        try:
            op = cls.make(bind(cls, (), given_arguments))
            printed = repr(op.build(torch.nn))
        except (Refusal, RuntimeError, ValueError, TypeError):
            return
        (read,) = convcli.shape(printed).layers
        assert op.text() == read.text, printed

    judge()
