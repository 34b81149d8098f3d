"""Keras's layers over steps of time: recurrent ones, and what makes sequences.

A sequence comes here with its channels in front of its steps, as every tensor does; torch's own layers take them
behind, so that axes are exchanged before and after. What has other weights than torch's layer of the same kind (an
LSTM of Keras has one bias, one of torch two) is a layer of its own, counted by its weights.
"""

from math import prod
from typing import Any

from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.ops.opaque import opaque
from convcli.quantity import UNKNOWN, Shape
from convcli.readers.keras.layer import Layer
from convcli.readers.keras.windows import expect_axes, pads
from convcli.readers.places_json import Object
from convcli.readers.trees import CURRENT, call, chain
from convcli.readers.windows import expect_rank

GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1, "CuDNNLSTM": 4, "CuDNNGRU": 3}
CELLS = {"LSTMCell": "LSTM", "GRUCell": "GRU", "SimpleRNNCell": "SimpleRNN"}
JOINED = ("concat", "sum", "mul", "ave")
"""How the two directions of a layer meet."""
USUAL = {"LSTM": ("tanh", "sigmoid"), "GRU": ("tanh", "sigmoid"), "SimpleRNN": ("tanh", "None")}
"""The activations that torch's layers have: of what comes out, and of the gates."""


def _steps(layer: Layer, x: Shape) -> tuple[int, int, int]:
    """Return the batch, the features and the steps of a sequence.

    Raises:
        Refusal: it is none.
    """
    if len(x) != 3:
        raise Refusal("CV203", f"{layer.kind} takes a 3-d input, steps and features, found {show_shape(x)}")
    return x[0], x[1], x[2]


def _turned(layer: Layer) -> Expression:
    """Write the exchange of steps and features."""
    return call("permute", layer.at, CURRENT, [0, 2, 1])


def inner(layer: Layer, option: str = "layer") -> Layer:
    """Return the layer that a wrapper has in it, or the cell."""
    record = layer.config.get(option)
    if isinstance(record, Object):
        return Layer(record, layer.complaints, channels_first=layer.channels_first)
    layer.refuse(option, "a layer")
    return layer


def recurrent(layer: Layer, x: Shape) -> Any:
    """Write a recurrent layer, in one direction."""
    return _recurrent(layer, layer, x, 1, "concat")


def cells(layer: Layer, x: Shape) -> Any:
    """Write a recurrent layer around a cell."""
    cell = inner(layer, "cell")
    cell.kind = CELLS.get(cell.kind, cell.kind)
    return _recurrent(cell, layer, x, 1, "concat")


def bidirectional(layer: Layer, x: Shape) -> Any:
    """Write a recurrent layer in both directions."""
    mode = layer.config.get("merge_mode", "concat")
    if mode not in JOINED:
        layer.refuse("merge_mode", f"one of {', '.join(JOINED)}")
    own = inner(layer)
    if own.kind == "RNN":
        cell = inner(own, "cell")
        cell.kind = CELLS.get(cell.kind, cell.kind)
        return _recurrent(cell, own, x, 2, mode)
    return _recurrent(own, own, x, 2, mode)


def _recurrent(layer: Layer, outer: Layer, x: Shape, directions: int, mode: str) -> Any:
    """Write a recurrent layer: torch's where it has the same weights, else one that is counted."""
    if layer.kind not in GATES:
        raise Refusal("CV083", f"there is no recurrent layer `{layer.kind[:40]}` here that is known")
    batch, features, steps = _steps(layer, x)
    units = layer.integer("units", layer.config.get("output_dim"))
    wide = units * directions if mode == "concat" else units
    every, states = outer.flag("return_sequences", default=False), outer.flag("return_state", default=False)
    biases = _biases(layer)
    own = _as_torch(layer, units, features, directions, biases)
    if own is not None and mode == "concat" and not states and (every or directions == 1):
        whole = syntax.Slice(None, None, None, layer.at)
        final = syntax.Index(CURRENT, (whole, syntax.Constant(-1, layer.at)), layer.at)
        return chain(_turned(layer), own, _turned(layer) if every else final)
    gates = GATES[layer.kind]
    weights: dict[str, Shape] = {}
    for prefix in ("forward_", "backward_")[:directions] if directions > 1 else ("",):
        weights |= {
            f"{prefix}kernel": (features, gates * units), f"{prefix}recurrent_kernel": (units, gates * units),
            **({f"{prefix}bias": (biases, gates * units)} if biases else {}),
        }  # fmt: skip
    macs = batch * steps * directions * gates * units * (features + units)
    result = (batch, wide, steps) if every else (batch, wide)
    count = directions * (2 if "LSTM" in layer.kind else 1) if states else 0
    results = (result, *((batch, units),) * count)
    kind = f"{'Bidirectional' if directions > 1 else 'Keras'}{layer.kind}"
    return opaque(kind, results, ("float32",) * len(results), weights, {}, (macs, UNKNOWN), units=units)


