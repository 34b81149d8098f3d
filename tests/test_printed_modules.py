"""The lines that `print(model)` shows are layers: read and built again, each prints the same line."""

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from differential import arguments
from hypothesis import given
from hypothesis import strategies as st

import convcli
from convcli.binding import bind
from convcli.diagnostics import Refusal
from convcli.op import Operator
from convcli.ops.catalogue import find, names
from convcli.quantity import LARGEST

pytestmark = pytest.mark.torch

NOT_READ: dict[str, str] = {
    "MultiheadAttention": "torch prints its parts, not its arguments",
    "TransformerEncoderLayer": "torch prints its parts, not its arguments",
    "TransformerDecoderLayer": "torch prints its parts, not its arguments",
    "FractionalMaxPool2d": "torch prints no arguments, though two are needed",
    "FractionalMaxPool3d": "torch prints no arguments, though two are needed",
    "UpsamplingNearest2d": "torch prints a `mode` that its own constructor does not take",
    "UpsamplingBilinear2d": "torch prints a `mode` that its own constructor does not take",
}
"""Modules whose printed line is not enough to make them again, not for torch either."""

MODULES = [
    cls
    for name in names()
    if (cls := find(name)) and cls.module and issubclass(getattr(torch.nn, name, int), torch.nn.Module)
]
READABLE = [cls for cls in MODULES if cls.name not in NOT_READ]


def drawn(cls: type[Operator], data: st.DataObject) -> Operator | None:
    """Draw an operator that takes some input; None where none was drawn."""
    values = data.draw(arguments(cls))
    if any(isinstance(value, float) and abs(value) > LARGEST for value in values.values()):
        return None  # written as a number that passes the limit of integers
    try:
        op = cls.make(bind(cls, (), values))
        op.answer(
            op.template(max(op.ranks, default=4)), ("int64" if op.takes == "integer" else "float32",) * cls.arity[0]
        )
    except Refusal:
        return None
    return op


def read(printed: str, cls: type[Operator]) -> Any:
    """Read a printed line, and build its module."""
    tensors = f"({', '.join(['x'] * cls.arity[0])})"
    (layer,) = convcli.shape(f"{printed}{tensors}").layers
    found = find(layer.op)
    assert found is not None
    return found.of(**layer.args).build(torch.nn)


@pytest.mark.parametrize("cls", READABLE, ids=lambda cls: cls.name)
def test_a_printed_module_is_read_as_the_same_module(cls: type[Operator]) -> None:
    @given(data=st.data())
    def judge(data: st.DataObject) -> None:
        op = drawn(cls, data)
        try:
            printed = repr(op.build(torch.nn)) if op else ""
        except (RuntimeError, ValueError, TypeError):
            printed = ""
        if printed:
            assert printed == repr(read(printed, cls))

    judge()


@pytest.mark.parametrize(
    "line",
    ["(0): ReLU()", "  (conv1): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=same, padding_mode=reflect)"],
)
def test_a_line_of_a_printed_model_is_a_layer_with_a_name(line: str) -> None:
    (layer,) = convcli.shape(line, input="3x8x8").layers
    assert line.strip()[1:].partition(")")[0] == layer.name


def test_the_lines_of_a_printed_model_are_its_layers() -> None:
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, bias=False), torch.nn.BatchNorm2d(8), torch.nn.ReLU(inplace=True)
    )
    lines = "\n".join(str(model).splitlines()[1:-1])
    assert sum(p.numel() for p in model.parameters()) == convcli.shape(lines, input="3x8x8").totals.params
