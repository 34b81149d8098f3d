"""MONAI's U-Net, layer by layer, from the arguments of its class.

Its structure is that of Kerfoot et al., Left-ventricle quantification using residual U-Net (2018), as MONAI's
documentation of `UNet`, `ResidualUnit` and `Convolution` describes it.
"""

from collections.abc import Callable
from typing import Any

from convcli.blocks import Item, Items, Merge
from convcli.document import Mapping
from convcli.layer.syntax import At, Expression
from convcli.readers.hydra.values import Configuration, place
from convcli.readers.trees import CURRENT, INFERRED, Writer, call
from convcli.source import Span

ACTIVATIONS = {
    "prelu": "PReLU", "relu": "ReLU", "leakyrelu": "LeakyReLU", "elu": "ELU", "selu": "SELU", "gelu": "GELU",
    "sigmoid": "Sigmoid", "tanh": "Tanh", "swish": "SiLU", "memswish": "SiLU", "mish": "Mish", "relu6": "ReLU6",
}  # fmt: skip
NORMS = {"batch": "BatchNorm{n}d", "instance": "InstanceNorm{n}d", "group": "GroupNorm"}
LARGEST = 10_000
"""Channels of a list, and units in a row; more is no network."""


class _Network:
    """What all layers of one U-Net share."""

    def __init__(self, given: dict[str, Any], reader: Configuration, node: Mapping) -> None:
        self.reader, self.node = reader, node
        self.given = given
        self.writer = Writer(reader.source)
        self.at: At = place(node.items[0][1])
        self.span = Span(reader.source, *self.at)
        self.axes = self.number("spatial_dims", given.get("dimensions"), most=3)
        self.kernel = self.number("kernel_size", 3)
        self.up_kernel = self.number("up_kernel_size", 3)
        self.units = self.number("num_res_units", 0, least=0)
        self.norm = self.named("norm", "INSTANCE")
        self.act = self.named("act", "PRELU")
        self.dropout = given.get("dropout", 0.0)
        self.bias = bool(given.get("bias", True))

    def refuse(self, name: str, what: str) -> None:
        """Complain of an argument."""
        spot = next((value.span for key, value in self.node.items if key.text == name), self.span)
        self.reader.complain("CV081", f"`{name}` is {what}, found {self.given.get(name)!r:.60}", spot)

    def number(self, name: str, default: Any, least: int = 1, most: int = LARGEST) -> int:
        """Return an argument that is a whole number."""
        found = self.given.get(name, default)
        if isinstance(found, int) and not isinstance(found, bool) and least <= found <= most:
            return found
        self.refuse(name, f"a whole number from {least} to {most:,}")
        return 1

    def numbers(self, name: str) -> list[int]:
        """Return an argument that is a list of whole numbers."""
        found = self.given.get(name)
        if isinstance(found, list) and found and all(type(one) is int and 0 < one <= LARGEST for one in found):
            return found
        self.refuse(name, "a list of positive whole numbers")
        return [1, 1]

    def named(self, name: str, default: str) -> tuple[str, dict[str, Any]]:
        """Return a name, `batch`, with its arguments, `[batch, {affine: false}]`."""
        found = self.given.get(name, default)
        if isinstance(found, list) and len(found) == 2 and isinstance(found[1], dict):
            return str(found[0]).lower(), found[1]
        return str(found).lower(), {}

    # ---- parts

    def convolution(self, name: str, channels: int, stride: int, *, only: bool = False, up: bool = False) -> Item:
        """Return a convolution, and its norm, dropout and activation unless it is the last."""
        kernel = self.up_kernel if up else self.kernel
        arguments: dict[str, Any] = {"stride": stride, "padding": (kernel - 1) // 2, "bias": self.bias}
        if up:
            arguments["output_padding"] = stride - 1
        kind = f"Conv{'Transpose' * up}{self.axes}d"
        parts = [self.item("conv", call(kind, self.at, INFERRED, channels, kernel, **arguments))]
        if not only:
            inner = [self.item("N", self.normal()), self.item("D", call("Dropout", self.at, self.dropout or 0.0))]
            parts.append(self.scope("adn", [*inner, self.item("A", self.active())]))
        return self.scope(name, parts)

    def normal(self) -> Expression:
        """Write the norm."""
        name, arguments = self.norm
        if name not in NORMS:
            self.refuse("norm", f"one of {', '.join(NORMS)}")
            return CURRENT
        own = NORMS[name].format(n=self.axes)
        arguments = {"num_channels" if name == "group" else "num_features": INFERRED, **arguments}
        return call(own, self.at, **arguments)

    def active(self) -> Expression:
        """Write the activation."""
        name, arguments = self.act
        if name not in ACTIVATIONS:
            self.refuse("act", f"one of {', '.join(ACTIVATIONS)}")
            return CURRENT
        return call(ACTIVATIONS[name], self.at, **arguments)

    def residual(self, name: str, inputs: int, channels: int, stride: int, units: int, *, last: bool = False) -> Item:
        """Return units in a row beside a convolution of 1, or of the kernel where there is a stride."""
        row = [
            self.convolution(f"unit{at}", channels, stride if at == 0 else 1, only=last and at == units - 1)
            for at in range(units)
        ]
        beside = Item("residual", Items((), self.span), self.span)
        if stride != 1 or inputs != channels:
            kernel = 1 if stride == 1 else self.kernel
            arguments: dict[str, Any] = {"stride": stride, "padding": (kernel - 1) // 2, "bias": self.bias}
            conv = call(f"Conv{self.axes}d", self.at, INFERRED, channels, kernel, **arguments)
            beside = self.item("residual", conv)
        return Item(name, Merge("add", (self.scope("conv", row), beside), self.span), self.span)

    def down(self, name: str, inputs: int, channels: int, stride: int) -> Item:
        """Return what makes smaller."""
        if self.units:
            return self.residual(name, inputs, channels, stride, self.units)
        return self.convolution(name, channels, stride)

    def level(self, inputs: int, outputs: int, channels: list[int], strides: list[int], *, top: bool) -> list[Item]:
        """Return a level of the U: down, all that is below beside a skip, up."""
        first, *rest = channels
        below = self.level(first, first, rest, strides[1:], top=False) if len(rest) > 1 else None
        inner = self.scope("submodule", below) if below else self.down("submodule", first, rest[0], 1)
        skip = Merge("cat", (Item("skip", Items((), self.span), self.span), inner), self.span)
        up = self.convolution("0", outputs, strides[0], only=top and not self.units, up=True)
        if self.units:
            up = self.scope("2", [up, self.residual("1", outputs, outputs, 1, 1, last=top)])
        return [self.down("0", inputs, first, strides[0]), Item("1", skip, self.span), up._replace(name="2")]

    def item(self, name: str, tree: Expression) -> Item:
        """Return a named layer."""
        return self.writer.item(name, tree)

    def scope(self, name: str, items: list[Item]) -> Item:
        """Return a named scope."""
        return self.writer.scope(name, items, self.at)


def unet(given: dict[str, Any], reader: Configuration, node: Mapping) -> list[Item]:
    """Return the layers of a U-Net."""
    made = _Network(given, reader, node)
    channels, strides = made.numbers("channels"), made.numbers("strides")
    if len(channels) < 2 or len(strides) < len(channels) - 1 or len(channels) > 32:
        made.refuse("strides", f"a list of {len(channels) - 1} numbers, one for each step between `channels`")
        return []
    inputs, outputs = made.number("in_channels", None), made.number("out_channels", None)
    if reader.findings:
        return []
    return [made.scope("model", made.level(inputs, outputs, channels, strides, top=True))]


NETWORKS: dict[str, Callable[[dict[str, Any], Configuration, Mapping], list[Item]]] = {"UNet": unet}
"""The networks of MONAI that are known, by their classes."""
