"""MONAI's `UNet`, layer by layer, from the arguments of its class.

Its structure is that of Kerfoot et al., Left-ventricle quantification using residual U-Net (2018), as MONAI's
documentation of `UNet`, `ResidualUnit` and `Convolution` describes it.
"""

from math import prod
from typing import Any

from convcli.blocks import Item, Items, Merge
from convcli.document import Mapping
from convcli.readers.hydra.parts import MOST_LEVELS, Parts, Sides
from convcli.readers.hydra.values import Configuration


class _Network(Parts):
    """What all layers of one U-Net share."""

    def __init__(self, given: dict[str, Any], reader: Configuration, node: Mapping) -> None:
        super().__init__(given, reader, node)
        self.axes = self.number("spatial_dims", given.get("dimensions"), most=3)
        self.kernel = self.odd("kernel_size")
        self.up_kernel = self.odd("up_kernel_size")
        self.units = self.number("num_res_units", 0, least=0)
        self.order = str(given.get("adn_ordering", "NDA")).upper()
        if not set(self.order) <= set("NDA") or len(set(self.order)) < len(self.order):
            self.refuse("adn_ordering", "the letters N, D and A in some order")
        self.bias = bool(given.get("bias", True))

    def odd(self, name: str) -> Sides:
        """Return the sides of a kernel whose middle is a place."""
        found = self.sides(self.given.get(name, 3), name, self.axes)
        if any(side % 2 == 0 for side in found):
            self.refuse(name, "odd, so that it can be padded evenly")
        return found

    def convolution(self, name: str, channels: int, stride: Sides, *, only: bool = False, up: bool = False) -> Item:
        """Return a convolution, and its norm, dropout and activation unless it is the last."""
        kernel = self.up_kernel if up else self.kernel
        arguments: dict[str, Any] = {"stride": stride, "padding": [side // 2 for side in kernel], "bias": self.bias}
        if up:
            arguments["output_padding"] = [step - 1 for step in stride]
        parts = [self.item("conv", self.conv(channels, kernel, up=up, **arguments))]
        if not only:
            inner = [one for letter in self.order for one in self.part(letter)]
            parts += [self.scope("adn", inner)] if inner else []
        return self.scope(name, parts)

    def part(self, letter: str) -> list[Item]:
        """Return a norm, a dropout or an activation, by its letter."""
        if letter == "D":
            return self.dropout(self.given.get("dropout", 0.0))
        named = self.named("norm", "INSTANCE") if letter == "N" else self.named("act", "PRELU")
        if named is None:
            return []
        return [self.item(letter, self.norm(named, self.axes) if letter == "N" else self.act(named))]

    def residual(self, name: str, inputs: int, channels: int, stride: Sides, units: int, *, last: bool = False) -> Item:
        """Return units in a row beside a convolution of 1, or of the kernel where there is a stride."""
        once = [1] * self.axes
        row = [
            self.convolution(f"unit{at}", channels, stride if at == 0 else once, only=last and at == units - 1)
            for at in range(units)
        ]
        beside = Item("residual", Items((), self.span), self.span)
        if prod(stride) != 1 or inputs != channels:
            kernel = once if prod(stride) == 1 else self.kernel
            more: dict[str, Any] = {"stride": stride, "padding": [side // 2 for side in kernel], "bias": self.bias}
            beside = self.item("residual", self.conv(channels, kernel, **more))
        return Item(name, Merge("add", (self.scope("conv", row), beside), self.span), self.span)

    def down(self, name: str, inputs: int, channels: int, stride: Sides) -> Item:
        """Return what makes smaller."""
        if self.units:
            return self.residual(name, inputs, channels, stride, self.units)
        return self.convolution(name, channels, stride)

    def level(self, inputs: int, outputs: int, channels: list[int], strides: list[Sides], *, top: bool) -> list[Item]:
        """Return a level of the U: down, all that is below beside a skip, up."""
        first, *rest = channels
        once = [1] * self.axes
        below = self.level(first, first, rest, strides[1:], top=False) if len(rest) > 1 else None
        inner = self.scope("submodule", below) if below else self.down("submodule", first, rest[0], once)
        skip = Merge("cat", (Item("skip", Items((), self.span), self.span), inner), self.span)
        up = self.convolution("0", outputs, strides[0], only=top and not self.units, up=True)
        if self.units:
            up = self.scope("2", [up, self.residual("1", outputs, outputs, once, 1, last=top)])
        return [self.down("0", inputs, first, strides[0]), Item("1", skip, self.span), up._replace(name="2")]


def unet(given: dict[str, Any], reader: Configuration, node: Mapping) -> list[Item]:
    """Return the layers of a U-Net."""
    made = _Network(given, reader, node)
    channels, strides = made.numbers("channels"), made.each("strides", made.axes)
    if len(channels) < 2 or len(strides) < len(channels) - 1 or len(channels) > MOST_LEVELS:
        made.refuse("strides", f"a list of {len(channels) - 1} numbers, one for each step between `channels`")
        return []
    inputs, outputs = made.number("in_channels"), made.number("out_channels")
    if reader.findings:
        return []
    return [made.scope("model", made.level(inputs, outputs, channels, strides, top=True))]
