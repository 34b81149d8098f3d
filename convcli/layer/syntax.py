"""The syntax tree of the expression language.

Every node ends with `at`: the stretch of the phrase it was read from, as two offsets.
"""

from collections.abc import Callable
from typing import Any

from convcli.record import Record

At = tuple[int, int]

NOWHERE: At = (0, 0)


class Constant(Record):
    """A number, a string, True, False or None."""

    value: int | float | str | bool | None
    at: At = NOWHERE


class Name(Record):
    """A name; the prefixes `nn.`, `torch.nn.`, `F.` and `torch.` are already dropped."""

    name: str
    at: At = NOWHERE


class Attribute(Record):
    """`value.name`: a tensor inside a named scope."""

    value: "Expression"
    name: str
    at: At = NOWHERE


class Slice(Record):
    """`start:stop:step` between square brackets."""

    start: "Expression | None"
    stop: "Expression | None"
    step: "Expression | None"
    at: At = NOWHERE


class Dots(Record):
    """`...` between square brackets."""

    at: At = NOWHERE


class Index(Record):
    """`value[items]`."""

    value: "Expression"
    items: tuple["Expression | Slice | Dots", ...]
    at: At = NOWHERE


class Keyword(Record):
    """`name=value` in a call."""

    name: str
    value: "Expression"
    at: At = NOWHERE


class Call(Record):
    """`function(arguments, keywords)`."""

    function: "Expression"
    arguments: tuple["Expression", ...]
    keywords: tuple[Keyword, ...]
    at: At = NOWHERE


class Short(Record):
    """Short words: `conv 64 k3 s2` has the word conv, the argument 64, the letters k and s."""

    word: str
    arguments: tuple["Expression", ...]
    keywords: tuple[Keyword, ...]
    at: At = NOWHERE


class Unary(Record):
    """`-operand`, `not operand`."""

    sign: str
    operand: "Expression"
    at: At = NOWHERE


class Binary(Record):
    """`left sign right`, for arithmetic; `and` and `or` too."""

    sign: str
    left: "Expression"
    right: "Expression"
    at: At = NOWHERE


class Compare(Record):
    """`left sign right`, compared; a chain `a < b < c` is an `and` of two."""

    sign: str
    left: "Expression"
    right: "Expression"
    at: At = NOWHERE


class Conditional(Record):
    """`then if test else otherwise`."""

    test: "Expression"
    then: "Expression"
    otherwise: "Expression"
    at: At = NOWHERE


class List(Record):
    """`[items]` or `(items)`; a tuple is a list whose `brackets` are round."""

    items: tuple["Expression", ...]
    brackets: str = "[]"
    at: At = NOWHERE


class Chain(Record):
    """`a | b | c`."""

    items: tuple["Expression", ...]
    at: At = NOWHERE


class Invalid(Record):
    """Text that could not be read; the complaint is already made."""

    at: At = NOWHERE


class Fitted(Record):
    """What another format says of a layer only at its sizes; nothing of ours is written so.

    `make` gets the shapes of the tensors, and returns what the layer is there: an expression, or an operator that
    is applied to them. It may raise a `Refusal`.
    """

    tensors: tuple["Expression", ...]
    make: Callable[..., Any]
    at: At = NOWHERE


Expression = (
    Invalid | Constant | Name | Attribute | Index | Call | Short | Unary | Binary | Compare | Conditional | List | Chain
    | Fitted
)  # fmt: skip
