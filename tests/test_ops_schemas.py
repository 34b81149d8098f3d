"""The arguments of built-in functions, which have no signature in Python, against their kernels' schemas."""

from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from convcli.function import Function
from convcli.ops import arithmetic, joining, product, reduction, reordering, shaping, slicing
from convcli.ops.catalogue import CATALOGUE, find

FILES = {
    module.__name__.rsplit(".", 1)[-1]
    for module in (arithmetic, joining, product, reduction, reordering, shaping, slicing)
}
NAMES = [name for family in CATALOGUE if family.file in FILES for name in family.functions.split()]
FUNCTIONS = [cls for name in NAMES if (cls := find(name)) is not None and name not in ("slice", "center_crop", "split")]


def schemas(name: str) -> list[list[tuple[str, bool, Any]]]:
    """List the kernels of a function: each argument's name, whether it is keyword-only, and its default."""
    packet = getattr(torch.ops.aten, name)
    found = [getattr(packet, overload)._schema.arguments for overload in packet.overloads()]
    return [
        [("input" if a.name == "self" else a.name, a.kwarg_only, a.default_value) for a in arguments]
        for arguments in found
    ]


@pytest.mark.parametrize("cls", FUNCTIONS, ids=lambda cls: cls.name)
def test_arguments_are_those_of_the_kernels(cls: type[Function]) -> None:
    positional = [name for name, declared in cls.arguments.items() if not declared.keyword_only]
    kernels = schemas(cls.name)
    assert any([name for name, keyword_only, _ in kernel if not keyword_only][: len(positional)] == positional
               for kernel in kernels)  # fmt: skip
    for name, declared in cls.arguments.items():
        kinds = [keyword_only for kernel in kernels for other, keyword_only, _ in kernel if other == name]
        assert declared.keyword_only in kinds


@pytest.mark.parametrize("cls", FUNCTIONS, ids=lambda cls: cls.name)
def test_defaults_are_those_of_the_kernels(cls: type[Function]) -> None:
    for name, declared in cls.arguments.items():
        defaults = [default for kernel in schemas(cls.name) for other, _, default in kernel if other == name]
        if isinstance(declared.default, int):  # None and an empty list stand for each other
            assert any(type(default) in (bool, int, float) and default == declared.default for default in defaults)
