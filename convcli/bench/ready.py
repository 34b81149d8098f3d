"""A network made ready to run as a configuration says: type, layout, mode, optimiser, compiler."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from convcli.bench import cuda, peak
from convcli.bench.inputs import make_inputs
from convcli.bench.network import build_network, plan_of
from convcli.bench.weights import initialised
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph
from convcli.timing.protocol import INFERENCE, STEP, Config

RATE = 1e-9
"""The optimisers' rate: so small that after a thousand steps weights are what they were."""


class Ready:
    """A network with its inputs.

    Attributes:
        plan: how it runs.
        inputs: in the graph's order.
        optimizer: of a step, None in other modes.
        forward: runs the network, and returns all of its outputs.
    """

    def __init__(self, torch: Any, graph: Graph, config: Config, *, init: str | None, seed: int) -> None:
        self.torch, self.config = torch, config
        network = initialised(torch, lambda: build_network(torch, graph), init, seed)
        place(torch, network, config)
        network.train(config.mode != INFERENCE)
        torch.manual_seed(seed)
        self.inputs = [_placed(torch, one, config) for one in make_inputs(torch, graph)]
        self.leaves = [one for one in network.parameters() if one.requires_grad]
        self.optimizer = optimizer_of(torch, config, self.leaves) if config.mode == STEP else None
        if config.mode != INFERENCE and not self.leaves:
            self.leaves = [one.requires_grad_() for one in self.inputs if one.is_floating_point()]
        self.plan = plan_of(torch, network)
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

    def peak_bytes(self, run: Callable[[], Any]) -> int | None:
        """Return the most bytes that are alive at once while something runs, inputs included; None if unknown."""
        if self.config.device.startswith("cuda"):
            return cuda.peak_bytes(self.torch, self.config.device, run) + peak.input_bytes(self.inputs)
        return peak.peak_bytes(self.torch, run, self.inputs) if self.config.device == "cpu" else None

    def _forward(self) -> Callable[[], list[Any]]:
        run: Callable[[Any], list[Any]] = self.plan.run
        if self.config.compile:
            run = self.torch.compile(run)
        if self.config.amp:
            run = self._mixed(run)
        if self.config.cuda_graph:
            return cuda.captured(self.torch, run, self.inputs)
        inputs = self.inputs
        return lambda: run(inputs)

    def _mixed(self, run: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
        def mixed(inputs: Any) -> list[Any]:
            with self.autocast():
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
    kinds: dict[str, tuple[Any, dict[str, float]]] = {
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
