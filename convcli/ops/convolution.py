"""Convolutions and transposed convolutions, in one, two and three dimensions.

Output sizes as in torch's documentation of `Conv2d` and `ConvTranspose2d`; MACs after
Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.
"""

from collections.abc import Iterable, Sequence
from itertools import repeat

from convcli.argument import FLAG, NATURAL, POSITIVE, Either, PerAxis, Word, argument
from convcli.diagnostics import Refusal
from convcli.expect import at_most, wrong_channels
from convcli.layout import as_picture
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape
from convcli.window import axis_name, show_axes, sliding_size
from convcli.window.dropping import dropped_by
from convcli.window.reading import Reading, last_axes
from convcli.window.taps import STAY, Window, sliding, spread

Axes = tuple[int, ...]


class AnyConvolution(Operator):
    """What convolutions and transposed convolutions have in common."""

    unbatched = True
    lazy = True

    in_channels: int = argument(POSITIVE, inferred=True)
    out_channels: int = argument(POSITIVE)
    kernel_size: Axes = argument(PerAxis(POSITIVE))
    stride: Axes = argument(PerAxis(POSITIVE), 1)
    groups: int

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.axes:
            cls.ranks = (cls.axes + 2,)

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * (rank - self.axes - 1) + (self.in_channels,) + (UNKNOWN,) * self.axes,)

    def check(self) -> None:
        for name in ("in_channels", "out_channels"):
            if self.values[name] % self.groups:
                raise _groups_do_not_divide(self, name)

    def split(self, x: Shape) -> tuple[Shape, Shape]:
        """Check rank and channels; return the batch axis, empty if there is none, and the spatial sizes."""
        self.expect_rank(x)
        channels = x[-self.axes - 1]
        if channels != self.in_channels:
            raise wrong_channels(self, "in_channels", channels, x, -self.axes - 1)
        return x[: -self.axes - 1], x[-self.axes :]

    def reads_through(self, rank: int, windows: Iterable[Window | None]) -> tuple[Reading, ...]:
        """Return the reading through a window on each axis, of all channels of a group."""
        at = rank - self.axes - 1
        apart = self.groups == self.in_channels == self.values["out_channels"]
        channels = (at, STAY if apart else None) if self.groups > 1 else None
        return (last_axes(0, rank, tuple(windows), {at: channels}),)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        """One addition for each output element, where there is a bias."""
        return product(outputs[0]) if self.values["bias"] else 0

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...] | None:
        (read,) = tape.narrowed(x)
        tape.narrow_weights(self.weights()["weight"])
        tape.keep(read)
        y = tape.out(strides=as_picture(tape.shapes[0], read))
        tape.drop(read)
        return (y,)


