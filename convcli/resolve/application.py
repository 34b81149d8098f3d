"""Applying layers: to the current tensor or to named ones, once, in a row, again with shared weights."""

from typing import Any, ClassVar

from convcli.argument import INFER
from convcli.blocks import Items, Merge
from convcli.diagnostics import ConvcliError, Diagnostic, Refusal
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.op import Operator, bind
from convcli.ops.catalogue import find
from convcli.ops.short import SHORT_WORDS, short_values
from convcli.quantity import UNKNOWN
from convcli.resolve.state import MAX_BLOCK_DEPTH, State
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
    Several,
    SharedLayer,
    ShortLayer,
    Spot,
    Tensor,
    kind_of,
)
from convcli.source import Phrase


class Applying(State):
    """Applies layer values. What needs expressions or lists is left to the classes above."""

    def evaluate(self, tree: Expression, scope: Scope, spot: Spot, *, tail: bool = False) -> Any:
        """Work out an expression (see `Evaluating`)."""
        raise NotImplementedError

    def run(self, body: Items, scope: Scope) -> Any:
        """Work through a list (see `Resolver`)."""
        raise NotImplementedError

    def merge(self, body: Merge, scope: Scope, numbering: Numbering) -> "list[Tensor]":
        """Work through the branches of a merge (see `Resolver`)."""
        raise NotImplementedError

    def apply(self, layer: Any, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a layer to tensors; its modules are named by the spot."""
        phrase = self.phrase
        try:
            return getattr(self, self._appliers[type(layer)])(layer, tensors, spot)
        finally:
            self.phrase = phrase

    def flow(self, value: Any, scope: Scope, spot: Spot, at: syntax.At) -> Any:
        """Return the tensor that flows on after an item: a layer is applied to the current tensor."""
        if isinstance(value, LAYERS):
            return self.apply(value, [self.current(scope, at)], spot)
        if value is None:
            return scope.x
        if isinstance(value, Tensor | Several):
            return value
        self.refuse("CV119", f"a layer or a tensor is needed here, found {kind_of(value)}", at)

    def current(self, scope: Scope, at: syntax.At) -> Tensor:
        """Return the current tensor, the first of several."""
        return self.tensor(scope.x, at)

    def tensor(self, value: Any, at: syntax.At) -> Tensor:
        """Return a value that must be a tensor; of several, the first."""
        while isinstance(value, Several):
            value = value[0]
        if not isinstance(value, Tensor):
            self.refuse("CV119", f"a tensor is needed here, found {kind_of(value)}", at)
        return value

    # ---- one operator

    def apply_operator(self, layer: OpLayer, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a torch.nn module, or a bare parameter."""
        self.phrase = layer.phrase
        if layer.cls.tensors[1] == 0:
            tensors = []
        node, module = self.take(spot, layer)
        if BROKEN in tensors:
            return BROKEN
        least, most = layer.cls.tensors
        if not least <= len(tensors) <= most:
            takes = f"{least} tensor{'s' * (least != 1)}" if least == most else f"{least} to {most} tensors"
            self.refuse("CV232", f"{layer.cls.name} takes {takes}, found {len(tensors)}", layer.tree.at)
        try:
            op = layer.op or self.infer(layer, tensors)
            self.settle(tensors, op)
            call = self.register(module, op, layer, shared=spot.numbering.shared)
            name = node if node not in self.names else self.unique("", node, frozenset())
            return self.add(name, module, call, op, tensors, layer.tree)
        except Refusal as refusal:
            return self.recover(refusal, layer, tensors)

    def infer(self, layer: OpLayer, tensors: list[Tensor]) -> Operator:
        """Read the arguments written `_` from the inputs."""
        shapes = [self.shape(tensor) for tensor in tensors]
        values = dict(layer.values)
        for name, value in values.items():
            if value is INFER:
                if not shapes or shapes[0] is None or None in shapes:
                    help = "give an input size: `-i 3x224x224`, or `input:` in the file"
                    raise Refusal("CV206", f"{layer.cls.name}: `{name}` cannot be inferred without an input", help=help)
                layer.cls.check_inferable(shapes)  # type: ignore[arg-type]
                values[name] = layer.cls.infer(name, shapes)  # type: ignore[arg-type]
        return layer.cls.make(values)

    def recover(self, refusal: Refusal, layer: OpLayer, tensors: list[Tensor]) -> Any:
        """Report a refusal, and go on with the shape that the operator would have made of a fitting input."""
        found = self.explain(refusal, layer.cls, layer.tree, layer.phrase, tensors)
        self.complain(ConvcliError([found]))
        if refusal.accepts is None or layer.op is None:
            return BROKEN
        try:
            answer = layer.op.answer((refusal.accepts,), ("float32",))
        except Refusal:
            return BROKEN
        return Tensor(self.stand_in(), answer.outputs[0])

    def explain(
        self, refusal: Refusal, cls: type[Operator], tree: Expression, phrase: Phrase, tensors: list[Tensor]
    ) -> Diagnostic:
        """Place a refusal in its file, with what flows in and what to type."""
        from convcli.resolve.messages import explain_refusal  # only mistakes need it

        return explain_refusal(self, refusal, cls, tree, phrase, tensors)

    def stand_in(self) -> tuple[int, int]:
        """Return the place of a tensor that only serves to find further mistakes."""
        return (len(self.nodes) - 1, 0) if self.nodes else (-1, 0)

    def settle(self, tensors: list[Tensor], op: Operator) -> None:
        """Fit network inputs to the operator that reads them first: the batch axis, and integers."""
        for tensor in tensors:
            index = -1 - tensor.result[0]
            if index >= 0 and index not in self.fixed_inputs:
                self.fixed_inputs.add(index)
                own = self.inputs[index]
                axis = op.batch_axis() if op.module else 0
                if own.shape is not None and axis == 1 and len(own.shape) > 1:
                    own = own._replace(shape=(own.shape[1], own.shape[0], *own.shape[2:]))
                self.inputs[index] = own._replace(dtype="int64" if op.takes == "integer" else own.dtype)

    def take(self, spot: Spot, layer: Any) -> tuple[str, str]:
        """Take the place of a layer in its list."""
        self.takes += 1
        if spot.name is not None and spot.layer is None:
            spot.layer = layer
        return spot.take()

    def register(self, module: str, op: Operator, layer: OpLayer, *, shared: bool) -> int:
        """Note a module's call; a shared one must be the same operator as before."""
        known = self.modules.get(module)
        if known is None:
            self.modules[module] = (op, 1)
            return 1
        if not shared:
            self.refuse("CV116", f"two layers would both be called `{module}`", layer.tree.at)
        if known[0] is not op:
            message = f"`{module}` is {known[0].text()}; here it would have to be {op.text()}"
            self.refuse("CV117", message, layer.tree.at, help="layers share weights only where their inputs fit")
        self.modules[module] = (op, known[1] + 1)
        return known[1] + 1

    # ---- functions

    def call_function(
        self, cls: type[Operator], positional: list[Any], keywords: dict[str, Any], tensors: list[Tensor], spot: Spot,
        tree: Expression, *, tail: bool,
    ) -> Any:  # fmt: skip
        """Apply a function over tensors; `Slot`s in the arguments stand for the tensors."""
        if BROKEN in tensors:
            return BROKEN
        try:
            op = cls.make(bind(cls, positional, keywords))
            self.settle(tensors, op)
            name = self.label(cls.name, spot, tail=tail)
            return self.add(name, None, 1, op, tensors, tree)
        except Refusal as refusal:
            found = self.explain(refusal, cls, tree, self.phrase, tensors)
            raise ConvcliError([self.advise(found, tensors)]) from None

    def advise(self, found: Any, tensors: list[Tensor]) -> Any:
        """Add to a complaint about sizes that disagree where each branch comes from (see `advice`)."""
        return found

    def label(self, word: str, spot: Spot, *, tail: bool) -> str:
        """Name a node that is no module: by its item if it is the item's last, else by its operator."""
        own = spot.numbering
        if tail and spot.name is not None and own.nodes + spot.name not in self.names:
            return own.nodes + spot.name
        return self.unique(own.nodes, word, self.item_names)

    item_names: frozenset[str] = frozenset()

    # ---- composites

    def apply_short(self, layer: ShortLayer, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a short word: its operator's number of dimensions is that of the input."""
        self.phrase = layer.phrase
        word = layer.tree.word if isinstance(layer.tree, syntax.Short) else layer.tree.name
        shape = self.shape(tensors[0]) if tensors and tensors[0] is not BROKEN else None
        axes = 2 if shape is None else min(max(len(shape) - 2, 1), 3)
        cls = find(SHORT_WORDS[word].operator.format(n=axes))
        assert cls is not None, word  # noqa: S101  a test proves it for every word
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
        span = layer.phrase.span(*layer.tree.at)
        self.step(span)
        if len(self.via) >= MAX_BLOCK_DEPTH:
            self.refuse("CV118", f"blocks are nested deeper than {MAX_BLOCK_DEPTH} levels", layer.tree.at)
        node, module = self.take(spot, layer)
        numbering = Numbering(f"{node}.", f"{module}.", shared=spot.numbering.shared)
        x = self.tensor(tensors[0], layer.tree.at)
        scope = Scope(numbering, None, dict(layer.arguments), x)
        via, self.via = self.via, (span, *self.via)
        try:
            self._fill_in(layer, scope)
            return self.run(layer.block.body, scope)
        finally:
            self.via = via

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
                arguments[parameter.name] = self.evaluate(parameter.default.tree, scope, scope.spot)
            else:
                self.phrase = layer.phrase
                self.refuse("CV211", f"block {layer.block.name} needs `{parameter.name}`", layer.tree.at)

    def apply_chain(self, layer: ChainLayer, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply layers one after the other, numbered under the item's name, or into its list."""
        if spot.name is not None and spot.layer is None:
            spot.layer = layer
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

    def give_up(self, error: ConvcliError) -> None:
        """Keep an error and go on behind it, unless there is no use in that."""
        if type(error) is not ConvcliError:
            raise error
        self.complain(error)

    def apply_repeat(self, layer: RepeatLayer, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply a layer several times, each time with weights of its own."""
        if spot.name is not None and spot.layer is None:
            spot.layer = layer
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
        node, module = self.take(spot, layer)
        numbering = Numbering(f"{node}.", f"{module}.", shared=spot.numbering.shared)
        if isinstance(layer.body, Items):
            scope = Scope(numbering, layer.scope, layer.scope.arguments, tensors[0])
            return self.run(layer.body, scope)
        takes, before = self.takes, layer.scope.x
        layer.scope.x = tensors[0]
        try:
            branches = self.merge(layer.body, layer.scope, numbering)
        finally:
            layer.scope.x = before
        if spot.name is None and self.takes == takes:
            spot.numbering.count -= 1  # without modules of its own a merge is a function, and takes no place
            node = self.unique(spot.numbering.nodes, layer.body.function, self.item_names)
        return self.join(layer, branches, node)

    def join(self, layer: ListLayer, branches: list[Tensor], node: str) -> Any:
        """Let the branches of a merge meet in its function."""
        raise NotImplementedError

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
        again = Spot(numbering, own, last)
        if isinstance(entry.layer, OpLayer | BlockLayer):
            return self.apply(entry.layer._replace(tree=layer.tree, phrase=layer.phrase), tensors, again)
        via, self.via = self.via, (layer.phrase.span(*layer.tree.at), *self.via)
        try:
            return self.apply(entry.layer, tensors, again)
        finally:
            self.via = via

    _appliers: ClassVar[dict[type, str]] = {
        OpLayer: "apply_operator",
        ShortLayer: "apply_short",
        BlockLayer: "apply_block",
        ChainLayer: "apply_chain",
        RepeatLayer: "apply_repeat",
        ListLayer: "apply_list",
        SharedLayer: "apply_shared",
    }
