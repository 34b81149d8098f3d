"""Lists of layers: texts, calls as mappings, names, scopes and merges.

What stands in a list is either a text or a mapping with one key, beside which `of` may stand. The
key is an operator, a block, a merge, or a name; only where it is a name or a block is it open.
"""

from convcli.blocks import MERGES
from convcli.network_schema.kinds import EXPRESSION, SEVERAL, Schema, ref
from convcli.readers.items import RESERVED

LETTER = r"(?:[A-Za-z_]|[^\x00-\x7f])"
"""What an identifier begins with; further letters may also be digits."""
IDENTIFIER = rf"{LETTER}(?:[0-9]|{LETTER})*"
PREFIX = r"(?:nn|F|torch|functional)\."
NAME = r"[0-9A-Za-z_][0-9A-Za-z_-]*"
KEY = rf"^(?:\s*(?:{NAME}|\({NAME}\))\s*|(?:{PREFIX})*{IDENTIFIER})$"
"""A layer's name, in brackets as `print(model)` shows it, or an operator or a block with torch's prefixes."""
CALLED = rf"^(?:{'|'.join(RESERVED)})$|[^\x00-\x7f]|\."
"""Keys that can only be those of calls: no layer is named so, and a block may be."""
MERGE = f"^(?:{'|'.join(MERGES)})$"

STATEMENTS = "assert async await class def del for from global import lambda nonlocal pass raise return try while with"
EXAMPLES = ("Conv2d(_, 64, 3, padding=1)", "BatchNorm2d(_)", "ReLU()", "x", "input")


def _text(pattern: str, wrong: str) -> Schema:
    return {"pattern": pattern, "patternErrorMessage": wrong}


STARTS = _text(r"^\s*[^\s!#$%&)*,/:;<=>?@\\\]^`{|}~]", "An expression begins with a name, a number or a bracket.")
ENDS = _text(r"#|[^\s(\[{,+\-*/|=<>;:@%!&~^\\]\s*$", "The expression ends early.")
BRACKETS = _text(r"^[^()]*$|\([\s\S]*\)", "A bracket is missing. YAML splits lists in one line at their commas.")
NO_STATEMENT = _text(
    rf"^(?!\s*(?:{'|'.join(STATEMENTS.split())})\b)", "A layer is an expression; Python's statements have no place."
)
NO_ASSIGNMENT = _text(r"^(?!\s*[\w.]+\s*=(?!=))", "A name stands before a colon: `name: layer`.")


def definitions() -> dict[str, Schema]:
    """Return the definitions of texts, items, scopes and merges."""
    return {
        "expression": {
            "title": "expression",
            "description": "A number, a name or arithmetic on variables and block arguments: `width * 2`.",
            "type": "string", **STARTS,
        },
        "value": {
            "title": "value",
            "description": "A number, a list, or an expression; what is quoted is a string.",
            "type": ["string", "number", "boolean", "null", "array"], "items": ref("value"),
        },
        "text": {
            "title": "layer",
            "description": "A layer as in PyTorch, a chain of them with `|`, short words, or an expression of tensors.",
            "type": "string", "examples": list(EXAMPLES),
            "allOf": [STARTS, ENDS, BRACKETS, NO_STATEMENT, NO_ASSIGNMENT],
        },
        "layers": {
            "title": "list of layers",
            "description": "One layer for each `- `; the tensor flows from top to bottom.",
            "type": "array", "items": ref("item"),
        },
        "item": {"title": "layer", "anyOf": [ref("text"), ref("pair")]},
        "branch": {"title": "branch", "anyOf": [ref("text"), ref("layers"), ref("pair"), {"type": "null"}]},
        "branches": _branches(),
        "named": _named(),
        "other": _other(),
    }  # fmt: skip


def pair(operators: list[str]) -> Schema:
    """Return the definition of an item that is a mapping: `Conv2d: {...}`, `name: ...`, `cat: [...]`.

    A function that also merges branches is called as a mapping only with torch's prefix: `torch.cat: {...}`.
    """
    return {
        "title": "layer",
        "type": "object",
        "minProperties": 1,
        "maxProperties": 2,
        "propertyNames": {**_text(KEY, "A name has letters, digits, `_` and `-`."), "title": "name"},
        "properties": {
            **{f"torch.{name}" if name in MERGES else name: ref(name) for name in operators},
            **{name: ref("branches") for name in MERGES},
        },
        "patternProperties": {CALLED: {"type": "object"}},
        "additionalProperties": ref("other"),
        "if": {"minProperties": 2},
        "then": {
            "required": ["of"],
            "properties": {"of": {"anyOf": [EXPRESSION, SEVERAL]}},
            "patternProperties": {MERGE: False},
            "additionalProperties": {"type": "object"},
        },
    }


def _branches() -> Schema:
    return {
        "title": "merge",
        "description": "Branches that all start from the current tensor and meet here; an empty one passes it on.",
        "type": ["array", "object", "string"],
        "minItems": 1,
        "items": ref("branch"),
        "minProperties": 1,
        "propertyNames": {**_text(KEY, "A branch is called like a layer."), "title": "name"},
        "additionalProperties": ref("branch"),
        "allOf": [STARTS, ENDS, BRACKETS, NO_STATEMENT, NO_ASSIGNMENT],
    }


def _named() -> Schema:
    """Return what may stand behind a name that is also an operator's, beside the call: a layer of that name.

    Without arguments it is one that stands above, applied again; inside of it stands another call,
    or a merge.
    """
    inner = {
        "type": "object",
        "maxProperties": 2,
        "not": {"additionalProperties": {"not": {"type": "object"}}},
        "if": {"minProperties": 2},
        "then": {"required": ["of"]},
    }
    merge = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": {"pattern": MERGE, "doNotSuggest": True},
    }
    return {"anyOf": [ref("text"), ref("layers"), {"type": "object", "maxProperties": 0}, inner, merge]}


def _other() -> Schema:
    """Return what may stand behind any other key: a named layer, a scope, or the arguments of a block."""
    arguments: Schema = {"title": "arguments of a block", "type": "object", "additionalProperties": ref("value")}
    return {
        "title": "named layer",
        "description": "A layer with a name, a list of layers, or a block of the file with its arguments.",
        "anyOf": [ref("text"), ref("layers"), ref("pair"), arguments],
    }
