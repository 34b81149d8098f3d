"""DCGAN's generator, with the sizes of PyTorch's example."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from zoo.entry import Entry, named

CHANNELS = (100, 512, 256, 128, 64, 3)


def dcgan_generator() -> nn.Module:
    """Five transposed convolutions from noise of 1x1 to 64x64."""
    layers: list[nn.Module] = []
    for place, (before, after) in enumerate(pairwise(CHANNELS)):
        layers.append(nn.ConvTranspose2d(before, after, 4, *((2, 1) if place else (1, 0)), bias=False))
        layers += [nn.Tanh()] if after == CHANNELS[-1] else [nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    return named(main=nn.Sequential(*layers))


ENTRIES = {"dcgan_generator": Entry(dcgan_generator, ((1, 1), (2, 3), (5, 1)))}
