"""Scopes that are alike as one class with parameters: what differs between them are its arguments.

A writer says how it spells an argument. Scopes are alike where they have the same layers under the same names,
wired in the same way; spelled arguments that differ become parameters, one for all that agree in every scope.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from convcli.argument import Tensor
from convcli.graph import Graph, Node
from convcli.outline.naming import class_name, identifier, unique
from convcli.outline.roles import Key, Roles
from convcli.outline.scopes import Call, makes, reads
from convcli.record import Record

Spelled = Callable[[Node], Mapping[str, str]]
"""What a layer's arguments are in the writer's language, by their names."""

SIZES = {
    "in_channels", "out_channels", "hidden_channels", "num_features", "in_features", "out_features",
    "hidden_features", "num_channels", "groups",
    "normalized_shape", "embed_dim", "d_model", "input_size", "hidden_size", "num_parameters", "dim_feedforward",
}  # fmt: skip
WINDOWS = {"padding", "dilation"}


class Class(Record):
    """What scopes that are alike have in common.

    Attributes:
        name: its name, unique among classes.
        call: one of its scopes, as an example.
        parameters: their names, each with its values in all scopes.
        spelled: for arguments that are not the same everywhere, what stands for them inside of the class.
    """

    name: str
    call: Call
    parameters: Mapping[str, tuple[str, ...]]
    spelled: Mapping[Key, str]


class Use(Record):
    """A scope's class, None where its layers are written in its place, and the values of its parameters."""

    cls: Class | None
    arguments: Mapping[str, str]


class Classes:
    """The classes of a network, and which scope has which; with `labels` also functions are called alike in a class.

    A class with more than `most` parameters is none.
    """

    def __init__(
        self, graph: Graph, root: Call, spelled: Spelled, *, inline: Callable[[Call, int], bool], taken: set[str],
        reserved: frozenset[str], labels: bool = False, most: int | None = None,
    ) -> None:  # fmt: skip
        self.graph = graph
        self.spelled = spelled
        self.inline = inline
        self.taken = taken
        self.reserved = reserved
        self.labels = labels
        self.most = most
        self.made: list[Class] = []
        self.uses: dict[str, Use] = {}
        self.skeletons: dict[str, Any] = {}
        self.by_kind: dict[str, set[str]] = {}
        first: dict[str, Call] = {}
        for call in root.calls():
            first.setdefault(call.module, call)
        self.members = _members(graph, first)
        heights: dict[str, int] = {}
        for module in first:
            _height(first, module, heights)
        for height in range(1, max(heights.values(), default=0) + 1):
            self.level([call for module, call in first.items() if heights[module] == height])

    def level(self, calls: list[Call]) -> None:
        """Make the classes of scopes whose inner scopes all have theirs."""
        groups: dict[Any, list[Call]] = {}
        for call in calls:
            skeleton = self.skeletons[call.module] = self.skeleton(call)
            groups.setdefault((self.graph.kinds.get(call.path), skeleton), []).append(call)
        for (kind, _), group in sorted(groups.items(), key=lambda pair: -len(pair[1])):
            made = None if self.inline(group[0], len(group)) else self.defined(kind, group)
            if made is None:
                self.uses.update({call.module: Use(None, {}) for call in group})

    def skeleton(self, call: Call) -> Any:
        """Return all of a scope but the arguments of its layers."""
        known: dict[Any, Any] = {tensor: ("in", place) for place, tensor in enumerate(call.inputs)}
        steps: list[Any] = []
        for place, step in enumerate(call.steps):
            if isinstance(step, Call):
                use = self.uses[step.module]
                module, label, what = step.module, step.path, id(use.cls) if use.cls else self.skeletons[step.module]
            else:
                node = self.graph.nodes[step]
                module, label = node.module, node.name
                what = node.op.name if module else (node.op.name, node.op.text(), _slots(node))
            flows = tuple(known[tensor] for tensor in reads(self.graph, step))
            label = label[len(call.path) :] if self.labels else ""
            steps.append((module and call.within(module), label, what, flows))
            known.update({tensor: (place, number) for number, tensor in enumerate(makes(self.graph, step))})
        members = tuple((call.within(path), node.op.name) for path, node in self.members[call.module].items())
        return tuple(steps), tuple(known[tensor] for tensor in call.outputs), members

    def defined(self, kind: str | None, group: list[Call]) -> Class | None:
        """Make the class of scopes that are alike, None where it would have too many parameters."""
        values = [dict(self.arguments(call, call)) for call in group]
        columns = {key: tuple(one[key] for one in values) for key in values[0]}
        parameters: dict[str, tuple[str, ...]] = {}
        spelled: dict[Key, str] = {}
        roles = Roles(self.graph, group[0], lambda inner: self.uses[inner.module].cls is None)
        for key, column in columns.items():
            if len(set(column)) > 1:
                spelled[key] = self.parameter(parameters, key, column, roles.word(key, columns))
        parameters = dict(sorted(parameters.items(), key=lambda pair: not is_size(pair[0])))
        if self.most is not None and len(parameters) > self.most:
            return None
        made = Class(self.name(kind, group[0]), group[0], parameters, spelled)
        self.made.append(made)
        for place, call in enumerate(group):
            self.uses[call.module] = Use(made, {name: column[place] for name, column in parameters.items()})
        return made

    def name(self, kind: str | None, call: Call) -> str:
        """Name a class: after its block, and what it has that others of its block have not; else after its place."""
        own = class_name(kind or _without_number(named_part(call.path)), "Part")
        members = [*self.members[call.module], *(step.module for step in call.steps if isinstance(step, Call))]
        names = {call.within(path).partition(".")[0] for path in members}
        known = self.by_kind.setdefault(own, names)
        extra = sorted(name for name in names - known if not name.isdecimal())
        if own in self.taken and len(extra) == 1:
            own += class_name(extra[0], "")
        outer, _, _ = call.path.rpartition(".")
        around = class_name(self.graph.kinds.get(outer) or _without_number(named_part(outer)), "Part")
        if own in self.taken and not kind and outer and around not in own and own not in around:
            own = around + own
        own = unique(own, self.taken, "")
        self.taken.add(own)
        return own

    def parameter(self, parameters: dict[str, tuple[str, ...]], key: Key, column: tuple[str, ...], own: str) -> str:
        """Return what stands for an argument that differs: a parameter, known or new, or a multiple of one.

        A new one is called `own`, if nothing else is.
        """
        layer, word = key
        kind = _family(word)
        for name, other in parameters.items():
            if _family(name) == kind:
                if other == column:
                    return name
                factor = _factor(other, column) if kind == "sizes" else None
                if factor:
                    return f"{name}{factor}"
        names = {*parameters, *self.reserved}
        label = layer.rpartition(".")[2]
        if own not in names:
            word = own
        elif own != word and label.isdecimal():
            word = unique(own, names)
        if word in names:
            word = unique(word if label.isdecimal() else f"{identifier(label)}_{word}", names)
        parameters[word] = column
        return word

    def arguments(self, outer: Call, call: Call) -> Iterator[tuple[Key, str]]:
        """Give the spelled arguments of a scope's layers and inner scopes, by their names in `outer`."""
        for path, node in self.members[call.module].items():
            for word, text in self.spelled(node).items():
                yield (outer.within(path), word), text
        for step in {step.module: step for step in call.steps if isinstance(step, Call)}.values():
            use = self.uses[step.module]
            if use.cls is None:
                yield from self.arguments(outer, step)
            for word, text in use.arguments.items():
                yield (outer.within(step.module), word), text


