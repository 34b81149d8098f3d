"""Runs a resolved network in torch, call by call, and lets each tensor go after its last use."""

from __future__ import annotations

from typing import Any

import torch
from differential import function
from function_cases import OURS_ALONE
from torch import nn

from convcli.argument import Slot
from convcli.asking import read_model
from convcli.graph import Graph
from convcli.op import Operator
from convcli.resolve.boundary import Given
from convcli.resolve.network import resolve
from convcli.resolve.state import MAX_LAYERS


def graph_of(name: str, shape: tuple[int, ...]) -> Graph:
    """Resolve a bundled network for an input of this shape."""
    network, variant = read_model(name)
    return resolve(network, Given({"": shape}, None, True, variant, (), MAX_LAYERS))[0]


class Executor:
    """A network whose modules are built, all with the same weights."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.modules: dict[str, nn.Module] = {}
        for node in graph.nodes:
            if node.module and node.module not in self.modules:
                self.modules[node.module] = node.op.build(nn).eval()
        self.last = {place: at for at, node in enumerate(graph.nodes) for place in node.inputs}
        self.last |= dict.fromkeys(graph.outputs, len(graph.nodes))

    def held(self) -> list[torch.Tensor]:
        """Return weights and buffers."""
        return [tensor for module in self.modules.values() for tensor in (*module.parameters(), *module.buffers())]

    def run(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Run it."""
        alive: dict[tuple[int, int], Any] = {(-1, 0): x}
        for at, node in enumerate(self.graph.nodes):
            inputs = [alive[place] for place in node.inputs]
            found = self.modules[node.module](*inputs) if node.module else call(node.op, inputs)
            results = found if isinstance(found, tuple | list) else (found,)
            alive |= {(at, number): result for number, result in enumerate(results) if (at, number) in self.last}
            del inputs, found, results
            for place in node.inputs:
                if self.last[place] == at:
                    alive.pop(place, None)
        return [alive[place] for place in self.graph.outputs]


def call(op: Operator, inputs: list[torch.Tensor]) -> Any:
    """Call torch's function of this name."""
    values = {name: given(value, inputs) for name, value in op.values.items()}
    if op.name in OURS_ALONE:
        return OURS_ALONE[op.name](*values.values())
    return function(op.name)(**values)


def given(value: Any, inputs: list[torch.Tensor]) -> Any:
    """Put tensors in the place of slots."""
    if isinstance(value, Slot):
        return inputs[value.input]
    return [given(item, inputs) for item in value] if type(value) is tuple else value
