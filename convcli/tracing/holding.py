"""Whether a model's modules have an end: torch goes through all ways from a model to what it holds, shared or not."""

from collections.abc import Iterator
from typing import Any, NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic

MOST_LEVELS = 200
"""Modules in modules; torch itself recurses into each, several calls deep."""
MOST_WAYS = 100_000


def expect_end(model: Any, name: str) -> None:
    """Refuse a model whose modules hold each other in a circle, too deeply, or so often that nobody counts them.

    Raises:
        ConvcliError: they do.
    """
    ways: dict[int, int] = {}
    opened = {id(model)}
    stack: list[tuple[str, Any, Iterator[tuple[str, Any]]]] = [("", model, _held(model))]
    while stack:
        _, module, rest = stack[-1]
        for own, inner in rest:
            if id(inner) in opened:
                path = ".".join([*(one for one, _, _ in stack[1:]), own])
                _refuse(f"the modules of {name} hold each other in a circle: `{path[:200]}` holds itself")
            if len(stack) > MOST_LEVELS:
                _refuse(f"the modules of {name} are nested deeper than {MOST_LEVELS} levels")
            if id(inner) not in ways:
                opened.add(id(inner))
                stack.append((own, inner, _held(inner)))
                break
        else:
            stack.pop()
            opened.discard(id(module))
            ways[id(module)] = 1 + sum(ways[id(inner)] for _, inner in _held(module))
            if ways[id(module)] > MOST_WAYS:
                _refuse(f"the modules of {name} share others so often that they have more than {MOST_WAYS:,} names")


def _held(module: Any) -> Iterator[tuple[str, Any]]:
    """Give the modules that one holds, a shared one each time."""
    found = getattr(module, "__dict__", {}).get("_modules", {})
    return iter([(name, inner) for name, inner in found.items() if inner is not None])


def _refuse(message: str) -> NoReturn:
    help = "keep a module that is not a part of another in a list or a tuple: `self.parent = [parent]`"
    raise ConvcliError([Diagnostic("CV180", message, help=help)])