def _biases(layer: Layer) -> int:
    """Return how many rows of biases a layer has: that of a GRU may be two, as torch's are."""
    if not layer.flag("use_bias", default=True):
        return 0
    cudnn = layer.kind.startswith("CuDNN")
    return 2 if cudnn or (layer.kind == "GRU" and layer.flag("reset_after", default=False)) else 1


def _as_torch(layer: Layer, units: int, features: int, directions: int, biases: int) -> Expression | None:
    """Write torch's layer of the same kind, if it has the same weights and activations."""
    kind = layer.kind.removeprefix("CuDNN")
    given = layer.word("activation", "tanh"), layer.word("recurrent_activation", USUAL[kind][1])
    nonlinear = kind == "SimpleRNN" and given[0] in ("tanh", "relu")
    gated = kind == "GRU" and (biases == 2 or (not biases and layer.flag("reset_after", default=False)))
    same = biases == 2 or not biases
    if not same or not (nonlinear or ((gated or kind == "LSTM") and given == USUAL[kind])):
        return None
    more: dict[str, Any] = {} if biases else {"bias": False}
    more |= {"bidirectional": True} if directions > 1 else {}
    more |= {"nonlinearity": given[0]} if nonlinear and given[0] != "tanh" else {}
    return call("RNN" if kind == "SimpleRNN" else kind, layer.at, features, units, batch_first=True, **more)


def convolutional(layer: Layer, x: Shape) -> Any:
    """Write an LSTM of convolutions: channels, steps, sides."""
    axes = expect_axes(layer, (*x[:2], *x[3:])) if len(x) > 3 else expect_axes(layer, x)
    kernel, stride = layer.several("kernel_size", axes, None), layer.several("strides", axes)
    dilation, filters = layer.several("dilation_rate", axes), layer.integer("filters")
    sides = pads(layer, (*x[:2], *x[3:]), kernel, stride, dilation)
    outs = tuple(
        (side + before + behind - (size - 1) * apart - 1) // step + 1
        for side, (before, behind), size, apart, step in zip(x[3:], sides, kernel, dilation, stride, strict=True)
    )
    weights: dict[str, Shape] = {
        "kernel": (*kernel, x[1], 4 * filters), "recurrent_kernel": (*kernel, filters, 4 * filters),
        **({"bias": (4 * filters,)} if layer.flag("use_bias", default=True) else {}),
    }  # fmt: skip
    macs = x[0] * x[2] * prod(outs) * prod(kernel) * 4 * filters * (x[1] + filters)
    steps = x[2:3] if layer.flag("return_sequences", default=False) else ()
    shape = (x[0], filters, *steps, *outs)
    return opaque(layer.kind, (shape,), ("float32",), weights, {}, (macs, UNKNOWN), filters=filters)


def embedding(layer: Layer, x: Shape) -> Any:
    """Write a table of vectors; what it gives has a new last axis."""
    own = call("Embedding", layer.at, layer.integer("input_dim"), layer.integer("output_dim"))
    if len(x) == 1:
        return own
    order = [0, len(x), *range(1, len(x))]
    return chain(own, call("permute", layer.at, CURRENT, order))


def repeated(layer: Layer, x: Shape) -> Any:
    """Write a vector that stands at every step."""
    expect_rank(x, 2, layer.kind)
    count = layer.integer("n")
    return chain(call("unsqueeze", layer.at, CURRENT, 2), call("expand", layer.at, CURRENT, [-1, -1, count]))
