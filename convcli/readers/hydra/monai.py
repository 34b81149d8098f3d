"""The networks of MONAI that are known, by their classes."""

from collections.abc import Callable
from typing import Any

from convcli.blocks import Item, Stated
from convcli.diagnostics import suggestion
from convcli.document import Mapping
from convcli.readers.hydra.basic_unet import basic_unet
from convcli.readers.hydra.densenet import ARGUMENTS, DEPTHS, densenet
from convcli.readers.hydra.dynunet import dynunet
from convcli.readers.hydra.segresnet import segresnet
from convcli.readers.hydra.unet import unet
from convcli.readers.hydra.values import Configuration

Build = Callable[[dict[str, Any], Configuration, Mapping], list[Item]]

NETWORKS: dict[str, tuple[Build, str]] = {
    "UNet": (
        unet,
        (
            "spatial_dims in_channels out_channels channels strides kernel_size up_kernel_size num_res_units act norm "
            "dropout bias adn_ordering dimensions"
        ),
    ),
    "BasicUNet": (
        basic_unet,
        "spatial_dims in_channels out_channels features act norm bias dropout upsample dimensions",
    ),
    "DynUNet": (
        dynunet,
        (
            "spatial_dims in_channels out_channels kernel_size strides upsample_kernel_size filters dropout norm_name "
            "act_name deep_supervision deep_supr_num res_block trans_bias"
        ),
    ),
    "SegResNet": (
        segresnet,
        (
            "spatial_dims init_filters in_channels out_channels dropout_prob act norm norm_name num_groups "
            "use_conv_final blocks_down blocks_up upsample_mode"
        ),
    ),
    **{name: (densenet(name), ARGUMENTS) for name in DEPTHS},
}
"""What builds a network, and the arguments of its class."""
MOST_AXES = 3
OTHER_NAMES = {"Unet": "UNet", "BasicUnet": "BasicUNet", "DynUnet": "DynUNet"}


def network(target: str) -> str:
    """Return which of the networks a `_target_` names, `UNet` or `monai.networks.nets.UNet`; empty if none."""
    package, _, name = target.rpartition(".")
    found = OTHER_NAMES.get(name, name)
    return found if found in NETWORKS and package.partition(".")[0] in ("", "monai") else ""


def stated(given: dict[str, Any], node: Mapping) -> dict[str, Stated]:
    """Return what the arguments say of the input."""
    channels, axes = given.get("in_channels"), given.get("spatial_dims", given.get("dimensions"))
    place = next((value.span for key, value in node.items if key.text == "in_channels"), None)
    good = type(channels) is int and type(axes) is int and 0 < axes <= MOST_AXES
    return {"": Stated(channels, axes, place)} if good else {}  # type: ignore[arg-type]  # they are integers


def layers(name: str, given: dict[str, Any], reader: Configuration, node: Mapping) -> list[Item]:
    """Return the layers of a network; none where an argument is wrong."""
    build, written = NETWORKS[name]
    arguments = written.split()
    for key, _ in node.items:
        if key.text in given and key.text not in arguments:
            help = suggestion(key.text, arguments, f"its arguments are: {', '.join(arguments)}")
            reader.complain("CV212", f"{name} has no argument `{key.text[:40]}`", key.span, help)
    items = [] if reader.findings else build(given, reader, node)
    return [] if reader.findings else items
