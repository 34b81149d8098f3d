"""Random graphs of linear operators with positive weights: as a network file, and as functions of torch.

What a unit depends on is then where the graph's matrix is not 0: no two paths cancel out.
"""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

with contextlib.suppress(ImportError):
    import torch
    from torch.nn import functional as F  # noqa: N812  torch's own habit

Sizes = tuple[int, ...]
LARGEST = 80
KINDS = (
    *("convolution", "convolution", "convolution", "max_pool", "average", "pad", "crop", "pixels", "transposed"),
    *("transposed", "nearest", "linear", "cubic", "adaptive", "area", "flip", "roll", "transpose", "cut"),
)


class Step(NamedTuple):
    """One line: an expression in which `{0}` and `{1}` stand for tensors, and the same as a function."""

    text: str
    run: Callable[..., Any]
    inputs: tuple[int, ...]


class LinearGraph:
    """A graph of one channel over `axes` axes, drawn from a seed."""

    def __init__(self, seed: int, axes: int) -> None:
        self.random = random.Random(seed)
        self.weights = torch.Generator().manual_seed(seed)
        self.axes = axes
        self.steps: list[Step] = []
        self.sizes = [self.each((12, 40) if axes == 1 else (8, 17))]
        for _ in range(self.random.randint(2, 7)):
            self.grow(self.random.random())

    def grow(self, chance: float) -> None:
        """Add an operator behind the last tensor or an older one, or bring two together."""
        any_tensor = self.random.randrange(len(self.sizes))
        if chance < 0.7:
            kind = self.random.choice(KINDS)
            getattr(self, kind)(len(self.sizes) - 1 if self.random.random() < 0.6 else any_tensor)
        elif chance < 0.85:
            self.meet()
        else:
            self.fit(any_tensor, self.random.randrange(len(self.sizes)))

    def yaml(self) -> str:
        """Return the network as a file."""
        lines = [f"input: {[1, *self.sizes[0]]}", "layers:"]
        names = ["input", *(f"t{at}" for at in range(1, len(self.sizes)))]
        for step, name in zip(self.steps, names[1:], strict=True):
            lines.append(f"  - {name}: {step.text.format(*(names[at] for at in step.inputs))}")
        return "\n".join(lines)

    def matrices(self) -> list[Any]:
        """Return for each tensor, beginning with the input, which of its elements depend on which of the input."""
        shape = self.sizes[0]
        count = torch.zeros(shape).numel()
        each, none = torch.eye(count, dtype=torch.float64).reshape(count, 1, *shape), torch.zeros(1, 1, *shape).double()
        with torch.no_grad():
            pairs = zip(self.run(each), self.run(none), self.sizes, strict=True)
            return [((one - zero).abs() > 1e-9).reshape(*shape, *sizes) for one, zero, sizes in pairs]

    def run(self, x: Any) -> list[Any]:
        """Return all tensors."""
        tensors = [x]
        for step in self.steps:
            tensors.append(step.run(*(tensors[at] for at in step.inputs)))
        return tensors

    # ---- drawing

    def each(self, bounds: tuple[int, int]) -> Sizes:
        """Draw a number for each axis."""
        return tuple(self.random.randint(*bounds) for _ in range(self.axes))

    def kernel(self, sizes: Sizes) -> Any:
        """Draw positive weights."""
        return torch.rand((1, 1, *sizes), dtype=torch.float64, generator=self.weights) + 0.5

    def add(self, text: str, run: Callable[..., Any], *inputs: int) -> int | None:
        """Add a step, unless torch refuses it or its result is too large."""
        try:
            with torch.no_grad():
                made = run(*(torch.zeros(1, 1, *self.sizes[at]).double() for at in inputs))
        except (RuntimeError, ValueError):
            return None
        sizes = tuple(made.shape[2:])
        if not sizes or min(sizes) < 1 or max(sizes) > LARGEST:
            return None
        self.steps.append(Step(text, run, inputs))
        self.sizes.append(sizes)
        return len(self.sizes) - 1

    def meet(self) -> None:
        """Add two tensors of one size."""
        pairs = [(a, b) for a in range(len(self.sizes)) for b in range(a) if self.sizes[a] == self.sizes[b]]
        if pairs:
            self.add("{0} + {1}", torch.add, *self.random.choice(pairs))

    def fit(self, one: int, other: int) -> None:
        """Bring a tensor to the size of another, by cutting or resizing, and add them."""
        wanted = self.sizes[other]
        if all(size >= want for size, want in zip(self.sizes[one], wanted, strict=True)) and self.random.random() < 0.6:
            stretch = ", ".join(f"0:{want}" for want in wanted)
            made = self.add(f"{{0}}[:, :, {stretch}]", lambda x: x[(..., *(slice(0, want) for want in wanted))], one)
        else:
            made = self.add(f"interpolate({{0}}, size={list(wanted)})", lambda x: F.interpolate(x, size=wanted), one)
        if made is not None:
            self.add("{0} + {1}", torch.add, made, other)

    # ---- operators

    def convolution(self, at: int) -> None:
        kernel, dilation = self.each((1, 4)), self.each((1, 3))
        stride = self.each((1, 3)) if self.random.random() < 0.5 else (1,) * self.axes
        mode = self.random.choice(["zeros", "zeros", "zeros", "reflect", "replicate", "circular"])
        pad = tuple(min(pad, size - 1) for pad, size in zip(self.each((0, 3)), self.sizes[at], strict=True))
        name = f"Conv{self.axes}d"
        module = getattr(torch.nn, name)(1, 1, kernel, stride, pad, dilation, 1, False, mode)
        module.weight.data = self.kernel(kernel)
        self.add(f"{{0}} | {name}(1, 1, {kernel}, {stride}, {pad}, {dilation}, padding_mode='{mode}')", module, at)

    def average(self, at: int) -> None:
        kernel, stride, ceil = self.each((1, 4)), self.each((1, 3)), self.random.random() < 0.4
        pad = tuple(self.random.randint(0, size // 2) for size in kernel)
        pool = getattr(F, f"avg_pool{self.axes}d")
        text = f"{{0}} | AvgPool{self.axes}d({kernel}, {stride}, {pad}, ceil_mode={ceil})"
        self.add(text, lambda x: pool(x, kernel, stride, pad, ceil), at)

    def max_pool(self, at: int) -> None:
        """Sum in place of the maximum, over the same windows."""
        kernel, stride, dilation = self.each((1, 4)), self.each((1, 3)), self.each((1, 2))
        pad, ceil = tuple(self.random.randint(0, size // 2) for size in kernel), self.random.random() < 0.4
        pool, convolve = getattr(F, f"max_pool{self.axes}d"), getattr(F, f"conv{self.axes}d")
        ones = torch.ones(1, 1, *kernel).double()

        def run(x: Any) -> Any:
            sizes = pool(x, kernel, stride, pad, dilation, ceil).shape[2:]
            pads = []
            for axis in reversed(range(self.axes)):
                reach = (sizes[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1
                pads += [pad[axis], max(reach - x.shape[2 + axis] - pad[axis], 0)]
            summed = convolve(F.pad(x, pads), ones, stride=stride, dilation=dilation)
            return summed[(..., *(slice(0, size) for size in sizes))]

        self.add(f"{{0}} | MaxPool{self.axes}d({kernel}, {stride}, {pad}, {dilation}, ceil_mode={ceil})", run, at)

    def pad(self, at: int) -> None:
        mode = self.random.choice(["constant", "reflect", "replicate", "circular"])
        least = 0 if mode == "circular" else -2
        pads = [min(self.random.randint(least, 3), size - 1) for size in reversed(self.sizes[at]) for _ in (0, 1)]
        self.add(f"pad({{0}}, {pads}, mode='{mode}')", lambda x: F.pad(x, pads, mode=mode), at)

    def crop(self, at: int) -> None:
        sizes = tuple(self.random.randint(1, size) for size in self.sizes[at])

        def run(x: Any) -> Any:
            for axis, size in enumerate(sizes, 2):
                x = x.narrow(axis, round((x.shape[axis] - size) / 2), size)
            return x

        self.add(f"center_crop({{0}}, {list(sizes)})", run, at)

    def cut(self, at: int) -> None:
        starts = [(self.random.randint(0, size - 1), self.random.randint(1, 3)) for size in self.sizes[at]]
        text = ", ".join(f"{start}::{step}" for start, step in starts)
        self.add(f"{{0}}[:, :, {text}]", lambda x: x[(..., *(slice(a, None, b) for a, b in starts))], at)

    def flip(self, at: int) -> None:
        dims = [2 + axis for axis in range(self.axes) if self.random.random() < 0.5] or [2]
        self.add(f"flip({{0}}, {dims})", lambda x: x.flip(dims), at)

    def roll(self, at: int) -> None:
        shifts, dims = list(self.each((-3, 3))), list(range(2, 2 + self.axes))
        self.add(f"roll({{0}}, {shifts}, {dims})", lambda x: x.roll(shifts, dims), at)

    def transpose(self, at: int) -> None:
        if self.axes == 2:
            self.add("transpose({0}, 2, 3)", lambda x: x.transpose(2, 3), at)

    def transposed(self, at: int) -> None:
        kernel, stride, dilation, pad = self.each((1, 4)), self.each((1, 3)), self.each((1, 3)), self.each((0, 2))
        more = tuple(self.random.randint(0, max(pair) - 1) for pair in zip(stride, dilation, strict=True))
        weight, run = self.kernel(kernel), getattr(F, f"conv_transpose{self.axes}d")
        text = f"{{0}} | ConvTranspose{self.axes}d(1, 1, {kernel}, {stride}, {pad}, {more}, dilation={dilation})"
        self.add(text, lambda x: run(x, weight, None, stride, pad, more, 1, dilation), at)

    def nearest(self, at: int) -> None:
        self.resize(at, self.random.choice(["nearest", "nearest-exact"]), {})

    def linear(self, at: int) -> None:
        corners = {"align_corners": True} if self.random.random() < 0.5 else {}
        self.resize(at, ("linear", "bilinear")[self.axes - 1], corners)

    def cubic(self, at: int) -> None:
        if self.axes == 2:
            corners = {"align_corners": True} if self.random.random() < 0.5 else {}
            self.resize(at, "bicubic", corners)

    def resize(self, at: int, mode: str, options: dict[str, Any]) -> None:
        if self.random.random() < 0.5:
            options["scale_factor"] = self.random.choice([2, 2.0, 3, 0.5, 1.5, 1.25, 0.75])
        else:
            factors = (self.random.choice([0.4, 0.7, 1, 1.3, 1.5, 2, 2, 3]) for _ in range(self.axes))
            options["size"] = [max(1, int(size * by)) for size, by in zip(self.sizes[at], factors, strict=True)]
        if mode in ("bilinear", "bicubic") and self.random.random() < 0.2:
            options["antialias"] = True
        text = "".join(f", {name}={value}" for name, value in options.items())
        self.add(f"interpolate({{0}}, mode='{mode}'{text})", lambda x: F.interpolate(x, mode=mode, **options), at)

    def adaptive(self, at: int) -> None:
        sizes = tuple(self.random.randint(2, max(2, size)) for size in self.sizes[at])
        run = getattr(F, f"adaptive_avg_pool{self.axes}d")
        self.add(f"{{0}} | AdaptiveAvgPool{self.axes}d({sizes})", lambda x: run(x, sizes), at)

    def area(self, at: int) -> None:
        sizes = [self.random.randint(2, max(2, size)) for size in self.sizes[at]]
        self.add(f"interpolate({{0}}, {sizes}, mode='area')", lambda x: F.interpolate(x, sizes, mode="area"), at)

    def pixels(self, at: int) -> None:
        """Space to channels and their sum, or channels that are copies to space."""
        if self.axes != 2:
            return
        if self.random.random() < 0.5:
            self.add(
                "pixel_unshuffle({0}, 2) | Conv2d(4, 1, 1)", lambda x: F.pixel_unshuffle(x, 2).sum(1, keepdim=True), at
            )
        else:
            self.add("{0} | Conv2d(1, 4, 1) | PixelShuffle(2)", lambda x: F.pixel_shuffle(x.repeat(1, 4, 1, 1), 2), at)
