"""What a network of torch is to be compared with: how it is built, at which sizes, and which names differ."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn

SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

PICTURES = ((224, 224), (192, 288), (299, 299))
"""The size at which most classifiers are published, and two others."""


class Entry(NamedTuple):
    """A bundled network's counterpart in torch; `build` is called on the meta device."""

    build: Callable[..., nn.Module]
    sizes: tuple[tuple[int, ...], ...] = PICTURES
    """The sizes behind the channels, the published one first; one alone where the network takes no other."""
    renamed: Mapping[str, str | Callable[[re.Match[str]], str]] = {}
    """Patterns of torch's module names, and what ours have in their place, as `re.sub` takes it."""
    unlike: frozenset[str] = frozenset()
    """Operators whose arguments are not printed, or do not matter, such as the rate of a stochastic depth."""

    def name(self, module: str) -> str:
        """Return our name for a module of torch's."""
        for pattern, ours in self.renamed.items():
            module = re.sub(pattern, ours, module)
        return module


@cache
def torchvision() -> Any:
    """Return `torchvision.models`, or skip the test.

    Where its compiled operators do not fit the torch at hand, the import asks for the names of two of them.
    """
    if find_spec("torchvision") is None:
        pytest.skip("needs torchvision")
    try:
        return import_module("torchvision.models")
    except RuntimeError:
        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", SCHEMA)
        return import_module("torchvision.models")


class Torchvision(NamedTuple):
    """Builds a network of torchvision's."""

    model: str
    options: Mapping[str, Any] = {}
    published: Mapping[str, Any] = {}
    """Options with which torchvision counted the parameters that it publishes, where ours has less."""

    def __call__(self, **options: Any) -> nn.Module:
        return torchvision().get_model(self.model, **{**self.options, **options})


def from_torchvision(
    *names: str, options: Mapping[str, Any] | None = None, published: Mapping[str, Any] | None = None, **fields: Any
) -> dict[str, Entry]:
    """Return an entry for each of these networks of torchvision's, all with the same fields."""
    return {name: Entry(Torchvision(name, options or {}, published or {}), **fields) for name in names}


def named(**modules: nn.Module) -> nn.Sequential:
    """Return modules one after the other, under these names."""
    return nn.Sequential(OrderedDict(modules))
