"""The table of short words: what `conv 64 k3 s2 p1` means.

A word names an operator, its number of dimensions read from the input where it has `{n}`; numbers
fill `places` in order; letters name arguments; `fixed` says what the word implies.
"""

from typing import Any

from convcli.argument import INFER
from convcli.diagnostics import Refusal
from convcli.human import counted
from convcli.op import Operator
from convcli.record import Record

CHANNELS = object()
"""Stands for the number of channels of the input."""

LETTERS: dict[str, str] = {
    "k": "kernel_size",
    "s": "stride",
    "p": "padding",
    "d": "dilation",
    "g": "groups",
    "op": "output_padding",
}
"""What a letter before a number means, where the operator has that argument."""


class ShortWord(Record):
    """One short word."""

    operator: str
    places: tuple[str, ...] = ()
    fixed: dict[str, Any] = {}


SHORT_WORDS: dict[str, ShortWord] = {
    "conv": ShortWord("Conv{n}d", ("out_channels",)),
    "conv1d": ShortWord("Conv1d", ("out_channels",)),
    "conv2d": ShortWord("Conv2d", ("out_channels",)),
    "conv3d": ShortWord("Conv3d", ("out_channels",)),
    "dwconv": ShortWord("Conv{n}d", (), {"out_channels": CHANNELS, "groups": CHANNELS}),
    "pwconv": ShortWord("Conv{n}d", ("out_channels",), {"kernel_size": 1}),
    "tconv": ShortWord("ConvTranspose{n}d", ("out_channels",)),
    "deconv": ShortWord("ConvTranspose{n}d", ("out_channels",)),
    "fc": ShortWord("Linear", ("out_features",)),
    "linear": ShortWord("Linear", ("out_features",)),
    "bn": ShortWord("BatchNorm{n}d"),
    "instancenorm": ShortWord("InstanceNorm{n}d"),
    "gn": ShortWord("GroupNorm", ("num_groups",)),
    "ln": ShortWord("LayerNorm", (), {"normalized_shape": INFER}),
    "lrn": ShortWord("LocalResponseNorm", ("size",)),
    "relu": ShortWord("ReLU"),
    "relu6": ShortWord("ReLU6"),
    "leakyrelu": ShortWord("LeakyReLU", ("negative_slope",)),
    "prelu": ShortWord("PReLU", ("num_parameters",)),
    "elu": ShortWord("ELU"),
    "gelu": ShortWord("GELU"),
    "silu": ShortWord("SiLU"),
    "swish": ShortWord("SiLU"),
    "mish": ShortWord("Mish"),
    "hardswish": ShortWord("Hardswish"),
    "hardsigmoid": ShortWord("Hardsigmoid"),
    "sigmoid": ShortWord("Sigmoid"),
    "tanh": ShortWord("Tanh"),
    "softmax": ShortWord("Softmax", ("dim",), {"dim": 1}),
    "maxpool": ShortWord("MaxPool{n}d", ("kernel_size", "stride", "padding")),
    "avgpool": ShortWord("AvgPool{n}d", ("kernel_size", "stride", "padding")),
    "gap": ShortWord("AdaptiveAvgPool{n}d", (), {"output_size": 1}),
    "gmp": ShortWord("AdaptiveMaxPool{n}d", (), {"output_size": 1}),
    "adaptiveavgpool": ShortWord("AdaptiveAvgPool{n}d", ("output_size",)),
    "adaptivemaxpool": ShortWord("AdaptiveMaxPool{n}d", ("output_size",)),
    "flatten": ShortWord("Flatten", ("start_dim", "end_dim")),
    "unflatten": ShortWord("Unflatten", ("dim", "unflattened_size")),
    "dropout": ShortWord("Dropout", ("p",)),
    "dropout2d": ShortWord("Dropout2d", ("p",)),
    "droppath": ShortWord("DropPath", ("drop_prob",)),
    "identity": ShortWord("Identity"),
    "upsample": ShortWord("Upsample", ("scale_factor",)),
    "pixelshuffle": ShortWord("PixelShuffle", ("upscale_factor",)),
    "pixelunshuffle": ShortWord("PixelUnshuffle", ("downscale_factor",)),
    "channelshuffle": ShortWord("ChannelShuffle", ("groups",)),
    "zeropad": ShortWord("ZeroPad{n}d", ("padding",)),
}


def short_values(
    word: ShortWord, cls: type[Operator], positional: tuple[Any, ...], keywords: dict[str, Any], channels: int
) -> dict[str, Any]:
    """Return the keyword arguments that a short layer stands for.

    Raises:
        Refusal: a number too many, or a letter that the operator does not have.
    """
    values = {name: channels if value is CHANNELS else value for name, value in word.fixed.items()}
    if len(positional) > len(word.places):
        takes = " ".join(word.places) or "no number"
        message = f"{cls.name} takes by place: {takes}; found {counted(len(positional), 'number')}"
        help = f"write the others with letters or names: {_letters(cls)}"
        raise Refusal("CV213", message, argument=str(len(word.places)), help=help)
    by_place = dict(zip(word.places, positional, strict=False))
    values.update(by_place)
    for letter, value in keywords.items():
        name = meaning(letter, cls)
        if name not in cls.arguments:
            help = f"its letters and names are: {_letters(cls)}"
            raise Refusal("CV212", f"{cls.name} has no `{letter}`", argument=letter, help=help)
        if name in by_place:
            raise Refusal("CV214", f"{cls.name} gets `{name}` twice", argument=letter)
        values[name] = value
    return values


def meaning(letter: str, cls: type[Operator]) -> str:
    """Return the argument that a letter means: the `p` of `dropout` is its own, that of `conv` the padding."""
    return letter if letter in cls.arguments else LETTERS.get(letter, letter)


def _letters(cls: type[Operator]) -> str:
    by_name = {name: f"{letter} ({name})" for letter, name in LETTERS.items()}
    return ", ".join(by_name.get(name, f"{name}=" if len(name) > 1 else name) for name in cls.arguments)
