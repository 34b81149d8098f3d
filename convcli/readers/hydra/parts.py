"""What the networks of MONAI share: arguments of their classes, convolutions, norms, activations, enlargements.

Names of layers are MONAI's own, so that weights of a bundle find their places.
"""

from typing import Any

from convcli.blocks import Item
from convcli.diagnostics import suggestion
from convcli.document import Mapping
from convcli.layer.syntax import Expression
from convcli.quantity import Shape
from convcli.readers.hydra.values import Configuration, place
from convcli.readers.trees import CURRENT, INFERRED, Placed, fitted
from convcli.readers.windows import one_or_all, unusual
from convcli.source import Span

ACTIVATIONS = {
    "prelu": "PReLU", "relu": "ReLU", "leakyrelu": "LeakyReLU", "elu": "ELU", "selu": "SELU", "celu": "CELU",
    "gelu": "GELU", "sigmoid": "Sigmoid", "tanh": "Tanh", "softmax": "Softmax", "logsoftmax": "LogSoftmax",
    "swish": "SiLU", "memswish": "SiLU", "mish": "Mish", "relu6": "ReLU6",
}  # fmt: skip
NORMS = {
    "batch": "BatchNorm{n}d", "instance": "InstanceNorm{n}d", "group": "GroupNorm", "layer": "LayerNorm",
    "localresponse": "LocalResponseNorm", "syncbatch": "SyncBatchNorm",
}  # fmt: skip
CHANNELS = {"batch": "num_features", "instance": "num_features", "syncbatch": "num_features", "group": "num_channels"}
"""What a norm calls its channels."""
DROPOUTS = {"dropout": "Dropout", "alphadropout": "AlphaDropout"}
SMOOTH = ("linear", "bilinear", "trilinear")
LARGEST = 10_000
"""Channels of a list, and units in a row; more is no network."""
MOST_LEVELS = 32

Named = tuple[str, dict[str, Any]]
Sides = list[int]
"""A number for each axis."""


