"""ResNets for video."""

from zoo.entry import from_torchvision

ENTRIES = from_torchvision("r3d_18", "mc3_18", "r2plus1d_18", sizes=((16, 112, 112), (8, 64, 96), (5, 99, 57)))
