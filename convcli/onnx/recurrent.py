"""Recurrent layers: those that torch has too are its layers; of others the products are known."""

from typing import Any

from convcli.onnx.asked import Asked, Flow
from convcli.onnx.turn import Turn
from convcli.ops.catalogue import operator
from convcli.quantity import Shape, product

PLAIN = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
"""What the gates are put through, in torch as in ONNX where it is not said."""


def recurrent(turn: Turn) -> None:
    """`LSTM`, `GRU`, `RNN`."""
    kind, asked = turn.asked.node.op, turn.asked
    values = torch_values(asked)
    states = [asked.flow(at).ref for at in (5, 6) if asked.has(at) and not _is_zero(asked.flow(at))]
    if values is None or len(states) not in (0, 2 if kind == "LSTM" else 1):
        _others(turn)
        return
    op = operator(kind).of(**values)
    weights = _weights(turn, op.weights())
    if weights is None:
        _others(turn)
        return
    y, ways, size = turn.outputs[0], 2 if values["bidirectional"] else 1, values["hidden_size"]
    around = asked.shape()[:2]
    flat = turn.between((*around, ways * size), y)
    turn.operator(op, [turn.ref(), *states], [flat, *turn.outputs[1:]], turn.house.own(turn, weights, ()))
    if not asked.node.outputs[0]:
        return
    if values["batch_first"]:
        turn.emit("reshape", {"self": flat}, [y], part=".reshape")
    elif ways == 1:
        turn.emit("unsqueeze", {"self": flat, "dim": 1}, [y], part=".unsqueeze")
    else:
        apart = turn.emit("reshape", {"self": flat}, [turn.between((*around, ways, size), y)], part=".reshape")
        turn.emit("permute", {"self": apart, "dims": [0, 2, 1, 3]}, [y], part=".permute")


def torch_values(asked: Asked) -> dict[str, Any] | None:
    """Return the arguments of torch's layer that does the same; None where there is none."""
    op, ways = asked.node.op, 2 if asked.attribute("direction", "forward") == "bidirectional" else 1
    peephole, lengths, first = asked.has(7), asked.has(4), asked.attribute("layout", 0)
    other = peephole or lengths or asked.attribute("clip") is not None or asked.attribute("input_forget", 0)
    turned = asked.attribute("direction", "forward") == "reverse"
    apart = op == "GRU" and not asked.attribute("linear_before_reset", 0)
    if other or turned or apart or (first and (asked.has(5) or len(asked.node.outputs) > 1)):
        return None
    names = asked.attribute("activations", []) or PLAIN[op] * ways
    values = {"input_size": asked.shape(1)[-1], "hidden_size": asked.shape(2)[-1], "bias": asked.has(3)}
    values |= {"bidirectional": ways == 2, "batch_first": bool(first)}
    if op == "RNN" and names == ["Relu"] * ways:
        return values | {"nonlinearity": "relu"}
    return values if names == PLAIN[op] * ways else None


def _weights(turn: Turn, wanted: dict[str, Shape]) -> dict[str, Flow] | None:
    """Return torch's weights, of which ONNX has those of all directions in one; None where they are none."""
    found: dict[str, Flow] = {}
    for at, use in ((1, "weight_ih"), (2, "weight_hh"), (3, "bias")):
        sizes = {name: size for name, size in wanted.items() if name.startswith(use)}
        if sizes:
            parts = turn.house.parts(turn.asked.flow(at), [*sizes.values()])
            if parts is None:
                return None
            found |= dict(zip(sizes, parts, strict=True))
    return {name: found[name] for name in wanted}


def _is_zero(flow: Flow) -> bool:
    return flow.constant is not None and not any(flow.constant.values)


def _others(turn: Turn) -> None:
    """Write the products down; what the gates do to each element is not counted."""
    asked = turn.asked
    x, w, r = asked.shape(0), asked.shape(1), asked.shape(2)
    weights = {name: asked.flow(at) for at, name in ((1, "weight_ih"), (2, "weight_hh"), (3, "bias")) if asked.has(at)}
    rest = [flow.ref for at, flow in enumerate(asked.inputs) if flow is not None and at not in (1, 2, 3)]
    turn.opaque(rest, x[0] * x[1] * (product(w) + product(r)), weights=weights)
