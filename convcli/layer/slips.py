"""What is most likely wrong with a text that Python's parser refuses: a sign without its other side, a colon."""

import re

from convcli.layer.syntax import At

NEAR = 80
"""How many characters in front of a place are looked at."""

_SIGN = r"\*\*|//|[=!<>]=|[^\W\d]\w*|[^\w\s]"
_BEFORE = re.compile(rf"({_SIGN})\s*$")
_TOKEN = re.compile(rf"\s*({_SIGN})")
_ARGUMENT = re.compile(r"[(,]\s*([^\W\d]\w*)\s*$")
_VALUE = re.compile(r"\s*([\w.\-\"']+)")

_JOINING = {*"+-*/%@|.=<>", "//", "**", "==", "!=", "<=", ">=", "and", "or", "not", "in", "is", "if", "else"}
"""What needs something on both sides, or at least behind it."""

_LEADING = {"+", "-", "not"}
"""Those that may begin an expression."""

_ENDING = {"", ")", "]", "}", ",", ":"}
"""In front of these, and at the end, an expression is over."""


def find_slip(text: str, at: int) -> tuple[At, str] | None:
    """Return the stretch of a text that is at fault, and what to do; None where that is not certain.

    Args:
        text: the whole text.
        at: where the parser gave up; past the end where it wanted more.
    """
    near = max(0, at - NEAR)
    before, token = _BEFORE.search(text[near:at]), _TOKEN.match(text, at)
    left, right = before[1] if before else "", token[1] if token else ""
    if before and left in _JOINING and right in (_JOINING - _LEADING) | _ENDING:
        return (near + before.start(1), near + before.end(1)), f"something is missing behind the `{left}`"
    begins = left in ("(", "[", "{", ",") or not text[:at].strip()
    if token and begins and right in (_JOINING - _LEADING) | {","}:
        return token.span(1), f"something is missing in front of the `{right}`"
    if token and right == "`":
        return token.span(1), "leave the backticks out"
    argument, value = _ARGUMENT.search(text[near:at]), _VALUE.match(text, at + 1)
    if token and right == ":" and argument and value:
        return token.span(1), f"an argument is written with `=`: `{argument[1]}={value[1]}`"
    return None
