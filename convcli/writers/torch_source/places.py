"""Where modules are in the code: which scopes are lists, and how each module is reached."""

from convcli.graph import Graph, Node
from convcli.outline.scopes import Call
from convcli.record import Record
from convcli.writers.torch_source.lent import lent
from convcli.writers.torch_source.names import attribute, is_plain
from convcli.writers.torch_source.spelling import literal


class Renamed(Record):
    """A module that could not keep its name."""

    path: str
    name: str


class Places:
    """The modules of a network as a tree.

    Attributes:
        layers: each module's first call, by its path.
        children: for each scope the names in it, in the order in which modules are called first.
        renamed: modules that have another name in the code.
    """

    def __init__(self, graph: Graph) -> None:
        self.layers: dict[str, Node] = {}
        self.children: dict[str, dict[str, str]] = {"": {}}
        inside = lent(graph)
        for at, node in enumerate(graph.nodes):
            if node.module is not None and node.module not in self.layers and at not in inside:
                self.layers[node.module] = node
                self._enter(node.module)
        self.renamed: list[Renamed] = []
        for path, names in self.children.items():
            for name in names:
                names[name] = attribute(name, names)
                if names[name] != name:
                    self.renamed.append(Renamed(join(path, name), names[name]))
        self.lists = {path for path in self.children if self._is_list(path)}

    def _enter(self, path: str) -> None:
        scope = ""
        for name in path.split("."):
            self.children.setdefault(scope, {}).setdefault(name, name)
            scope = join(scope, name)

    def _is_list(self, path: str) -> bool:
        """Say whether the names of a scope are 0, 1, 2, ..., and none is that of a bare weight."""
        names = self.children[path]
        if not names or set(names) != set(map(str, range(len(names)))):
            return False
        return not any(is_weight(self.layers.get(join(path, name))) for name in names)

    def is_chain(self, graph: Graph, call: Call) -> bool:
        """Say whether a scope is a list whose modules are called one after the other, and nothing else."""
        if call.module not in self.lists or len(call.steps) != len(self.children[call.module]):
            return False
        if not call.steps or len(call.inputs) != 1:
            return False
        x = call.inputs[0]
        for place, step in enumerate(call.steps):
            if isinstance(step, Call):
                module, reads, makes = step.module, step.inputs, step.outputs
            else:
                node = graph.nodes[step]
                if node.op.arity[1] > 1 or node.op.several or node.answer is None or len(node.answer.outputs) > 1:
                    return False
                module, reads, makes = node.module, node.inputs, ((step, 0),)
            if module != join(call.module, str(place)) or reads != (x,) or len(makes) != 1:
                return False
            x = makes[0]
        return call.outputs == (x,)

    def reach(self, scope: str, path: str) -> str:
        """Return the code that reaches a module from within a scope."""
        code = "self"
        for name in path[len(scope) + 1 if scope else 0 :].split("."):
            own = self.children.get(scope, {}).get(name, name)  # behind a layer, a weight that it lends
            if scope in self.lists:
                code = f"{code}[{name}]"
            else:
                code = f"{code}.{own}" if is_plain(own) else f"getattr({code}, {literal(own)})"
            scope = join(scope, name)
        return code


def is_weight(node: Node | None) -> bool:
    """Say whether a module is a bare weight."""
    return node is not None and node.op.arity[1] == 0


def join(scope: str, name: str) -> str:
    """Return the path of a name in a scope."""
    return f"{scope}.{name}" if scope else name
