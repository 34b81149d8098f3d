"""What to say of Python that is no expression: a line pasted from `__init__` or `forward`."""

import ast
import re
import warnings

SEMICOLON = "`;` has no place here"


def refused_statement(text: str) -> tuple[str, str]:
    """Return message and advice for a text that is a statement, two empty texts for one that is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return "", ""
    if not body:
        return "", ""
    if len(body) > 1:
        return SEMICOLON, "write one layer per line, or a bar between them: `ReLU() | Flatten()`"
    message = f"`{text.split(maxsplit=1)[0]}` has no place here"
    if isinstance(body[0], ast.Import | ast.ImportFrom):
        return message, "torch's operators are known without it; `uses:` brings in blocks of other files"
    if isinstance(body[0], ast.Return):
        value = _without_self(text, body[0].value)
        return message, f"the last tensor is the output: write `{value}`" if value else "leave it out"
    if isinstance(body[0], ast.AnnAssign) and body[0].value is None:
        name, _, value = (part.strip() for part in text.partition(":"))
        advice = f"at the prompt a name stands in parentheses: `({name}): {value}`; in a file, outside of quotes"
        return "`:` has no place here", advice
    if isinstance(body[0], ast.Assign | ast.AugAssign | ast.AnnAssign):
        return "an assignment has no place here", _in_place_of(text, body[0])
    return message, ""


def _in_place_of(text: str, node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> str:
    """Return what to write instead of an assignment."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    value = _without_self(text, node.value)
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    if isinstance(node, ast.AugAssign):
        sign = (ast.get_source_segment(text, node) or "").removeprefix(ast.get_source_segment(text, target) or "")
        value = f"{_without_self(text, target)} {sign.partition('=')[0].strip()} {value}"
    if name == "x":
        return f"`x` is what flows already: write `{value}`"
    if isinstance(target, ast.Tuple):
        return f"one name holds all results: `parts: {value}`, and `parts[0]` is the first of them"
    return f"a name stands before a colon: `{name}: {value}`" if name else ""


def _without_self(text: str, node: ast.expr | None) -> str:
    """Return the text of an expression; in a file nothing belongs to a `self`."""
    return re.sub(r"\bself\.", "", ast.get_source_segment(text, node) or "") if node else ""
