"""What to say of Python that is no expression: a line pasted from `__init__` or `forward`."""

import ast
import re
import warnings

ATOMS = (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call)
"""What needs no parentheses behind a sign."""


def refused_statement(text: str) -> tuple[str, str, int | None]:
    """Return message, advice and place for a text that is a statement; an empty message for one that is none.

    Without a place it is where Python's parser gave up.
    """
    body = _statements(text)
    if not body or (isinstance(body[0], ast.AnnAssign) and body[0].value is None):  # the last is a name and a layer
        return "", "", None
    if len(body) > 1:
        advice = "write one layer per line, or a bar between them: `ReLU() | Flatten()`"
        return "`;` has no place here", advice, max(0, text.find(";"))
    return *_refused(text, body[0]), None


def _statements(text: str) -> list[ast.stmt]:
    """Return the statements of a text, none if it has none that Python could read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []


def _refused(text: str, node: ast.stmt) -> tuple[str, str]:
    message = f"`{text.split(maxsplit=1)[0]}` has no place here"
    if isinstance(node, ast.Import | ast.ImportFrom):
        return message, "torch's operators are known without it; `uses:` brings in blocks of other files"
    if isinstance(node, ast.Return):
        value = _without_self(text, node.value)
        return message, f"the last tensor is the output: write `{value}`" if value else "leave it out"
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        return "an assignment has no place here", _in_place_of(text, node)
    return message, ""


def _in_place_of(text: str, node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> str:
    """Return what to write instead of an assignment."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    value = _without_self(text, node.value)
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    if isinstance(node, ast.AugAssign):
        sign = (ast.get_source_segment(text, node) or "").removeprefix(ast.get_source_segment(text, target) or "")
        value = value if isinstance(node.value, ATOMS) else f"({value})"
        value = f"{_without_self(text, target)} {sign.partition('=')[0].strip()} {value}"
    if isinstance(node.value, ast.Constant) and isinstance(target, ast.Name):
        return f"an argument stands in the parentheses of its layer: `Conv2d(..., {name}={value})`"
    if name == "x":
        return f"`x` is what flows already: write `{value}`"
    if isinstance(target, ast.Tuple):
        return f"one name holds all results: `parts: {value}`, and `parts[0]` is the first of them"
    return f"a name stands before a colon: `{name}: {value}`" if name else ""


def _without_self(text: str, node: ast.expr | None) -> str:
    """Return the text of an expression; in a file nothing belongs to a `self`."""
    return re.sub(r"\bself\.", "", ast.get_source_segment(text, node) or "") if node else ""