class Parts(Placed):
    """One network while it is written, with the arguments of its class."""

    def __init__(self, given: dict[str, Any], reader: Configuration, node: Mapping) -> None:
        super().__init__(reader.source, place(node.items[0][1]))
        self.reader, self.node = reader, node
        self.given = given
        self.refused: set[str] = set()
        self.span = Span(self.source, *self.at)

    # ---- arguments

    def refuse(self, name: str, what: str, help: str = "") -> None:
        """Complain of an argument, once."""
        if name in self.refused:
            return
        self.refused.add(name)
        spot = next((value.span for key, value in self.node.items if key.text == name), self.span)
        given = self.given.get(name)
        found = f"found {given!r:.60}" if name in self.given else "and is missing"
        if isinstance(given, str):
            found = f'found the text "{given[:60]}"'
            help = f"write {given}, without quotes" if given.isdecimal() and "number" in what else help
        self.reader.complain("CV081", f"`{name}` is {what}, {found}", spot, help)

    def number(self, name: str, default: Any = None, least: int = 1, most: int = LARGEST) -> int:
        """Return an argument that is a whole number."""
        found = self.given.get(name, default)
        if isinstance(found, int) and not isinstance(found, bool) and least <= found <= most:
            return found
        self.refuse(name, f"a whole number from {least} to {most:,}")
        return least or 1

    def numbers(self, name: str, default: Any = None, least: int = 1) -> list[int]:
        """Return an argument that is a list of whole numbers."""
        found = self.given.get(name, default)
        if isinstance(found, list) and found and all(type(one) is int and least <= one <= LARGEST for one in found):
            return found
        self.refuse(name, "a list of positive whole numbers" if least else "a list of whole numbers")
        return [1, 1]

    def sides(self, found: Any, name: str, axes: int) -> Sides:
        """Return a number for each axis: all the same, or a list."""
        several = [found] * axes if type(found) is int else found
        good = isinstance(several, list) and len(several) == axes
        if good and all(type(one) is int and 0 < one <= LARGEST for one in several):
            return list(several)
        self.refuse(name, f"positive whole numbers, or lists of {axes}, one for each axis")
        return [1] * axes

    def each(self, name: str, axes: int, default: Any = None) -> list[Sides]:
        """Return an argument that has a number, or one for each axis, for every level."""
        found = self.given.get(name, default)
        if isinstance(found, list) and 0 < len(found) <= MOST_LEVELS:
            return [self.sides(one, name, axes) for one in found]
        self.refuse(name, f"a list of 1 to {MOST_LEVELS} numbers, or lists of numbers")
        return [[1] * axes]

    def named(self, name: str, default: Any) -> Named | None:
        """Return a name, `batch`, with its arguments, `[batch, {affine: false}]`; None where it is left out."""
        found = self.given.get(name, default)
        if isinstance(found, list | tuple) and len(found) == 2 and isinstance(found[1], dict):
            return str(found[0]).lower(), found[1]
        return None if found is None or found == "" else (str(found).lower(), {})

    # ---- layers

    def conv(self, channels: int, kernel: Sides, *, up: bool = False, **more: Any) -> Expression:
        """Write a convolution, a transposed one with `up`; what is as usual is not written."""
        given = {name: one_or_all(value) if isinstance(value, list) else value for name, value in more.items()}
        return self.op(
            f"Conv{'Transpose' * up}{len(kernel)}d", INFERRED, channels, one_or_all(kernel), **unusual(given)
        )

    def norm(self, named: Named, axes: int, option: str = "norm") -> Expression:
        """Write a norm."""
        name, arguments = named
        if name not in NORMS:
            self.refuse(option, f"one of {', '.join(NORMS)}", suggestion(name, NORMS))
            return CURRENT
        own: dict[str, Any] = {CHANNELS[name]: INFERRED} if name in CHANNELS else {}
        return self.op(NORMS[name].format(n=axes), **{**own, **arguments})

    def act(self, named: Named, option: str = "act") -> Expression:
        """Write an activation."""
        name, arguments = named
        if name not in ACTIVATIONS:
            self.refuse(option, f"one of {', '.join(ACTIVATIONS)}", suggestion(name, ACTIVATIONS))
            return CURRENT
        return self.op(ACTIVATIONS[name], **arguments)

    def dropout(self, found: Any) -> list[Item]:
        """Return a dropout, `0.1` or `[alphadropout, {p: 0.1}]`; none where there is none."""
        if found is None:
            return []
        if isinstance(found, int | float):
            return [self.item("D", self.op("Dropout", found))]
        named = self.named("dropout", None)
        if named is None or named[0] not in DROPOUTS:
            self.refuse("dropout", f"a number, or one of {', '.join(DROPOUTS)}")
            return []
        return [self.item("D", self.op(DROPOUTS[named[0]], **named[1]))]

    # ---- enlargements

    def enlarged(self, mode: str, option: str, outputs: int, axes: int, *, narrows: bool, corners: bool) -> list[Item]:
        """Return what doubles the size, in one of MONAI's three ways; `narrows` says whether channels change."""
        twice = [2] * axes
        if mode == "deconv":
            return [self.item("deconv", self.conv(outputs, twice, up=True, stride=twice))]
        if mode == "nontrainable":
            before = [self.item("preconv", self.conv(outputs, [1] * axes))] if narrows else []
            more = {"align_corners": True} if corners else {}
            larger = self.op("Upsample", scale_factor=2, mode=SMOOTH[axes - 1], **more)
            return [*before, self.item("upsample_non_trainable", larger)]
        if mode != "pixelshuffle":
            self.refuse(option, "one of deconv, nontrainable, pixelshuffle")
            return []
        pool = [
            self.item("0", self.op(f"ConstantPad{axes}d", [1, 0] * axes, 0.0)),
            self.item("1", self.op(f"AvgPool{axes}d", 2, stride=1)),
        ]
        return [self.scope("pixelshuffle", [
            self.item("conv_block", self.conv(outputs * 2**axes, [3] * axes, padding=[1] * axes)),
            self.item(None, fitted(self.shuffled, self.at)),
            self.scope("pad_pool", pool),
        ])]  # fmt: skip

    def shuffled(self, x: Shape) -> Any:
        """Write what moves channels to places, along any number of axes."""
        batch, channels, *sides = x
        axes = len(sides)
        apart = self.op("reshape", CURRENT, [batch, channels // 2**axes, *([2] * axes), *sides])
        order = [0, 1, *(one for axis in range(axes) for one in (2 + axes + axis, 2 + axis))]
        together = [batch, channels // 2**axes, *(2 * side for side in sides)]
        return self.op("reshape", self.op("permute", apart, order), together)
