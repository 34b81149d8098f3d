"""Inception v3, and Xception, which torchvision lacks."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from zoo.entry import Entry, from_torchvision, named

SIZES = ((299, 299), (224, 320), (107, 203))

PLACES = {rf"(Mixed_(?:5.|6.|7a)\.branch\w+)_{place + 1}\b": rf"\1.{place}" for place in range(5)}
"""Torchvision counts the steps of a branch from 1, and gives each a name of its own."""


def normed(conv: nn.Conv2d) -> nn.Module:
    """Return a convolution and its batch norm."""
    return named(conv=conv, bn=nn.BatchNorm2d(conv.out_channels, eps=1e-3))


def separable(channels: int, planes: int) -> nn.Module:
    """A 3x3 convolution of each channel, then a 1x1 over all of them."""
    depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
    pointwise = nn.Conv2d(channels, planes, 1, bias=False)
    return named(depthwise=depthwise, pointwise=pointwise, bn=nn.BatchNorm2d(planes, eps=1e-3))


class Block(nn.Module):
    """A residual block of Xception: a ReLU before each separable convolution; half the size, or the same."""

    def __init__(self, *channels: int, smaller: bool, relu: bool = True) -> None:
        super().__init__()
        self.body = nn.Sequential()
        for number, (before, after) in enumerate(pairwise(channels), 1):
            if relu or number > 1:
                self.body.add_module(f"relu{number}", nn.ReLU())
            self.body.add_module(f"sep{number}", separable(before, after))
        self.shortcut = None
        if smaller:
            self.body.add_module("pool", nn.MaxPool2d(3, 2, 1))
            self.shortcut = normed(nn.Conv2d(channels[0], channels[-1], 1, 2, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x) + (self.shortcut(x) if self.shortcut else x)


def xception() -> nn.Module:
    """Xception: entry, middle and exit flow."""
    entry = named(
        conv1=normed(nn.Conv2d(3, 32, 3, 2, bias=False)),
        relu1=nn.ReLU(),
        conv2=normed(nn.Conv2d(32, 64, 3, bias=False)),
        relu2=nn.ReLU(),
        block1=Block(64, 128, 128, smaller=True, relu=False),
        block2=Block(128, 256, 256, smaller=True),
        block3=Block(256, 728, 728, smaller=True),
    )
    exit_flow = named(
        block=Block(728, 728, 1024, smaller=True),
        sep1=separable(1024, 1536),
        relu1=nn.ReLU(),
        sep2=separable(1536, 2048),
        relu2=nn.ReLU(),
    )
    middle = nn.Sequential(*(Block(728, 728, 728, 728, smaller=False) for _ in range(8)))
    return Classifier(entry, middle, exit_flow)


class Classifier(nn.Module):
    """Xception's three flows, and its classifier."""

    def __init__(self, entry: nn.Module, middle: nn.Module, exit_flow: nn.Module) -> None:
        super().__init__()
        self.entry, self.middle, self.exit = entry, middle, exit_flow
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2048, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.avgpool(self.exit(self.middle(self.entry(x)))).flatten(1))


ENTRIES = {
    **from_torchvision(
        "inception_v3",
        options={"aux_logits": False, "init_weights": False},
        published={"aux_logits": True},
        sizes=SIZES,
        renamed=PLACES,
    ),
    "xception": Entry(xception, SIZES, {r"\.body\.": "."}),
}
