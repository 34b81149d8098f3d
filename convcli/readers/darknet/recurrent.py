"""Darknet's recurrent layers, which are several connected or convolutional layers each; one step of time."""

from collections.abc import Mapping
from math import prod
from typing import Any

from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.quantity import Shape
from convcli.readers.darknet.sections import Layer, Section
from convcli.readers.trees import fitted, unknown

GATES = {"lstm": ("f", "i", "g", "o"), "gru": ("z", "r", "h"), "conv_lstm": ("f", "i", "g", "o")}


def recurrent(section: Section) -> Layer:
    """Write a layer of connected layers: `rnn`, `gru` or `lstm`."""
    outputs = section.positive("output", 1)
    hidden, normed = section.positive("hidden", outputs), section.number("batch_normalize", 0) != 0

    def make(x: Shape) -> Any:
        inputs = prod(x[1:])
        sizes = {"input": (inputs, hidden), "self": (hidden, hidden), "output": (hidden, outputs)}
        if section.kind in GATES:
            sizes = _gates(section.kind, inputs, outputs)
        shapes = {name: (out, into) for name, (into, out) in sizes.items()}
        return _made(section, (x[0], outputs), shapes, x[0], normed=normed)

    return fitted(make, section.at)


def convolutional_recurrent(section: Section) -> Layer:
    """Write a layer of convolutions: `crnn` or `conv_lstm`."""
    outputs, hidden = section.positive("output", 1), section.positive("hidden", 1)
    size, groups = section.positive("size", 3), section.positive("groups", 1)
    normed, peephole = section.number("batch_normalize", 0) != 0, section.number("peephole", 0)

    def make(x: Shape) -> Any:
        if len(x) not in (2, 4):  # a row of numbers is an image of one place
            raise Refusal("CV203", f"[{section.kind}] takes a 4-d input, found {show_shape(x)}")
        sizes = {"input": (x[1], hidden), "self": (hidden, hidden), "output": (hidden, outputs)}
        if section.kind == "conv_lstm":
            sizes = _gates(section.kind, x[1], outputs)
            sizes |= {f"v{gate}": (outputs, outputs) for gate in "fio"} if peephole else {}
        shapes = {name: (out, into // groups, size, size) for name, (into, out) in sizes.items()}
        return _made(section, (x[0], outputs, *x[2:]), shapes, x[0] * prod(x[2:]), normed=normed)

    return fitted(make, section.at)


def _gates(kind: str, inputs: int, outputs: int) -> dict[str, tuple[int, int]]:
    """Return for each gate what reads the input, and what reads the state."""
    return {f"u{gate}": (inputs, outputs) for gate in GATES[kind]} | {
        f"w{gate}": (outputs, outputs) for gate in GATES[kind]
    }


def _made(section: Section, shape: Shape, shapes: Mapping[str, Shape], times: int, *, normed: bool) -> Any:
    """Return the operator of a layer that consists of others, each with biases, and a norm if it is asked for."""
    weights: dict[str, Shape] = {}
    buffers: dict[str, Shape] = {}
    for name, one in shapes.items():
        weights |= {f"{name}.weight": one, f"{name}.bias": one[:1]}
        if normed:
            weights[f"{name}.scale"] = one[:1]
            buffers |= {f"{name}.mean": one[:1], f"{name}.variance": one[:1]}
    macs = times * sum(map(prod, shapes.values()))
    return unknown(section.kind, shape, weights, buffers, macs)
