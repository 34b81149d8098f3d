"""What stands at the top of a model file: which keys there are, and which of its numbers rows ask for in vain."""

import re
from itertools import islice

from convcli.diagnostics import nearest, suggestion
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.readers.complaints import ALIKE, slips
from convcli.readers.words import WordReader
from convcli.source import Span

NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{0,18})?")
PARTS = ("backbone", "head")
STRUCTURE = (*PARTS, "scales", "scale", "activation", "depth_multiple", "width_multiple")
VALUES = ("nc", "ch", "channels", "anchors", "end2end", "reg_max", "kpt_shape", "max_channels")
KEYS = (*STRUCTURE, *VALUES, "names", "name", "text_model", "task")
"""Keys that such files have, whether they say anything here or not; the tools look at no other."""
NUMBERS = {
    "nc": ("the number of classes", "80"),
    "kpt_shape": ("the number of points and of numbers for each", "[17, 3]"),
    "anchors": ("the sizes of boxes for each level", "3"),
}
"""Numbers that rows name, what they are, and an example."""
MOST_TEXTS, MOST_VARIABLES = 200, 50
"""Texts in rows that are compared to the names of variables, and the variables; files have far fewer."""


class TopReader(WordReader):
    """Reads the keys of a file."""

    variables: frozenset[str] = frozenset()

    def top(self, root: Node) -> dict[str, Node]:
        """Return what the keys mean; a part whose name has a slip is read all the same."""
        items = root.items if isinstance(root, Mapping) else ()
        found = {key.text: node for key, node in items}
        places = {key.text: key.span for key, _ in items}
        for part in PARTS:
            if part not in found:
                self.part_missing(part, found, places, root.span)
        scale = found.get("scale")
        if isinstance(scale, Mapping):
            help = "did you mean `scales`? `scale: n` names one of them"
            self.complain("CV086", "`scale` is no mapping", places["scale"], help)
        self.asked: dict[str, tuple[str, Span, str] | None] = {}
        return found

    def part_missing(self, part: str, found: dict[str, Node], places: dict[str, Span], span: Span) -> None:
        """Say that a part is missing, and take for it what is nearly called so."""
        lists = [name for name, node in found.items() if isinstance(node, Sequence) and name not in KEYS]
        near = next((name for name in lists if suggestion(name, (part,), cutoff=ALIKE)), None)
        if near is None:
            self.complain("CV086", f"`{part}` is missing: a list of rows", span._replace(end=span.start + 1))
            return
        self.complain("CV086", f"`{near[:40]}` is no part of a model file", places[near], f"did you mean `{part}`?")
        found[part] = found.pop(near)

    def expect_keys(self, root: Node, used: set[str]) -> None:
        """Warn of keys that are nearly one of those that count, unless a row names them."""
        items = root.items if isinstance(root, Mapping) else ()
        places = {key.text: key.span for key, _ in items if key.text not in used}
        said = {*PARTS, *(text for text in NUMBERS if self.is_lost(text))}
        nearly = slips(places, [key for key in KEYS if key not in said or key in places], "a model file")
        self.keep(*(one for one in nearly if not any(one.span == other.span for other in self.findings)))

    def used(self, values: dict[str, Node]) -> set[str]:
        """Return which values rows name, and those name in turn; their names are complained of as those in rows."""
        found: set[str] = set()
        waiting = list(self.asked)
        while waiting:
            text = waiting.pop()
            if text in values and text not in found:
                found.add(text)
                known = len(self.asked)
                self.expect_named(values[text])
                waiting += islice(reversed(self.asked), len(self.asked) - known)
        return found

    def expect_named(self, arguments: Node) -> None:
        """Complain of arguments that name a number of the file which it does not have, each where it first stands."""
        waiting, seen = [arguments], {id(arguments)}
        while waiting:
            node = waiting.pop()
            if isinstance(node, Sequence):
                new = [one for one in node.items if id(one) not in seen]
                seen.update(map(id, new))
                waiting += new
            elif isinstance(node, Scalar) and node.quoted:
                if NUMBER.fullmatch(node.text):
                    shown = node.text[:40]
                    self.complain(
                        "CV086", f'a number is expected, found the text "{shown}"', node.span, f"write {shown}"
                    )
            elif isinstance(node, Scalar) and node.text not in self.asked:
                self.asked[node.text] = self.missing(node)
                found = self.asked[node.text]
                if found is not None:
                    self.complain("CV086", *found)

    def missing(self, node: Scalar) -> tuple[str, Span, str] | None:
        """Return what to say of a text that was meant to be a number of the file; None of any other text."""
        text = node.text
        if not text.isidentifier() or text in self.variables:
            return None
        few = len(self.asked) < MOST_TEXTS and len(self.variables) < MOST_VARIABLES
        meant = suggestion(text, self.variables, cutoff=ALIKE) if few else ""
        if text in NUMBERS:
            what, example = NUMBERS[text]
            near = nearest(text, self.variables) if meant else None
            help = (
                f"write `{text}` in place of `{near}`" if near else f"write `{text}: {example}` at the top of the file"
            )
            return f"`{text}` is missing: {what}", node.span, help
        return (f"`{text[:40]}` is no number of this file", node.span, meant) if meant else None

    def is_refused_text(self, node: Scalar) -> bool:
        """Say whether a text has been complained of by its content."""
        return NUMBER.fullmatch(node.text) is not None if node.quoted else self.is_lost(node.text)

    def is_lost(self, text: str) -> bool:
        """Say whether a text was meant to be a number that the file does not have."""
        return self.asked.get(text) is not None
