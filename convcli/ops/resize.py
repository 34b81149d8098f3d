"""Resizing of the spatial axes by interpolation: `Upsample` and `interpolate`.

The input is `N x C` and one to three spatial axes. The output size is `size`, or
floor(size * scale_factor) in double precision, as torch computes it.

Operations, for m output elements. A weighted sum of t values is t multiplications and t - 1
additions; the weights depend on the position alone, are shared by all rows and channels, and are
not counted.

nearest, nearest-exact           0: elements are copied
linear, bilinear, trilinear      two values an axis, axis after axis: 3m, 9m, 21m
bicubic                          four sums over the width and one over the height, of 4 values: 35m
area                             average over windows: one for each element of each window
antialias (2-d)                  first over the width, then over the height, by windows as wide as
                                 the shrinkage asks for (see `tap_count`)
"""

import math
from collections.abc import Sequence
from typing import Any

from convcli.argument import FLAG, POSITIVE, Either, Many, Nothing, Real, Tensor, Word, argument, optional
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.human import show_shape
from convcli.layout import as_picture
from convcli.op import FLOATS, Operator
from convcli.ops.adaptive_pooling import into
from convcli.quantity import LARGEST, UNKNOWN, Shape, Shown, ceil_div, is_known, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, Source, last_axes
from convcli.window.resizing import antialiased, resized

SPATIAL_AXES = {"linear": 1, "bilinear": 2, "bicubic": 2, "lanczos": 2, "trilinear": 3}
"""The number of spatial axes that a mode is for; the others take any."""
COPYING, ANY_AXES = ("nearest", "nearest-exact"), ("nearest", "nearest-exact", "area")
REACH = {"bilinear": 1, "bicubic": 2, "lanczos": 3}
"""How far the kernel of an antialiased mode reaches to either side, in the coarser grid."""

MODES = Word("nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact")
SIZES = Either(Nothing(), POSITIVE, Many(POSITIVE, spread=None))
SCALES = Either(Nothing(), Real(0), Many(Real(0), spread=None))

Sizes = int | tuple[int, ...] | None
Scales = float | tuple[float, ...] | None


EXACT = 2**53
"""Whole numbers up to this are exact in double precision."""


