"""The products of convolutions and transposed convolutions, as tools count them that do not count as we do."""

from collections.abc import Sequence
from math import prod
from typing import Any

from convcli.conventions.record import Formula
from convcli.quantity import Shape, product

Shapes = Sequence[Shape]


def _string_padding(op: Any, inputs: Shapes, outputs: Shapes) -> int:
    """Leave out convolutions whose padding is a word, which torch runs as an operator of its own."""
    macs: int = op.macs(inputs, outputs)
    return 0 if isinstance(op.padding, str) and op.padding_mode == "zeros" else macs


def _from_output(op: Any, inputs: Shapes, outputs: Shapes) -> int | None:
    """Count a kernel for each output; the channels are the second axis of the input, whatever that is."""
    channels: int = inputs[0][1] // op.groups
    return product(outputs[0]) * channels * product(op.kernel_size)


def _weights_at_outputs(op: Any, inputs: Shapes, outputs: Shapes) -> int:
    """Count weight and bias at each position of the output; the channels are taken to be its second axis."""
    out = outputs[0]
    return sum(map(prod, op.weights().values())) * product((out[0], *out[2:]))


def _per_sample(op: Any, inputs: Shapes, outputs: Shapes) -> int:
    """Count the kernel at all positions behind the second axis, times the first axis of the input."""
    transposed = "output_padding" in op.values
    positions = (inputs if transposed else outputs)[0][2:]
    each: int = product(op.kernel_size) * op.in_channels * (op.out_channels // op.groups)
    return each * inputs[0][0] * product(positions)


def _bias_per_sample(op: Any, inputs: Shapes, outputs: Shapes) -> int:
    return inputs[0][0] * product(outputs[0][1:]) if op.bias else 0


def _sizes(op: Any, sizes: Shape) -> list[int]:
    """Return the output's sizes by the formula of a convolution, with the same padding on both sides."""
    found = []
    for axis, size in enumerate(sizes):
        reach = op.dilation[axis] * (op.kernel_size[axis] - 1)
        pad = reach // 2 if op.padding == "same" else 0 if op.padding == "valid" else op.padding[axis]
        found.append((size + 2 * pad - reach - 1) // op.stride[axis] + 1)
    return found


def _forward_positions(op: Any, inputs: Shapes, outputs: Shapes) -> int | None:
    """Return the elements of the output by that formula; None without a batch, which it does not take."""
    x = inputs[0]
    if len(x) != op.axes + 2:
        return None
    if op.padding_mode != "zeros":  # torch pads first, by a function of its own
        return product((x[0], op.out_channels, *outputs[0][2:]))
    return product((x[0], op.out_channels, *_sizes(op, x[2:])))


def _forward(op: Any, inputs: Shapes, outputs: Shapes) -> int | None:
    elements = _forward_positions(op, inputs, outputs)
    return None if elements is None else elements * (op.in_channels // op.groups) * product(op.kernel_size)


def _forward_bias(op: Any, inputs: Shapes, outputs: Shapes) -> int | None:
    return _forward_positions(op, inputs, outputs) if op.bias else 0


def _grouped_twice(op: Any, inputs: Shapes, _: Shapes) -> int:
    """Divide by the groups twice, rounding down."""
    channels: int = op.out_channels // op.groups // op.groups
    return product(op.kernel_size) * product(inputs[0]) * channels


def _wrong_bias(op: Any, inputs: Shapes, _: Shapes) -> int:
    """Count the bias at the positions that a convolution would have, on the channels of a group."""
    x = inputs[0]
    return x[0] * (op.out_channels // op.groups) * product(_sizes(op, x[2:])) if op.bias else 0


KNOWN_PADDING = Formula("MACs, 0 with padding='same' or 'valid'", _string_padding, products=True)
FROM_OUTPUT = Formula("m * (second axis of the input) / groups * K", _from_output, products=True)
WEIGHTS_AT_OUTPUTS = Formula("parameters * N * O", _weights_at_outputs, products=True)
PER_SAMPLE = Formula("(first axis of the input) * O * C_in * C_out / groups * K", _per_sample, products=True)
BIAS_PER_SAMPLE = Formula("(first axis of the input) * C_out * O, 0 without bias", _bias_per_sample)
FORWARD = Formula("MACs, even padding='same' by what is added on both sides", _forward, products=True)
FORWARD_BIAS = Formula("m, 0 without bias; even padding='same' by what is added on both sides", _forward_bias)
GROUPED_TWICE = Formula("n * floor(C_out / groups / groups) * K", _grouped_twice, products=True)
WRONG_BIAS = Formula("N * C_out / groups * O of a convolution that is not transposed, 0 without bias", _wrong_bias)
