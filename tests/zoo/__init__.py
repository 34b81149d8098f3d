"""Networks in torch, to compare ours with: torchvision's, and our own where it has none. On the meta device only."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import pytest

pytest.importorskip("torch")

import torch
from reference_layers import CondConv2d
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from convcli.ops.catalogue import find
from zoo import (
    classic,
    darknet,
    densenet,
    generator,
    inception,
    mobile,
    retinanet,
    segmentation,
    sequence,
    squeeze_excitation,
    transformer,
    unet,
    unet3d,
    video,
)
from zoo.entry import Entry, Torchvision

FAMILIES = (
    classic,
    darknet,
    densenet,
    generator,
    inception,
    mobile,
    retinanet,
    segmentation,
    sequence,
    squeeze_excitation,
    transformer,
    unet,
    unet3d,
    video,
)
ZOO: dict[str, Entry] = {name: entry for family in FAMILIES for name, entry in family.ENTRIES.items()}
"""Every bundled network's counterpart, by its name."""

TORCHVISION = [name for name, entry in ZOO.items() if isinstance(entry.build, Torchvision)]
"""The networks that are torchvision's as they are."""

WHOLE = (nn.MultiheadAttention, nn.TransformerEncoderLayer, CondConv2d)
"""Modules that have others inside and are one operator all the same."""


@cache  # a network without weights is small
def build(name: str, **options: Any) -> nn.Module:
    """Build a network without weights."""
    with torch.device("meta"):
        return ZOO[name].build(**options).eval()


class Trace(NamedTuple):
    """What one forward pass tells: each call of an operator's module, in order, and the totals."""

    calls: list[tuple[str, tuple[int, ...]]]
    outputs: list[tuple[int, ...]]
    macs: int


def trace(name: str, shape: tuple[int, ...], **options: Any) -> Trace:
    """Send a tensor of this shape through a network; modules have our names."""
    model, entry = build(name, **options), ZOO[name]
    calls: list[tuple[str, tuple[int, ...]]] = []
    hooks = [
        module.register_forward_hook(
            lambda _, __, output, name=entry.name(name): calls.append((name, tuple(tensors(output)[0].shape)))
        )
        for name, module in leaves(model).items()
    ]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        output = model(torch.empty(shape, device="meta"))
    for hook in hooks:
        hook.remove()
    return Trace(calls, [tuple(tensor.shape) for tensor in tensors(output)], counter.get_total_flops() // 2)


def tensors(output: Any) -> list[torch.Tensor]:
    """Return the tensors of a result, in their order: one, several, none, or under names."""
    if output is None or isinstance(output, torch.Tensor):
        return [] if output is None else [output]
    inside = output.values() if isinstance(output, dict) else output
    return [tensor for item in inside for tensor in tensors(item)]


def leaves(model: nn.Module) -> dict[str, nn.Module]:
    """Return the modules that are operators, by torch's names."""
    found: dict[str, nn.Module] = {}
    within = ""
    for name, module in model.named_modules():
        if within and name.startswith(within):
            continue
        if isinstance(module, WHOLE):
            within = f"{name}."
        if isinstance(module, WHOLE) or not list(module.children()):
            found[name] = module
    return found


def printed(module: nn.Module) -> str:
    """Return what torch prints of an operator: its arguments, which attention does not print, under our name."""
    if isinstance(module, nn.MultiheadAttention):
        fields = ("embed_dim", "num_heads", "dropout", "batch_first")
        return f"MultiheadAttention({', '.join(f'{name}={getattr(module, name)}' for name in fields)})"
    base = next(cls.__name__ for cls in type(module).__mro__ if find(cls.__name__))
    return repr(module).replace(type(module).__name__, base, 1)
