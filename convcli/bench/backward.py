"""Timestamps in backward: before and after each autograd node, which belongs to the layer that made it."""

from collections.abc import Callable, Sequence
from typing import Any


class Backward:
    """The autograd nodes of one pass, by layer, with their timestamps once backward has run."""

    def __init__(self, made: Sequence[Any], before: Callable[[], Any], after: Callable[[], Any]) -> None:
        self.layers = len(made)
        self.owners: list[int] = []
        self.starts: list[Any] = []
        self.ends: list[Any] = []
        self.before, self.after = before, after
        seen: set[Any] = set()  # holds the nodes, of which torch makes Python objects anew otherwise
        for at, roots in enumerate(made):
            open_ = [root for root in roots if root is not None]
            while open_:
                node = open_.pop()
                if node not in seen and not hasattr(node, "variable"):  # a weight takes its gradient in no time
                    seen.add(node)
                    self._watch(node, at)
                    open_.extend(further for further, _ in node.next_functions if further is not None)
        self.seen = seen

    def _watch(self, node: Any, layer: int) -> None:
        number, starts, ends, before, after = len(self.owners), self.starts, self.ends, self.before, self.after
        self.owners.append(layer)
        starts.append(None)
        ends.append(None)

        def begins(_: Any) -> None:
            starts[number] = before()

        def ended(*_: Any) -> None:
            ends[number] = after()

        node.register_prehook(begins)
        node.register_hook(ended)

    def nodes(self, ns: Callable[[Any, Any], int]) -> tuple[int | None, ...]:
        """Return the nanoseconds of each layer; None for one through which nothing flows back."""
        found: list[int | None] = [None] * self.layers
        for layer, start, end in zip(self.owners, self.starts, self.ends, strict=True):
            if start is not None and end is not None:
                found[layer] = (found[layer] or 0) + ns(start, end)
        return tuple(found)


def roots(made: Any) -> tuple[Any, ...]:
    """Return the autograd nodes of what a call has made."""
    if isinstance(made, tuple | list):
        return tuple(root for one in made for root in roots(one))
    return (getattr(made, "grad_fn", None),)
