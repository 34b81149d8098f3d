"""DenseNet: torchvision's, which counts the layers of its blocks from 1."""

from __future__ import annotations

from zoo.entry import from_torchvision

LAYER = {r"denselayer(\d+)": lambda found: str(int(found[1]) - 1)}

ENTRIES = from_torchvision("densenet121", "densenet161", "densenet169", "densenet201", renamed=LAYER)
