"""SE-ResNet: torchvision's ResNet with a squeeze and excitation at the end of each residual branch."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from zoo.entry import Entry, torchvision


class Gate(nn.Module):
    """Weighs each channel by what the means of all of them say."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, channels // reduction, kernel_size=1)
        self.activation = nn.ReLU()
        self.fc2 = nn.Conv2d(channels // reduction, channels, kernel_size=1)
        self.scale_activation = nn.Sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(x)))))


def se_resnet50() -> nn.Module:
    """ResNet-50, in whose bottlenecks a gate follows bn3."""
    resnet = torchvision().resnet

    class SEBottleneck(resnet.Bottleneck):  # type: ignore[misc]  # a base that is imported only here
        def __init__(self, inplanes: int, planes: int, *args: Any, **kwargs: Any) -> None:
            super().__init__(inplanes, planes, *args, **kwargs)
            self.se = Gate(4 * planes, reduction=16)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.relu(self.bn1(self.conv1(x)))
            y = self.relu(self.bn2(self.conv2(y)))
            y = self.se(self.bn3(self.conv3(y)))
            return self.relu(y + (x if self.downsample is None else self.downsample(x)))

    return resnet.ResNet(SEBottleneck, [3, 4, 6, 3])


ENTRIES = {"se_resnet50": Entry(se_resnet50)}
