"""What an expression can stand for: numbers, tensors, and layers that are not applied yet."""

from typing import Any

from convcli.blocks import Block, Items, Merge
from convcli.graph import Result
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.op import Operator
from convcli.quantity import Shape
from convcli.record import Record
from convcli.source import Phrase, Span


class Tensor(Record):
    """A tensor; its shape is None where nothing is known of it."""

    __slots__ = ()

    result: Result
    shape: Shape | None
    dtype: str = "float32"


BROKEN = Tensor((-(10**9), 0), None)
"""What a layer gives that failed: whatever takes it is left out, without a further complaint."""


class Several(tuple[Any, ...]):
    """The results of an operator with several; an operator that takes one tensor takes the first."""

    __slots__ = ()


class OpLayer(Record):
    """An operator with its arguments; `op` is None while some are `_`."""

    __slots__ = ()

    cls: type[Operator]
    values: dict[str, Any]
    op: Operator | None
    tree: Expression
    phrase: Phrase


class ShortLayer(Record):
    """A short word, which reads its number of dimensions from what flows in."""

    tree: "syntax.Short | syntax.Name"
    positional: tuple[Any, ...]
    keywords: dict[str, Any]
    phrase: Phrase


class BlockLayer(Record):
    """A block with its arguments; those left out take their defaults when it is applied."""

    block: Block
    arguments: dict[str, Any]
    tree: Expression
    phrase: Phrase


class ChainLayer(Record):
    """Expressions one after the other, each with the one before as its `x`."""

    items: tuple[Any, ...]
    scope: Any
    tree: Expression
    phrase: Phrase


class RepeatLayer(Record):
    """A layer several times, each with its own weights."""

    layer: Any
    times: int
    tree: Expression
    phrase: Phrase


class ListLayer(Record):
    """A nested scope, or a merge."""

    body: "Items | Merge"
    scope: Any
    phrase: Phrase


class SharedLayer(Record):
    """A layer that stands somewhere already: applying it again shares its weights."""

    entry: "Entry"
    tree: Expression
    phrase: Phrase


Layer = OpLayer | ShortLayer | BlockLayer | ChainLayer | RepeatLayer | ListLayer | SharedLayer
LAYERS = (OpLayer, ShortLayer, BlockLayer, ChainLayer, RepeatLayer, ListLayer, SharedLayer)
TENSOR_LIKE = (Tensor, Several, *LAYERS)
"""What can stand where a tensor is needed."""


class Entry:
    """What a name in a list stands for: its tensor, and the layer that made it, if one did.

    `path` is where the layer's modules live; `node` where its nodes are named.
    """

    __slots__ = ("layer", "node", "path", "value")

    def __init__(self, value: Any, layer: "Layer | None", path: str, node: str) -> None:
        self.value = value
        self.layer = layer
        self.path = path
        self.node = node

    hides: "Span | None" = None
    """Where the name stands, if it is that of an argument as well."""


class HidingEntry(Entry):
    """A layer that is called like an argument of its block."""

    __slots__ = ("hides",)

    def __init__(self, entry: Entry, hides: Span) -> None:
        super().__init__(entry.value, entry.layer, entry.path, entry.node)
        self.hides = hides


class Numbering:
    """Gives the unnamed modules of a list their places, and names to nodes and modules.

    `nodes` and `modules` are the prefixes of both; they differ where shared layers are applied
    again: the nodes are new, the modules are not.
    """

    __slots__ = ("count", "modules", "nodes", "shared")

    def __init__(self, nodes: str, modules: str, *, shared: bool = False) -> None:
        self.nodes = nodes
        self.modules = modules
        self.shared = shared
        self.count = 0


class Spot:
    """Where the layers of an item go: under its name, or, if it has none, into the list's numbers."""

    __slots__ = ("_inner", "layer", "module", "name", "numbering")

    def __init__(self, numbering: Numbering, name: str | None, module: str | None = None) -> None:
        self.numbering = numbering
        self.name = name
        self.module = module or name
        self.layer: Any = None
        self._inner: Spot | None = None

    def inner(self) -> "Spot":
        """Return the spot of layers inside the item's expression: numbered, under the name if there is one."""
        if self.name is None:
            return self
        if self._inner is None:
            own, name = self.numbering, self.name
            nested = Numbering(f"{own.nodes}{name}.", f"{own.modules}{self.module}.", shared=own.shared)
            self._inner = Spot(nested, None)
        return self._inner

    def take(self) -> tuple[str, str]:
        """Return the names of the node and of the module for a layer that stands here."""
        own = self.numbering
        if self.name is not None:
            return own.nodes + self.name, own.modules + (self.module or self.name)
        place = str(own.count)
        own.count += 1
        return own.nodes + place, own.modules + place


class Scope:
    """One list while it is worked through: what its names mean, and the tensor that flows."""

    __slots__ = ("arguments", "block_input", "entries", "numbering", "parent", "spot", "x")

    def __init__(self, numbering: Numbering, parent: "Scope | None", arguments: dict[str, Any], x: Any) -> None:
        self.numbering = numbering
        self.parent = parent
        self.arguments = arguments
        self.entries: dict[str, Entry] = {}
        self.x = x
        self.block_input: Any = parent.block_input if parent else x
        self.spot = Spot(numbering, None)

    def find(self, name: str) -> Entry | None:
        """Return what a layer's name means here, in this list or in one around it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.entries:
                return scope.entries[name]
            scope = scope.parent
        return None

    def names(self) -> list[str]:
        """Return all names of layers that can be used here."""
        return [*self.entries, *(self.parent.names() if self.parent else ())]


def holds_tensor(value: Any) -> bool:
    """Say whether a value is a tensor or a layer, or a list with one in it."""
    return isinstance(value, TENSOR_LIKE) or (isinstance(value, list) and any(map(holds_tensor, value)))


def kind_of(value: Any) -> str:
    """Say in words what a value is."""
    if isinstance(value, Tensor | Several):
        return "a tensor"
    if isinstance(value, LAYERS):
        return "a layer"
    if value is None:
        return "None"
    words: dict[type, str] = {bool: "True or False", int: "a number", float: "a number", str: "a string"}
    return words.get(type(value), "a list")


for _kind in TENSOR_LIKE:
    _kind.__repr__ = kind_of  # type: ignore[method-assign]  # a message that shows a value, or a list, shows no records
