"""Applying one operator: its place, what it infers, the node it makes, and what happens if it refuses."""

from typing import Any

from convcli.argument import INFER
from convcli.binding import bind
from convcli.blocks import Item, Items, Merge
from convcli.diagnostics import ConvcliError, Diagnostic, Refusal
from convcli.human import counted
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shape
from convcli.resolve.state import State
from convcli.resolve.values import (
    BROKEN,
    LAYERS,
    Numbering,
    OpLayer,
    Scope,
    Several,
    Spot,
    Tensor,
    kind_of,
)
from convcli.source import Phrase


class Operators(State):
    """Applies operators. What needs expressions, lists or layers is left to the classes above."""

    def evaluate(self, tree: Expression, scope: Scope, spot: Spot, *, tail: bool = False) -> Any:
        """Work out an expression (see `Evaluating`)."""
        raise NotImplementedError

    def run(self, body: Items, scope: Scope) -> Any:
        """Work through a list (see `Resolver`)."""
        raise NotImplementedError

    def merge(self, body: Merge, scope: Scope, numbering: Numbering) -> "list[Tensor]":
        """Work through the branches of a merge (see `Resolver`)."""
        raise NotImplementedError

    def join(self, body: Merge, branches: list[Tensor], node: str) -> Any:
        """Let the branches of a merge meet in its function."""
        raise NotImplementedError

    def apply(self, layer: Any, tensors: list[Tensor], spot: Spot) -> Any:
        """Apply any layer (see `Applying`)."""
        raise NotImplementedError

    def flow(self, value: Any, scope: Scope, spot: Spot, at: syntax.At) -> Any:
        """Return the tensor that flows on after an item: a layer is applied to the current tensor."""
        if isinstance(value, LAYERS):
            return self.apply(value, [self.current(scope, at)], spot)
        if value is None:
            return scope.x
        if value is UNKNOWN:  # a variable without a value, which is complained of
            return BROKEN
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
        if layer.cls.arity[1] == 0:
            tensors = []
        node, module = self.take(spot, layer)
        if BROKEN in tensors:
            from convcli.resolve.failing import resume  # only mistakes need it

            return resume(self, layer, tensors, (node, module))
        least, most = layer.cls.arity
        if not least <= len(tensors) <= most:
            takes = counted(least, "tensor") if least == most else f"{least} to {most} tensors"
            self.refuse("CV232", f"{layer.cls.name} takes {takes}, found {len(tensors)}", layer.tree.at)
        op = None
        try:
            op = self.repaired.get(module) or layer.op or self.infer(layer, tensors)
            self.settle(tensors, op)
            call = self.register(module, op, layer, shared=spot.numbering.shared)
            return self.add(self.free(node), module, call, op, tensors, layer.tree)
        except Refusal as refusal:
            return self.recover(refusal, layer, op, tensors, (node, module))

    def infer(self, layer: OpLayer, tensors: list[Tensor]) -> Operator:
        """Read the arguments written `_` from the inputs."""
        shapes = tuple(self.shape(tensor) for tensor in tensors)
        key = (id(layer.values), shapes)
        known = self.inferred.get(key)
        if known is None:  # the values are kept, so that their id stays theirs
            known = self.inferred[key] = (layer.values, self.inferred_from(shapes, layer))
        return known[1]

    def inferred_from(self, shapes: tuple[Shape | None, ...], layer: OpLayer) -> Operator:
        """Return the operator with its arguments `_` read from shapes."""
        values = dict(layer.values)
        for name, value in values.items():
            if value is INFER:
                if not shapes or shapes[0] is None or None in shapes:
                    help = "give an input size: `-i 3x224x224`, or `input:` in the file"
                    raise Refusal("CV206", f"{layer.cls.name}: `{name}` cannot be inferred without an input", help=help)
                layer.cls.check_inferable(shapes)  # type: ignore[arg-type]
                values[name] = layer.cls.infer(name, shapes)  # type: ignore[arg-type]
        return layer.cls.make(values)

    def recover(
        self, refusal: Refusal, layer: OpLayer, op: Operator | None, tensors: list[Tensor], place: tuple[str, str]
    ) -> Any:
        """Report a refusal, and go on as the layer will once it is repaired; `place` names its node and module."""
        found = self.explain(refusal, layer.cls, layer.tree, layer.phrase, tensors)
        if op is None:
            self.complain(ConvcliError([found]))
            return BROKEN
        from convcli.resolve.failing import advised, go_on, repaired  # only mistakes need it

        self.complain(ConvcliError([advised(self, found, refusal, op, tensors)]))
        try:
            return go_on(self, refusal, layer, op, tensors, place)
        except Refusal as further:
            same = further.argument == refusal.argument
            return BROKEN if same else self.recover(further, layer, repaired(op, refusal), tensors, place)

    def explain(
        self, refusal: Refusal, cls: type[Operator], tree: Expression, phrase: Phrase, tensors: list[Tensor]
    ) -> Diagnostic:
        """Place a refusal in its file, with what flows in and what to type."""
        from convcli.resolve.messages import explain_refusal  # only mistakes need it

        if refusal.found is UNKNOWN:  # a value that could not be read, which is complained of
            raise ConvcliError([])
        return explain_refusal(self, refusal, cls, tree, phrase, tensors)

    def settle(self, tensors: list[Tensor], op: Operator) -> None:
        """Fit network inputs to the operator that reads them first: the batch axis, and integers."""
        for tensor in tensors:
            index = -1 - tensor.result[0]
            if index >= 0 and index not in self.fixed_inputs:
                self.fixed_inputs.add(index)
                own = self.inputs[index]
                axis = op.batch_axis() if op.module and index in self.own_batch else 0
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

    def apply_made(self, op: Operator, tensors: list[Tensor], spot: Spot, tree: Expression, *, tail: bool) -> Any:
        """Apply an operator that a reader has made; with weights it is a module."""
        self.settle(tensors, op)
        if not op.weights() and not op.buffers():
            return self.add(self.label(op.name, spot, tail=tail), None, 1, op, tensors, tree)
        node, module = self.take(spot, op)
        self.modules[module] = (op, 1)
        return self.add(self.free(node), module, 1, op, tensors, tree)

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

    item_names: dict[str, Item] = {}
    """The items of the list that is worked through, by name; of equal names the first."""

    def give_up(self, error: ConvcliError) -> None:
        """Keep an error and go on behind it, unless there is no use in that."""
        if type(error) is not ConvcliError:
            raise error
        self.complain(error)
