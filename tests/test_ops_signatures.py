"""Every operator's arguments against torch's own: names, order and defaults."""

import inspect
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from differential import function

from convcli.argument import REQUIRED, normal
from convcli.function import Function
from convcli.op import Operator
from convcli.ops.catalogue import find, names

LEFT_OUT = {"device", "dtype", "self"}
"""Arguments of torch's that have no place in a layer, beside those that begin with an underscore."""

DIFFERENT: dict[str, str] = dict.fromkeys(
    ("UpsamplingNearest2d", "UpsamplingBilinear2d"), "torch prints a `mode` that its constructor does not take"
)
"""Operators whose arguments differ from torch's on purpose, and why."""

BUILT_IN = {"logsigmoid": "log_sigmoid"}
"""Names in torch's table of operators that differ from the function's."""

JOINED = [
    "div",
    "squeeze",
    "expand",
    "roll",
    "sum",
    "mean",
    "amax",
    "amin",
    "var",
    "std",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
]
"""Built-in functions of which torch has several forms, or writes a default in another way; ours is one for all."""

OPERATORS = [cls for name in names() if (cls := find(name)) is not None and name not in DIFFERENT]
MODULES = [cls for cls in OPERATORS if cls.module and hasattr(torch.nn, cls.name)]
FUNCTIONS = [cls for cls in OPERATORS if issubclass(cls, Function)]


def ours(cls: type[Operator]) -> list[tuple[str, Any]]:
    """List our arguments, and the normal form of their defaults."""
    return [(name, normal(own.kind, own.default, cls.axes)) for name, own in cls.arguments.items()]


def theirs(cls: type[Operator], signature: inspect.Signature) -> list[tuple[str, Any]]:
    """List torch's arguments, and our normal form of their defaults; a function stands for its name."""
    found = []
    for name, parameter in signature.parameters.items():
        if name in LEFT_OUT or name[0] == "_" or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        default = REQUIRED if parameter.default is parameter.empty else parameter.default
        default = default.__name__ if inspect.isfunction(default) else default
        found.append((name, normal(cls.arguments[name].kind, default, cls.axes) if name in cls.arguments else default))
    return found


@pytest.mark.parametrize("cls", MODULES, ids=lambda cls: cls.name)
def test_module_takes_torchs_arguments(cls: type[Operator]) -> None:
    signature = inspect.signature(getattr(torch.nn, cls.name).__init__)
    if any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()) and cls.arguments:
        pytest.skip("torch reads its arguments itself")
    assert ours(cls) == theirs(cls, signature)


@pytest.mark.parametrize("cls", FUNCTIONS, ids=lambda cls: cls.name)
def test_function_takes_torchs_arguments(cls: type[Operator]) -> None:
    try:
        signature = inspect.signature(function(cls.name))
    except StopIteration:
        pytest.skip("torch has no such function")
    except ValueError:
        assert cls.name in JOINED or ours(cls) in [theirs(cls, form) for form in forms(cls.name)]
        return
    if any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
        pytest.skip("torch chooses between two functions by an argument")
    assert ours(cls) == theirs(cls, signature)


def forms(name: str) -> list[inspect.Signature]:
    """Return the signatures of a built-in function, as torch's table of operators has them."""
    found = []
    for form in torch._C._jit_get_schemas_for_operator(f"aten::{BUILT_IN.get(name, name)}"):
        parameters = []
        for own in form.arguments:
            default = own.default_value if own.has_default_value() else inspect.Parameter.empty
            called = "input" if own.name == "self" else own.name
            parameters.append(inspect.Parameter(called, inspect.Parameter.KEYWORD_ONLY, default=default))
        found.append(inspect.Signature(parameters))
    return found
