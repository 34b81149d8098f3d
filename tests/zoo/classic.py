"""LeNet-5, the three pieces of introductions, and the classifiers of torchvision that need no more than their name."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from zoo.entry import Entry, from_torchvision, named

ANY = ((64, 48), (97, 33))


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


def down(channels: int) -> nn.Module:
    """U-Net's step to half the size and twice the channels."""
    planes = 2 * channels
    units = [
        named(conv=nn.Conv2d(before, planes, 3, padding=1, bias=False), bn=nn.BatchNorm2d(planes), relu=nn.ReLU(True))
        for before in (channels, planes)
    ]
    return named(pool=nn.MaxPool2d(2), conv=nn.Sequential(*units))


ENTRIES = {
    **from_torchvision("alexnet", "squeezenet1_0", "squeezenet1_1"),
    **from_torchvision("vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"),
    **from_torchvision("googlenet", options={"aux_logits": False, "init_weights": False}),
    **from_torchvision("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    **from_torchvision("wide_resnet50_2", "wide_resnet101_2"),
    **from_torchvision("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
    **from_torchvision("mobilenet_v2"),
    "lenet5": Entry(lenet5, ((32, 32),)),  # its c5 sees all of s4
    "conv_block": Entry(conv_block, ((32, 32), *ANY)),
    "unet_down": Entry(lambda: named(down=down(64)), ((256, 256), *ANY)),
}
