"""U-Net, as it is mostly used and as its paper has it."""

from __future__ import annotations

import torch
from torch import nn

from zoo.entry import Entry, named


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


def upsampling(channels: int, planes: int, mode: str) -> nn.Module:
    """U-Net's step to twice the size: a transposed convolution, or one of 2x2 behind an interpolation."""
    if mode == "transposed":
        return nn.ConvTranspose2d(channels, planes, 2, stride=2)
    return nn.Sequential(nn.Upsample(scale_factor=2, mode=mode), nn.Conv2d(channels, planes, 2, padding="same"))


class Up(nn.Module):
    """U-Net's step back: twice the size, half the channels, and what was there on the way down."""

    def __init__(self, channels: int, *, padded: bool, mode: str) -> None:
        super().__init__()
        self.up = upsampling(channels, channels // 2, mode)
        self.conv = double(channels, channels // 2, padded=padded)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        x = self.up(x)
        top, left = ((skip.shape[axis] - x.shape[axis]) // 2 for axis in (2, 3))
        border = skip[:, :, top : top + x.shape[2], left : left + x.shape[3]]
        return self.conv(torch.cat([border, x], dim=1))


class UNet(nn.Module):
    """U-Net: padded and with batch norm, or neither of both."""

    def __init__(self, channels: int, *, padded: bool = True, mode: str = "transposed") -> None:
        super().__init__()
        self.enc1 = double(channels, 64, padded=padded)
        self.enc2, self.enc3, self.enc4, self.bottom = (down(64 << depth, padded=padded) for depth in range(4))
        self.dec4, self.dec3, self.dec2, self.dec1 = (Up(1024 >> depth, padded=padded, mode=mode) for depth in range(4))
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


SIZES = ((512, 512), (64, 96), (320, 480))

ENTRIES = {
    "unet": Entry(lambda: UNet(3), SIZES),
    "unet_nearest": Entry(lambda: UNet(3, mode="nearest"), SIZES),
    "unet_bilinear": Entry(lambda: UNet(3, mode="bilinear"), SIZES),
    "unet2015": Entry(lambda: UNet(1, padded=False), ((572, 572), (188, 204), (300, 412))),
}
