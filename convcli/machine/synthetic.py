"""Networks made up for calibration: every kind of layer, at many sizes, in the company in which it is found.

Their blocks are those of networks that everybody knows, residual, inverted, dense, fire, grouped,
shuffled, each at sizes from large pictures with few channels to small ones with many; so a layer is
timed behind the layer that it is usually behind, with its input where that leaves it. There are two,
since weights that stay in a cache from one pass to the next are read faster: one has many of them, and
one has few.
"""

from typing import Any

from convcli.argument import Slot
from convcli.graph import Graph, Input, Node, Result
from convcli.ops.catalogue import operator
from convcli.quantity import Shape

IMAGES: dict[str, Shape] = {"image": (1, 3, 224, 224), "small": (1, 3, 112, 112)}


class _Growing:
    """A graph that grows call by call; every call returns its tensor."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.inputs = tuple(Input(name, shape, dtype) for name, shape in IMAGES.items())
        self.nodes: list[Node] = []

    def shape(self, at: Result) -> Shape:
        answer = self.nodes[at[0]].answer if at[0] >= 0 else None
        return answer.outputs[at[1]] if answer else self.inputs[-1 - at[0]].shape or ()

    def add(self, name: str, *tensors: Result, **arguments: Any) -> Result:
        kind = operator(name)
        shapes = tuple(map(self.shape, tensors))
        op = kind.of(
            **{key: shapes[0][kind.channel_axis(4)] if value == "_" else value for key, value in arguments.items()}
        )
        answer = op.answer(shapes, (self.dtype,) * len(shapes))
        label = f"{len(self.nodes)}"
        self.nodes.append(Node(label, label if kind.module else None, 1, op, tensors, shapes, answer, None, ()))
        return len(self.nodes) - 1, 0

    def graph(self, *outputs: Result) -> Graph:
        """Return the whole, with the inputs that it reads."""
        return Graph("calibration", "calibration", "python", None, 1, self.inputs, tuple(self.nodes), outputs)

    # ---- layers

    def conv(self, x: Result, out: int, kernel: int, stride: int = 1, groups: int = 1, *, bias: bool = False) -> Result:
        return self.add(
            "Conv2d", x, in_channels=self.shape(x)[1], out_channels=out, kernel_size=kernel, stride=stride,
            padding=kernel // 2, groups=groups, bias=bias,
        )  # fmt: skip

    def linear(self, x: Result, out: int) -> Result:
        return self.add("Linear", x, in_features=self.shape(x)[1], out_features=out)

    def transposed(self, x: Result, out: int) -> Result:
        return self.add("ConvTranspose2d", x, in_channels=self.shape(x)[1], out_channels=out, kernel_size=2, stride=2)

    def norm(self, x: Result) -> Result:
        return self.add("BatchNorm2d", x, num_features=self.shape(x)[1])

    def act(self, x: Result, name: str = "ReLU") -> Result:
        return self.add(name, x, **({"inplace": True} if name in ("ReLU", "ReLU6", "SiLU", "Hardswish") else {}))

    def unit(self, x: Result, out: int, kernel: int, stride: int = 1, groups: int = 1, act: str = "ReLU") -> Result:
        return self.act(self.norm(self.conv(x, out, kernel, stride, groups)), act)

    def sum(self, x: Result, y: Result) -> Result:
        return self.add("add", x, y, input=Slot(0), other=Slot(1))

    def cat(self, x: Result, y: Result) -> Result:
        return self.add("cat", x, y, tensors=(Slot(0), Slot(1)), dim=1)

    def pool(self, x: Result, kernel: int, stride: int, name: str = "MaxPool2d") -> Result:
        return self.add(name, x, kernel_size=kernel, stride=stride, padding=(kernel - 1) // 2)

    # ---- blocks

    def residual(self, x: Result) -> Result:
        out = self.shape(x)[1]
        y = self.norm(self.conv(self.unit(x, out, 3), out, 3))
        return self.act(self.sum(y, x))

    def bottleneck(self, x: Result, narrow: int, groups: int = 1) -> Result:
        y = self.unit(self.unit(x, narrow, 1), narrow, 3, groups=groups)
        y = self.norm(self.conv(y, self.shape(x)[1], 1))
        return self.act(self.sum(y, x))

    def inverted(self, x: Result, wide: int, out: int, kernel: int = 3, stride: int = 1, act: str = "ReLU6") -> Result:
        y = self.unit(self.unit(x, wide, 1, act=act), wide, kernel, stride, wide, act)
        return self.norm(self.conv(y, out, 1))

    def gate(self, x: Result, narrow: int) -> Result:
        wide = self.shape(x)[1]
        y = self.add("AdaptiveAvgPool2d", x, output_size=1)
        y = self.act(self.conv(y, narrow, 1, bias=True))
        y = self.act(self.conv(y, wide, 1, bias=True), "Sigmoid")
        return self.add("mul", y, x, input=Slot(0), other=Slot(1))

    def dense(self, x: Result, narrow: int, grows: int) -> Result:
        y = self.conv(self.act(self.norm(x)), narrow, 1)
        return self.cat(x, self.conv(self.act(self.norm(y)), grows, 3))

    def fire(self, x: Result, narrow: int, wide: int) -> Result:
        y = self.act(self.conv(x, narrow, 1, bias=True))
        one, three = self.conv(y, wide, 1, bias=True), self.conv(y, wide, 3, bias=True)
        return self.cat(self.act(one), self.act(three))


def synthetic(dtype: str = "float32") -> tuple[Graph, Graph]:
    """Return the networks: one with many weights, one with few."""
    heavy, light = _Growing(dtype), _Growing(dtype)
    return heavy.graph(*_heavy(heavy)), light.graph(*_light(light))


def _heavy(at: _Growing) -> tuple[Result, ...]:
    x = at.pool(at.unit((-1, 0), 64, 7, 2), 3, 2)  # 56x56
    x = at.bottleneck(at.residual(x), 128)
    x = at.dense(x, 128, 32)
    x = at.pool(at.unit(x, 96, 1), 2, 2, "AvgPool2d")  # 28x28
    x = at.bottleneck(at.unit(x, 256, 3), 128, 4)
    x = at.residual(at.unit(x, 160, 3, 2))  # 14x14
    x = at.bottleneck(at.unit(x, 1024, 1), 256, 32)
    x = at.residual(at.unit(x, 512, 3, 2))  # 7x7
    x = at.bottleneck(at.unit(x, 2048, 1), 512)
    x = at.add("Flatten", at.add("AdaptiveAvgPool2d", x, output_size=1))
    x = at.act(at.linear(at.linear(x, 1000), 4096))
    first = at.linear(x, 4096)
    x = at.pool(at.conv((-2, 0), 64, 3, bias=True), 2, 2)  # 56x56
    x = at.pool(at.act(at.conv(x, 128, 3, bias=True)), 2, 2)  # 28x28
    x = at.pool(at.conv(x, 256, 3, bias=True), 3, 1)
    x = at.act(at.norm(at.transposed(x, 128)))  # 56x56
    x = at.add("Upsample", at.conv(x, 32, 1, bias=True), scale_factor=2, mode="nearest")
    x = at.transposed(at.pool(x, 3, 2, "AvgPool2d"), 16)
    x = at.add("Upsample", x, scale_factor=0.5, mode="bilinear")
    return first, x


def _light(at: _Growing) -> tuple[Result, ...]:
    x = at.unit((-1, 0), 32, 3, 2, act="Hardswish")  # 112x112
    x = at.conv(at.unit(x, 32, 3, 1, 32), 16, 1)
    x = at.inverted(x, 96, 24, stride=2)  # 56x56
    x = at.sum(at.inverted(x, 144, 24), x)
    x = at.gate(at.inverted(x, 96, 40, 5, 2, "SiLU"), 10)  # 28x28
    x = at.sum(at.inverted(x, 240, 40, 5), x)
    x = at.inverted(x, 240, 80, 3, 2, "Hardswish")  # 14x14
    x = at.gate(at.unit(at.unit(x, 480, 1), 480, 3, 1, 480), 120)
    x = at.inverted(x, 576, 96, 5, 2)  # 7x7
    x = at.sum(at.inverted(x, 576, 96, act="SiLU"), x)
    x = at.add("Dropout", at.add("Flatten", at.add("AdaptiveAvgPool2d", at.unit(x, 960, 1), output_size=1)))
    first = at.linear(x, 1000)
    x = at.pool(at.act(at.conv((-2, 0), 24, 3, 2, bias=True)), 3, 2)  # 28x28
    x = at.add("ChannelShuffle", at.unit(x, 116, 1), groups=2)
    x = at.fire(at.unit(at.unit(x, 116, 3, 2, 116), 64, 1), 32, 96)  # 14x14
    x = at.dense(x, 128, 32)
    x = at.bottleneck(at.unit(x, 208, 1), 208, 13)
    x = at.act(at.add("GroupNorm", at.pool(x, 3, 1), num_groups=8, num_channels=208), "GELU")
    x = at.fire(at.pool(x, 3, 2), 48, 192)  # 7x7
    x = at.act(at.add("GroupNorm", at.conv(x, 232, 1), num_groups=8, num_channels=232), "GELU")
    x = at.add("ZeroPad2d", at.conv(x, 116, 3), padding=1)
    x = at.act(at.linear(at.add("Flatten", at.add("mean", x, input=Slot(0), dim=(2, 3), keepdim=True)), 256), "Sigmoid")
    return first, x
