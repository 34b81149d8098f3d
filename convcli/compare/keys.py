"""What layers are recognised by: their names without numbers, their operators without what follows the input.

A function is recognised as the module that does the same: `relu(x)` is `ReLU()`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from convcli.op import Operator
from convcli.ops.catalogue import find
from convcli.record import Record
from convcli.report import LayerReport

_NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")
_CALLS = re.compile(r"_\d+$")


class Keys(Record):
    """The layers of a network as small integers, equal where the layers agree.

    Attributes:
        whole: place and text together.
        text: the operator with its arguments, but for those that follow what flows in.
        place: the name, with `#` for numbers that only count.
        op: the operator's name.
        named: a number for each name that somebody wrote, and its operator; -1 where the name only counts.
        exact: the whole name with its numbers, and the operator.
        last: the last part of the name, with `#` for a number.
        module: whether it is a module, no function.
        kept: whether the other network has a layer of the same written name and operator.
    """

    __slots__ = ()

    whole: Sequence[int]
    text: Sequence[int]
    place: Sequence[int]
    op: Sequence[int]
    named: Sequence[int]
    exact: Sequence[int]
    last: Sequence[int]
    module: Sequence[bool]
    kept: Sequence[bool]


def keys_of(before: Sequence[LayerReport], after: Sequence[LayerReport]) -> tuple[Keys, Keys]:
    """Return the keys of two networks' layers."""
    numbers: dict[Any, int] = {}
    old, new = _keys(before, numbers), _keys(after, numbers)
    return old._replace(kept=_kept(old, new)), new._replace(kept=_kept(new, old))


def _kept(one: Keys, other: Keys) -> list[bool]:
    names = {exact for exact, named in zip(other.exact, other.named, strict=True) if named >= 0}
    return [named >= 0 and exact in names for exact, named in zip(one.exact, one.named, strict=True)]


def _keys(layers: Iterable[LayerReport], numbers: dict[Any, int]) -> Keys:
    """Return the keys of a network, but for what the other one has; `numbers` knows each thing that was seen."""
    texts: dict[tuple[int, bool], int] = {}
    keys = Keys([], [], [], [], [], [], [], [], [])
    whole, text, place, op, named, exact, last, module = (column.append for column in keys[:-1])
    for layer in layers:
        again = layer.call > 1
        known = texts.get((id(layer.args), again))
        if known is None:
            key = (again, *meaning(layer))
            known = texts[id(layer.args), again] = numbers.setdefault(key, len(numbers))
        name, written = place_of(layer)
        where = numbers.setdefault(name, len(numbers))
        kind = numbers.setdefault((_module(layer.op),), len(numbers))
        whole(numbers.setdefault((where, known), len(numbers)))
        text(known)
        place(where)
        op(kind)
        named(numbers.setdefault((where, kind, "named"), len(numbers)) if written else -1)
        exact(numbers.setdefault((layer.name, kind), len(numbers)))
        last(numbers.setdefault(name.rpartition(".")[2], len(numbers)))
        module(layer.module is not None)
    return keys


def place_of(layer: LayerReport) -> tuple[str, bool]:
    """Return a layer's name without numbers that only count, and whether somebody wrote its last part."""
    name = layer.name
    head, dot, last = name.rpartition(".")
    written = not last.isdecimal()
    if written:
        base = _CALLS.sub("", last)
        numbered = base != last
        own = layer.module.rpartition(".")[2] if layer.module is not None else ""
        if base == layer.op or (numbered and base in (own, _function(layer.op))):
            name, written = f"{head}{dot}{base}", False
    return (_NUMBER.sub("#", name) if not name.isalpha() else name), written


def meaning(layer: LayerReport) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what a layer computes: its operator, a module where there is one, and its own arguments."""
    return _module(layer.op), _own(layer)


@cache
def _module(op: str) -> str:
    """Return the name of the module that does what a function does; any other name as it is."""
    kind = find(op)
    if kind is None or kind.module:
        return op
    modules = (base for base in kind.__mro__[1:] if issubclass(base, Operator) and base.module)
    return next((base.name for base in modules if find(base.name)), op)


def _function(op: str) -> str:
    """Return what the functions of a module without weights are called whose names only count: `relu` for `ReLU`."""
    kind = find(op)
    return op.lower() if kind is not None and kind.module and kind.weights is Operator.weights else op


def _own(layer: LayerReport) -> tuple[tuple[str, str], ...]:
    """Return the arguments of a layer that do not follow what flows in; a depthwise layer stays one."""
    operator = find(_module(layer.op))
    args = layer.args
    if operator is not None:  # in the module's order, with what only the function has behind
        names = (*(name for name in operator.arguments if name in args), *args)
        inferred = {name for name, declared in operator.arguments.items() if declared.inferred}
        args = {name: args[name] for name in names if name not in inferred}
    multiplier = depthwise(layer.args)
    if multiplier:
        args = args | {"groups": "in_channels", "out_channels": f"{multiplier} * in_channels"}
    return tuple((name, repr(value)) for name, value in args.items())


def depthwise(args: dict[str, Any]) -> int | None:
    """Return how many channels a depthwise convolution makes of each; None for any other layer."""
    channels = args.get("in_channels")
    if not isinstance(channels, int) or channels < 2 or args.get("groups") != channels:
        return None
    multiplier: int = args["out_channels"] // channels
    return multiplier
