"""The formulas that several conventions share; n are the elements of the input, m those of the output."""

from collections.abc import Sequence
from math import prod
from typing import Any

from convcli.argument import Slot
from convcli.conventions.record import Formula, Number
from convcli.quantity import UNKNOWN, Shape, product

Shapes = Sequence[Shape]


def affine(op: Any) -> bool:
    """Say whether a normalisation has a weight: of its own, or, as a function, given to it."""
    return "weight" in op.weights() or isinstance(op.values.get("weight"), Slot)


def takes_statistics(op: Any) -> bool:
    """Say whether a batch norm works out its own mean and variance, though it is not in training."""
    return bool(op.values.get("training")) or op.values.get("track_running_stats") is False


def _norm(op: Any, inputs: Shapes, _: Shapes) -> int:
    return product(inputs[0]) * (5 if affine(op) else 4)


def _scale_shift(op: Any, inputs: Shapes, outputs: Shapes) -> int:
    if takes_statistics(op):
        return _norm(op, inputs, outputs)
    return product(inputs[0]) * (2 if affine(op) else 1)


def _doubled(op: Any, inputs: Shapes, _: Shapes) -> int:
    return product(inputs[0]) * (2 if affine(op) else 1)


def _by_weights(op: Any, inputs: Shapes, outputs: Shapes) -> int:
    return outputs[0][0] * sum(map(prod, op.weights().values()))


def _matrices(op: Any, inputs: Shapes, _: Shapes) -> int | None:
    """Return all elements of the first factor times the last axis of the second."""
    a: Shape
    b: Shape
    a, b = (inputs[op.values[name].input] for name in op.tensor_arguments())
    return product(a) * b[-1]


def _matrices_only(op: Any, inputs: Shapes, outputs: Shapes) -> int | None:
    b = inputs[op.values["other"].input]
    return _matrices(op, inputs, outputs) if len(b) > 1 else None


def _no_vectors(op: Any, inputs: Shapes, outputs: Shapes) -> int:
    macs: int = op.macs(inputs, outputs)
    return 0 if len(inputs[op.values["other"].input]) == 1 else macs


def _padded(op: Any, inputs: Shapes, _: Shapes) -> int:
    """Return the elements after padding by size - 1 channels, over which local response norm takes averages."""
    x = inputs[0]
    return product((x[0], x[1] + op.size - 1, *x[2:]))


def known(values: Sequence[int]) -> bool:
    """Say whether all of these are known, so that there is something to compare or to divide."""
    return all(value is not UNKNOWN for value in values)


def _input(op: Any, inputs: Shapes, outputs: Shapes) -> Number:
    return product(inputs[0])


def _output(op: Any, inputs: Shapes, outputs: Shapes) -> Number:
    return product(outputs[0])


def _bias(op: Any, inputs: Shapes, outputs: Shapes) -> Number:
    return product(outputs[0]) if op.values["bias"] else 0


MACS = Formula("MACs", lambda op, inputs, outputs: op.macs(inputs, outputs), products=True)
INPUT = Formula("n", _input)
OUTPUT = Formula("m", _output)
BIAS = Formula("m, 0 without bias", _bias)
NORM = Formula("5n, 4n without weights", _norm)
SCALE_SHIFT = Formula("2n, n without weights; 5n, 4n where it takes its own statistics", _scale_shift)
DOUBLED = Formula("2n, n without weights", _doubled)
BY_WEIGHTS = Formula("first axis of the output * parameters", _by_weights)
WEIGHTED = BY_WEIGHTS._replace(products=True)
MATRICES = Formula("elements of the first factor * last axis of the second", _matrices, products=True)
MATRICES_ONLY = MATRICES._replace(compute=_matrices_only)
NO_VECTORS = Formula("MACs, 0 where the second factor is a vector", _no_vectors, products=True)
PADDED = Formula("n * (C + size - 1) / C", _padded)
