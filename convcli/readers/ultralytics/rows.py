"""The rows of a model file: where each takes its tensors from, how often it stands, its module, its arguments."""

import re
from typing import NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.readers.ultralytics.top import PARTS, TopReader
from convcli.readers.words import is_empty
from convcli.record import Record
from convcli.source import Span

INTEGER = re.compile(r"[+-]?\d{1,18}")
REAL = re.compile(r"[+-]?(\d{1,18}\.\d{0,18}|\.\d{1,18}|\d{1,18}(\.\d{0,18})?[eE][+-]?\d{1,3})")
LAYER = re.compile(r"(torch\.)?nn\.\w+\(.*\)", re.DOTALL)
NOTHING, TRUE, FALSE = ("None", "none"), ("True", "true"), ("False", "false")
FORM = "a row is `[from, repeats, module, [arguments]]`: `[-1, 1, Conv, [64, 3, 2]]`"


class Row(Record):
    """A row; `sources` are the numbers of rows, -1 for the network's input."""

    number: int
    sources: tuple[int, ...]
    several: bool
    """Whether the sources are written as a list."""
    repeats: int
    at: tuple[int, int]
    """Where the number of repeats stands."""
    module: str
    named: Span
    arguments: tuple[Node, ...]
    span: Span


class RowReader(TopReader):
    """Reads the rows of a file; what is wrong with one is kept, and the others are read all the same."""

    def give_up(self, found: Diagnostic) -> NoReturn:
        """Raise what was found so far, and what ends the reading."""
        raise ConvcliError([*self.findings, found])

    def rows(self, top: dict[str, Node]) -> list[Row]:
        """Read the rows of the backbone and of the head, which count as one list."""
        rows: list[Row] = []
        for part in PARTS:
            node = top.get(part)
            if node is not None and not isinstance(node, Sequence):
                self.complain("CV086", f"`{part}` is a list of rows", node.span, FORM)
            for item in node.items if isinstance(node, Sequence) else ():
                rows.append(self.row(item, len(rows)))
        return rows

    def row(self, node: Node, number: int) -> Row:
        """Read a row; one that cannot be read stands for a module of no name."""
        broken = Row(number, (number - 1,), False, 1, (0, 0), "", node.span, (), node.span)
        if not isinstance(node, Sequence) or len(node.items) != 4:
            found = f", found {len(node.items)} entries" if isinstance(node, Sequence) else ""
            self.complain("CV086", f"a row has four entries{found}", node.span, FORM)
            return broken
        source, repeats, module, arguments = node.items
        times = self.integer(repeats)
        sources = self.sources(source, number)
        if not isinstance(module, Scalar) or not module.text:
            self.complain("CV086", "the third entry of a row is the name of a module", module.span, FORM)
            return broken
        if times is None or times < 1:
            message = "the second entry of a row is how often its module stands: a positive number"
            self.complain("CV086", message, repeats.span, FORM)
            times = 1
        if not isinstance(arguments, Sequence):
            self.complain("CV086", "the fourth entry of a row is the list of its arguments", arguments.span, FORM)
        items = arguments.items if isinstance(arguments, Sequence) else ()
        self.expect_named(arguments)
        at = (repeats.span.start, repeats.span.end)
        several = isinstance(source, Sequence)
        return Row(number, sources, several, times, at, module.text, module.span, items, node.span)

    def sources(self, node: Node, number: int) -> tuple[int, ...]:
        """Return the numbers of the rows that a row takes its tensors from."""
        items = node.items if isinstance(node, Sequence) else (node,)
        if not items:
            self.complain("CV086", "a row takes a tensor from one other row at least", node.span, FORM)
        return tuple(self.taken_from(item, number) for item in items)

    def taken_from(self, node: Node, number: int) -> int:
        at = self.integer(node)
        if at is None:
            message = "the first entry of a row says where its tensors come from: a number, or a list of them"
            self.complain("CV086", message, node.span, FORM)
            return number - 1
        absolute = number + at if at < 0 else at
        if absolute >= number or absolute < -1 or (absolute < 0 and number > 0):
            rows = f"0 to {number - 1}" if number > 1 else "row 0" if number else "-1, the network's input"
            where = f"{at} rows up" if at < -1 else f"row {at}"
            message = f"row {number} takes from {where}, which does not stand above it"
            help = f"it can take from {rows}; rows count from 0, those of the head go on behind the backbone's"
            self.complain("CV087", message, node.span, help)
            return number - 1
        return absolute

    def integer(self, node: Node) -> int | None:
        return int(node.text) if isinstance(node, Scalar) and INTEGER.fullmatch(node.text) else None

    def is_number(self, node: Node) -> bool:
        """Say whether a value is a plain number."""
        text = node.text if isinstance(node, Scalar) and not node.quoted else ""
        return any(form.fullmatch(text) for form in (INTEGER, REAL))

    def argument(self, node: Node) -> Expression:
        """Read an argument: a number, a text, a list, a name of a variable, or a layer of torch.nn."""
        at = (node.span.start, node.span.end)
        if isinstance(node, Sequence):  # what aliases stand for is read once
            if id(node) not in self.lists_read:
                self.lists_read[id(node)] = syntax.List(tuple(map(self.argument, node.items)), "[]", at)
            return self.lists_read[id(node)]
        if isinstance(node, Mapping):
            self.complain("CV086", "an argument is a number, a text or a list", node.span)
            return syntax.Invalid(at)
        text = node.text
        if self.is_refused_text(node):
            return syntax.Invalid(at)
        if node.quoted or is_empty(node) or text in NOTHING:
            return syntax.Constant(text if node.quoted else None, at)
        if text in TRUE or text in FALSE:
            return syntax.Constant(text in TRUE, at)
        if INTEGER.fullmatch(text):
            return syntax.Constant(int(text), at)
        if REAL.fullmatch(text):
            return syntax.Constant(float(text), at)
        if text in self.variables:
            return syntax.Name(text, at)
        return self.value(node) if LAYER.fullmatch(text) or text[:1].isdigit() else syntax.Constant(text, at)
