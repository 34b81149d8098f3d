"""How many layers a text unfolds to at least, told without unfolding it."""

from typing import Any

from convcli.layer import syntax
from convcli.resolve.application import Applying
from convcli.resolve.values import (
    LAYERS,
    BlockLayer,
    ChainLayer,
    RepeatLayer,
)


class Bounds(Applying):
    """Counts what is certain, so that `Conv2d(8, 8, 3) * 1000000000` is refused at once."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.bounds: dict[str, int] = {}
        self.call_bounds: dict[int, tuple[BlockLayer, int]] = {}

    def bound_of_layer(self, layer: Any) -> int:
        """Return a number of nodes that a layer has at least."""
        if isinstance(layer, RepeatLayer):
            return layer.times * self.bound_of_layer(layer.layer)
        if isinstance(layer, BlockLayer):
            return self.bound_of_call(layer)
        if isinstance(layer, ChainLayer):
            return sum(self.bound_of_layer(i) if isinstance(i, LAYERS) else self.bound(i) for i in layer.items if i)
        return 1

    def bound(self, tree: Any) -> int:
        """Return a number of nodes that an expression has at least, as far as its text alone tells."""
        if isinstance(tree, syntax.Call):
            name = tree.function.name if isinstance(tree.function, syntax.Name) else ""
            return (
                self.bound_of_block(name) if name in self.blocks else int(name[:1].isupper() and name != "Sequential")
            )
        if isinstance(tree, syntax.Chain):
            return sum(map(self.bound, tree.items))
        if isinstance(tree, syntax.Binary) and tree.sign == "*" and isinstance(tree.right, syntax.Constant):
            return self.bound(tree.left) * (tree.right.value if isinstance(tree.right.value, int) else 1)
        if isinstance(tree, syntax.Binary):
            meets = tree.sign in "+-" and any(self.is_layer(part) for part in (tree.left, tree.right))
            return self.bound(tree.left) + self.bound(tree.right) + meets
        return 1 if isinstance(tree, syntax.Short) else 0

    def is_layer(self, tree: Any) -> bool:
        """Say whether an expression is certainly a layer: a call of a block or of an operator."""
        name = getattr(getattr(tree, "function", None), "name", "")
        return isinstance(tree, syntax.Call) and (name in self.blocks or name[:1].isupper())

    def bound_of_call(self, layer: BlockLayer) -> int:
        """Return a number of nodes that a block has at least, the layers among its arguments included."""
        known = self.call_bounds.get(id(layer))
        if known is None:
            names = [getattr(getattr(item.body, "tree", None), "name", None) for item in layer.block.body.items]
            inner = [layer.arguments[name] for name in names if name in layer.arguments]
            certain = sum(self.bound_of_layer(value) for value in inner if isinstance(value, LAYERS))
            known = self.call_bounds[id(layer)] = (layer, self.bound_of_block(layer.block.name) + certain)
        return known[1]

    def bound_of_block(self, name: str) -> int:
        if name not in self.bounds:
            self.bounds[name] = 0  # a block that contains itself adds nothing certain
            bodies = [item.body for item in self.blocks[name].body.items]
            self.bounds[name] = sum(self.bound(getattr(body, "tree", None)) for body in bodies)
        return self.bounds[name]
