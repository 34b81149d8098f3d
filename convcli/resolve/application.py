"""Applying layers: to the current tensor or to named ones, once, in a row, again with shared weights."""

from typing import Any, ClassVar

from convcli.argument import INFER
from convcli.binding import bind
from convcli.blocks import Items, Merge
from convcli.diagnostics import ConvcliError, Diagnostic, Refusal
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.ops.catalogue import operator
from convcli.ops.short import SHORT_WORDS, short_values
from convcli.quantity import UNKNOWN
from convcli.resolve.operators import Operators
from convcli.resolve.state import MAX_BLOCK_DEPTH, TooMuch
from convcli.resolve.values import (
    BROKEN,
    LAYERS,
    BlockLayer,
    ChainLayer,
    ListLayer,
    Numbering,
    OpLayer,
    RepeatLayer,
    Scope,
    SharedLayer,
    ShortLayer,
    Spot,
    Tensor,
)
from convcli.source import Span


class Applying(Operators):
    """Applies all that a layer can be."""

    def bound_of_call(self, layer: BlockLayer) -> int:
        """Return a number of nodes that a block has at least (see `Bounds`)."""
        raise NotImplementedError

    def apply(self, layer: Any, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a layer to tensors; its modules are named by the spot."""
        phrase = self.phrase
        try:
            return getattr(self, self._appliers[type(layer)])(layer, tensors, spot)
        finally:
            self.phrase = phrase

    def apply_short(self, layer: ShortLayer, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a short word: its operator's number of dimensions is that of the input."""
        self.phrase = layer.phrase
        word = layer.tree.word if isinstance(layer.tree, syntax.Short) else layer.tree.name
        shape = self.shape(tensors[0]) if tensors and tensors[0] is not BROKEN else None
        axes = 2 if shape is None else min(max(len(shape) - 2, 1), 3)
        cls = operator(SHORT_WORDS[word].operator.format(n=axes))
        try:
            channels = shape[cls.channel_axis(len(shape))] if shape else UNKNOWN
            values = bind(cls, (), short_values(SHORT_WORDS[word], cls, layer.positional, layer.keywords, channels))
            op = None if INFER in values.values() else cls.make(values)
        except Refusal as refusal:
            raise ConvcliError([self.explain(refusal, cls, layer.tree, layer.phrase, [])]) from None
        return self.apply_operator(OpLayer(cls, values, op, layer.tree, layer.phrase), tensors, spot)

    def apply_block(self, layer: BlockLayer, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a block: its body is worked through in a scope of its own."""
        self.phrase = layer.phrase
        self.only_one(tensors, layer.tree, f"block {layer.block.name}")
        span = layer.phrase.span(*layer.tree.at)
        self.step(span)
        if len(self.via) >= MAX_BLOCK_DEPTH:
            raise TooMuch([self.too_deep(layer, span)])
        if self.bound_of_call(layer) > self.max_layers - len(self.nodes):
            self.too_many(span)
        node, module = self.take(spot, layer)
        numbering = Numbering(f"{node}.", f"{module}.", shared=spot.numbering.shared)
        x = self.tensor(tensors[0], layer.tree.at)
        scope = Scope(numbering, None, dict(layer.arguments), x)
        self.kinds[node] = layer.block.name
        via, self.via = self.via, (span, *self.via)
        try:
            self._fill_in(layer, scope)
            return self.run(layer.block.body, scope)
        except ConvcliError as error:  # what is wrong in a library is shown where the user called it
            if self.network.library is not None:
                error.diagnostics = tuple(found._replace(via=found.via or self.via) for found in error.diagnostics)
            raise
        finally:
            self.via = via

    def too_deep(self, layer: BlockLayer, span: Span) -> Diagnostic:
        """Say which block contains which, where blocks contain each other without end."""
        name = layer.block.name
        row = [call.text().partition("(")[0] for call in self.via]
        circle = [name, *row[: row.index(name) + 1]] if name in row else []
        if not circle:
            message = f"blocks are nested deeper than {MAX_BLOCK_DEPTH} levels, at last `{name}`"
            return Diagnostic("CV118", message, span, via=self.via)
        message = f"block {name} contains itself: {' -> '.join(reversed(circle))}"
        help = (
            f"repetition is `layer * 3`; a block that calls itself must come to an end within {MAX_BLOCK_DEPTH} levels"
        )
        return Diagnostic("CV118", message, span, help=help, via=self.via)

    def _fill_in(self, layer: BlockLayer, scope: Scope) -> None:
        """Give a block's parameters their values: `_` the input's channels, those left out their defaults."""
        arguments = scope.arguments
        shape = self.shape(scope.x)
        arguments["in_channels"] = shape[1] if shape is not None and len(shape) > 1 else UNKNOWN
        for parameter in layer.block.parameters:
            if parameter.name in layer.arguments:
                value = layer.arguments[parameter.name]
                arguments[parameter.name] = arguments["in_channels"] if value is INFER else value
            elif parameter.default is not None:
                self.phrase = parameter.default.phrase
                value = self.evaluate(parameter.default.tree, scope, scope.spot)
                arguments[parameter.name] = arguments["in_channels"] if value is INFER else value
            else:
                self.phrase = layer.phrase
                self.refuse("CV211", f"block {layer.block.name} needs `{parameter.name}`", layer.tree.at)

    def apply_chain(self, layer: ChainLayer, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply layers one after the other, numbered under the item's name, or into its list."""
        if spot.name is not None and spot.layer is None:
            spot.layer = layer
        self.only_one(tensors, layer.tree, "a chain")
        inner, scope, before = spot.inner(), layer.scope, layer.scope.x
        scope.x = tensors[0]
        try:
            for item in layer.items:
                self.phrase = layer.phrase
                scope.x = self.element(item, scope, inner)
            return scope.x
        finally:
            scope.x = before

    def element(self, item: Any, scope: Scope, spot: Spot) -> Any:
        """Let the current tensor of a scope flow through one element of a chain."""
        count = spot.numbering.count
        if isinstance(item, LAYERS) or item is None:
            value = item if item is None else self.apply(item, [self.current(scope, (0, 0))], spot)
            value = scope.x if value is None else value
        else:
            try:
                value = self.flow(self.evaluate(item, scope, spot, tail=True), scope, spot, item.at)
            except ConvcliError as error:
                self.give_up(error)
                value = BROKEN
        if spot.numbering.count > count:
            self.tensors[f"{spot.numbering.nodes}{spot.numbering.count - 1}"] = value
        return value

    def apply_repeat(self, layer: RepeatLayer, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a layer several times, each time with weights of its own."""
        if spot.name is not None and spot.layer is None:
            spot.layer = layer
        self.only_one(tensors, layer.tree, "a repeated layer")
        x: Any = tensors[0]
        inner = spot.inner()
        for _ in range(layer.times):
            self.step(layer.phrase.span(*layer.tree.at))
            count = inner.numbering.count
            x = self.apply(layer.layer, [self.tensor(x, layer.tree.at)], inner)
            if inner.numbering.count > count:
                self.tensors[f"{inner.numbering.nodes}{inner.numbering.count - 1}"] = x
        return x

    def apply_list(self, layer: ListLayer, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a nested scope, or a merge."""
        self.phrase = layer.phrase
        if isinstance(layer.body, Merge) and spot.name is None and all(b.name for b in layer.body.branches):
            return self.apply_spliced(layer, layer.body, tensors, spot)
        node, module = self.take(spot, layer)
        numbering = Numbering(f"{node}.", f"{module}.", shared=spot.numbering.shared)
        takes, start = self.takes, len(self.nodes)
        if isinstance(layer.body, Items):
            value = self.run(layer.body, Scope(numbering, layer.scope, layer.scope.arguments, tensors[0]))
        else:
            branches = self.branches(layer.body, layer.scope, tensors[0], numbering)
        if self.takes == takes:  # without modules of its own it is none, and takes no place
            self.takes -= 1
            if isinstance(layer.body, Merge) and spot.name is None:
                spot.numbering.count -= 1
                function = self.unique(spot.numbering.nodes, layer.body.function, self.item_names)
                self.rename(start, f"{node}.", f"{function}.")
                node = function
        return value if isinstance(layer.body, Items) else self.join(layer.body, branches, node)

    def branches(self, body: Merge, scope: Scope, x: Tensor, numbering: Numbering) -> list[Tensor]:
        """Return what comes out of the branches of a merge that starts from a tensor."""
        before, scope.x = scope.x, x
        try:
            return self.merge(body, scope, numbering)
        finally:
            scope.x = before

    def only_one(self, tensors: list[Tensor], tree: Expression, what: str) -> None:
        """Refuse more than one tensor where a row of layers begins."""
        if len(tensors) > 1:
            help = "a block takes further tensors as arguments: `Up(skip)(x)`"
            self.refuse("CV232", f"{what} takes 1 tensor, found {len(tensors)}", tree.at, help)

    def apply_spliced(self, layer: ListLayer, body: Merge, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a merge without a name whose branches have names: they stand in the list itself."""
        branches = self.branches(body, layer.scope, tensors[0], spot.numbering)
        return self.join(body, branches, self.unique(spot.numbering.nodes, body.function, self.item_names))

    def apply_shared(self, layer: SharedLayer, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a layer again: the same modules under new node names."""
        entry = layer.entry
        prefix, _, last = entry.path.rpartition(".")
        named = spot.name is not None and spot.numbering.nodes + spot.name not in self.names
        node = (
            spot.numbering.nodes + str(spot.name) if named else self.unique(spot.numbering.nodes, last, self.item_names)
        )
        outer, _, own = node.rpartition(".")
        numbering = Numbering(f"{outer}." if outer else "", f"{prefix}." if prefix else "", shared=True)
        again, takes = Spot(numbering, own, last), self.takes
        if not isinstance(entry.layer, OpLayer):
            self.names.add(node)
        if isinstance(entry.layer, OpLayer | BlockLayer):
            value = self.apply(entry.layer._replace(tree=layer.tree, phrase=layer.phrase), tensors, again)
            self.takes = takes  # no module is new, and none takes a place
            return value
        via, self.via = self.via, (layer.phrase.span(*layer.tree.at), *self.via)
        try:
            return self.apply(entry.layer, tensors, again)
        finally:
            self.via, self.takes = via, takes

    _appliers: ClassVar[dict[type, str]] = {
        OpLayer: "apply_operator",
        ShortLayer: "apply_short",
        BlockLayer: "apply_block",
        ChainLayer: "apply_chain",
        RepeatLayer: "apply_repeat",
        ListLayer: "apply_list",
        SharedLayer: "apply_shared",
    }
