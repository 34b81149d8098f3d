"""A graph made ready to run: each module or function looked up once, each tensor with a place in a list.

A loop over the steps is all that happens between two layers. A tensor is let go after the step that
reads it last; one that nobody reads, after the step that makes it.
"""

from collections.abc import Callable, Iterator, Sequence
from traceback import walk_tb
from typing import Any

from convcli.aten.loose import Loose
from convcli.function import Function
from convcli.graph import Graph, Node, Result
from convcli.memory.trace import asked_results
from convcli.ops.held import Held
from convcli.ops.opaque import Opaque

MODULES, WEIGHTS, BUFFERS = "_modules", "_parameters", "_buffers"
"""Where a module keeps what is in it. `add_module` refuses names that `nn.Module` has for itself, such as `add`."""

Places = tuple[int, ...]
Step = tuple[int, Callable[..., Any], int, Places, int, Places, Places]
"""A node's index and what is called; the place that is read, or -1 and all of them; the place that is written, or
-1 and all of them; the places that are cleared."""


class Plan:
    """How a network runs with the modules that it has now."""

    def __init__(self, torch: Any, graph: Graph, network: Any) -> None:
        asked, last = asked_results(graph), last_uses(graph)
        places = {tensor: place for place, tensor in enumerate(_tensors(graph))}
        self.graph = graph
        self.modules = network.__dict__[MODULES]
        paths = dict.fromkeys(path for node in graph.nodes for path in paths_of(node))
        self.found = {
            (id(inside), key): (inside, key, made) for path in paths for inside, key, made in _way(network, path)
        }
        self.empty = [None] * (len(places) - len(graph.inputs))
        self.outputs = [places[output] for output in graph.outputs]
        self.steps: list[Step] = []
        for at, node in enumerate(graph.nodes):
            reads = tuple(places[tensor] for tensor in node.inputs)
            writes = tuple(places[at, number] for number in range(results_of(node, asked.get(at))))
            single = node.answer is not None and len(writes) == 1 and not node.op.several
            cleared = tuple(places[tensor] for tensor in last[at])
            call = caller(torch, network, node, asked.get(at))
            self.steps.append((
                at, call, reads[0] if len(reads) == 1 else -1, reads, writes[0] if single else -1, writes, cleared,
            ))  # fmt: skip

    def fits(self, network: Any) -> bool:
        """Say whether the modules are still those of this network: some may have been replaced, or all copied."""
        if self.modules is not network.__dict__[MODULES]:
            return False
        for inside, key, made in self.found.values():  # noqa: SIM110  a generator takes twice as long
            if inside.get(key) is not made:
                return False
        return True

    def run(self, inputs: Sequence[Any]) -> list[Any]:
        """Run all steps, and return the outputs."""
        values = [*inputs, *self.empty]
        for at, call, read, reads, write, writes, cleared in self.steps:  # noqa: B007  `failed_at` reads `at`
            made = call(values[read]) if read >= 0 else call(*[values[place] for place in reads])
            if write >= 0:
                values[write] = made
            else:
                for place, one in zip(writes, flat(made), strict=False):
                    values[place] = one
            made = one = None
            for place in cleared:
                values[place] = None
        return [values[place] for place in self.outputs]

    def timed(
        self,
        inputs: Sequence[Any],
        starts: list[Any],
        ends: list[Any],
        before: Callable[[], Any],
        after: Callable[[], Any],
        look: Callable[[int, Any], None] | None = None,
    ) -> list[Any]:
        """Do the same, and note what `before` and `after` say around each call; `look` is shown what it made."""
        values = [*inputs, *self.empty]
        for at, call, read, reads, write, writes, cleared in self.steps:
            given: Any = (values[read],) if read >= 0 else [values[place] for place in reads]
            starts[at] = before()
            made = call(*given)
            ends[at] = after()
            if look is not None:
                look(at, made)
            if write >= 0:
                values[write] = made
            else:
                for place, one in zip(writes, flat(made), strict=False):
                    values[place] = one
            given = made = one = None
            for place in cleared:
                values[place] = None
        return [values[place] for place in self.outputs]

    def failed_at(self, error: BaseException) -> Node | None:
        """Return the node whose call raised an error, None where it was raised elsewhere."""
        for frame, _ in walk_tb(error.__traceback__):
            if frame.f_code in (Plan.run.__code__, Plan.timed.__code__) and "at" in frame.f_locals:
                node: Node = self.graph.nodes[frame.f_locals["at"]]
                return node
        return None


