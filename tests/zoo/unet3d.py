"""3D U-Net, as it is mostly used and as its paper has it."""

from __future__ import annotations

import torch
from torch import nn

from zoo.entry import Entry, named


def double(channels: int, first: int, planes: int, padding: int) -> nn.Module:
    """Two 3x3x3 convolutions with batch norm."""

    def unit(channels: int, planes: int) -> nn.Module:
        conv = nn.Conv3d(channels, planes, 3, padding=padding, bias=False)
        return named(conv=conv, bn=nn.BatchNorm3d(planes), relu=nn.ReLU(inplace=True))

    return nn.Sequential(unit(channels, first), unit(first, planes))


def upsampling(channels: int, mode: str) -> nn.Module:
    """Twice the size and as many channels: a transposed convolution, or one of 2x2x2 behind an interpolation."""
    if mode == "transposed":
        return nn.ConvTranspose3d(channels, channels, 2, stride=2, bias=False)
    conv = nn.Conv3d(channels, channels, 2, padding="same", bias=False)
    return nn.Sequential(nn.Upsample(scale_factor=2, mode=mode), conv)


class UNet3d(nn.Module):
    """3D U-Net: channels are doubled before each pool, and by the second convolution."""

    def __init__(self, *, padding: int = 1, mode: str = "transposed") -> None:
        super().__init__()
        self.enc1 = double(3, 32, 64, padding)
        for name, channels in (("enc2", 64), ("enc3", 128), ("bottom", 256)):
            setattr(self, name, named(pool=nn.MaxPool3d(2), conv=double(channels, channels, 2 * channels, padding)))
        for name, channels in (("dec3", 256), ("dec2", 128), ("dec1", 64)):
            conv = double(3 * channels, channels, channels, padding)
            setattr(self, name, nn.ModuleDict({"up": upsampling(2 * channels, mode), "conv": conv}))
        self.out = nn.Conv3d(64, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        enc1 = self.enc1(x)
        enc2 = self.enc2(enc1)
        enc3 = self.enc3(enc2)
        x = self.bottom(enc3)
        for step, skip in ((self.dec3, enc3), (self.dec2, enc2), (self.dec1, enc1)):
            x = step["up"](x)
            cut = (skip.shape[2] - x.shape[2]) // 2  # of all sides
            end = -cut or None
            x = step["conv"](torch.cat([skip[:, :, cut:end, cut:end, cut:end], x], dim=1))
        return self.out(x)


SIZES = ((128, 128, 128), (8, 24, 16), (40, 64, 32))

ENTRIES = {
    "unet3d": Entry(UNet3d, SIZES),
    "unet3d_nearest": Entry(lambda: UNet3d(mode="nearest"), SIZES),
    "unet3d_trilinear": Entry(lambda: UNet3d(mode="trilinear"), SIZES),
    "unet3d2016": Entry(lambda: UNet3d(padding=0), ((116, 132, 132), (92, 100, 108), (132, 124, 92))),
}
