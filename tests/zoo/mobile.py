"""Networks for telephones, and those that came out of a search or a scaling rule."""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest.mock import patch

import torch
from reference_layers import CondConv2d
from torch import nn

from zoo.entry import PICTURES, Entry, Torchvision, from_torchvision, named, torchvision

SEPARABLE = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
"""Channels and stride of each pair of a depthwise and a pointwise convolution in MobileNet v1's table."""

SCALED = {"b0": 224, "b1": 240, "b2": 260, "b3": 300, "b4": 380, "b5": 456, "b6": 528, "b7": 600}
"""Input sizes of the EfficientNets; torchvision's example of B2 uses 288."""

REGNETS = [
    *[f"regnet_x_{size}" for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")],
    *[f"regnet_y_{size}" for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf", "128gf")],
]


class MobileNetV1(nn.Module):
    """MobileNet v1 with its width multiplier."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        channels = max(8, int(32 * width))
        layers = [self.unit(3, channels, kernel_size=3, stride=2, padding=1)]
        for listed, stride in SEPARABLE:
            planes = max(8, int(listed * width))
            depthwise = self.unit(channels, channels, kernel_size=3, stride=stride, padding=1, groups=channels)
            layers.append(named(depthwise=depthwise, pointwise=self.unit(channels, planes, kernel_size=1)))
            channels = planes
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.001), nn.Linear(channels, 1000))

    @staticmethod
    def unit(channels: int, planes: int, **options: int) -> nn.Module:
        conv = nn.Conv2d(channels, planes, bias=False, **options)
        return nn.Sequential(conv, nn.BatchNorm2d(planes), nn.ReLU(inplace=True))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class Mixed(CondConv2d):
    """CondConv in place of a convolution; prints itself as torch's layers do."""

    def __init__(self, conv: nn.Conv2d, experts: int) -> None:
        options = {"stride": conv.stride, "padding": conv.padding, "groups": conv.groups, "bias": False}
        super().__init__(conv.in_channels, conv.out_channels, conv.kernel_size, experts, **options)
        rest = ", ".join(f"{name}={value}" for name, value in options.items())
        self.printed = f"CondConv2d({conv.in_channels}, {conv.out_channels}, {conv.kernel_size}, {experts}, {rest})"

    def __repr__(self) -> str:
        return self.printed


def condconv(experts: int) -> nn.Module:
    """EfficientNet-B0, with CondConv for the three convolutions of each block from the fifth stage on."""
    batch_norm = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)
    model = torchvision().efficientnet_b0(norm_layer=batch_norm)
    for block in (block for stage in model.features[5:8] for block in stage):
        expand, depthwise, _, project = block.block
        for unit in (expand, depthwise, project):
            unit[0] = Mixed(unit[0], experts)
    return model


class RegNet(Torchvision):
    """A RegNet of torchvision's, which works its sizes out with tensors: these need values, its weights do not."""

    def __call__(self, **options: Any) -> nn.Module:
        params = torchvision().regnet.BlockParams
        work_out = params.from_init_params

        def with_values(**given: Any) -> Any:
            with torch.device("cpu"):
                return work_out(**given)

        with patch.object(params, "from_init_params", with_values):
            return super().__call__(**options)


def sized(size: int) -> tuple[tuple[int, int], ...]:
    """Return a square size, and two others."""
    return ((size, size), *PICTURES[1:])


SCALED_SIZES = {
    **{f"efficientnet_{name}": size for name, size in SCALED.items()},
    "efficientnet_v2_s": 384,
    "efficientnet_v2_m": 480,
    "efficientnet_v2_l": 480,
}
DROPPED = frozenset({"StochasticDepth"})
"""Its rate grows from block to block in torchvision's networks, and is one variable in ours."""

ENTRIES = {
    "mobilenet_v1": Entry(MobileNetV1),
    **from_torchvision("mobilenet_v3_large", "mobilenet_v3_small", unlike=frozenset({"Hardswish"})),
    **from_torchvision("mnasnet0_5", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3"),
    **from_torchvision("shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0"),
    **{name: from_torchvision(name, sizes=sized(size), unlike=DROPPED)[name] for name, size in SCALED_SIZES.items()},
    "efficientnet_cc_b0_8e": Entry(partial(condconv, 8), unlike=DROPPED),
    "efficientnet_cc_b0_4e": Entry(partial(condconv, 4), unlike=DROPPED),
    **{name: Entry(RegNet(name), renamed={r"\.block\d-": "."}) for name in REGNETS},
    **from_torchvision(
        "convnext_tiny", "convnext_small", "convnext_base", "convnext_large", unlike=DROPPED | {"Permute"}
    ),
}
