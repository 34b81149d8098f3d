"""Recurrent layers, attention and transformer layers, as tools count them in one piece."""

from collections.abc import Sequence
from math import prod
from typing import Any

from convcli.conventions.record import Formula
from convcli.quantity import Shape, product

Shapes = Sequence[Shape]

STATE_OPS = {"RNN": 1, "GRU": 7, "LSTM": 10}
"""What is counted for a hidden unit in one step beside its products and its biases."""


def _kind(op: Any) -> str:
    return str(op.name.removesuffix("Cell"))


def _steps(op: Any, x: Shape) -> int:
    """Return steps * batch: the first two axes of a sequence, whatever they are; the first one for a cell."""
    return x[0] if op.name.endswith("Cell") else x[0] * x[1]


def _layers(op: Any) -> list[dict[str, Shape]]:
    """Return the weights of each layer in the forward direction, by their names without the layer's number."""
    weights = op.weights()
    if op.name.endswith("Cell"):
        return [weights]
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [
        {name: weights[key] for name in names if (key := f"{name}_l{layer}") in weights}
        for layer in range(op.num_layers)
    ]


def _directions(op: Any) -> int:
    return 2 if op.values.get("bidirectional") else 1


def _unit_by_unit(op: Any, inputs: Shapes, _: Shapes) -> int:
    """Count hidden * (input + hidden) for each gate, its sum and biases, and the sums of the states."""
    hidden, directions = op.hidden_size, _directions(op)
    more = {"RNN": 0, "GRU": 4, "LSTM": 4}[_kind(op)]
    total = 0
    for layer in range(op.values.get("num_layers", 1)):
        size = hidden * directions if layer else op.input_size
        gate = hidden * (size + hidden) + hidden + (2 * hidden if op.bias else 0)
        total += directions * (op.gates * gate + more * hidden)
    return total * _steps(op, inputs[0])


def _matrix_by_matrix(op: Any, inputs: Shapes, less: int, times: int) -> int | None:
    """Count `times` the weights, less `less` for each row, the biases, and `STATE_OPS`, times the directions."""
    x = inputs[0]
    if op.name.endswith("Cell") and len(x) < 2:
        return None  # the tools ask for a second axis
    total = 0
    for weights in _layers(op):
        for name, shape in weights.items():
            total += times * prod(shape) - less * shape[0] if name.startswith("weight") else prod(shape)
        total += STATE_OPS[_kind(op)] * op.hidden_size
    return total * _steps(op, x) * _directions(op)


def _by_sizes(op: Any, _: Shapes, outputs: Shapes) -> int:
    """Count all parameters at each element of the output's first two axes."""
    return product(outputs[0][:2]) * sum(map(prod, op.weights().values()))


def _step_bias(op: Any, inputs: Shapes, _: Shapes) -> int:
    """Count the biases of all gates, of the input and of the state, in each step, layer and direction.

    With `batch_first` the input of the first layer is a transposed view, and its bias is not in the product.
    """
    gates: int = op.gates * op.hidden_size
    x = inputs[0]
    if not op.bias:
        return 0
    if op.name.endswith("Cell"):
        return 2 * gates * product(x[:-1])
    strided = op.batch_first and len(x) == 3 and x[0] > 1 and x[1] > 1
    biases: int = 2 * op.num_layers - (1 if strided else 0)
    return gates * product(x[:-1]) * biases * _directions(op)


def _rows(op: Any, inputs: Shapes) -> list[tuple[int, int]]:
    """Return the rows that ask and the rows that are asked, for each attention of a transformer layer."""
    own = product(inputs[0][:-1])
    return [(own, product(x[:-1])) for x in inputs]


def _projections(op: Any, inputs: Shapes, _: Shapes) -> int:
    """Count the projections of each attention and the two linear layers, and no product of rows with rows."""
    width: int = op.d_model
    attention = sum(2 * (asks + asked) * width * width for asks, asked in _rows(op, inputs))
    return attention + _feedforward(op, inputs, inputs)


def _feedforward(op: Any, inputs: Shapes, _: Shapes) -> int:
    inner: int = op.dim_feedforward
    return 2 * product(inputs[0]) * inner


def _norms(op: Any, inputs: Shapes, _: Shapes) -> int:
    """Return the elements that the layer norms take."""
    return (len(op.attentions) + 1) * product(inputs[0])


def _heads(op: Any, inputs: Shapes, outputs: Shapes) -> int | None:
    """Count each attention with its scaling, softmax and biases; the one of the output also where there is none."""
    if len(inputs[0]) != 3:
        return None
    width, total = op.d_model, _feedforward(op, inputs, outputs)
    if op.bias:
        total += product(inputs[0][:-1]) * (op.dim_feedforward + width)
    for at in op.extents(inputs):
        total += at.batch * _one_attention(at.length, at.source, width, op.nhead, op.bias)
    return total


def _one_attention(asks: int, asked: int, width: int, heads: int, bias: bool) -> int:
    projections = (asks + 2 * asked) * width * width + asks * width * (width + 1)
    scores = asks * asked * (2 * width + heads)
    return asks * width + projections + scores + ((asks + 2 * asked) * width if bias else 0)


def _plain_weights(op: Any, _: Shapes, outputs: Shapes) -> int:
    """Count the parameters of linear layers and norms, those of attentions left out, times the first axis."""
    own = [shape for name, shape in op.weights().items() if name.partition(".")[0] not in op.attentions]
    return outputs[0][0] * sum(map(prod, own))


UNIT_BY_UNIT = Formula("steps * N * (products, sums, biases and states of each hidden unit)", _unit_by_unit, True)
MATRIX_BY_MATRIX = Formula(
    "steps * N * (weights of the forward direction + biases + 1, 7 or 10 for each hidden unit)",
    lambda op, inputs, outputs: _matrix_by_matrix(op, inputs, 0, 1),
    products=True,
)
MATRIX_BY_MATRIX_TWICE = Formula(
    "steps * N * (2 * weights of the forward direction - rows + biases + 1, 7 or 10 for each hidden unit)",
    lambda op, inputs, outputs: _matrix_by_matrix(op, inputs, 1, 2),
    products=True,
)
STEP_BIAS = Formula("2 * gates * hidden for each step, layer and direction, 0 without bias", _step_bias)
BY_SIZES = Formula("first two axes of the output * parameters", _by_sizes, products=True)
PROJECTIONS = Formula("projections and linear layers", _projections, products=True)
FEEDFORWARD = Formula("linear layers", _feedforward, products=True)
NORMS = Formula("elements that the layer norms take", _norms)
HEADS = Formula("linear layers, projections with biases, scaling, Q K^T, softmax, A V", _heads, products=True)
PLAIN_WEIGHTS = Formula("first axis * parameters outside of the attentions", _plain_weights, products=True)
