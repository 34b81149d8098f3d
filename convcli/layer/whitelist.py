"""Python's syntax tree to ours, node by node: what has no method here is not in the language."""

import ast
from math import inf
from typing import NoReturn

from convcli.layer import syntax
from convcli.layer.refusals import MAX_DEPTH, refuse, refuse_beside_pipe
from convcli.layer.syntax import At, Expression
from convcli.quantity import LARGEST
from convcli.source import Phrase

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.MatMult: "@",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in", ast.Is: "==", ast.IsNot: "!=", ast.And: "and", ast.Or: "or", ast.USub: "-", ast.UAdd: "+",
    ast.Not: "not",
}  # fmt: skip
PREFIXES = {"nn", "F", "torch", "functional"}
"""In front of a name they mean nothing: `nn.Conv2d`, `torch.nn.functional.relu`."""

_CONSTANTS = {"true": True, "false": False, "null": None}
_REFUSED = {
    ast.Lambda: "a lambda", ast.ListComp: "a comprehension", ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension", ast.GeneratorExp: "a comprehension", ast.Dict: "a dictionary", ast.Set: "a set",
    ast.JoinedStr: "an f-string", ast.NamedExpr: "`:=`", ast.Await: "await", ast.Starred: "`*`", ast.Pow: "`**`",
    ast.Yield: "yield", ast.BitAnd: "`&`", ast.BitXor: "`^`", ast.LShift: "`<<`", ast.RShift: "`>>`",
    ast.Invert: "`~`", ast.Slice: "a slice",
}  # fmt: skip


def without_prefix(dotted: str) -> str:
    """Return a name without the `nn.` or `torch.nn.` in front of it."""
    *prefix, name = dotted.split(".")
    return name if name and PREFIXES.issuperset(prefix) else dotted


