"""Python code in lines of bounded width, broken as `ruff format` breaks it."""

from collections.abc import Sequence

from convcli.record import Record

WIDTH = 88
INDENT = "    "


class Nest(Record):
    """Code in brackets: `head` ends with the opening one, `tail` begins with the closing one."""

    head: str
    items: Sequence["Code"]
    tail: str
    comma: bool = True
    """Whether commas part the items; else blanks, as in a comprehension."""


Code = str | Nest


def call(name: str, *items: Code) -> Nest:
    """Return a call."""
    return Nest(f"{name}(", items, ")")


def flat(code: Code) -> str:
    """Return code on one line."""
    if isinstance(code, str):
        return code
    return f"{code.head}{_joined(code)}{code.tail}"


def lines(code: Code, indent: int, before: str = "", after: str = "") -> list[str]:
    """Return code on as many lines as it needs, with a text in front and one behind."""
    margin = INDENT * indent
    whole = f"{margin}{before}{flat(code)}{after}"
    if isinstance(code, str) or not code.items or len(whole) <= WIDTH:
        return [whole]
    first, last = f"{margin}{before}{code.head}", f"{margin}{code.tail}{after}"
    inside = f"{margin}{INDENT}{_joined(code)}"
    if len(inside) <= WIDTH:
        return [first, inside, last]
    comma = "," if code.comma and (len(code.items) > 1 or code.head.startswith("def ")) else ""
    inner = [line for item in code.items for line in lines(item, indent + 1, after=comma)]
    return [first, *inner, last]


def _joined(code: Nest) -> str:
    return (", " if code.comma else " ").join(map(flat, code.items))
