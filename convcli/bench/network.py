"""A graph as a `torch.nn.Module`: modules under the names of the file, calls in the order of the graph."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from convcli.bench.holding import made_for
from convcli.bench.plan import BUFFERS, MODULES, WEIGHTS, Plan, caller, flat
from convcli.bench.torch_or_not import find_torch
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph, Node

PLAN = "_plan"
"""Where a network keeps how it runs, which is no part of its state."""


def build_network(torch: Any, graph: Graph, **factory: Any) -> Any:
    """Return the module of a graph; `factory` is the device and dtype of its weights.

    Its `state_dict` has the names of the file. In `forward` it takes the network's inputs in order, or
    by name, and returns its output, or a tuple of its outputs.

    Raises:
        ConvcliError: it has something that nobody knows how to compute.
    """
    if not graph.whole:
        message = f"{graph.open_end()}, and cannot be built: nobody knows how it goes on"
        raise ConvcliError([Diagnostic("CV067", message, help="name a part that reads no numbers")])
    network = _class(torch)(graph)
    shared = set()
    for node in graph.nodes:
        if node.module is not None and node.module not in shared:
            shared.add(node.module)
            for path, made in made_for(torch, node, **factory):
                place(torch, network, path, made)
    plan_of(torch, network)  # which refuses functions that nobody can call
    return network


def place(torch: Any, network: Any, path: str, made: Any) -> None:
    """Put a module, or a bare weight or buffer, under its dotted name; scopes on the way are plain containers."""
    *scopes, last = path.split(".")
    for scope in scopes:
        inner = network.__dict__[MODULES].get(scope)
        if inner is None:
            inner = network.__dict__[MODULES][scope] = container(torch)()
        network = inner
    if isinstance(made, torch.nn.Parameter):
        network.__dict__[WEIGHTS][last] = made
    elif isinstance(made, torch.Tensor):
        network.__dict__[BUFFERS][last] = made
    else:
        network.__dict__[MODULES][last] = made


def step(
    torch: Any, network: Any, node: Node, tensors: Sequence[Any], asked: frozenset[int] | None = None
) -> tuple[Any, ...]:
    """Run one call, and return all of its results; of those that nobody asks for, None may stand for some."""
    return tuple(flat(caller(torch, network, node, asked)(*tensors)))


@cache
def container(torch: Any) -> Any:
    """Return the class of what has modules in it, which may be called `training` too."""

    class Scope(torch.nn.Module):  # type: ignore[misc]  # torch is known only when it is handed in
        """A scope of a network: its modules by name, those without one by number."""

        def train(self, mode: bool = True) -> Any:
            self.__dict__["training"] = mode
            for module in self.children():
                module.train(mode)
            return self

        def __getitem__(self, number: int) -> Any:
            return self.__dict__[MODULES][str(number)]

    return _named(Scope, "Scope")


@cache
def _class(torch: Any) -> Any:
    class Network(container(torch)):  # type: ignore[misc]
        """A network of convcli; `graph` says what it computes."""

        def __init__(self, graph: Graph) -> None:
            super().__init__()
            self.__dict__["graph"] = graph  # a graph is a tuple, and no state of the module

        def forward(self, *inputs: Any, **named: Any) -> Any:
            """Run all calls; a tensor is let go after its last use."""
            graph = self.graph
            if named or len(inputs) != len(graph.inputs):
                inputs = _in_order(graph, inputs, named)
            outputs = plan_of(torch, self).run(inputs)
            return outputs[0] if len(outputs) == 1 else tuple(outputs)

        def __getstate__(self) -> dict[str, Any]:
            return {name: value for name, value in self.__dict__.items() if name != PLAN}

    return _named(Network, "Network")


def plan_of(torch: Any, network: Any) -> Plan:
    """Return how a network runs; made anew where a module has been replaced."""
    plan = network.__dict__.get(PLAN)
    if not isinstance(plan, Plan) or not plan.fits(network):
        plan = network.__dict__[PLAN] = Plan(torch, network.graph, network)
    return plan


def _in_order(graph: Graph, inputs: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
    """Bring inputs that were given by name into the graph's order."""
    names = [made.name for made in graph.inputs]
    given = dict(zip(names, inputs, strict=False)) | named
    if len(inputs) + len(named) != len(names) or set(given) != set(names):
        raise TypeError(f"{graph.name} takes {', '.join(names)}")
    return tuple(given[name] for name in names)


def _named(cls: Any, name: str) -> Any:
    """Give a class a name under which pickle finds it (see `__getattr__`)."""
    cls.__module__, cls.__qualname__ = __name__, name
    return cls


def __getattr__(name: str) -> Any:
    """Make a class again where a saved network is loaded."""
    makers = {"Scope": container, "Network": _class}
    if name not in makers:
        raise AttributeError(name)
    return makers[name](find_torch())
