"""Sizes in an exported graph: numbers, or expressions of symbols that the sizes of its inputs settle."""

import re
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from convcli.diagnostics import ConvcliError
from convcli.layer import syntax
from convcli.layer.parse import parse
from convcli.quantity import LARGEST, UNKNOWN, is_known
from convcli.source import phrase

Symbols = Mapping[str, int]

_FUNCTIONS: dict[str, Callable[..., int]] = {
    "Add": lambda *terms: sum(terms),
    "Mul": lambda *factors: prod(factors),
    "FloorDiv": lambda a, b: a // b,
    "CleanDiv": lambda a, b: a // b,
    "IntTrueDiv": lambda a, b: a // b,
    "Mod": lambda a, b: a % b,
    "PythonMod": lambda a, b: a % b,
    "Max": max,
    "Min": min,
    "Integer": lambda value: value,
}
_CONSTANTS = {"One": 1, "Zero": 0, "NegativeOne": -1}


def size(found: Any, symbols: Symbols) -> int:
    """Return a size, UNKNOWN where a symbol in it is not settled or an operation is not known.

    Raises:
        ValueError: it is no size.
    """
    value = found["as_int"] if "as_int" in found else _value(_tree(found["as_expr"]["expr_str"]), symbols)
    if not isinstance(value, int) or isinstance(value, bool) or (is_known(value) and not -LARGEST <= value <= LARGEST):
        raise ValueError
    return value


def symbol(found: Any) -> str | None:
    """Return the one symbol that a size has, None where it has none, or several."""
    text = found["as_expr"]["expr_str"] if "as_expr" in found else ""
    names = re.findall(r"Symbol\('(\w+)'", text)
    return names[0] if len(set(names)) == 1 else None


def settled_by(found: Any, given: int, symbols: Symbols) -> int | None:
    """Return the value of a size's one symbol that makes the size what was given; None where there is none.

    A size is a symbol, or a multiple of one plus something.
    """
    name = symbol(found)
    if name is None:
        return None
    first, second = (size(found, {**symbols, name: value}) for value in (1, 2))
    step = second - first
    if not is_known(step) or step <= 0 or (given - first) % step != 0:
        return None
    value = 1 + (given - first) // step
    return value if size(found, {**symbols, name: value}) == given else None


def _tree(text: str) -> syntax.Expression:
    if not isinstance(text, str):
        raise TypeError
    try:
        return parse(phrase(text, "size"))
    except ConvcliError as error:
        raise ValueError(text[:40]) from error


def _value(tree: syntax.Expression, symbols: Symbols) -> int:
    if isinstance(tree, syntax.Constant) and isinstance(tree.value, int):
        return tree.value
    if isinstance(tree, syntax.Unary) and tree.sign == "-":
        return -_value(tree.operand, symbols)
    if isinstance(tree, syntax.Name):
        return _CONSTANTS.get(tree.name, UNKNOWN)
    if not isinstance(tree, syntax.Call) or not isinstance(tree.function, syntax.Name):
        return UNKNOWN
    name, arguments = tree.function.name, tree.arguments
    if name == "Symbol" and arguments and isinstance(arguments[0], syntax.Constant):
        return symbols.get(str(arguments[0].value), UNKNOWN)
    function = _FUNCTIONS.get(name)
    values = [_value(item, symbols) for item in arguments]
    if function is None or not all(map(is_known, values)):
        return UNKNOWN
    try:
        return function(*values)
    except (TypeError, ZeroDivisionError):
        return UNKNOWN