class Whitelist:
    """Turns Python's tree into ours; refuses what is not in the language."""

    def __init__(self, phrase: Phrase, start: int, offsets: list[int] | None) -> None:
        self.phrase = phrase
        self.start = start
        self.offsets = offsets

    def at(self, node: ast.AST) -> At:
        first, last = node.col_offset, node.end_col_offset or 0  # type: ignore[attr-defined]
        if self.offsets is not None:
            first, last = self.offsets[first], self.offsets[last]
        return self.start + first, self.start + last

    def read(self, node: ast.expr, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            refuse("CV103", f"the expression is nested deeper than {MAX_DEPTH} levels", self.phrase, self.at(node))
        method = getattr(self, f"read_{type(node).__name__}", None)
        if method is None:
            self.refuse(node, type(node))
        tree: Expression = method(node, depth + 1)
        return tree

    def refuse(self, node: ast.expr, kind: type[ast.AST]) -> NoReturn:
        what = _REFUSED.get(kind, kind.__name__)
        help = "repetition is `layer * 3`; arithmetic is `+ - * / // %`, `min max round int ceil floor len`"
        refuse("CV102", f"{what} is not part of the language", self.phrase, self.at(node), help)

    def read_Constant(self, node: ast.Constant, _: int) -> Expression:
        value = node.value
        if value is Ellipsis or isinstance(value, bytes | complex):
            refuse("CV102", f"{ast.unparse(node)} is not part of the language", self.phrase, self.at(node))
        if (isinstance(value, int) and value > LARGEST) or value in (inf, -inf):
            refuse("CV105", "a number larger than 2^63 - 1", self.phrase, self.at(node))
        return syntax.Constant(value, self.at(node))

    def read_Name(self, node: ast.Name, _: int) -> Expression:
        if node.id in _CONSTANTS:
            return syntax.Constant(_CONSTANTS[node.id], self.at(node))
        return syntax.Name(node.id, self.at(node))

    def read_Attribute(self, node: ast.Attribute, depth: int) -> Expression:
        value = self.read(node.value, depth)
        if isinstance(value, syntax.Name) and value.name in PREFIXES:
            return syntax.Name(node.attr, self.at(node))
        return syntax.Attribute(value, node.attr, self.at(node))

    def read_Subscript(self, node: ast.Subscript, depth: int) -> Expression:
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        items = tuple(self.read_item(item, depth) for item in inner)
        return syntax.Index(self.read(node.value, depth), items, self.at(node))

    def read_item(self, node: ast.expr, depth: int) -> "Expression | syntax.Slice | syntax.Dots":
        if isinstance(node, ast.Constant) and node.value is Ellipsis:
            return syntax.Dots(self.at(node))
        if isinstance(node, ast.Slice):
            parts = [self.read(part, depth) if part else None for part in (node.lower, node.upper, node.step)]
            return syntax.Slice(parts[0], parts[1], parts[2], self.at(node))
        return self.read(node, depth)

    def read_Call(self, node: ast.Call, depth: int) -> Expression:
        arguments = tuple(self.read(argument, depth) for argument in node.args)
        keywords: list[syntax.Keyword] = []
        for keyword in node.keywords:
            if keyword.arg is None:
                refuse("CV102", "`**` is not part of the language", self.phrase, self.at(keyword.value))
            value = self.read(keyword.value, depth)
            if any(known.name == keyword.arg for known in keywords):
                refuse("CV214", f"`{keyword.arg}` is given twice", self.phrase, self.at(keyword))
            keywords.append(syntax.Keyword(keyword.arg, value, (self.at(keyword)[0], value.at[1])))
        return syntax.Call(self.read(node.func, depth), arguments, tuple(keywords), self.at(node))

    def read_UnaryOp(self, node: ast.UnaryOp, depth: int) -> Expression:
        if type(node.op) not in _SIGNS:
            self.refuse(node, type(node.op))
        operand = self.read(node.operand, depth)
        sign = _SIGNS[type(node.op)]
        value = operand.value if isinstance(operand, syntax.Constant) else None
        if sign in "+-" and isinstance(value, int | float) and not isinstance(value, bool):
            return syntax.Constant(-value if sign == "-" else value, self.at(node))
        return syntax.Unary(sign, operand, self.at(node))

    def read_BinOp(self, node: ast.BinOp, depth: int) -> Expression:
        if isinstance(node.op, ast.BitOr):
            return self.read_chain(node, depth)
        if type(node.op) not in _SIGNS:
            self.refuse(node, type(node.op))
        left, right = self.read(node.left, depth), self.read(node.right, depth)
        return syntax.Binary(_SIGNS[type(node.op)], left, right, self.at(node))

    def read_chain(self, node: ast.BinOp, depth: int) -> Expression:
        items: list[ast.expr] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.BitOr):
            items.append(left.right)
            if _is_bare(left, left.right, right=True) and _loose(left.right):
                refuse_beside_pipe(self.phrase, self.read(left.right, depth))
            if _is_bare(left, left.left, right=False) and _loose(left.left):
                refuse_beside_pipe(self.phrase, self.read(left.left, depth))
            left = left.left
        items.append(left)
        return syntax.Chain(tuple(self.read(item, depth) for item in reversed(items)), self.at(node))

    def read_BoolOp(self, node: ast.BoolOp, depth: int) -> Expression:
        trees = [self.read(value, depth) for value in node.values]
        tree = trees[0]
        for right in trees[1:]:
            tree = syntax.Binary(_SIGNS[type(node.op)], tree, right, self.at(node))
        return tree

    def read_Compare(self, node: ast.Compare, depth: int) -> Expression:
        operands = [self.read(value, depth) for value in (node.left, *node.comparators)]
        pairs = [
            syntax.Compare(_SIGNS[type(op)], left, right, self.at(node))
            for op, left, right in zip(node.ops, operands, operands[1:], strict=False)
        ]
        tree: Expression = pairs[0]
        for pair in pairs[1:]:
            tree = syntax.Binary("and", tree, pair, self.at(node))
        return tree

    def read_IfExp(self, node: ast.IfExp, depth: int) -> Expression:
        for arm, bare in ((node.body, _starts_with(node, node.body)), (node.orelse, _ends_with(node, node.orelse))):
            if bare and isinstance(arm, ast.BinOp) and isinstance(arm.op, ast.BitOr):
                help = "put the chain, or the condition, in parentheses"
                refuse("CV106", "`|` beside an `if` without parentheses", self.phrase, self.at(node), help)
        parts = [self.read(part, depth) for part in (node.test, node.body, node.orelse)]
        return syntax.Conditional(parts[0], parts[1], parts[2], self.at(node))

    def read_List(self, node: ast.List, depth: int) -> Expression:
        return syntax.List(tuple(self.read(item, depth) for item in node.elts), "[]", self.at(node))

    def read_Tuple(self, node: ast.Tuple, depth: int) -> Expression:
        return syntax.List(tuple(self.read(item, depth) for item in node.elts), "()", self.at(node))


def _loose(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


def _starts_with(whole: ast.expr, part: ast.expr) -> bool:
    return whole.col_offset == part.col_offset


def _ends_with(whole: ast.expr, part: ast.expr) -> bool:
    return whole.end_col_offset == part.end_col_offset


def _is_bare(pipe: ast.expr, part: ast.expr, *, right: bool) -> bool:
    return _ends_with(pipe, part) if right else _starts_with(pipe, part)
