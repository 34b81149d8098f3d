"""Which tensors and layers a list of a network file can name, and how."""

import keyword
import re
from collections.abc import Collection, Container
from typing import Any

from convcli.graph import Node, Result
from convcli.outline.naming import unique

RESERVED = ("x", "input", "_", "in_channels")
"""Names that mean something in every list."""


class Unreachable(Exception):
    """What is needed has no name, and can be given none."""


class Frame:
    """One list while it is written.

    Attributes:
        path: the name before those of its nodes.
        outer: the list around it, None for a block's and for the network's own.
        names: what tensors are called in it.
        tails: what tensors made in it are called from outside, behind its own name.
        layers: the names of modules and scopes that can be called again.
        current: the tensor that flows.
        first: what stands behind `x` where several results flow, to name the first.
        flowed: the tensors that have flowed in it.
    """

    def __init__(self, path: str, outer: "Frame | None", current: Result | None) -> None:
        self.path = path
        self.outer = outer
        self.names: dict[Result, str] = {}
        self.tails: dict[Result, str] = {}
        self.layers: dict[str, str] = {}
        self.current = current
        self.first = ""
        self.flowed: set[Result] = set()
        self.count = 0
        self.numbers: dict[str, int] = {}
        self.labels: set[str] = set()
        self.entries: set[str] = set()

    def tensor(self, tensor: Result) -> str | None:
        """Return what a tensor is called here, None if it has no name."""
        if tensor == self.current:
            return f"x{self.first}"
        hidden: set[str] = set()
        frame: Frame | None = self
        while frame is not None:
            name = frame.names.get(tensor)
            if name is not None:
                return None if re.split(r"[.\[]", name, maxsplit=1)[0] in hidden else name
            hidden |= frame.entries
            frame = frame.outer
        return None

    def knows(self, tensor: Result) -> bool:
        """Say whether a tensor has a name here or around here, even if another one hides it."""
        return tensor in self.names or (self.outer is not None and self.outer.knows(tensor))

    def layer(self, module: str) -> str:
        """Return what a module, or a scope, is called that is called again.

        Raises:
            Unreachable: it has no name here.
        """
        hidden: set[str] = set()
        frame: Frame | None = self
        while frame is not None:
            name = frame.layers.get(module)
            if name is not None and name not in hidden:
                return name
            hidden |= frame.entries
            frame = frame.outer
        raise Unreachable(f"`{module}` is called again from where it has no name")

    def label(self, word: str, explicit: Container[str]) -> str:
        """Return the name that a function without one gets here."""
        number = self.numbers.get(word, 0)
        found = f"{word}_{number}" if number else word
        while found in self.labels or found in explicit:
            number += 1
            found = f"{word}_{number}"
        self.numbers[word] = number  # all before it are in use
        return found

    def flow(self, tensor: Result, first: str) -> None:
        """Let a tensor flow."""
        self.current, self.first = tensor, first
        self.flowed.add(tensor)

    def enter(self, label: str, tensors: dict[Result, str], *, is_entry: bool) -> None:
        """Note what a step has made; `tensors` has for each what stands behind the label, `[1]` say."""
        if is_entry:
            self.entries.add(label)
        for tensor, index in tensors.items():
            tail = f"[{label}]" if label.isdecimal() else label if is_reachable(label) else None
            if tail is None or (not is_entry and not label.isdecimal()):
                continue
            self.tails[tensor] = tail + index
            if is_entry and not label.isdecimal():
                self.names[tensor] = label + index

    def adopt(self, label: str, inner: "Frame") -> None:
        """Note what the tensors of an inner list are called from here on."""
        own = f"[{label}]" if label.isdecimal() else label if is_reachable(label) else None
        if own is None:
            return
        for tensor, tail in inner.tails.items():
            whole = own + (tail if tail.startswith("[") else f".{tail}")
            self.tails.setdefault(tensor, whole)
            if not whole.startswith("["):
                self.names.setdefault(tensor, whole)


def is_reachable(label: str) -> bool:
    """Say whether a name can stand in an expression."""
    return label.isidentifier() and label.isascii() and not keyword.iskeyword(label)


def item_name(text: str, *taken: Collection[str]) -> str:
    """Return the closest name that a layer may have in a network file."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", text).lstrip("-") or "_"
    name = f"{name}_" if name in RESERVED else name
    return name if not any(name in names for names in taken) else unique(name, {n for names in taken for n in names})


def indices(node: Node, at: int) -> dict[Result, str]:
    """Return what stands behind a node's name for each of its results."""
    count = len(node.answer.outputs) if node.answer else 1
    if count == 1 and not node.op.several:
        return {(at, 0): ""}
    found: dict[Result, str] = {}
    for place, group in enumerate(node.op.group(tuple(range(count)))):
        inside: dict[Any, str] = (
            dict.fromkeys([group], f"[{place}]")
            if not isinstance(group, tuple)
            else {number: f"[{place}][{inner}]" for inner, number in enumerate(group)}
        )
        found.update({(at, number): index for number, index in inside.items()})
    return found
