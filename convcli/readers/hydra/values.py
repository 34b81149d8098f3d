"""Values in a configuration: what they refer to is looked up, and nothing is ever executed."""

import re
from functools import cached_property
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer import syntax
from convcli.layer.syntax import At
from convcli.readers.complaints import Complaints
from convcli.readers.document import read_document
from convcli.source import Source

MISSING = "???"
"""What OmegaConf takes for a value that has to be given."""
MOST_STEPS = 64
"""References that lead to references."""
MOST_LEVELS = 64
MOST_VALUES = 200_000
"""Values, each as often as somebody refers to it."""

_REFERENCE = re.compile(r"\$\{(?P<omega>[^${}:]+)\}$|[@%](?P<monai>[\w./:#-]+)$")
_INTEGER = re.compile(r"[-+]?\d[\d_]{0,25}$")
_WORDS = {"true": True, "false": False, "null": None, "none": None, "~": None, "": None}


class Configuration(Complaints):
    """One file, and what is wrong with it."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.root = read_document(source, self.findings)
        self.values = 0
        self.fields: dict[int, dict[str, Node]] = {}

    def get(self, node: Node, key: str) -> Node | None:
        """Return what a mapping has under a key; a large one may be asked for each of its keys."""
        if not isinstance(node, Mapping):
            return None
        if id(node) not in self.fields:
            self.fields[id(node)] = {name.text: value for name, value in reversed(node.items)}
        return self.fields[id(node)].get(key)

    def followed(self, node: Node) -> Node | None:
        """Return what a node refers to in the end, `${model.width}`, `@net#channels#0`; None where that is nothing."""
        first = node
        for _ in range(MOST_STEPS):
            found = _REFERENCE.match(node.text) if isinstance(node, Scalar) else None
            if found is None:
                return node
            target = self.looked_up(node, found["omega"] or found["monai"].replace("::", ".").replace("#", "."))
            if target is None:
                self.lost(node)
                return None
            node = target
        self.complain("CV082", "a reference leads to itself", first.span)
        return None

    def looked_up(self, start: Node, path: str) -> Node | None:
        """Return the node at a path from the top, or, for each point in front of it, from a level above a node."""
        levels = len(path) - len(path.lstrip("."))
        node: Node | None = start if levels else self.root
        for _ in range(levels):
            node = self.above.get(id(node))
        for part in path[levels:].replace("[", ".").replace("]", "").split("."):
            if isinstance(node, Sequence) and part.isdecimal() and len(part) < 10:
                node = node.items[int(part)] if int(part) < len(node.items) else None
            else:
                node = self.get(node, part) if node is not None else None
        return node

    @cached_property
    def above(self) -> dict[int, Node]:
        """The list or the mapping that each node stands in; of a node that stands in several, the first."""
        found: dict[int, Node] = {}
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            inner = [value for _, value in node.items] if isinstance(node, Mapping) else getattr(node, "items", ())
            new = [one for one in inner if id(one) not in found]
            found.update(dict.fromkeys(map(id, new), node))
            waiting += new
        return found

    def lost(self, node: Node) -> None:
        """Say that a reference leads nowhere."""
        text = getattr(node, "text", "")
        first = re.split(r"\W+", text.lstrip("${@%.#:"))[0]
        help = suggestion(first, [name.text for name, _ in getattr(self.root, "items", ())])
        if text.startswith("%") and re.search(r"\.(json|ya?ml)\b", text):
            help = "other files are not read: write here what stands there"
        self.complain("CV082", f"`{text[:80]}` refers to nothing in this file", node.span, help)

    def value(self, node: Node, level: int = 0) -> Any:
        """Return a plain value: a number, a text, a list of them; what cannot be known is complained of."""
        found = self.followed(node)
        if found is None:
            return syntax.Invalid(place(node))
        self.values += 1
        if level > MOST_LEVELS or self.values > MOST_VALUES:
            why = f"values refer to others more than {MOST_VALUES:,} times"
            why = f"values are nested deeper than {MOST_LEVELS} levels" if level > MOST_LEVELS else why
            raise ConvcliError([*self.findings, Diagnostic("CV082", why, node.span)])
        node = found
        if isinstance(node, Sequence):
            return [self.value(one, level + 1) for one in node.items]
        if isinstance(node, Mapping):
            return {name.text: self.value(one, level + 1) for name, one in node.items}
        text = node.text
        if node.quoted and not text.startswith(("$", "%")) and text != MISSING:
            return text
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        if _INTEGER.match(text):
            return int(text.replace("_", ""))
        if text.startswith(("$", "%")) or text == MISSING:
            what = "is a value that is missing" if text == MISSING else "would have to be executed"
            self.complain("CV083", f"`{text[:60]}` {what}", node.span, "write its value")
            return syntax.Invalid(place(node))
        try:
            return float(text)
        except ValueError:
            return text


def place(node: Node) -> At:
    """Return where a node stands."""
    return node.span.start, node.span.end
