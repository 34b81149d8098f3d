"""Networks in torch, to compare ours with: torchvision's, and our own where it has none. On the meta device only."""

from __future__ import annotations

from collections import OrderedDict
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import pytest

pytest.importorskip("torch")

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

TORCHVISION = {
    "alexnet": {},
    "vgg11": {},
    "vgg13": {},
    "vgg16": {},
    "vgg19": {},
    "googlenet": {"aux_logits": False, "init_weights": False},
    "resnet18": {},
    "resnet34": {},
    "resnet50": {},
    "resnet101": {},
    "resnet152": {},
    "mobilenet_v2": {},
}
"""The networks that torchvision has too, and what its builders need to be told."""

SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


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


@cache  # a network without weights is small
def build(name: str, **options: Any) -> nn.Module:
    """Build a network without weights: torchvision's of this name, or ours of `REFERENCES`."""
    with torch.device("meta"):
        if name in TORCHVISION:
            return torchvision().get_model(name, **TORCHVISION[name], **options).eval()
        return REFERENCES[name](**options).eval()


class Trace(NamedTuple):
    """What one forward pass tells: each call of a module without children, in order, and the totals."""

    calls: list[tuple[str, tuple[int, ...]]]
    output: tuple[int, ...]
    macs: int


def trace(model: nn.Module, shape: tuple[int, ...]) -> Trace:
    """Send a tensor of this shape through a model."""
    calls: list[tuple[str, tuple[int, ...]]] = []
    hooks = [
        module.register_forward_hook(lambda _, __, output, name=name: calls.append((name, tuple(output.shape))))
        for name, module in leaves(model).items()
    ]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        output = model(torch.empty(shape, device="meta"))
    for hook in hooks:
        hook.remove()
    return Trace(calls, tuple(output.shape), counter.get_total_flops() // 2)


def leaves(model: nn.Module) -> dict[str, nn.Module]:
    """Return the modules that have no children, by name."""
    return {name: module for name, module in model.named_modules() if not list(module.children())}


# ---- networks that torchvision does not have


def named(**modules: nn.Module) -> nn.Sequential:
    """Return modules one after the other, under these names."""
    return nn.Sequential(OrderedDict(modules))


class Flat(nn.Sequential):
    """Modules one after the other, with everything but the batch made one axis before the last two."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for module in self[:-2]:
            x = module(x)
        return self[-1](self[-2](x.flatten(1)))


def lenet5() -> nn.Module:
    """LeNet-5 with all connections."""
    return Flat(
        OrderedDict(
            c1=nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh()),
            s2=nn.AvgPool2d(2),
            c3=nn.Sequential(nn.Conv2d(6, 16, 5), nn.Tanh()),
            s4=nn.AvgPool2d(2),
            c5=nn.Sequential(nn.Conv2d(16, 120, 5), nn.Tanh()),
            f6=nn.Sequential(nn.Linear(120, 84), nn.Tanh()),
            output=nn.Linear(84, 10),
        )
    )


def conv_block() -> nn.Module:
    """Convolution, batch norm, ReLU, max pool."""
    conv = nn.Conv2d(3, 64, 3, padding=1)
    return named(block=named(conv=conv, bn=nn.BatchNorm2d(64), relu=nn.ReLU(), pool=nn.MaxPool2d(2)))


class Residual(nn.Module):
    """Darknet-53's residual block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = self.unit(channels, channels // 2, 1)
        self.conv2 = self.unit(channels // 2, channels, 3)

    @staticmethod
    def unit(channels: int, planes: int, kernel: int) -> nn.Module:
        conv = nn.Conv2d(channels, planes, kernel, padding=kernel // 2, bias=False)
        return named(conv=conv, bn=nn.BatchNorm2d(planes), act=nn.LeakyReLU(0.1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv2(self.conv1(x))


def double(channels: int, planes: int, *, padded: bool = True) -> nn.Module:
    """Two 3x3 convolutions of U-Net; the padded ones with batch norm."""

    def unit(channels: int) -> nn.Module:
        conv = nn.Conv2d(channels, planes, 3, padding=int(padded), bias=not padded)
        norm = {"bn": nn.BatchNorm2d(planes)} if padded else {}
        return named(conv=conv, **norm, relu=nn.ReLU(inplace=True))

    return nn.Sequential(unit(channels), unit(planes))


def down(channels: int, *, padded: bool = True) -> nn.Module:
    """U-Net's step to half the size and twice the channels."""
    return named(pool=nn.MaxPool2d(2), conv=double(channels, 2 * channels, padded=padded))


class Up(nn.Module):
    """U-Net's step back: twice the size, half the channels, and what was there on the way down."""

    def __init__(self, channels: int, *, padded: bool) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(channels, channels // 2, 2, stride=2)
        self.conv = double(channels, channels // 2, padded=padded)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        x = self.up(x)
        top, left = ((skip.shape[axis] - x.shape[axis]) // 2 for axis in (2, 3))
        border = skip[:, :, top : top + x.shape[2], left : left + x.shape[3]]
        return self.conv(torch.cat([border, x], dim=1))


class UNet(nn.Module):
    """U-Net with transposed convolutions: padded and with batch norm, or neither of both."""

    def __init__(self, channels: int, *, padded: bool) -> None:
        super().__init__()
        self.enc1 = double(channels, 64, padded=padded)
        self.enc2, self.enc3, self.enc4, self.bottom = (down(64 << depth, padded=padded) for depth in range(4))
        self.dec4, self.dec3, self.dec2, self.dec1 = (Up(1024 >> depth, padded=padded) for depth in range(4))
        self.out = nn.Conv2d(64, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for step in (self.enc1, self.enc2, self.enc3, self.enc4):
            x = step(x)
            skips.append(x)
        x = self.bottom(x)
        for step in (self.dec4, self.dec3, self.dec2, self.dec1):
            x = step(x, skips.pop())
        return self.out(x)


REFERENCES = {
    "lenet5": lenet5,
    "conv_block": conv_block,
    "darknet_residual": lambda: named(residual=Residual(64)),
    "unet": lambda: UNet(3, padded=True),
    "unet2015": lambda: UNet(1, padded=False),
    "unet_down": lambda: named(down=down(64)),
}
"""The networks that torchvision does not have."""
