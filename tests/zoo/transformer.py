"""Vision transformers."""

from zoo.entry import from_torchvision

ENTRIES = from_torchvision(
    "vit_b_16",
    "vit_b_32",
    "vit_l_16",
    "vit_l_32",
    "vit_h_14",
    sizes=((224, 224),),  # torchvision's are built for one size
    renamed={r"encoder_layer_(\d+)": r"\1"},
)
