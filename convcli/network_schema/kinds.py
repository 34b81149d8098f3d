"""What an argument may be, as JSON Schema: from the same kinds that judge its values.

A value of any kind may also be written as an expression, which is a text here.
"""

import math
from typing import Any

from convcli.argument import (
    REQUIRED,
    Argument,
    Either,
    Flag,
    Integer,
    Kind,
    Many,
    Nothing,
    PerAxis,
    Real,
    Tensor,
    Word,
    WrongValue,
)
from convcli.quantity import LARGEST

Schema = dict[str, Any]

SAMPLES = (1, 0, 0.5, None)
"""Values with which a kind is asked how long its lists may be."""


def ref(name: str) -> Schema:
    """Refer to a definition."""
    return {"$ref": f"#/definitions/{name}"}


EXPRESSION = ref("expression")
NULL: Schema = {"type": "null"}
SEVERAL: Schema = {"type": "array", "items": EXPRESSION, "minItems": 1}


def argument_schema(declared: Argument, axes: int) -> Schema:
    """Return the schema of an argument, with what it accepts in words, and its default."""
    words = declared.kind.words(axes)
    inferred = "; where it is left out, it is read from what flows in" * declared.inferred
    found: Schema = {"description": f"{words[0].upper()}{words[1:]}{inferred}."}
    if declared.default is not REQUIRED:
        found["description"] += f" Default: {declared.default!r}."
        if is_json(declared.default):
            found["default"] = declared.default
    return {**found, "anyOf": [*alternatives(declared.kind, axes), EXPRESSION]}


def is_json(value: Any) -> bool:
    """Say whether JSON has such a value: it has no infinity."""
    return not isinstance(value, float) or math.isfinite(value)


def alternatives(kind: Kind, axes: int) -> list[Schema]:
    """Return the forms of a value that is no expression."""
    match kind:
        case Integer():
            return [_number("integer", kind.minimum, None if kind.maximum == LARGEST else kind.maximum)]
        case Real():
            return [_number("number", kind.minimum, kind.maximum)]
        case Flag():
            return [{"type": "boolean"}]
        case Word():
            return [{"enum": list(kind.choices)}]
        case Nothing():
            return [NULL]
        case PerAxis():
            return [*_alone(kind, axes), *_lists(kind, axes)]
        case Many():
            alone = [] if kind.spread is None else alternatives(kind.each, axes)
            return [*alone, _list(kind.each, axes, kind.length, kind.length)]
        case Either():
            return [form for each in kind.kinds for form in alternatives(each, axes)]
        case Tensor():
            several = [SEVERAL] * kind.many
            return [*several, *[{"type": "number"}] * kind.number, *[NULL] * kind.optional]
    return [{"type": ["array", "integer", "null"]}]  # the index of a slice


def _number(type: str, minimum: float | None, maximum: float | None) -> Schema:
    bounds = {"minimum": minimum, "maximum": maximum}
    return {"type": type, **{name: bound for name, bound in bounds.items() if bound is not None}}


def _alone(kind: PerAxis, axes: int) -> list[Schema]:
    """Return the forms of one value for all axes; None may be one only in a list."""
    forms = alternatives(kind.each, axes)
    return [form for form in forms if form != NULL or _accepts(kind, None, axes)]


def _lists(kind: PerAxis, axes: int) -> list[Schema]:
    """Return the lists with a value for each axis; the kind itself says how long they may be."""
    lengths = [n for n in range(1, axes + 1) if any(_accepts(kind, [sample] * n, axes) for sample in SAMPLES)]
    return [_list(kind.each, axes, length, length) for length in lengths]


def _accepts(kind: Kind, value: Any, axes: int) -> bool:
    try:
        kind.accept(value, axes)
    except WrongValue:
        return False
    return True


def _list(each: Kind, axes: int, least: int | None, most: int | None) -> Schema:
    lengths = {"minItems": least, "maxItems": most}
    items = {"anyOf": [*alternatives(each, axes), EXPRESSION]}
    return {"type": "array", "items": items, **{name: n for name, n in lengths.items() if n is not None}}
