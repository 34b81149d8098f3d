"""Syntax tree to text: the form in which expressions are printed back."""

from collections.abc import Callable
from typing import Any

from convcli.layer import syntax
from convcli.layer.short import begins_layer
from convcli.layer.syntax import Expression

_LEVELS = {
    "|": 1, "if": 0, "or": 2, "and": 3, "not": 4, "compare": 5, "+": 7, "-": 7,
    "*": 8, "/": 8, "//": 8, "%": 8, "@": 8, "unary": 9, "atom": 10,
}  # fmt: skip


def write(tree: "Expression | syntax.Slice | syntax.Dots") -> str:
    """Write an expression; reading it again gives an equal tree, positions apart."""
    return _write(tree)[0]


def _write(tree: Any) -> tuple[str, int]:
    return _WRITERS[type(tree)](tree)


def _at_least(tree: Any, level: int) -> str:
    text, own = _write(tree)
    return text if own >= level else f"({text})"


def _constant(tree: syntax.Constant) -> tuple[str, int]:
    negative = isinstance(tree.value, int | float) and tree.value < 0
    return repr(tree.value), _LEVELS["unary" if negative else "atom"]


def _name(tree: syntax.Name) -> tuple[str, int]:
    return tree.name, _LEVELS["atom"]


def _attribute(tree: syntax.Attribute) -> tuple[str, int]:
    value = _at_least(tree.value, _LEVELS["atom"])
    value = f"({value})" if value.isdigit() else value  # in `1.a` Python reads a number with a point
    return f"{value}.{tree.name}", _LEVELS["atom"]


def _slice(tree: syntax.Slice) -> tuple[str, int]:
    start, stop, step = (write(part) if part else "" for part in (tree.start, tree.stop, tree.step))
    return f"{start}:{stop}" + (f":{step}" if step else ""), _LEVELS["atom"]


def _ellipsis(_: syntax.Dots) -> tuple[str, int]:
    return "...", _LEVELS["atom"]


def _index(tree: syntax.Index) -> tuple[str, int]:
    items = ", ".join(_at_least(item, _LEVELS["if"]) for item in tree.items)
    return f"{_at_least(tree.value, _LEVELS['atom'])}[{items or '()'}]", _LEVELS["atom"]


def _call(tree: syntax.Call) -> tuple[str, int]:
    arguments = [write(argument) for argument in tree.arguments]
    arguments += [f"{keyword.name}={write(keyword.value)}" for keyword in tree.keywords]
    return f"{_at_least(tree.function, _LEVELS['atom'])}({', '.join(arguments)})", _LEVELS["atom"]


def _short(tree: syntax.Short) -> tuple[str, int]:
    parts = [tree.word, *(_figures(argument) for argument in tree.arguments)]
    for keyword in tree.keywords:
        wordy = len(keyword.name) > 2
        parts.append(f"{keyword.name}={write(keyword.value)}" if wordy else f"{keyword.name}{_figures(keyword.value)}")
    return " ".join(parts), _LEVELS["|"]


def _figures(tree: Expression) -> str:
    if isinstance(tree, syntax.List):
        return "x".join(_figures(item) for item in tree.items)
    return str(tree.value) if isinstance(tree, syntax.Constant) else write(tree)


def _unary(tree: syntax.Unary) -> tuple[str, int]:
    if tree.sign == "not":
        return f"not {_at_least(tree.operand, _LEVELS['not'])}", _LEVELS["not"]
    return f"{tree.sign}{_at_least(tree.operand, _LEVELS['atom'])}", _LEVELS["unary"]


def _binary(tree: syntax.Binary) -> tuple[str, int]:
    level = _LEVELS[tree.sign]
    left, right = _at_least(tree.left, level), _at_least(tree.right, level + 1)
    return f"{left} {tree.sign} {right}", level


def _compare(tree: syntax.Compare) -> tuple[str, int]:
    level = _LEVELS["compare"]
    return f"{_at_least(tree.left, level + 1)} {tree.sign} {_at_least(tree.right, level + 1)}", level


def _conditional(tree: syntax.Conditional) -> tuple[str, int]:
    then, test = (_at_least(part, _LEVELS["or"]) for part in (tree.then, tree.test))
    otherwise = _at_least(tree.otherwise, _LEVELS["if"] if isinstance(tree.otherwise, syntax.Conditional) else 2)
    return f"{then} if {test} else {otherwise}", _LEVELS["if"]


def _list(tree: syntax.List) -> tuple[str, int]:
    items = ", ".join(write(item) for item in tree.items)
    if tree.brackets == "[]":
        return f"[{items}]", _LEVELS["atom"]
    return f"({items},)" if len(tree.items) == 1 else f"({items})", _LEVELS["atom"]


def _chain(tree: syntax.Chain) -> tuple[str, int]:
    parts = [_at_least(item, _chain_level(item)) for item in tree.items]
    text, joined = parts[0], False
    for before, item, part in zip(tree.items, tree.items[1:], parts[1:], strict=False):
        joined = _stands_beside(before, item, joined=joined)
        text += (" " if joined else " | ") + part
    return text, _LEVELS["|"]


def _stands_beside(before: Expression, item: Expression, *, joined: bool) -> bool:
    """Say whether two short words stand side by side: one without arguments would be a name between bars."""
    if not isinstance(before, syntax.Short) or not isinstance(item, syntax.Short) or not begins_layer(item.word):
        return False
    return _is_bare(item) or (_is_bare(before) and not joined)


def _is_bare(tree: syntax.Short) -> bool:
    return not tree.arguments and not tree.keywords


def _chain_level(item: Expression) -> int:
    return _LEVELS["|"] if isinstance(item, syntax.Short) else _LEVELS["*"]


_WRITERS: dict[type, Callable[[Any], tuple[str, int]]] = {
    syntax.Constant: _constant, syntax.Name: _name, syntax.Attribute: _attribute, syntax.Slice: _slice,
    syntax.Dots: _ellipsis, syntax.Index: _index, syntax.Call: _call, syntax.Short: _short,
    syntax.Unary: _unary, syntax.Binary: _binary, syntax.Compare: _compare, syntax.Conditional: _conditional,
    syntax.List: _list, syntax.Chain: _chain,
}  # fmt: skip
