"""The lists of layers of a network file: one item for each step of a scope."""

from collections import Counter
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from convcli.graph import Graph, Node, Result
from convcli.outline.classes import Class, Classes, is_size
from convcli.outline.naming import identifier, unique
from convcli.outline.scopes import Call
from convcli.writers.network_yaml.frames import Frame, Unreachable, indices, is_reachable, item_name
from convcli.writers.network_yaml.items import Item, Merge, gathered, merge_of
from convcli.writers.network_yaml.nested import Nested
from convcli.writers.network_yaml.wanting import Wanting
from convcli.writers.network_yaml.words import function, layer

FAR = 20
"""A bare weight without a name is used this soon, or not at all."""


class Lists(Wanting):
    """Writes lists; what has to have a name but has none gets one when the list is written once more.

    With `speaking` numbers become names, so that every tensor can be named from everywhere.
    """

    def __init__(self, graph: Graph, root: Call, classes: Classes, taken: frozenset[str], *, speaking: bool) -> None:
        self.speaking = speaking
        self.functions = {node.op.name for node in graph.nodes if node.module is None}
        super().__init__(graph)
        self.classes = classes
        self.taken = taken
        self.first: dict[str, Call] = {}
        for call in root.calls():
            self.first.setdefault(call.module, call)
        self.counts = Counter(call.module for call in root.calls())
        self.explicit: dict[str, set[str]] = {}
        self.renamed: dict[str, str] = {}
        self.seen: set[str] = set()
        self.aliases: set[str] = set()

    def start(self) -> None:
        """Forget what the last try has written, and have ready what it has found to be missing."""
        self.forget()
        self.seen = set()
        self.aliases = set(self.taken)

    def items(self, scope: Call, cls: Class | None, frame: Frame) -> list[Item]:
        """Write the list of a scope; `cls` is the block that it stands in."""
        found: list[Item] = []
        steps = zip_longest(scope.steps, scope.steps[1:])
        for step, following in steps:
            merged = merge_of(self.graph, step, following, frame.current)
            nested = None if merged else self.nested(step, following, cls, frame)
            if merged or nested:
                next(steps)
            if merged:
                found += self.merge(step, following, merged, cls, frame)
            elif nested:
                found += nested
            else:
                found += self.call(step, cls, frame) if isinstance(step, Call) else self.node(step, cls, frame)
        return gathered(found)

    def nested(self, scope: Any, at: Any, cls: Class | None, frame: Frame) -> list[Item] | None:
        """Write a scope and the function behind it as one expression, if they are one."""

        def text_of(node: Node) -> str:
            return layer(node, self.instead(cls, str(node.module), node.op.values))

        writing = Nested(self.graph, lambda tensor: self.reference(tensor, frame), text_of, frame.current)
        text = writing.text(scope, at)
        if text is None:
            return None
        node, modules = self.graph.nodes[at], {self.graph.nodes[inner].module for inner in scope.steps} - {None}
        self.seen |= {scope.module, *map(str, modules)}
        frame.count += bool(modules)
        label = self.label(node.name, frame, None)
        return self.enter(at, node, frame, label, Item(label, text))

    def merge(self, scope: Call, at: int, branches: list[Any], cls: Class | None, frame: Frame) -> list[Item]:
        """Write branches that start from one tensor and meet in a function."""
        node, start = self.graph.nodes[at], frame.current
        label = self.label(node.name, frame, None)
        self.seen.add(scope.module)
        items = []
        for branch in branches:
            inner = Frame(scope.path, frame, start)
            if branch is None:
                items.append(Item(None, []))
                continue
            items += self.call(branch, cls, inner) if isinstance(branch, Call) else self.node(branch, cls, inner)
        named = label != str(frame.count)
        frame.count += any(self.graph.nodes[inner].module for inner in _nodes(scope))
        return self.enter(at, node, frame, label, Item(label if named else None, Merge(node.op.name, items)))

    def node(self, at: int, cls: Class | None, frame: Frame) -> list[Item]:
        """Write one layer or function."""
        node = self.graph.nodes[at]
        if self.is_inside(at):
            frame.count += 1
            self.seen.add(str(node.module))
            frame.names[at, 0] = layer(node, self.instead(cls, str(node.module), node.op.values))
            return []
        tensors = [self.reference(tensor, frame) for tensor in node.inputs]
        alone = node.inputs == (frame.current,)
        if node.module is None:
            label, text = self.label(node.name, frame, None), function(node.op, tensors)
            named = (
                label in self.explicit.get(frame.path, ()) or frame.label(node.op.name, self.entered(frame)) != label
            )
            return self.enter(at, node, frame, label, Item(label if named else None, text))
        if node.module in self.seen:
            label = self.label(node.name, frame, None)
            text = f"{frame.layer(node.module)}({', '.join(tensors)})"
            named = frame.label(node.module.rpartition(".")[2], self.entered(frame)) != label
            return self.enter(at, node, frame, label, Item(label if named else None, text))
        self.seen.add(node.module)
        label = self.label(node.name, frame, node.module)
        text = layer(node, self.instead(cls, node.module, node.op.values))
        text = text if alone or not tensors else f"{text}({', '.join(tensors)})"
        is_weight = node.op.arity[1] == 0
        named = label != str(frame.count)
        frame.layers[node.module] = label
        frame.count += not (is_weight and named)
        return self.enter(at, node, frame, label, Item(label if named else None, text, alone and not named))

    def is_inside(self, at: int) -> bool:
        """Say whether a layer is a bare weight that can only be written where it is used."""
        node = self.graph.nodes[at]
        is_weight = node.op.arity[1] == 0 and node.name.rpartition(".")[2].isdecimal() and not self.speaking
        return is_weight and any((at, 0) in other.inputs for other in self.graph.nodes[at : at + FAR])

    def enter(self, at: int, node: Node, frame: Frame, label: str, item: Item) -> list[Item]:
        """Note what a step has made, and give it a second name where its own cannot be used."""
        made = indices(node, at)
        if node.module is None and self.is_wanted(made, frame) and is_reachable(label):
            item = item._replace(name=label)
        if item.name is not None and node.module is None:
            self.explicit.setdefault(frame.path, set()).add(label)
        frame.labels.add(label)
        frame.enter(label, made, is_entry=item.name is not None)
        if node.op.arity[1] != 0:
            frame.flow((at, 0), made[at, 0])
        return [item, *self.alias(made, frame)]

    def alias(self, made: Mapping[Result, str], frame: Frame) -> list[Item]:
        """Give the tensor that flows a name, if one is wanted that it has not."""
        if not self.is_wanted(made, frame) or all(
            tensor in frame.names and tensor not in self.hidden for tensor in made
        ):
            return []
        name = unique("skip", self.aliases)
        self.aliases.add(name)
        frame.enter(name, dict(made), is_entry=True)
        return [Item(name, "x")]

    def entered(self, frame: Frame) -> set[str]:
        return self.explicit.get(frame.path, set()) | frame.entries

    def label(self, name: str, frame: Frame, module: str | None) -> str:
        """Return what a step is called in its list; another name than its own is noted."""
        own = name[len(frame.path) + 1 :] if frame.path else name
        wanted = module.rpartition(".")[2] if module else own
        if self.speaking and not is_reachable(wanted):
            wanted = f"_{wanted}" if wanted.isdecimal() else identifier(wanted)
        elif self.speaking and module and wanted in self.functions:
            wanted += "_"
        label = item_name(wanted, frame.labels, frame.entries)
        if label != own:
            self.renamed[name] = f"{frame.path}.{label}" if frame.path else label
        return label

    # ---- scopes

    def call(self, step: Call, cls: Class | None, frame: Frame) -> list[Item]:
        """Write a scope: a block with its arguments, a list, or the name of one that is called again."""
        use = self.classes.uses[step.module]
        again = step.module in self.seen
        label = self.label(step.path, frame, None if again else step.module)
        inner, before = Frame(step.path, None, None), list[Item]()
        if again:
            item = Item(label, self.applied(frame.layer(step.module), step, frame))
        elif use.cls is not None:
            self.seen.add(step.module)
            self.see(step)
            texts = {**use.arguments, **self.instead(cls, step.module, use.arguments)}
            further = [self.reference(tensor, frame) for tensor in step.inputs[1:]]
            values = [text if is_size(word) else f"{word}={text}" for word, text in texts.items()]
            text = f"{use.cls.name}({', '.join([*further, *values])})"
            alone = step.inputs[:1] in ((), (frame.current,))
            text = text if alone else f"{text}({self.reference(step.inputs[0], frame)})"
            named = label != str(frame.count)
            item = Item(label if named else None, text, alone and not named and not further)
            frame.count += 1
        else:
            self.seen.add(step.module)
            before = self.flowing(step, frame)
            inner = Frame(step.path, frame, frame.current)
            item = Item(label, [*self.items(step, cls, inner), *self.end(step, inner)])
            frame.count += any(self.graph.nodes[at].module for at in _nodes(step))
        frame.layers.setdefault(step.module, label)
        frame.labels.add(label)
        return [*before, item, *self.leave(step, frame, inner, label, item)]

    def end(self, step: Call, inner: Frame) -> list[Item]:
        """Let flow out of a list what is needed behind it."""
        tensor = self.ends.get(step.path)
        return [] if tensor is None or tensor == inner.current else [Item(None, self.reference(tensor, inner))]

    def flowing(self, step: Call, frame: Frame) -> list[Item]:
        """Let flow what a list reads that is called again with something else."""
        if self.counts[step.module] == 1 or step.inputs[:1] in ((), (frame.current,)):
            return []
        text = self.reference(step.inputs[0], frame)
        frame.flow(step.inputs[0], "")
        return [Item(None, text)]

    def applied(self, name: str, step: Call, frame: Frame) -> str:
        """Return a scope that is called again."""
        if step.inputs[1:] != self.first[step.module].inputs[1:]:
            raise Unreachable(f"`{name}` is called again with several tensors")
        return f"{name}({', '.join(self.reference(tensor, frame) for tensor in step.inputs[:1])})"

    def see(self, step: Call) -> None:
        """Note that the modules of a block are there."""
        for inner in (step, *step.calls()):
            self.seen.add(inner.module)
        self.seen.update(str(self.graph.nodes[at].module) for at in _nodes(step) if self.graph.nodes[at].module)

    def leave(self, step: Call, frame: Frame, inner: Frame, label: str, item: Item) -> list[Item]:
        """Note what a scope has made."""
        last = self.last_of(step)
        made = indices(self.graph.nodes[last[0]], last[0]) if last else {}
        if last is not None:
            frame.flow(last, "" if step.path in self.ends else made[last])
        if item.name is not None:
            frame.enter(label, made, is_entry=True)
        else:
            frame.enter(label, made, is_entry=False)
        frame.adopt(label, inner)
        return self.alias(made, frame)

    def instead(self, cls: Class | None, path: str, words: Mapping[str, Any]) -> dict[str, str]:
        """Return what stands for arguments of a layer in a block."""
        if cls is None:
            return {}
        own = cls.call.within(path)
        return {word: cls.spelled[own, word] for word in words if (own, word) in cls.spelled}


def _nodes(scope: Call) -> list[int]:
    return [at for step in scope.steps for at in (_nodes(step) if isinstance(step, Call) else [step])]
