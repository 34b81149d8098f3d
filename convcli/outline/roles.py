"""What a number of channels is to the scope that it stands in: what flows in, what flows out, or neither."""

from collections.abc import Callable, Iterator, Mapping

from convcli.graph import Graph, Result
from convcli.outline.scopes import Call, makes, reads

Key = tuple[str, str]
"""An argument in a class: the layer's name in it, and the argument's."""

SIDES = ("in", "out")
WIDTHS = ("channels", "features")


class Roles:
    """Knows which layers are the first that read what flows into a scope, and which the last before what flows out.

    `inline` says of an inner scope whether its layers are written in this one.
    """

    def __init__(self, graph: Graph, scope: Call, inline: Callable[[Call], bool]) -> None:
        self.graph = graph
        self.scope = scope
        self.inline = inline
        self.layers = {
            "in": set(self._reached(scope, "in", set(scope.inputs))),
            "out": set(self._reached(scope, "out", set(scope.outputs))),
        }

    def word(self, key: Key, columns: Mapping[Key, tuple[str, ...]]) -> str:
        """Return the name of an argument as that of the scope's: what it is there, `hidden_channels` if neither side.

        What is the same number everywhere is one argument, whichever layers have it.
        """
        way, _, what = key[1].partition("_")
        if way not in SIDES or what not in WIDTHS:
            return key[1]
        sides = [
            side
            for side in SIDES
            for (layer, word), column in columns.items()
            if word == f"{side}_{what}" and column == columns[key] and layer in self.layers[side]
        ]
        return f"{(way if way in sides else sides[0]) if sides else 'hidden'}_{what}"

    def _reached(self, call: Call, side: str, flow: set[Result]) -> Iterator[str]:
        """Give the layers, and scopes with a class of their own, that are reached first from one side."""
        for step in call.steps if side == "in" else reversed(call.steps):
            inner = isinstance(step, Call)
            near, far = reads(self.graph, step), makes(self.graph, step)
            if side == "out":
                near, far = far, near
            if inner and self.inline(step):
                yield from self._reached(step, side, flow)
            elif not flow.isdisjoint(near):
                module = step.module if inner else self.graph.nodes[step].module
                yield from [self.scope.within(module)] if module else []
                if not inner and not any(f"{side}_{what}" in self.graph.nodes[step].op.values for what in WIDTHS):
                    flow.update(far)
