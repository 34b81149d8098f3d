"""What shortcuts say of an operator's result is what torch says: its shape, type, and the order of its elements."""

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from convcli.tracing.shortcuts import SHORTCUTS

X, SMALL, ONE, CHANNELS = (2, 6, 4, 5), (6, 1, 1), (1,), (6,)


def on(device: str, value: Any) -> Any:
    if isinstance(value, tuple) and value and all(isinstance(one, int) for one in value):
        return torch.rand(value, device=device)
    return value.to(device) if isinstance(value, torch.Tensor) else value


def case(name: str) -> tuple[Any, ...]:
    return {
        "linear": (X, (3, 5), (3,)),
        "batch_norm": (X, CHANNELS, CHANNELS, CHANNELS, CHANNELS, False, 0.1, 1e-5, False),
        "layer_norm": (X, [4, 5], (4, 5), (4, 5)),
        "scaled_dot_product_attention": ((2, 3, 7, 8), (2, 3, 5, 8), (2, 3, 5, 6)),
        "roll": (X, [1, 2], [1, -1]),
        "add": (X, SMALL), "sub": (SMALL, X), "mul": (X, ONE), "div": (X, X),
    }.get(name, (X,))  # fmt: skip


def real(name: str, *args: Any) -> torch.Tensor:
    if name in ("relu6", "relu6_"):
        return getattr(nn.functional, name.rstrip("_"))(*args)
    result = getattr(torch.ops.aten, name)(*args)
    assert isinstance(result, torch.Tensor)
    return result


@pytest.mark.parametrize("name", SHORTCUTS)
def test_a_shortcut_says_what_torch_does(name: str) -> None:
    args = case(name)
    with torch.inference_mode():
        made = SHORTCUTS[name](*[on("meta", one) for one in args])
        wanted = real(name, *[on("cpu", one) for one in args])
    assert made is not None
    assert (made.shape, made.dtype) == (wanted.shape, wanted.dtype)
    if name != "scaled_dot_product_attention":  # of which torch has several kinds
        assert made.stride() == wanted.stride()


INTEGERS = torch.ones(X, dtype=torch.int64)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("relu", (INTEGERS,)), ("relu_", (INTEGERS,)), ("sigmoid", (torch.rand(X).transpose(1, 2),)),
        ("add", (X, (3, 1, 1))), ("add", (X, INTEGERS)), ("add", (X, torch.rand(X).double())), ("mul", (X, 1j)),
        ("mul", (2.0, X)), ("add", ((2, 1), (1, 3))), ("linear", (X, (3, 4))), ("linear", (X, (3, 5), (4,))),
        ("linear", (X, (5,))), ("batch_norm", (X, ONE, ONE, ONE, ONE, False, 0.1, 1e-5, False)),
        ("batch_norm", (X, None, None, None, None, False, 0.1, 1e-5, False)), ("layer_norm", (X, [5, 5])),
        ("layer_norm", (X, [5], (4,))), ("roll", (X, [1], [7])), ("roll", (X, [1, 2], [0])),
        ("scaled_dot_product_attention", ((2, 3, 7, 8), (2, 3, 5, 7), (2, 3, 5, 6))),
        ("scaled_dot_product_attention", ((2, 3, 7, 8), (2, 1, 5, 8), (2, 1, 5, 6))),
    ],
)  # fmt: skip
def test_where_there_is_doubt_torch_is_asked(name: str, args: Any) -> None:
    assert SHORTCUTS[name](*[on("meta", one) for one in args]) is None
