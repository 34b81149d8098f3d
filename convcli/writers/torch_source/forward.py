"""The `forward` of a class: one line for each step, and names for the tensors that are needed later."""

from collections.abc import Mapping, Sequence
from typing import Any

from convcli.function import Function
from convcli.graph import Graph, Node, Result
from convcli.memory.trace import asked_results
from convcli.outline.scopes import Call, makes, reads
from convcli.writers.torch_source.batch import Sizes
from convcli.writers.torch_source.functional import functional_call, is_functional
from convcli.writers.torch_source.layout import Code, Nest, call, lines
from convcli.writers.torch_source.names import dictionary, variable
from convcli.writers.torch_source.places import Places, is_weight
from convcli.writers.torch_source.spelling import function_call, literal, module_call


class Forward:
    """Writes the `forward` of one scope."""

    def __init__(self, sizes: Sizes, places: Places, scope: Call, alike: Sequence[Call]) -> None:
        self.sizes = sizes
        self.graph = graph = sizes.graph
        self.places = places
        self.scope = scope
        self.alike = alike
        self.keys = () if scope.path else dictionary(graph.keys)
        self.names: dict[Result, str] = {}
        self.bound: dict[str, Result] = {}
        self.until: dict[str, int] = {}
        self.asked = asked_results(graph)
        self.last: dict[Result, int] = {}
        self.readers: dict[Result, list[int]] = {}
        self.steps = scope.steps
        for place, step in enumerate(self.steps):
            for tensor in dict.fromkeys(reads(self.graph, step)):
                self.last[tensor] = place
                self.readers.setdefault(tensor, []).append(place)
        for tensor in scope.outputs:
            self.last[tensor] = len(self.steps)
            self.readers.setdefault(tensor, []).append(len(self.steps))

    def code(self, indent: int) -> list[str]:
        """Return the lines."""
        parameters = [f"{name}: Tensor" for name in self.parameters()]
        found = lines(Nest("def forward(", ["self", *parameters], f") -> {self.gives()}:"), indent)
        for place, step in enumerate(self.steps):
            if not isinstance(step, Call) and is_weight(self.graph.nodes[step]):
                self.names[step, 0] = self.places.reach(self.scope.module, str(self.graph.nodes[step].module))
                continue
            code, targets = self.step(place, step)
            if place == len(self.steps) - 1 and self.is_result(step, targets):
                return found + lines(code, indent + 1, "return ")
            found += lines(code, indent + 1, f"{targets} = " if targets else "")
        return found + lines(self.given(), indent + 1, "return ")

    def gives(self) -> str:
        """Return the type of what the scope gives."""
        count = len(self.scope.outputs)
        if self.keys:
            return "dict[str, Tensor]"
        return "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"

    def given(self) -> Code:
        """Return what the scope gives, all of which has names."""
        outputs = [self.names[one] for one in self.scope.outputs]
        if not self.keys:
            return ", ".join(outputs)
        items = [f"{literal(key)}: {name}" for key, name in zip(self.keys, outputs, strict=True)]
        return Nest("{", items, "}")

    def parameters(self) -> list[str]:
        """Name what flows in."""
        taken: set[str] = set()
        root = not self.scope.path
        for place, tensor in enumerate(self.scope.inputs):
            label = self.graph.inputs[place].name if root else self.common_label(place)
            name = "x" if place == 0 and (not root or label in ("input", "x")) else variable(label, taken)
            self.names[tensor] = name
            self.bound[name] = tensor
            self.until[name] = self.last.get(tensor, -1)
            taken.add(name)
        return list(self.names.values())

    def common_label(self, place: int) -> str:
        """Return what an input is called outside, if all who call such a scope call it so."""
        labels = {label_of(self.graph, call.inputs[place], call.path.rpartition(".")[0]) for call in self.alike}
        return labels.pop() if len(labels) == 1 else "other"

    def is_result(self, step: Any, targets: str) -> bool:
        """Say whether what a last step makes is all that the scope gives."""
        return (
            not self.keys
            and len(self.scope.outputs) == 1
            and targets == self.names.get(self.scope.outputs[0])
            and (self.scope.outputs[0] in makes(self.graph, step))
        )

    def step(self, place: int, step: Any) -> tuple[Code, str]:
        """Return the code of a step, and the names of what it makes."""
        tensors = [self.names[tensor] for tensor in reads(self.graph, step)]
        made = makes(self.graph, step)
        used = [tensor for tensor in made if tensor in self.last]
        if isinstance(step, Call):
            code: Code = call(self.places.reach(self.scope.module, step.module), *tensors)
            if len(used) == 1:
                return code, self.pick(place, used[0], step.path)
            labels = {tensor: label_of(self.graph, tensor, step.path) for tensor in made}
            return code, ", ".join(self.pick(place, tensor, labels[tensor], alone=False) for tensor in used)
        node = self.graph.nodes[step]
        code = self.applied(node, step, tensors)
        several = node.op.several or len(made) > 1
        if not several or not used:
            return code, self.pick(place, used[0], node.name) if used else ""
        if len(used) == 1:
            index = _index(node, used[0][1])
            return _indexed(code, index), self.pick(place, used[0], node.name)
        names = {tensor: self.pick(place, tensor, f"{node.name}_{tensor[1]}", alone=False) for tensor in used}
        return code, _pattern(node.op.group(tuple(names.get(tensor, "_") for tensor in made)))

    def applied(self, node: Node, at: int, tensors: list[str]) -> Code:
        """Return the call of one node."""
        if is_functional(node):
            self.sizes.expect_alike(at)
            return functional_call(node.op, tensors)
        if isinstance(node.op, Function):
            values = self.sizes.values(at, self.scope, self.alike, lambda: self.at_hand(node, tensors))
            return function_call(node.op, tensors, values)
        target = self.places.reach(self.scope.module, str(node.module))
        return module_call(node.op, target, tensors, self.asked.get(at, frozenset()))

    def at_hand(self, node: Node, tensors: list[str]) -> Mapping[str, Result]:
        """Return the tensors that have names: first those that a node reads, then the others, the newest first."""
        own = {name: tensor for name, tensor in zip(tensors, node.inputs, strict=True) if name in self.bound}
        return own | dict(reversed(self.bound.items()))

    def pick(self, place: int, tensor: Result, label: str, *, alone: bool = True) -> str:
        """Name a tensor: `x` or `out` where only the next step needs it, else after its layer."""
        held = _Held(self.until, place)
        name = variable(label.rpartition(".")[2], held)
        if alone and self.is_passing(place, tensor):
            name = next((word for word in ("x", "out") if word not in held), name)
        self.names[tensor] = name
        self.bound[name] = tensor
        self.until[name] = max(self.last[tensor], place + 1)
        return name

    def is_passing(self, place: int, tensor: Result) -> bool:
        """Say whether only the next step reads a tensor, and nothing else with it."""
        following = place + 1
        while following < len(self.steps) and self.is_bare(self.steps[following]):
            following += 1
        if self.readers[tensor] != [following]:
            return False
        if following == len(self.steps):
            return len(self.scope.outputs) == 1
        return len(set(reads(self.graph, self.steps[following]))) == 1

    def is_bare(self, step: Any) -> bool:
        return not isinstance(step, Call) and is_weight(self.graph.nodes[step])