def caller(torch: Any, network: Any, node: Node, asked: frozenset[int] | None = None) -> Callable[..., Any]:
    """Return what runs a node's call, given its tensors; `asked` are the results that somebody reads, None for all."""
    if node.module is not None:
        made = find(network, next(iter(paths_of(node))))
        return (lambda: made) if isinstance(made, torch.Tensor) else node.op.caller(made, asked)
    if isinstance(node.op, Loose):
        return node.op.within(torch, network)
    return node.op.bound(torch) if isinstance(node.op, Function | Opaque) else lambda *_: None


def find(network: Any, path: str) -> Any:
    """Return the module, or the bare weight or buffer, of a dotted name."""
    *_, (_, _, made) = _way(network, path)
    return made


def paths_of(node: Node) -> list[str]:
    """Return the names under which a node's module is, or each of its bare weights and buffers."""
    if node.module is None:
        return []
    if not isinstance(node.op, Held):
        return [node.module]
    return [f"{node.module}.{name}".rstrip(".") for name in (*node.op.own, *node.op.state)]


def weights_of(torch: Any, network: Any, node: Node) -> dict[str, Any]:
    """Return the weights of a node by name; a bare weight has none."""
    return {name: one for name, one in _tensors_of(torch, network, node) if isinstance(one, torch.nn.Parameter)}


def buffers_of(torch: Any, network: Any, node: Node) -> dict[str, Any]:
    """Return the buffers of a node by name; a bare one has none."""
    return {name: one for name, one in _tensors_of(torch, network, node) if not isinstance(one, torch.nn.Parameter)}


def _tensors_of(torch: Any, network: Any, node: Node) -> Iterator[tuple[str, Any]]:
    for path in paths_of(node):
        made = find(network, path)
        if isinstance(made, torch.Tensor):
            yield path.removeprefix(str(node.module)).lstrip("."), made
        else:
            yield from (*made.named_parameters(), *made.named_buffers())


def _way(network: Any, path: str) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """Give what a dotted name leads through: where it is kept, under which key, and what it is."""
    *scopes, last = path.split(".")
    for scope in scopes:
        inside = network.__dict__[MODULES]
        if scope not in inside:
            raise gone(path)
        network = inside[scope]
        yield inside, scope, network
    for kind in (MODULES, WEIGHTS, BUFFERS):
        inside = network.__dict__[kind]
        if last in inside:
            yield inside, last, inside[last]
            return
    raise gone(path)


def gone(path: str) -> AttributeError:
    """Say that somebody has taken away what is called."""
    return AttributeError(f"`{path}` is not there any more, and the network calls it")


def flat(results: Any) -> list[Any]:
    """Return results one after the other, as the graph counts them: an LSTM's are nested."""
    if isinstance(results, tuple | list):
        return [one for result in results for one in flat(result)]
    return [results]


def results_of(node: Node, asked: frozenset[int] | None) -> int:
    """Return how many results a node has; where that is not known, as many as are read."""
    return len(node.answer.outputs) if node.answer else max(asked or (), default=0) + 1


def _tensors(graph: Graph) -> list[Result]:
    asked = asked_results(graph)
    made = [(at, n) for at, node in enumerate(graph.nodes) for n in range(results_of(node, asked.get(at)))]
    return [*((-1 - at, 0) for at in range(len(graph.inputs))), *made]


def last_uses(graph: Graph) -> list[list[Result]]:
    """Return the tensors that nobody needs after each node; an input is the caller's."""
    last = {tensor: tensor[0] for tensor in _tensors(graph)}
    last |= {tensor: at for at, node in enumerate(graph.nodes) for tensor in node.inputs}
    found: list[list[Result]] = [[] for _ in graph.nodes]
    kept = set(graph.outputs)
    for tensor, at in last.items():
        if tensor[0] >= 0 and tensor not in kept:
            found[at].append(tensor)
    return found
