"""Layers of other formats as expressions: what readers write them with, each part where it stands in the file."""

from collections.abc import Callable
from typing import Any

from convcli.blocks import Item, Items, Words
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.ops.opaque import opaque
from convcli.quantity import UNKNOWN, Shape
from convcli.record import Record
from convcli.source import Phrase, Source, Span

INFERRED = syntax.Name("_")
CURRENT = syntax.Name("x")


class Writer:
    """Writes expressions whose places count in one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.phrase = Phrase(source.text, source, 0)

    def item(self, name: str | None, tree: Expression) -> Item:
        """Return an item of one layer."""
        return Item(name, Words(tree, self.phrase), Span(self.source, *tree.at))

    def scope(self, name: str, items: list[Item], at: At) -> Item:
        """Return a named scope."""
        return Item(name, Items(tuple(items), Span(self.source, *at)), Span(self.source, *at))

    def words(self, tree: Expression) -> Words:
        """Return an expression with the text that its places count in."""
        return Words(tree, self.phrase)


def value(found: Any, at: At) -> Expression:
    """Write a value: a number, a text, a list of values, an expression."""
    if isinstance(found, Record):
        return found  # type: ignore[return-value]  # the only records here are expressions
    if isinstance(found, list | tuple):
        return syntax.List(tuple(value(one, at) for one in found), "[]", at)
    return syntax.Constant(found, at)


def call(name: str, at: At, *values: Any, places: dict[str, At] | None = None, **keywords: Any) -> syntax.Call:
    """Write a call; `places` are those of single keywords, of which the values are `keywords`."""
    where = places or {}
    written = tuple(
        syntax.Keyword(key, value(one, where.get(key, at)), where.get(key, at)) for key, one in keywords.items()
    )
    return syntax.Call(syntax.Name(name, at), tuple(value(one, at) for one in values), written, at)


class Placed:
    """Writes layers that all stand at one place of a file, `at`, until it is set to the next."""

    def __init__(self, source: Source, at: At) -> None:
        self.source = source
        self.writer = Writer(source)
        self.at = at

    def item(self, name: str | None, tree: Expression) -> Item:
        """Return a layer."""
        return self.writer.item(name, tree)

    def scope(self, name: str, items: list[Item]) -> Item:
        """Return a named scope."""
        return self.writer.scope(name, items, self.at)

    def op(self, kind: str, *values: Any, **arguments: Any) -> Expression:
        """Write an operator."""
        return call(kind, self.at, *values, **arguments)


def applied(layer: Expression, *tensors: Expression) -> syntax.Call:
    """Write a layer that is applied to tensors."""
    return syntax.Call(layer, tensors, (), layer.at)


def chain(*layers: Expression) -> Expression:
    """Write layers one after the other."""
    return layers[0] if len(layers) == 1 else syntax.Chain(layers, layers[0].at)


def fitted(make: Callable[..., Any], at: At, *tensors: Expression) -> syntax.Fitted:
    """Write a layer that is made when the shapes of its tensors are known, those of the current one without any."""
    return syntax.Fitted(tensors or (CURRENT,), make, at)


def unknown(
    name: str, shape: Shape, weights: dict[str, Shape] | None = None, buffers: dict[str, Shape] | None = None,
    macs: int = UNKNOWN, *, alike: bool = False, other: int = UNKNOWN, **arguments: Any,
) -> Any:  # fmt: skip
    """Return an operator that convcli does not have, with the shape it gives and what else is known of it."""
    return opaque(name, (shape,), ("float32",), weights, buffers, (macs, other), alike=alike, **arguments)


RESERVED = ("x", "input", "in_channels", "_")


class Names:
    """The names of the layers of a list."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.numbers: dict[str, int] = {}

    def new(self, name: str) -> str:
        """Return a name of another tool as one that a layer can have here, and no other has.

        No layer is called like an operator, since in a call that would mean the layer.
        """
        from convcli.ops.catalogue import find

        plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "_-") else "_" for sign in name[:200])
        plain = plain.lstrip("-") or "layer"
        if plain in RESERVED or find(plain) is not None:
            plain = f"{plain}_"
        number, found = self.numbers.get(plain, 1), plain
        while found in self.taken:
            number += 1
            found = f"{plain}_{number}"
        self.numbers[plain] = number  # the next of this name need not be looked for from the beginning
        self.taken.add(found)
        return found
