"""What a model calls the tensors that it gives: the keys of dictionaries, and the fields of named tuples."""

from collections.abc import Iterator
from typing import Any


def keys_of(value: Any, tensor: type) -> tuple[str, ...]:
    """Return what each tensor of a result is called, in order; empty where nothing has a name.

    >>> keys_of({"boxes": 1, "aux": [2, {"mask": 3}], "loss": None}, int)
    ('boxes', 'aux.0', 'aux.1.mask')
    >>> keys_of([1, (2, 3)], int)
    ()
    """
    found = list(_named(value, tensor, "", called=False))
    return tuple(name for name, _ in found) if any(called for _, called in found) else ()


def _named(value: Any, tensor: type, path: str, *, called: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(value, tensor):
        yield path, called
        return
    fields = getattr(value, "_fields", None) if isinstance(value, tuple) else None
    named = isinstance(value, dict) or fields is not None
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list | tuple | set):
        items = list(zip(fields, value, strict=True) if fields is not None else enumerate(value))
    else:
        return
    for name, inner in items:
        yield from _named(inner, tensor, f"{path}.{name}".lstrip("."), called=called or named)
