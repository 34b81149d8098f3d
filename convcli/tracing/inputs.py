"""What a model's `forward` takes: by name, in dictionaries and lists, and with types."""

from collections.abc import Mapping
from typing import Any

from convcli.record import Record

ANY, NAMED, FIRST = "VAR_POSITIONAL", "VAR_KEYWORD", ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD")
"""Kinds of parameters, as Python's `inspect` calls them."""
MOST_SPREAD = 64
"""Inputs of a `*xs` that may come without names."""


class Taken(Record):
    """A parameter of `forward`; `needed` has no default, `kind` is Python's own."""

    name: str
    needed: bool
    kind: str = FIRST[1]


def taken_by(model: Any) -> tuple[Taken, ...]:
    """Return what `forward` takes; of a signature that cannot be read, or tells nothing, one input."""
    import inspect

    try:
        known = inspect.signature(model.forward).parameters.values()
        found = [
            Taken(one.name, one.default is one.empty and one.kind.name not in (ANY, NAMED), one.kind.name)
            for one in known
        ]
    except (TypeError, ValueError):
        found = []
    if not any(one.needed for one in found):
        if not any(one.kind in FIRST for one in found):
            return (Taken("input", needed=True, kind=FIRST[0]), *found)
        found[0] = found[0]._replace(needed=True)
    return tuple(found)


def asked_for(taken: tuple[Taken, ...], given: Mapping[str, Any]) -> list[str]:
    """Return the names of all tensors: `batch.image` is what the dictionary `batch` has as `image`, `x.0` of a list."""
    names: list[str] = []
    inside = [name for name in given if name and _root(name) not in {one.name for one in taken}]
    for one in taken:
        parts = [name for name in given if name.startswith(f"{one.name}.")]
        if parts:
            names += parts
        elif one.kind == NAMED:
            names += inside
        elif one.kind != ANY and (one.needed or one.name in given):
            names.append(one.name)
    spread = [one.name for one in taken if one.kind == ANY]
    return names[1:] if names[0] == "input" and any(_root(name) in spread for name in names) else names


def order_of(taken: tuple[Taken, ...]) -> tuple[str, ...]:
    """Return the names of inputs that come without: a `*xs` takes many."""
    first = [one.name for one in taken if one.kind in FIRST]
    spread = [f"{one.name}.{at}" for one in taken if one.kind == ANY for at in range(MOST_SPREAD)]
    return (*(first if first != ["input"] or not spread else ()), *spread)


def arguments(taken: tuple[Taken, ...], made: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return tensors as `forward` takes them, in order and by name."""
    tree: dict[str, Any] = {}
    for name, tensor in made.items():
        *above, last = name.split(".")
        inner = tree
        for part in above:
            inner = inner.setdefault(part, {})
        inner[last] = tensor
    values = {name: _listed(value) for name, value in tree.items()}
    kinds = {one.name: one.kind for one in taken}
    positional: list[Any] = []
    for name in list(values):
        kind = kinds.get(name, NAMED)
        if kind == ANY:
            positional += values.pop(name)
        elif kind == FIRST[0] or (kind == FIRST[1] and name == taken[0].name):
            positional.append(values.pop(name))
    return positional, values


def _root(name: str) -> str:
    return name.partition(".")[0]


def _listed(value: Any) -> Any:
    """Return a list where all keys are its places, 0 to the last."""
    if not isinstance(value, dict):
        return value
    items = {key: _listed(one) for key, one in value.items()}
    places = [str(at) for at in range(len(items))]
    return [items[at] for at in places] if sorted(items) == sorted(places) else items
