"""Where a call writes an operator's arguments, and how it would read with others: for messages."""

from typing import Any

from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.layer.write import write
from convcli.op import Operator
from convcli.ops.catalogue import LAZY, find, find_lazy
from convcli.ops.short import SHORT_WORDS, meaning
from convcli.record import Record

Written = syntax.Call | syntax.Short


def call_of(cls: type[Operator], tree: Expression) -> Written | None:
    """Return the expression that writes the operator's arguments; a layer that is applied again has none."""
    while isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Call):
        tree = tree.function
    if isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name):
        name = tree.function.name
        return tree if cls in (find(name), find_lazy(name)) else None
    return tree if isinstance(tree, syntax.Short) else None


def argument_of(cls: type[Operator], call: Written, name: str) -> "Expression | syntax.Keyword | None":
    """Return an argument as it is written, by place or by name; digits are the number of a place."""
    for keyword in call.keywords:
        if name in (keyword.name, meaning(keyword.name, cls) if isinstance(call, syntax.Short) else None):
            return keyword
    position = int(name) if name.isdigit() else _position(cls, call, name)
    return call.arguments[position] if position is not None and position < len(call.arguments) else None


def with_argument(cls: type[Operator], call: syntax.Call, name: str, value: Expression) -> syntax.Call | None:
    """Return a call with another value for an argument that it writes, None if it does not."""
    old = argument_of(cls, call, name)
    if isinstance(old, syntax.Keyword):
        return call._replace(keywords=tuple(k._replace(value=value) if k is old else k for k in call.keywords))
    if old is None:
        return None
    return call._replace(arguments=tuple(value if argument is old else argument for argument in call.arguments))


def _position(cls: type[Operator], call: Written, name: str) -> int | None:
    if isinstance(call, syntax.Short):
        names = list(SHORT_WORDS[call.word].places)
    else:
        lazy = isinstance(call.function, syntax.Name) and call.function.name.startswith(LAZY)
        names = [own for own, declared in cls.arguments.items() if not (lazy and declared.inferred)]
    return names.index(name) if name in names else None


def whole_number(tree: Expression) -> str:
    """Return what to type where an expression gives a fraction, `32.0`, in place of a whole number."""
    divided = _dividing_to_integers(tree)
    if divided != tree and not has_fraction(divided):
        return f"`//` divides to an integer: `{write(divided)}`"
    if isinstance(tree, syntax.Constant):
        whole = isinstance(tree.value, float) and tree.value.is_integer()
        return f"write `{int(tree.value)}`" if whole else "`//` divides to an integer"  # type: ignore[arg-type]
    return f"`int({write(tree)})` is an integer" if not isinstance(tree, syntax.List) else ""


def _dividing_to_integers(tree: Any) -> Any:
    """Return an expression with `//` for every `/`."""
    if not isinstance(tree, tuple):
        return tree
    parts = map(_dividing_to_integers, tree)
    made = type(tree)(*parts) if isinstance(tree, Record) else tuple(parts)
    return made._replace(sign="//") if isinstance(made, syntax.Binary) and made.sign == "/" else made


def has_fraction(value: Any) -> bool:
    """Say whether a value is a fraction, or has one in it: a list, an expression."""
    return isinstance(value, float) or (isinstance(value, list | tuple) and any(map(has_fraction, value)))
