"""What names mean: tensors and layers above, arguments, variables, short words, results and slices."""

from typing import Any, NoReturn

from convcli.argument import INFER, Slot
from convcli.diagnostics import ConvcliError
from convcli.human import counted
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.ops.catalogue import operator
from convcli.ops.short import SHORT_WORDS
from convcli.quantity import UNKNOWN
from convcli.resolve.bounds import Bounds
from convcli.resolve.values import (
    BROKEN,
    LAYERS,
    TENSOR_LIKE,
    Scope,
    Several,
    ShortLayer,
    Spot,
    Tensor,
    kind_of,
)
from convcli.source import Span

LONGEST_LIST = 10_000
"""Values in a list, nested ones included: lists of lists double quickly."""


class Naming(Bounds):
    """Gives values to names, dotted names and square brackets."""

    def invalid(self, tree: syntax.Invalid, scope: Scope, spot: Spot, tail: bool) -> Any:
        """What could not be read has been complained of already."""
        self.ends(self.phrase.span(*tree.at))
        return BROKEN

    def constant(self, tree: syntax.Constant, scope: Scope, spot: Spot, tail: bool) -> Any:
        return tree.value

    def sequence(self, tree: syntax.List, scope: Scope, spot: Spot, tail: bool) -> Any:
        values = [self.evaluate(item, scope, spot) for item in tree.items]
        weight = 1 + sum(self.weight(value) for value in values)
        if weight > LONGEST_LIST:
            self.refuse("CV208", f"a list of more than {LONGEST_LIST:,} values", tree.at)
        self.weights[id(values)] = (values, weight)
        return values

    def weight(self, value: Any) -> int:
        """Return the number of values in a list and the lists in it, however often one stands there."""
        if not isinstance(value, list):
            return 1
        known = self.weights.get(id(value))
        return known[1] if known else 1 + sum(map(self.weight, value))

    def name(self, tree: syntax.Name, scope: Scope, spot: Spot, tail: bool) -> Any:
        word = tree.name
        if word == "x":
            return scope.x
        if word == "input":
            return scope.block_input
        if word == "_":
            return INFER
        entry = scope.find(word)
        if entry is not None:
            if entry.hides:
                self.refuse_two_meanings(tree, entry.hides)
            return entry.value
        if word in scope.arguments:
            return scope.arguments[word]
        if word in self.variables:
            return self.variables[word]
        if word in SHORT_WORDS:
            return ShortLayer(tree, (), {}, self.phrase)
        from convcli.resolve.unknown import unknown_name  # only mistakes need it

        raise ConvcliError([unknown_name(self, tree, scope)])

    def refuse_two_meanings(self, tree: syntax.Name, layer: Span) -> NoReturn:
        """Refuse a name that is a layer's here and was an argument's further up."""
        from convcli.resolve.unknown import two_meanings  # only mistakes need it

        raise ConvcliError([two_meanings(self, tree, layer)])

    def known_names(self, scope: Scope) -> list[str]:
        """Return the names that mean something here, for whoever looks for one that does not."""
        return [*scope.names(), *scope.arguments, *self.variables, "x", "input"]

    def attribute(self, tree: syntax.Attribute, scope: Scope, spot: Spot, tail: bool) -> Any:
        path = self.path(tree, scope)
        if path is not None and path in self.tensors:
            return self.tensors[path]
        self.unknown_member(tree, scope, tree)

    def unknown_member(self, tree: Any, scope: Scope, whole: Expression) -> NoReturn:
        """Refuse a dotted name that stands for nothing; `whole` is what it begins, perhaps a call."""
        from convcli.resolve.unknown import unknown_member  # only mistakes need it

        raise ConvcliError([unknown_member(self, tree, scope, whole)])

    def path(self, tree: Any, scope: Scope) -> str | None:
        """Return the path of nodes that `body.layer2[0]` means, None if it does not begin with a layer's name."""
        if isinstance(tree, syntax.Name):
            entry = scope.find(tree.name)
            return entry.node if entry else None
        if isinstance(tree, syntax.Attribute):
            base = self.path(tree.value, scope)
            return None if base is None else f"{base}.{tree.name}"
        if isinstance(tree, syntax.Index) and len(tree.items) == 1 and isinstance(tree.items[0], syntax.Constant):
            base = self.path(tree.value, scope)
            return None if base is None else f"{base}.{tree.items[0].value}"
        return None

    def index(self, tree: syntax.Index, scope: Scope, spot: Spot, tail: bool) -> Any:
        path = self.path(tree, scope)
        if path is not None and path in self.tensors:
            return self.tensors[path]
        value = self.evaluate(tree.value, scope, spot)
        if value is BROKEN or value is UNKNOWN:
            return value
        if isinstance(value, LAYERS):
            value = self.flow(value, scope, spot.inner(), tree.at)
        if isinstance(value, list):
            return self.list_item(value, tree, scope, spot)
        place = self.evaluate(_place(tree), scope, spot) if _place(tree) else None
        if isinstance(place, int) and path is not None:
            inside = self.scope_item(path, place, tree)
            if inside is not None:
                return inside
        if isinstance(value, Several) and isinstance(place, int):
            return self.one_of(value, place, tree)
        if isinstance(value, Tensor | Several):  # a slice of several results is one of the first
            return self.slice(self.tensor(value, tree.at), tree, scope, spot, tail=tail)
        self.refuse("CV119", f"{kind_of(value)} has no items", tree.at)

    def list_item(self, value: list[Any], tree: syntax.Index, scope: Scope, spot: Spot) -> Any:
        """Return an item of a list of values, or a stretch of it."""
        if len(tree.items) == 1 and isinstance(tree.items[0], syntax.Slice):
            parts = self.slice_item(tree.items[0], scope, spot)
            if any(part is UNKNOWN for part in parts):
                return UNKNOWN
            if parts[2] == 0:
                self.refuse("CV207", "a step of 0", tree.at)
            return value[slice(*parts)]
        plain = _place(tree)
        if plain is None:
            self.refuse("CV207", "an index of a list must be one integer", tree.at)
        place = self.evaluate(plain, scope, spot)
        if not isinstance(place, int):
            self.refuse_number("CV207", "an index must be an integer", place, plain)
        return self.one_of(value, place, tree)

    def one_of(self, values: Any, place: int, tree: syntax.Index) -> Any:
        if place is UNKNOWN:  # a variable without a value, which is complained of
            return UNKNOWN if isinstance(values, list) else BROKEN
        if not -len(values) <= place < len(values):
            help = f"they count from 0 to {len(values) - 1}" if values else ""
            self.refuse("CV207", f"index {place} of {counted(len(values), 'item')}", tree.at, help)
        return values[place]

    def scope_item(self, path: str, place: int, tree: syntax.Index) -> Any:
        """Return a tensor of a numbered scope by its place, from the end if negative; None if it is no such scope."""
        base = path.rpartition(".")[0] + "."
        count = 0
        while f"{base}{count}" in self.tensors:
            count += 1
        if not count:
            return None
        if not -count <= place < count:
            help = f"they count from 0 to {count - 1}, or from -1 back"
            message = f"index {place} of `{base[:-1]}`, which has {counted(count, 'layer')}"
            self.refuse("CV207", message, tree.at, help)
        return self.tensors[f"{base}{place % count}"]

    def slice(self, tensor: Tensor, tree: syntax.Index, scope: Scope, spot: Spot, *, tail: bool) -> Any:
        """Apply `x[:, 0]`, `x[..., ::2]`."""
        index = tuple(self.slice_item(item, scope, spot) for item in tree.items)
        cls = operator("slice")
        return self.call_function(cls, [Slot(0), index], {}, [tensor], spot, tree, tail=tail)

    def slice_item(self, item: Any, scope: Scope, spot: Spot) -> Any:
        if isinstance(item, syntax.Dots):
            return ...
        if isinstance(item, syntax.Slice):
            parts = (item.start, item.stop, item.step)
            return tuple(part and self.integer(part, scope, spot) for part in parts)
        return self.integer(item, scope, spot)

    def integer(self, tree: Expression, scope: Scope, spot: Spot) -> int | None:
        value = self.evaluate(tree, scope, spot)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self.refuse_number("CV207", "an index must be an integer", value, tree)
        return value

    def function(
        self, name: str, arguments: list[Any], tensors: list[Tensor], spot: Spot, tree: Expression, *, tail: bool
    ) -> Any:
        cls = operator(name)
        return self.call_function(cls, arguments, {}, tensors, spot, tree, tail=tail)

    def as_tensor(self, value: Any, scope: Scope, spot: Spot, at: At) -> Tensor:
        """Return a value as a tensor; a layer is applied to the current one."""
        if isinstance(value, LAYERS):
            inner = spot.inner()
            value = self.apply(value, [self.current(scope, at)], inner)
        return self.tensor(value, at)

    def has_tensor(self, *values: Any) -> bool:
        """Say whether one of several values is a tensor; a broken one, of which has been complained, ends the item."""
        if any(value is BROKEN for value in values):
            raise ConvcliError([])
        return any(isinstance(value, TENSOR_LIKE) for value in values)


def _place(tree: syntax.Index) -> Any:
    """Return what the brackets hold if it is one plain value, not a slice."""
    plain = len(tree.items) == 1 and not isinstance(tree.items[0], syntax.Slice | syntax.Dots)
    return tree.items[0] if plain else None
