"""Layers and functions as Python spells them: constructors of torch.nn, calls of torch's functions."""

import ast
from collections.abc import Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Any

from convcli.argument import REQUIRED, Either, PerAxis, Slot
from convcli.graph import Node
from convcli.op import Operator
from convcli.ops.slicing import REST
from convcli.writers.torch_source.layout import Code, Nest, call, flat
from convcli.writers.torch_source.support import SUPPORT

SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "matmul": "@"}

_IN_TORCH = (
    "sigmoid tanh flatten unflatten add sub mul div pow maximum minimum neg abs square exp log sqrt rsqrt reciprocal "
    "sin cos clamp cat stack chunk split unbind squeeze unsqueeze transpose roll narrow sum mean amax amin var std "
    "argmax argmin matmul bmm"
)
IN_TORCH = frozenset(_IN_TORCH.split())
"""Functions of `torch`; those with as many sizes as there are axes are methods, all others are in `functional`."""


def literal(value: Any) -> str:
    """Return a value as it is written, strings in double quotes."""
    if isinstance(value, str):
        text = repr(value)
        return text if '"' in text else f'"{text[1:-1]}"'
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    if isinstance(value, float) and not isfinite(value):
        return f'float("{value}")'
    return repr(value)


def spelled(node: Node) -> Mapping[str, str]:
    """Return all arguments of a module."""
    return spelled_operator(node.op)


@cache
def spelled_operator(op: Operator) -> Mapping[str, str]:
    """Return all arguments of an operator."""
    return {name: _argument(op, name) for name in op.values}


def _argument(op: Operator, name: str) -> str:
    shown = op.arguments[name].kind.show(op.values[name])
    try:
        return literal(ast.literal_eval(shown))
    except ValueError:  # a number that is none
        return literal(op.values[name])


def constructor(node: Node, instead: Mapping[str, str]) -> Code:
    """Return what makes a module; `instead` has what stands for some of its arguments."""
    op = node.op
    texts = {**spelled(node), **instead}
    if op.name == "Parameter":
        size = texts["shape"]
        zeros = f"torch.zeros({size if instead or size == '()' else size[1:-1].rstrip(',')})"
        return call("nn.Parameter", zeros, *(() if op.values["requires_grad"] else ("requires_grad=False",)))
    items = []
    for name, declared in op.arguments.items():
        if declared.default is REQUIRED and not declared.keyword_only:
            items.append(texts[name])
        elif name in instead or op.values[name] != op.usual()[name]:
            items.append(f"{name}={texts[name]}")
    return call(op.name if op.name in SUPPORT else f"nn.{op.name}", *items)


def module_call(op: Operator, target: str, tensors: Sequence[str], asked: frozenset[int]) -> Code:
    """Return the call of a module."""
    if op.name == "MultiheadAttention":
        three = tensors if len(tensors) == 3 else (*tensors, *tensors, *tensors)
        return call(target, *three, *(() if 1 in asked else ("need_weights=False",)))
    if op.name in ("LSTM", "LSTMCell") and len(tensors) > 1:
        return call(target, tensors[0], Nest("(", tensors[1:], ")"))
    return call(target, *tensors)


def function_call(op: Operator, tensors: Sequence[str], own: Mapping[str, Any]) -> Code:
    """Return the call of a function, or the sign that stands for it; `own` are its arguments."""
    values = {name: filled(_short(op, name, value), tensors) for name, value in own.items()}
    if op.name == "slice":
        return f"{tensors[0]}[{', '.join(map(_index, own['index']))}]"
    plain = all(name in ("input", "other", "exponent") or op.values[name] == op.usual()[name] for name in values)
    if op.name in SIGNS and plain:
        return f"{flat(values['input'])} {SIGNS[op.name]} {flat(values['other'])}"
    if op.name == "pow":
        return f"{flat(values['input'])}**{flat(values['exponent'])}"
    if op.name == "neg":
        return f"-{tensors[0]}"
    if op.variadic:
        return call(f"{tensors[0]}.{op.name}", *map(literal, own[op.variadic]))
    place = "" if op.name in SUPPORT else "torch." if op.name in IN_TORCH else "F."
    items: list[Code] = []
    for name, declared in op.arguments.items():
        if declared.default is REQUIRED and not declared.keyword_only:
            items.append(values[name])
        elif op.values[name] != op.usual()[name]:
            value = values[name]
            named = f"{name}={value}" if isinstance(value, str) else value._replace(head=f"{name}={value.head}")
            items.append(named)
    return call(f"{place}{op.name}", *items)


def _short(op: Operator, name: str, value: Any) -> Any:
    """Return an argument as a person writes it: one number for all axes, one axis by itself."""
    kind = op.arguments[name].kind
    if name == "dim" and isinstance(value, tuple) and len(value) == 1:
        return value[0]
    by_axes = any(isinstance(one, PerAxis) for one in (kind, *(kind.kinds if isinstance(kind, Either) else ())))
    alike = by_axes and isinstance(value, tuple) and value and all(repr(one) == repr(value[0]) for one in value)
    return value[0] if alike else value


def filled(value: Any, tensors: Sequence[str]) -> Code:
    """Return an argument with the names of tensors in the place of slots."""
    if isinstance(value, Slot):
        return tensors[value.input]
    if isinstance(value, tuple) and any(isinstance(item, Slot) for item in value):
        return Nest("[", [filled(item, tensors) for item in value], "]")
    return literal(value)


def _index(item: Any) -> str:
    return "..." if item == REST else str(item)