class _Held:
    """The names of tensors that are read after a step."""

    def __init__(self, until: dict[str, int], place: int) -> None:
        self.until = until
        self.place = place

    def __contains__(self, name: object) -> bool:
        return self.until.get(str(name), -1) > self.place


def label_of(graph: Graph, tensor: Result, scope: str) -> str:
    """Return what makes a tensor, as it is called in a scope."""
    name = graph.producer(tensor)
    inside = name.removeprefix(f"{scope}.") if scope else name
    return inside.partition(".")[0] if inside != name or not scope else name.rpartition(".")[2]


def _index(node: Node, number: int) -> str:
    """Return how one of several results is taken: an LSTM's are nested."""
    count = len(node.answer.outputs) if node.answer else 1
    for place, group in enumerate(node.op.group(tuple(range(count)))):
        if group == number and not isinstance(group, tuple):
            return f"[{place}]"
        if isinstance(group, tuple) and number in group:
            return f"[{place}][{group.index(number)}]"
    return f"[{number}]"


def _indexed(code: Code, index: str) -> Code:
    return f"{code}{index}" if isinstance(code, str) else code._replace(tail=code.tail + index)


def _pattern(names: Any) -> str:
    return ", ".join(f"({_pattern(name)})" if isinstance(name, tuple) else name for name in names)