class AnyResize(Operator):
    """What all resizing shares. torch also resizes uint8 images; here the input is floating point."""

    ranks = (3, 4, 5)
    skips = True
    size: Sizes
    scale_factor: Scales
    mode: str = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None
    antialias: bool = False

    def check(self) -> None:
        _check_sizes(self)
        _check_mode(self)

    def template(self, rank: int) -> tuple[Shape, ...]:
        sizes = self.scale_factor if self.size is None else self.size
        axes = len(sizes) if isinstance(sizes, tuple) else rank - 2
        return super().template(SPATIAL_AXES.get(self.mode, axes) + 2)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        spatial = x[2:]
        wanted = SPATIAL_AXES.get(self.mode, len(spatial))
        if wanted != len(spatial):
            better = ("linear", "bilinear", "trilinear")[len(spatial) - 1]
            message = f"{self.name}: mode='{self.mode}' takes a {wanted + 2}-d input, found {len(x)}-d {show_shape(x)}"
            raise Refusal("CV203", message, argument="mode", help=f"write mode='{better}'")
        if self.size is not None:
            return ((x[0], x[1], *_each_axis(self, "size", self.size, x)),)
        scales = _each_axis(self, "scale_factor", self.scale_factor, x)
        return ((x[0], x[1], *(_scaled(self, size, scale) for size, scale in zip(spatial, scales, strict=True))),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        x, y = inputs[0], outputs[result]
        scales: tuple[Any, ...] = (None,) * len(x)
        if self.scale_factor is not None and not self.recompute_scale_factor:
            scales = (None, None, *_each_axis(self, "scale_factor", self.scale_factor, x))
        return (last_axes(0, len(x), (), {d: self._source(d, x, y[d], scales[d]) for d in range(2, len(x))}),)

    def _source(self, axis: int, x: Shape, out: int, scale: float | None) -> Source:
        size = x[axis]
        if self.mode == "area":
            return into(axis, size, out)
        if not (is_known(size) and is_known(out)) or scale is UNKNOWN:
            return axis, None
        if self.antialias:
            return axis, antialiased(size, out, scale, corners=bool(self.align_corners), reach=REACH[self.mode])
        return axis, resized(self.mode, size, out, scale, corners=bool(self.align_corners), plane=len(x) == 4)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        x, y = inputs[0], outputs[0]
        if self.mode in COPYING:
            return 0
        if self.mode == "area":
            return product((*x[:2], *(_window_total(i, o) for i, o in zip(x[2:], y[2:], strict=True))))
        if self.antialias:
            across, down = (2 * tap_count(self.mode, x[axis], y[axis]) - 1 for axis in (3, 2))
            return across * product((*x[:3], y[3])) + down * product(y)
        each = 35 if self.mode == "bicubic" else (3, 9, 21)[len(x) - 3]
        return each * product(y)

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        if self.mode == "area" and any(size != 1 for size in tape.shapes[0][2:]):  # as adaptive pooling does
            tape.keep(x)
        return (tape.out(strides=as_picture(tape.shapes[0], x)),)


class Upsample(AnyResize):
    """Resizes `N x C x L`, `N x C x H x W` or `N x C x D x H x W` to `size`, or by `scale_factor`.

    Operations: nearest 0, linear 3m, bilinear 9m, trilinear 21m, bicubic 35m, area one for each
    element of each window.

    A list of scale factors is taken as well as a tuple (torch takes the tuple only), and a scale
    factor of 0 is refused (torch takes it for none).
    """

    size: Sizes = argument(SIZES, None)
    scale_factor: Scales = argument(SCALES, None)
    mode: str = argument(MODES, "nearest")
    align_corners: bool | None = argument(optional(FLAG), None)
    recompute_scale_factor: bool | None = argument(optional(FLAG), None)


class OldUpsampling(AnyResize):
    """torch prints these modules with a `mode`, which its constructor does not take; here it may be written."""

    size: Sizes = argument(SIZES, None)
    scale_factor: Scales = argument(SCALES, None)

    def build(self, nn: Any, **factory: Any) -> Any:
        return getattr(nn, self.name)(self.size, self.scale_factor)


class UpsamplingNearest2d(OldUpsampling):
    """`Upsample` with mode='nearest'; as in torch, it takes all its inputs: 0."""

    mode: str = argument(Word("nearest"), "nearest", keyword_only=True)


class UpsamplingBilinear2d(OldUpsampling):
    """`Upsample` with mode='bilinear' and align_corners=True: 9m."""

    align_corners = True
    mode: str = argument(Word("bilinear"), "bilinear", keyword_only=True)


class Interpolate(Function, AnyResize):
    """`interpolate`: `Upsample` as a function, with `antialias`, and with mode='lanczos' (torch 2.13 or later)."""

    name = "interpolate"
    takes = FLOATS
    input: Any = argument(Tensor())
    size: Sizes = argument(SIZES, None)
    scale_factor: Scales = argument(SCALES, None)
    mode: str = argument(Word(*MODES.choices, "lanczos"), "nearest")
    align_corners: bool | None = argument(optional(FLAG), None)
    recompute_scale_factor: bool | None = argument(optional(FLAG), None)
    antialias: bool = argument(FLAG, False)


class OldUpsample(Function, AnyResize):
    """`upsample`: the old name of `interpolate`."""

    name = "upsample"
    takes = FLOATS
    input: Any = argument(Tensor())
    size: Sizes = argument(SIZES, None)
    scale_factor: Scales = argument(SCALES, None)
    mode: str = argument(MODES, "nearest")
    align_corners: bool | None = argument(optional(FLAG), None)


class UpsampleNearest(Function, AnyResize):
    """`upsample_nearest`: an old name of `interpolate` with mode='nearest'."""

    name = "upsample_nearest"
    takes = FLOATS
    input: Any = argument(Tensor())
    size: Sizes = argument(SIZES, None)
    scale_factor: Scales = argument(SCALES, None)


class UpsampleBilinear(UpsampleNearest):
    """`upsample_bilinear`: an old name of `interpolate` with mode='bilinear' and align_corners=True."""

    name = "upsample_bilinear"
    mode = "bilinear"
    align_corners = True


def tap_count(mode: str, size: int, out: int) -> int:
    """Return how many input elements an antialiased output element is the weighted sum of, along one axis.

    The kernel reaches r to either side (1, 2, 3 for bilinear, bicubic, lanczos), stretched by
    size / out where the axis shrinks: ceil(2 * r * size / out), and no more than there are.
    """
    if not (is_known(size) and is_known(out)):
        return UNKNOWN
    width = 2 * REACH[mode]
    return min(size, width if out >= size else ceil_div(width * size, out))


def _window_total(size: int, out: int) -> int:
    """Return the sizes of the `out` windows of adaptive pooling over an axis, added up.

    Window i goes from floor(i * size / out) to ceil((i + 1) * size / out); the fractions cancel
    but for size + out - gcd(size, out).
    """
    return size + out - math.gcd(size, out) if is_known(size) and is_known(out) else UNKNOWN


def _each_axis(op: AnyResize, name: str, value: Any, x: Shape) -> tuple[Any, ...]:
    axes = len(x) - 2
    if not isinstance(value, tuple):
        return (value,) * axes
    if len(value) != axes:
        counts = f"{name} has {len(value)} values, the {len(x)}-d input {axes} spatial axes"
        raise Refusal("CV203", f"{op.name}: {counts}", argument=name)
    return value


def _scaled(op: AnyResize, size: int, scale: float) -> int:
    if size is UNKNOWN or scale is UNKNOWN:
        return UNKNOWN
    if isinstance(scale, int) or scale.is_integer():
        return size * (scale if isinstance(scale, int) else int(scale))
    numerator, denominator = scale.as_integer_ratio()
    try:  # below 2^53 torch's product is exact, and so is this one, also for a size that grows
        out = size * numerator // denominator if size * numerator < EXACT else int(size * scale)
    except OverflowError:
        raise Refusal("CV226", f"{op.name}: a size of {size} cannot be scaled", argument="scale_factor") from None
    if out < 1:
        message = f"{op.name}: scale_factor {scale} leaves nothing of a size of {size}"
        raise Refusal("CV225", message, argument="scale_factor")
    if isinstance(size, Shown):
        return Shown(int(out), f"floor({size.words} * {scale})", f"floor({size.figures} * {scale})")
    return out


def _check_sizes(op: AnyResize) -> None:
    size, scales = op.size, op.scale_factor
    if (size is None) == (scales is None):
        found = "neither is given" if size is None else "both are given"
        raise Refusal("CV226", f"{op.name} takes either `size` or `scale_factor`, {found}", argument="size")
    if op.recompute_scale_factor and size is not None:
        message = f"{op.name}: recompute_scale_factor=True goes with `scale_factor`, found `size`"
        raise Refusal("CV226", message, argument="recompute_scale_factor", help="leave it out")
    for scale in scales if isinstance(scales, tuple) else (scales,):
        if scale is not None and scale is not UNKNOWN and not 0 < scale <= LARGEST:
            message = f"{op.name}: `scale_factor` must be above 0 and finite, found {scale}"
            raise Refusal("CV210", message, argument="scale_factor")


def _check_mode(op: AnyResize) -> None:
    mode = op.mode
    if mode in ANY_AXES and op.align_corners is not None:
        message = f"{op.name}: align_corners has no meaning with mode='{mode}'"
        raise Refusal("CV226", message, argument="align_corners", help="leave it out")
    if op.antialias and mode not in REACH:
        message = f"{op.name}: antialias=True goes with bilinear, bicubic and lanczos, found mode='{mode}'"
        raise Refusal("CV226", message, argument="antialias")
    if mode == "lanczos" and (op.align_corners or not op.antialias):
        message = f"{op.name}: mode='lanczos' needs antialias=True and no align_corners"
        raise Refusal("CV226", message, argument="mode")
