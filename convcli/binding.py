"""Matching the arguments of a call to an operator's declarations, as a Python call does."""

from collections.abc import Sequence
from typing import Any

from convcli.argument import INFER, REQUIRED, Argument, Slot, WrongValue, known_arguments
from convcli.diagnostics import Refusal, suggestion
from convcli.human import counted


def bind(cls: Any, positional: Sequence[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """Match arguments to their declarations, as a Python call does, and normalise them.

    An inferred argument that is missing, where no positional ones are given, becomes `_`.

    Raises:
        Refusal: one argument too many, unknown, given twice, missing, or of the wrong kind.
    """
    names = [name for name, declared in cls.arguments.items() if not declared.keyword_only]
    if cls.variadic:
        positional = _gather(positional, names.index(cls.variadic))
    if len(positional) > len(names):
        message = f"{cls.name} takes {counted(len(names), 'argument')}, found {len(positional)}"
        raise Refusal("CV213", message, argument=str(len(names)), help=known_arguments(names))
    given = dict(zip(names, positional, strict=False))
    for name, value in keywords.items():
        if name not in cls.arguments:
            raise unknown_argument(cls, name)
        if name in given:
            raise Refusal("CV214", f"{cls.name} gets `{name}` twice", argument=name)
        given[name] = value
    values = dict(cls.usual())
    for name, value in given.items():
        values[name] = _value(cls, name, cls.arguments[name], value)
    for name, value in values.items():
        if value is REQUIRED:
            if positional or not cls.arguments[name].inferred:
                raise Refusal("CV211", f"{cls.name} needs `{name}`: {cls.arguments[name].kind.words(cls.axes)}")
            values[name] = INFER
    return values


def _gather(positional: Sequence[Any], place: int) -> Sequence[Any]:
    """Make one list of the values from `place` on, unless a single list stands there already."""
    rest = positional[place:]
    if not rest or (len(rest) == 1 and isinstance(rest[0], list | tuple) and not isinstance(rest[0], Slot)):
        return positional
    return [*positional[:place], tuple(rest)]


def unknown_argument(cls: Any, name: str, found: object = None) -> Refusal:
    """Refuse an argument that the operator does not have."""
    if name in ("device", "dtype"):
        return Refusal("CV212", f"`{name}` has no place in a layer", argument=name, help=f"leave `{name}` out")
    help = suggestion(name, cls.arguments) or known_arguments(cls.arguments)
    return Refusal("CV212", f"{cls.name} has no argument `{name}`", argument=name, found=found, help=help)


def wrong_value(cls: Any, name: str, found: object) -> Refusal:
    """Refuse a value that is not of its argument's kind."""
    message = f"{cls.name}: `{name}` must be {cls.arguments[name].kind.words(cls.axes)}, found "
    return Refusal("CV210", message + ("`_`" if found is INFER else repr(found)), argument=name, found=found)


def _value(cls: Any, name: str, declared: Argument, value: Any) -> Any:
    if value is INFER and declared.inferred:
        return INFER
    try:
        return declared.kind.accept(value, cls.axes)
    except WrongValue:
        raise wrong_value(cls, name, value) from None
