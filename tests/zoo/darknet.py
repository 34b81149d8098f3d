"""The networks of Darknet: its residual block, its two classifiers, and the detector on the second one."""

from __future__ import annotations

import torch
from torch import nn

from zoo.entry import PICTURES, Entry, named

ROWS = ((32,), (64,), (128, 64, 128), (256, 128, 256), (512, 256, 512, 256, 512), (1024, 512, 1024, 512, 1024))
"""The filters of Darknet-19 between its max pools."""


def conv(channels: int, planes: int, kernel: int, stride: int = 1) -> nn.Module:
    """One row of Darknet's tables: a convolution, batch norm and a leaky ReLU."""
    conv = nn.Conv2d(channels, planes, kernel, stride, padding=kernel // 2, bias=False)
    return named(conv=conv, bn=nn.BatchNorm2d(planes), act=nn.LeakyReLU(0.1))


class Residual(nn.Module):
    """Darknet-53's residual block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels // 2, 1)
        self.conv2 = conv(channels // 2, channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv2(self.conv1(x))


class Darknet19(nn.Module):
    """The classifier of YOLO9000."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.ModuleDict()
        channels = 3
        for stage, row in enumerate(ROWS, start=1):
            convs = nn.Sequential()
            for planes in row:
                convs.append(conv(channels, planes, 1 if planes < channels else 3))
                channels = planes
            self.features[f"stage{stage}"] = convs
            if stage < len(ROWS):
                self.features[f"pool{stage}"] = nn.MaxPool2d(2, stride=2)
        self.classifier = nn.Conv2d(channels, 1000, 1)
        self.avgpool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for module in self.features.values():
            x = module(x)
        return self.avgpool(self.classifier(x)).flatten(1)


class Backbone(nn.Module):
    """Darknet-53 without its head: what it gives at an eighth, a 16th and a 32nd of the size."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 32, 3)
        self.stage1 = self.stage(64, 1)
        self.stage2 = self.stage(128, 2)
        self.stage3 = self.stage(256, 8)
        self.stage4 = self.stage(512, 8)
        self.stage5 = self.stage(1024, 4)

    @staticmethod
    def stage(planes: int, depth: int) -> nn.Module:
        blocks = nn.Sequential(*(Residual(planes) for _ in range(depth)))
        return named(down=conv(planes // 2, planes, 3, stride=2), blocks=blocks)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        eighth = self.stage3(self.stage2(self.stage1(self.stem(x))))
        sixteenth = self.stage4(eighth)
        return eighth, sixteenth, self.stage5(sixteenth)


class Darknet53(nn.Module):
    """The classifier of YOLOv3."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(1024, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.avgpool(self.backbone(x)[-1]).flatten(1))


def neck(channels: int, planes: int) -> nn.Module:
    """Five convolutions of one of YOLOv3's heads."""
    rows = ((planes, 1), (2 * planes, 3), (planes, 1), (2 * planes, 3), (planes, 1))
    convs = nn.Sequential()
    for filters, kernel in rows:
        convs.append(conv(channels, filters, kernel))
        channels = filters
    return convs


def up(channels: int) -> nn.Module:
    """Half of the channels at twice the size."""
    return named(conv=conv(channels, channels // 2, 1), up=nn.Upsample(scale_factor=2, mode="nearest"))


def detect(channels: int) -> nn.Module:
    """Three boxes at each place: four numbers, one for an object, and the 80 classes of COCO."""
    return named(conv=conv(channels, 2 * channels, 3), out=nn.Conv2d(2 * channels, 3 * 85, 1))


class YOLOv3(nn.Module):
    """YOLOv3, up to the numbers of its three grids."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.neck1, self.detect1 = neck(1024, 512), detect(512)
        self.up2, self.neck2, self.detect2 = up(512), neck(256 + 512, 256), detect(256)
        self.up3, self.neck3, self.detect3 = up(256), neck(128 + 256, 128), detect(128)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        eighth, sixteenth, last = self.backbone(x)
        last = self.neck1(last)
        grids = [self.detect1(last)]
        last = self.neck2(torch.cat([self.up2(last), sixteenth], dim=1))
        grids.append(self.detect2(last))
        last = self.neck3(torch.cat([self.up3(last), eighth], dim=1))
        grids.append(self.detect3(last))
        return grids


ENTRIES = {
    "darknet_residual": Entry(lambda: named(residual=Residual(64)), ((128, 128), (64, 48), (97, 33))),
    "darknet19": Entry(Darknet19, PICTURES, {r"features\.": ""}),
    "darknet53": Entry(Darknet53, ((256, 256), (192, 288), (299, 299))),
    "yolov3": Entry(YOLOv3, ((416, 416), (320, 608), (96, 64))),
}
