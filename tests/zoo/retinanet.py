"""RetinaNet: the backbone and the heads of torchvision's, without what makes pictures and boxes of one size."""

from __future__ import annotations

import torch
from torch import nn

from zoo.entry import Entry, torchvision

PYRAMID = {
    r"fpn\.inner_blocks\.(\d)\.0": lambda found: f"fpn.lateral{int(found[1]) + 3}",
    r"fpn\.layer_blocks\.(\d)\.0": lambda found: f"fpn.p{int(found[1]) + 3}",
    r"fpn\.extra_blocks\.": "fpn.",
}


class RetinaNet(nn.Module):
    """From pictures of one size to what the heads say of every anchor."""

    def __init__(self) -> None:
        super().__init__()
        whole = torchvision().get_model("retinanet_resnet50_fpn", weights_backbone=None)
        self.backbone, self.head = whole.backbone, whole.head

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return self.head(list(self.backbone(x).values()))


ENTRIES = {"retinanet_resnet50_fpn": Entry(RetinaNet, ((800, 800), (320, 416), (233, 300)), PYRAMID)}
