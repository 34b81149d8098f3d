"""A graph as a `torch.nn.Module`: modules under the names of the file, calls in the order of the graph."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from convcli.bench.torch_or_not import find_torch
from convcli.function import Function
from convcli.graph import Graph, Node
from convcli.memory.trace import asked_results

MODULES, WEIGHTS = "_modules", "_parameters"
"""Where a module keeps what is in it. `add_module` refuses names that `nn.Module` has for itself, such as `add`."""


def build_network(torch: Any, graph: Graph, **factory: Any) -> Any:
    """Return the module of a graph; `factory` is the device and dtype of its weights.

    Its `state_dict` has the names of the file. In `forward` it takes the network's inputs in order, or
    by name, and returns its output, or a tuple of its outputs.
    """
    network = _class(torch)(graph)
    shared = set()
    for node in graph.nodes:
        if node.module is not None and node.module not in shared:
            shared.add(node.module)
            place(torch, network, node.module, node.op.build(torch.nn, **factory))
    return network


def place(torch: Any, network: Any, path: str, made: Any) -> None:
    """Put a module, or a bare weight, under its dotted name; scopes on the way are plain containers."""
    *scopes, last = path.split(".")
    for scope in scopes:
        inner = network.__dict__[MODULES].get(scope)
        if inner is None:
            inner = network.__dict__[MODULES][scope] = container(torch)()
        network = inner
    if isinstance(made, torch.nn.Parameter):
        network.__dict__[WEIGHTS][last] = made
    else:
        network.__dict__[MODULES][last] = made


def find(network: Any, path: str) -> Any:
    """Return the module, or the bare weight, of a dotted name."""
    *scopes, last = path.split(".")
    for scope in scopes:
        network = network.__dict__[MODULES][scope]
    inside = network.__dict__[MODULES]
    return inside[last] if last in inside else network.__dict__[WEIGHTS][last]


def step(
    torch: Any, network: Any, node: Node, tensors: Sequence[Any], asked: frozenset[int] | None = None
) -> tuple[Any, ...]:
    """Run one call, and return all of its results; of those that nobody asks for, None may stand for some."""
    if node.module is not None:
        made = find(network, node.module)
        found = made if isinstance(made, torch.nn.Parameter) else node.op.run(made, tensors, asked)
    else:
        found = node.op.compute(torch, tensors) if isinstance(node.op, Function) else None
    return tuple(flat(found))


def flat(results: Any) -> list[Any]:
    """Return results one after the other, as the graph counts them: an LSTM's are nested."""
    if isinstance(results, tuple | list):
        return [one for result in results for one in flat(result)]
    return [results]


def last_uses(graph: Graph) -> list[list[tuple[int, int]]]:
    """Return the tensors that nobody needs after each node."""
    last = {place: at for at, node in enumerate(graph.nodes) for place in node.inputs}
    for output in graph.outputs:
        last.pop(output, None)
    found: list[list[tuple[int, int]]] = [[] for _ in graph.nodes]
    for tensor, at in last.items():
        if tensor[0] >= 0:  # an input is the caller's
            found[at].append(tensor)
    return found


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
            self.__dict__["_last"], self.__dict__["_asked"] = last_uses(graph), asked_results(graph)

        def forward(self, *inputs: Any, **named: Any) -> Any:
            """Run all calls; a tensor is let go after its last use."""
            graph = self.graph
            names = [made.name for made in graph.inputs]
            given = dict(zip(names, inputs, strict=False)) | named
            if len(inputs) + len(named) != len(names) or set(given) != set(names):
                raise TypeError(f"{graph.name} takes {', '.join(names)}")
            alive: dict[tuple[int, int], Any] = {(-1 - at, 0): given[name] for at, name in enumerate(names)}
            for at, (node, last) in enumerate(zip(graph.nodes, self._last, strict=True)):
                tensors = [alive[tensor] for tensor in node.inputs]
                results = step(torch, self, node, tensors, self._asked.get(at))
                del tensors
                alive.update(((at, number), result) for number, result in enumerate(results))
                del results
                for tensor in last:
                    alive.pop(tensor, None)
            outputs = tuple(alive[tensor] for tensor in graph.outputs)
            return outputs[0] if len(outputs) == 1 else outputs

    return _named(Network, "Network")


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
