"""Scopes as pieces that can be called: the nodes of a graph in a tree, each scope with what flows in and out.

A scope is a piece where its nodes stand side by side and its modules are its own. Where that is not so, a
traced model that reaches into a part of another, its nodes belong to the scope around it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from convcli.graph import Graph, Result
from convcli.record import Record


class Call(Record):
    """A scope at one place; the whole network has an empty path.

    Attributes:
        path: the name before those of its nodes, `layer1.0`.
        module: the name before those of its modules; another one than `path` where it is called again.
        steps: nodes by their index, and the calls of scopes inside it, in order of execution.
        inputs: tensors from outside, in order of their first use.
        outputs: its tensors that are used outside, in the order in which they are made.
    """

    path: str
    module: str
    steps: tuple[Any, ...]
    inputs: tuple[Result, ...]
    outputs: tuple[Result, ...]

    def calls(self) -> Iterator["Call"]:
        """Give the calls in it, and those in these."""
        for step in self.steps:
            if isinstance(step, Call):
                yield step
                yield from step.calls()

    def within(self, path: str) -> str:
        """Return the name of a module without that of the scope; one of another scope keeps all of it."""
        if not self.module:
            return path
        return path[len(self.module) + 1 :] if path.startswith(f"{self.module}.") else f"/{path}"

    def has_others(self, graph: Graph) -> bool:
        """Say whether a module of another scope is called in it."""
        nodes = [graph.nodes[step] for step in self.steps if not isinstance(step, Call)]
        if any(node.module is not None and not node.module.startswith(f"{self.module}.") for node in nodes):
            return True
        return any(not call.module.startswith(f"{self.module}.") or call.has_others(graph) for call in self.calls())


def outline(graph: Graph, *, functions: bool = False) -> Call:
    """Return a network as the tree of its scopes; those without modules are pieces only where `functions` says so."""
    dissolved = torn(graph)
    while True:
        modules = _modules(graph, dissolved, functions=functions)
        root = _Tree(graph, dissolved, modules).root()
        more = {path for path, module in modules.items() if module is None and path not in dissolved}
        more = more or _differing(graph, root)
        if not more:
            return root
        dissolved |= more


def around(name: str) -> list[str]:
    """Return the scopes of a name, from the outside in."""
    return list(accumulate(name.split(".")[:-1], "{}.{}".format))


def torn(graph: Graph) -> set[str]:
    """Return the scopes whose nodes do not stand side by side."""
    closed: set[str] = set()
    torn: set[str] = set()
    open_: list[str] = []
    for node in graph.nodes:
        scopes = around(node.name)
        same = sum(1 for one, other in zip(open_, scopes, strict=False) if one == other)
        closed.update(open_[same:])
        torn.update(path for path in scopes[same:] if path in closed)
        open_ = scopes
    return torn


def _modules(graph: Graph, dissolved: set[str], *, functions: bool) -> dict[str, str | None]:
    """Return where the modules of each scope live; None where it has some of another scope, or may not have none."""
    scopes = [[path for path in around(node.name) if path not in dissolved] for node in graph.nodes]
    found: dict[str, str | None] = dict.fromkeys(path for paths in scopes for path in paths)
    members: dict[str, list[str]] = {}
    # what is called for the first time stands in its own scope; a scope without such is called again as a whole
    for paths, node in sorted(zip(scopes, graph.nodes, strict=True), key=lambda pair: pair[1].call > 1):
        module = node.module or ""
        for path in paths if module else ():
            rest = node.name[len(path) :]
            if found[path] is None and module.endswith(rest) and module != rest[1:]:
                found[path] = module[: -len(rest)]
            if node.call == 1 or not functions:  # a network file may call the layers of a list around it
                members.setdefault(path, []).append(module)
    for path, own in found.items():
        modules = members.get(path, [])
        if own is not None and not all(module.startswith(f"{own}.") for module in modules):
            found[path] = None
        elif own is None and not modules and functions:
            outer = next((scope for scope in reversed(around(path)) if scope not in dissolved), "")
            found[path] = f"{found[outer]}{path[len(outer) :]}" if outer else path
    return found


class _Tree:
    """Makes the tree of the scopes that are left."""

    def __init__(self, graph: Graph, dissolved: set[str], modules: Mapping[str, str | None]) -> None:
        self.graph = graph
        self.dissolved = dissolved
        self.modules = modules
        self.last: dict[Result, int] = {}
        for at, node in enumerate(graph.nodes):
            self.last.update(dict.fromkeys(node.inputs, at))
        self.last.update(dict.fromkeys(graph.outputs, len(graph.nodes)))

    def root(self) -> Call:
        """Return the whole network."""
        frames: list[tuple[str, int, list[Any]]] = [("", 0, [])]
        for at, node in enumerate(self.graph.nodes):
            scopes = [path for path in around(node.name) if path not in self.dissolved]
            same = sum(1 for frame, path in zip(frames[1:], scopes, strict=False) if frame[0] == path)
            self.close(frames, same + 1, at)
            frames += [(path, at, []) for path in scopes[same:]]
            frames[-1][2].append(at)
        self.close(frames, 1, len(self.graph.nodes))
        inputs = tuple((-1 - place, 0) for place in range(len(self.graph.inputs)))
        return Call("", "", tuple(frames[0][2]), inputs, self.graph.outputs)

    def close(self, frames: list[tuple[str, int, list[Any]]], left: int, end: int) -> None:
        """Make calls of the frames beyond the first `left`, the innermost first."""
        while len(frames) > left:
            path, start, steps = frames.pop()
            frames[-1][2].append(self.call(path, steps, start, end))

    def call(self, path: str, steps: list[Any], start: int, end: int) -> Call:
        nodes = self.graph.nodes[start:end]
        read = dict.fromkeys(tensor for node in nodes for tensor in node.inputs)
        inputs = tuple(tensor for tensor in read if not start <= tensor[0] < end)
        made = [tensor for at in range(start, end) for tensor in makes(self.graph, at)]
        outputs = tuple(tensor for tensor in made if self.last.get(tensor, -1) >= end)
        return Call(path, self.modules.get(path) or "", tuple(steps), inputs, outputs or ((end - 1, 0),))


def reads(graph: Graph, step: Any) -> tuple[Result, ...]:
    """Return the tensors that a step reads."""
    return step.inputs if isinstance(step, Call) else graph.nodes[step].inputs


def makes(graph: Graph, step: Any) -> tuple[Result, ...]:
    """Return the tensors that a step makes."""
    if isinstance(step, Call):
        return step.outputs
    answer = graph.nodes[step].answer
    return tuple((step, number) for number in range(len(answer.outputs) if answer else 1))


def _differing(graph: Graph, root: Call) -> set[str]:
    """Return the scopes that are called several times, and not each time in the same way."""
    calls = list(root.calls())
    counts = Counter(call.module for call in calls)
    seen: dict[str, set[Any]] = {}
    for call in calls:
        if counts[call.module] > 1:
            seen.setdefault(call.module, set()).add(signature(graph, call))
    return {call.path for call in calls if len(seen.get(call.module, ())) > 1}


def signature(graph: Graph, call: Call) -> Any:
    """Return what a call does, whatever its tensors are called outside."""
    known: dict[Result, Any] = {tensor: ("in", place) for place, tensor in enumerate(call.inputs)}
    steps = []
    for place, step in enumerate(call.steps):
        if isinstance(step, Call):
            module, what = step.module, signature(graph, step)
        else:
            module, what = graph.nodes[step].module, graph.nodes[step].op
        steps.append((module and call.within(module), what, tuple(known[tensor] for tensor in reads(graph, step))))
        known.update({tensor: (place, number) for number, tensor in enumerate(makes(graph, step))})
    return tuple(steps), tuple(known[tensor] for tensor in call.outputs)
