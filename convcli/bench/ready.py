"""A network made ready to run as a configuration says: type, layout, mode, optimiser, compiler."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from convcli.bench.inputs import make_inputs
from convcli.bench.network import build_network, plan_of
from convcli.bench.weights import initialised
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph
from convcli.timing.protocol import INFERENCE, STEP, Config

RATE = 1e-6
"""The optimisers' rate: so small that weights are after a thousand steps what they were."""


class Ready:
    """A network with its inputs.

    Attributes:
        network: in training where the mode is not inference.
        inputs: in the graph's order.
        optimizer: of a step, None in other modes.
        forward: runs the network, and returns all of its outputs.
    """

    def __init__(self, torch: Any, graph: Graph, config: Config, *, init: str | None, seed: int) -> None:
        self.torch, self.config = torch, config
        self.network = initialised(torch, lambda: build_network(torch, graph), init, seed)
        place(torch, self.network, config)
        self.network.train(config.mode != INFERENCE)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.inputs = [_placed(torch, one, config) for one in make_inputs(torch, graph)]
        weights = [one for one in self.network.parameters() if one.requires_grad]
        self.optimizer = optimizer_of(torch, config, weights) if config.mode == STEP else None
        self.leaves = weights
        if config.mode != INFERENCE and not weights:
            self.leaves = [one.requires_grad_() for one in self.inputs if one.is_floating_point()]
        self.forward = self._forward()

    def autocast(self) -> Any:
        """Return the context of mixed precision, if that is wanted."""
        if not self.config.amp:
            return nullcontext()
        return self.torch.autocast(self.config.device.partition(":")[0])

    def forget_gradients(self) -> None:
        """Let all gradients go."""
        for leaf in self.leaves:
            leaf.grad = None

    def _forward(self) -> Callable[[], list[Any]]:
        run, inputs, autocast = plan_of(self.torch, self.network).run, self.inputs, self.autocast
        if self.config.compile:
            run = self.torch.compile(run)
        if not self.config.amp:
            return lambda: run(inputs)

        def mixed() -> list[Any]:
            with autocast():
                return run(inputs)

        return mixed


def place(torch: Any, network: Any, config: Config) -> None:
    """Bring weights and buffers to their device, type and layout."""
    network.to(device=config.device, dtype=getattr(torch, config.dtype))
    if config.channels_last:
        for weight in network.parameters():
            weight.data = _channels_last(torch, weight.data)


def optimizer_of(torch: Any, config: Config, weights: list[Any]) -> Any:
    """Return the optimiser of a step.

    Raises:
        ConvcliError: there is nothing to train.
    """
    if not weights:
        raise ConvcliError([Diagnostic("CV043", "there are no weights to train", help="write `--backward`")])
    kinds = {
        "sgd": (torch.optim.SGD, {}),
        "momentum": (torch.optim.SGD, {"momentum": 0.9}),
        "adam": (torch.optim.Adam, {}),
        "adamw": (torch.optim.AdamW, {}),
    }
    kind, more = kinds[config.optimizer or "sgd"]
    return kind(weights, lr=RATE, **more)


def _placed(torch: Any, tensor: Any, config: Config) -> Any:
    kind = getattr(torch, config.dtype) if tensor.is_floating_point() else None
    tensor = tensor.to(device=config.device, dtype=kind)
    return _channels_last(torch, tensor) if config.channels_last else tensor


def _channels_last(torch: Any, tensor: Any) -> Any:
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    return tensor.to(memory_format=formats[tensor.dim()]) if tensor.dim() in formats else tensor