class Convolution(AnyConvolution):
    """Slides a kernel over the input; each output channel sums `in_channels / groups` inputs.

    Output size: floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1.
    MACs: N * O * out_channels * in_channels / groups * K.
    """

    padding: Axes | str = argument(Either(PerAxis(NATURAL), Word("same", "valid")), 0)
    dilation: Axes = argument(PerAxis(POSITIVE), 1)
    groups: int = argument(POSITIVE, 1)
    bias: bool = argument(FLAG, True)
    padding_mode: str = argument(Word("zeros", "reflect", "replicate", "circular"), "zeros")

    def check(self) -> None:
        super().check()
        if self.padding == "same" and any(step != 1 for step in self.stride):
            raise Refusal(
                "CV221",
                f"{self.name}: padding='same' does not go with a stride of {show_axes(self.stride)}",
                argument="padding",
                help=_same_with_stride(self),
            )

    def pads(self) -> tuple[tuple[int, int], ...]:
        """Return the padding before and after the input, for each axis."""
        if self.padding == "same":  # torch puts the odd one after
            totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            return tuple((total // 2, total - total // 2) for total in totals)
        if self.padding == "valid":
            return ((0, 0),) * self.axes
        return tuple((pad, pad) for pad in self.padding)  # type: ignore[misc]

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        batch, sizes = self.split(x)
        self._check_padding_mode(x, sizes)
        if self.padding == "same":
            return ((*batch, self.out_channels, *sizes),)
        pads: Axes = (0,) * self.axes if isinstance(self.padding, str) else self.padding
        spatial = []
        for axis, size in enumerate(sizes):
            spatial.append(
                sliding_size(
                    size,
                    self.kernel_size[axis],
                    self.stride[axis],
                    pads[axis],
                    self.dilation[axis],
                    (self.name, self.axes, axis),
                )
            )
        return ((*batch, self.out_channels, *spatial),)

    def _check_padding_mode(self, x: Shape, sizes: Shape) -> None:
        if self.padding_mode in ("zeros", "replicate"):
            return
        for axis, ((before, after), size) in enumerate(zip(self.pads(), sizes, strict=True)):
            most = size - 1 if self.padding_mode == "reflect" else size
            if before > most or after > most:
                pad, name = max(before, after), axis_name(self.axes, axis)
                needed = f"needs a {name} of at least {pad + size - most}, found {size}"
                message = f"{self.name}: {self.padding_mode} padding of {pad} {needed}"
                help = "" if isinstance(self.padding, str) else at_most("padding", most)
                raise Refusal("CV222", message, argument="padding", help=help)

    def weights(self) -> dict[str, Shape]:
        weight = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        return {"weight": weight, "bias": (self.out_channels,)} if self.bias else {"weight": weight}

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...] | None:
        pads = self.pads()
        if self.padding_mode == "zeros":  # the kernel pads, but only both sides alike
            pads = tuple((0, after - before) for before, after in pads)
        elif self.padding_mode != "circular" and x.grad:
            tape.keep(x)
        if self.padding_mode == "zeros" and not any(after for _, after in pads):
            return super().memory(tape, x)
        sizes = [size + before + after for size, (before, after) in zip(x.shape[-self.axes :], pads, strict=True)]
        padded = tape.new((*x.shape[: -self.axes], *sizes), x.kind)
        result = super().memory(tape, padded)
        tape.drop(padded)
        return result

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) * (self.in_channels // self.groups) * product(self.kernel_size)

    def windows(self) -> tuple[Window | None, ...]:
        """Return the window along each axis."""
        before = (left for left, _ in self.pads())
        return tuple(map(sliding, self.kernel_size, self.stride, before, self.dilation, repeat(self.padding_mode)))

    def dropped(self, x: Shape, y: Shape) -> tuple[tuple[int, int], ...]:
        return tuple(map(dropped_by, self.windows(), x[-self.axes :], y[-self.axes :]))

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return self.reads_through(len(inputs[0]), self.windows())


class Conv1d(Convolution):
    """Convolution over a length: `N x C x L`."""

    axes = 1


class Conv2d(Convolution):
    """Convolution over height and width: `N x C x H x W`."""

    axes = 2


class Conv3d(Convolution):
    """Convolution over depth, height and width: `N x C x D x H x W`."""

    axes = 3


class TransposedConvolution(AnyConvolution):
    """The gradient of a convolution as a layer: every input unit adds a kernel to the output.

    Output size: (size - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1.
    MACs: N * I * in_channels * out_channels / groups * K, from the input's size I.
    """

    padding: Axes = argument(PerAxis(NATURAL), 0)
    output_padding: Axes = argument(PerAxis(NATURAL), 0)
    groups: int = argument(POSITIVE, 1)
    bias: bool = argument(FLAG, True)
    dilation: Axes = argument(PerAxis(POSITIVE), 1)
    padding_mode: str = argument(Word("zeros"), "zeros")

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        batch, sizes = self.split(x)
        spatial = []
        for axis, size in enumerate(sizes):
            stride, dilation, extra = self.stride[axis], self.dilation[axis], self.output_padding[axis]
            if extra >= max(stride, dilation):
                raise Refusal(
                    "CV224",
                    f"{self.name}: output_padding {extra} must be smaller than stride {stride} or dilation {dilation}",
                    argument="output_padding",
                    help=at_most("output_padding", max(stride, dilation) - 1),
                )
            out = (size - 1) * stride - 2 * self.padding[axis] + dilation * (self.kernel_size[axis] - 1) + extra + 1
            if out < 1:
                raise Refusal(
                    "CV225",
                    f"{self.name}: padding {self.padding[axis]} leaves no output {axis_name(self.axes, axis)} ({out})",
                    argument="padding",
                    help=at_most("padding", (out + 2 * self.padding[axis] - 1) // 2),
                )
            spatial.append(out)
        return ((*batch, self.out_channels, *spatial),)

    def weights(self) -> dict[str, Shape]:
        weight = (self.in_channels, self.out_channels // self.groups, *self.kernel_size)
        return {"weight": weight, "bias": (self.out_channels,)} if self.bias else {"weight": weight}

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(inputs[0]) * (self.out_channels // self.groups) * product(self.kernel_size)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        windows = map(spread, self.kernel_size, self.stride, self.padding, self.dilation)
        return self.reads_through(len(inputs[0]), windows)


class ConvTranspose1d(TransposedConvolution):
    """Transposed convolution over a length: `N x C x L`."""

    axes = 1


class ConvTranspose2d(TransposedConvolution):
    """Transposed convolution over height and width: `N x C x H x W`."""

    axes = 2


class ConvTranspose3d(TransposedConvolution):
    """Transposed convolution over depth, height and width: `N x C x D x H x W`."""

    axes = 3


def _groups_do_not_divide(op: AnyConvolution, name: str) -> Refusal:
    channels = op.values[name]
    divisors = [n for n in range(1, min(channels, 4096) + 1) if not (op.in_channels % n or op.out_channels % n)]
    shown = ", ".join(map(str, divisors[:12])) + (", ..." if divisors[12:] else "")
    return Refusal(
        "CV223",
        f"{op.name}: groups={op.groups} does not divide {name}={channels}",
        argument="groups",
        help=f"groups that divide both {op.in_channels} and {op.out_channels}: {shown}",
    )


def _same_with_stride(op: Convolution) -> str:
    pads = tuple(d * (k - 1) // 2 for d, k in zip(op.dilation, op.kernel_size, strict=True))
    shown = show_axes(pads) if len(set(pads)) == 1 else pads
    return f"write padding={shown}, which gives ceil(size / stride) for odd kernels"
