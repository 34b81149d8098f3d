"""Recurrent layers in ONNX's words: a node for each layer, which runs in all directions.

Gates stand in another order there, biases of both products in one tensor, directions on an axis of their own; see
`LSTM`, `GRU` and `RNN` at https://onnx.ai/onnx/operators. The weights keep the names and sizes that torch gives them,
and are put together by nodes.
"""

from convcli.writers.onnx_file.builder import Row, Writing

ORDER = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}
"""Which of torch's gates is each of ONNX's: of i f g o there are i o f g, of r z n there are z r n."""


def recurrent(w: Writing) -> None:
    """Write `LSTM`, `GRU` and `RNN`."""
    if w.argument("proj_size"):
        w.refuse("ONNX has no projection of the hidden state (`proj_size`)")
    layers, ways = w.argument("num_layers"), 2 if w.argument("bidirectional") else 1
    batched, first = len(w.shape) == 3, w.argument("batch_first")
    x = w.x if batched else w.one("Unsqueeze", w.x, w.ints(1))
    x = w.one("Transpose", x, perm=[1, 0, 2]) if batched and first else x
    states = [_each_layer(w, state, layers, ways, batched=batched) for state in w.inputs[1:]]
    finals: list[list[str]] = [[] for _ in w.outputs[1:]]
    for layer in range(layers):
        made = _layer(w, x, layer, ways, [state[layer] for state in states])
        for found, one in zip(finals, made[1:], strict=True):
            found.append(one)
        if layer < layers - 1:
            steps_first = w.one("Transpose", made[0], perm=[0, 2, 1, 3])
            x = w.one("Reshape", steps_first, w.ints(0, 0, -1))
    order = [2, 0, 1, 3] if batched and first else [0, 2, 1, 3]
    w.last("Reshape", w.one("Transpose", made[0], perm=order), w.ints(*w.outputs[0]))
    for at, found in enumerate(finals, 1):
        if (w.index, at) in w.builder.read:
            state = found[0] if layers == 1 else w.one("Concat", *found, axis=0)
            w.builder.names[w.index, at] = state if batched else w.one("Squeeze", state, w.ints(1))


def _each_layer(w: Writing, state: str, layers: int, ways: int, *, batched: bool) -> list[str]:
    """Return the part of an initial state that each layer begins with."""
    state = state if batched else w.one("Unsqueeze", state, w.ints(1))
    return [state] if layers == 1 else w.emit("Split", [state, w.ints(*(ways,) * layers)], many=layers, axis=0)


def _layer(w: Writing, x: str, layer: int, ways: int, states: list[str]) -> list[str]:
    """Write a layer; its sequence comes back, and its final states."""
    ends = [f"l{layer}{end}" for end in ("", "_reverse")[:ways]]
    flows = [_joined(w, [[f"{name}_{end}"] for end in ends]) for name in ("weight_ih", "weight_hh")]
    if w.argument("bias"):
        flows.append(_joined(w, [[f"bias_ih_{end}", f"bias_hh_{end}"] for end in ends]))
    elif states:
        flows.append("")
    activation = {"relu": "Relu", "tanh": "Tanh"}.get(w.argument("nonlinearity"))
    return w.emit(
        w.op.name, [x, *flows, *(["", *states] if states else [])], many=len(w.outputs),
        hidden_size=w.argument("hidden_size"), direction="bidirectional" if ways == 2 else "forward",
        linear_before_reset=1 if w.op.name == "GRU" else None, activations=[activation] * ways if activation else None,
    )  # fmt: skip


def _joined(w: Writing, ways: list[list[str]]) -> str:
    """Return the weights of all directions as one tensor: those of a direction behind each other, gates in order."""
    each = []
    for names in ways:
        parts = [part for name in names for part in _in_order(w, w.weight(name))]
        each.append(w.one("Unsqueeze", parts[0] if len(parts) == 1 else w.one("Concat", *parts, axis=0), w.ints(0)))
    return each[0] if len(each) == 1 else w.one("Concat", *each, axis=0)


def _in_order(w: Writing, weight: str) -> list[str]:
    """Return the gates of a weight in ONNX's order."""
    order = ORDER[w.op.name]
    if len(order) == 1:
        return [weight]
    gates = w.emit("Split", [weight], many=len(order), axis=0, num_outputs=len(order))
    return [gates[at] for at in order]


ROWS: tuple[Row, ...] = ((recurrent, "LSTM GRU RNN"),)
