"""Layers and functions as expressions of our own language."""

from collections.abc import Mapping, Sequence
from typing import Any

from convcli.argument import REQUIRED, Slot
from convcli.diagnostics import Refusal
from convcli.graph import Node
from convcli.op import Operator

SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "matmul": "@"}
"""Functions that have a sign: no layer's name hides them."""


def spelled(node: Node) -> dict[str, str]:
    """Return all arguments of a module; `_` for what the input tells."""
    op = node.op
    return {
        name: "_" if is_told(node, name) else op.arguments[name].kind.show(value) for name, value in op.values.items()
    }


def is_told(node: Node, name: str) -> bool:
    """Say whether a layer would read an argument from its input, and read this value."""
    op, shapes = node.op, node.input_shapes
    if not op.arguments[name].inferred or not shapes or None in shapes:
        return False
    try:
        op.check_inferable(shapes)  # type: ignore[arg-type]
        return bool(op.infer(name, shapes) == op.values[name])  # type: ignore[arg-type]
    except (Refusal, IndexError):
        return False


def layer(node: Node, instead: Mapping[str, str]) -> str:
    """Return a module; `instead` has what stands for some of its arguments."""
    op = node.op
    texts = {**spelled(node), **instead}
    items: list[str] = []
    for name, declared in op.arguments.items():
        if name == op.variadic and name not in instead and op.values[name]:
            items += map(str, op.values[name])
        elif declared.default is REQUIRED and not declared.keyword_only:
            items.append(texts[name])
        elif name in instead or op.values[name] != op.usual()[name]:
            items.append(f"{name}={texts[name]}")
    return f"{op.name}({', '.join(items)})"


def function(op: Operator, tensors: Sequence[str]) -> str:
    """Return the call of a function, or the sign that stands for it."""
    values = {name: _filled(op, name, tensors) for name in op.values}
    if op.name == "slice":
        return f"{tensors[0]}{op.text()}"
    plain = all(name in ("input", "other") or op.values[name] == op.usual()[name] for name in values)
    if op.name in SIGNS and plain and len(set(tensors)) == len(tensors):
        return f"{values['input']} {SIGNS[op.name]} {values['other']}"
    items: list[str] = []
    for name, declared in op.arguments.items():
        if name == op.variadic and op.values[name]:
            items += map(str, op.values[name])
        elif declared.default is REQUIRED and not declared.keyword_only:
            items.append(values[name])
        elif op.values[name] != op.usual()[name] or (op.name in ("cat", "stack") and name == "dim"):
            items.append(f"{name}={values[name]}")
    return f"{op.name}({', '.join(items)})"


def _filled(op: Operator, name: str, tensors: Sequence[str]) -> str:
    value: Any = op.values[name]
    if isinstance(value, Slot):
        return tensors[value.input]
    if isinstance(value, tuple) and any(isinstance(item, Slot) for item in value):
        return f"[{', '.join(tensors[item.input] for item in value)}]"
    return op.arguments[name].kind.show(value)