def _without_number(label: str) -> str:
    """Return a name without the number behind it: a class is for all that are alike."""
    return label.rstrip("0123456789").rstrip("_") or label


def _height(first: Mapping[str, Call], module: str, known: dict[str, int]) -> int:
    """Return how many levels of scopes a scope has."""
    if module not in known:
        inner = [step.module for step in first[module].steps if isinstance(step, Call)]
        known[module] = 1 + max((_height(first, one, known) for one in inner), default=0)
    return known[module]


def _members(graph: Graph, calls: Mapping[str, Call]) -> dict[str, dict[str, Node]]:
    """Return the modules that are each scope's own, by their paths, each with its first call."""
    found: dict[str, dict[str, Node]] = {module: {} for module in ("", *calls)}
    for node in graph.nodes:
        if node.module is None or (node.call > 1 and not node.op.arity[1]):
            continue
        owner, _, _ = node.module.rpartition(".")
        while owner not in found:
            owner = owner.rpartition(".")[0]
        found[owner].setdefault(node.module, node)
    return found


def _slots(node: Node) -> tuple[Any, ...]:
    arguments = node.op.arguments  # empty where the catalogue does not have the operator
    return tuple(node.op.values[name] for name, declared in arguments.items() if isinstance(declared.kind, Tensor))


def named_part(path: str) -> str:
    """Return the last part of a path that is no number."""
    return next((part for part in reversed(path.split(".")) if not part.isdecimal()), "")


def _family(word: str) -> str:
    word = re.sub(r"_\d+$", "", word)
    for name, family in (("sizes", SIZES), ("windows", WINDOWS)):
        if any(word == one or word.endswith(f"_{one}") for one in family):
            return name
    return word.rpartition("_")[2] if "_" in word else word


def _factor(known: tuple[str, ...], wanted: tuple[str, ...]) -> str | None:
    """Return ` * 4` or ` // 4` where that makes one column of numbers of another."""
    if len(set(known)) == 1 or not all(text.isdecimal() and int(text) for text in (*known, *wanted)):
        return None
    pairs = [(int(one), int(other)) for one, other in zip(known, wanted, strict=True)]
    for sign, ratios in (("*", {divmod(b, a) for a, b in pairs}), ("//", {divmod(a, b) for a, b in pairs})):
        if len(ratios) == 1:
            ((ratio, rest),) = ratios
            if not rest and ratio > 1:
                return f" {sign} {ratio}"
    return None


def is_size(word: str) -> bool:
    """Say whether a parameter is a number of channels or features."""
    return _family(word) == "sizes"


def kinds_of(column: tuple[str, ...]) -> list[str]:
    """Return the names of the Python types of a parameter's values."""
    return sorted({type(ast.literal_eval(text)).__name__ for text in column})
