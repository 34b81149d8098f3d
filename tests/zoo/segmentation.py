"""FCN and DeepLabv3, torchvision's, as they are for inference: the auxiliary classifier serves training alone."""

from __future__ import annotations

from functools import partial

from torch import nn

from zoo.entry import Entry, torchvision

NAMES = ("fcn_resnet50", "fcn_resnet101", "deeplabv3_resnet50", "deeplabv3_resnet101")
SIZES = ((520, 520), (192, 256), (201, 333))


def segmenter(name: str) -> nn.Module:
    """Return a segmenter that has learned nothing."""
    return torchvision().get_model(name, weights_backbone=None, aux_loss=False)


ENTRIES = {name: Entry(partial(segmenter, name), SIZES) for name in NAMES}
