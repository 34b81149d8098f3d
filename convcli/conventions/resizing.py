"""Pooling and resizing, as tools count them."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from convcli.conventions.formulas import known
from convcli.conventions.record import Formula, Number
from convcli.quantity import UNKNOWN, Shape, product

Shapes = Sequence[Shape]

INTERPOLATION = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}


def _in_2d(op: Any, inputs: Shapes, outputs: Shapes) -> int:
    """Count the modes that are operators of two axes."""
    if len(inputs[0]) != 4 or op.antialias:
        return 0
    if op.mode == "area":
        return product(inputs[0])
    return {"nearest": 1, "bilinear": 4}.get(op.mode, 0) * product(outputs[0])


def _by_mode(op: Any, _: Shapes, outputs: Shapes) -> int:
    return INTERPOLATION.get(op.mode, 0) * product(outputs[0])


def _window(op: Any, inputs: Shapes, outputs: Shapes) -> int:
    """Count the mean window and a division for each output, in floating point as the tool does."""
    before, after = inputs[0][2:], outputs[0][2:]
    if not known((*before, *after, *outputs[0])):
        return UNKNOWN
    window = 1.0
    for size, out in zip(before, after, strict=True):
        window *= size / out
    return int((window + 1) * product(outputs[0]))


def _first_sample(op: Any, _: Shapes, outputs: Shapes) -> int:
    return product(outputs[0][1:])


def _scaled(op: Any, inputs: Shapes, outputs: Shapes) -> Number | None:
    """Count the output's elements; by a factor the input's times its power, by several their whole parts."""
    x = inputs[0]
    if op.size is not None:
        return product(outputs[0])
    if isinstance(op.scale_factor, tuple):
        return product(x) * math.prod(map(int, op.scale_factor))
    if not known((*x, op.scale_factor)):
        return UNKNOWN
    return Fraction(product(x) * op.scale_factor ** (len(x) - 2))


def _area(op: Any, inputs: Shapes, _: Shapes) -> int:
    return product(inputs[0]) if op.mode == "area" else 0


def _wanted(op: Any, inputs: Shapes, _: Shapes) -> int | None:
    """Count the numbers under `size` multiplied, without batch and channels; by a factor the input's elements."""
    if isinstance(op.size, tuple):
        return product(op.size)
    if op.size is not None:
        return int(op.size)
    x = inputs[0]
    if isinstance(op.scale_factor, tuple) and len(op.scale_factor) != x[0]:
        return None
    return product(x)


IN_2D = Formula("m nearest, 4m bilinear, n area, of two axes; 0 otherwise", _in_2d)
BY_MODE = Formula("m nearest, 5m linear, 11m bilinear, 259m bicubic, else 0", _by_mode)
WINDOW = Formula("m * (input positions / output positions + 1)", _window)
FIRST_SAMPLE = Formula("m / N", _first_sample)
SCALED = Formula("m; by a factor n * scale_factor ^ axes, by several n * their whole parts", _scaled)
AREA = Formula("n where mode='area'", _area)
WANTED = Formula("product of `size`; by a factor n", _wanted)
