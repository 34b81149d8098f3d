"""Working out expressions: calls and chains, and the table of all that an expression can be."""

from typing import Any, ClassVar

from convcli.argument import known_arguments
from convcli.diagnostics import ConvcliError, Refusal, suggestion
from convcli.human import counted
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.op import Operator
from convcli.ops.catalogue import find, find_lazy, operator
from convcli.ops.short import LETTERS, SHORT_WORDS
from convcli.resolve import numbers
from convcli.resolve.arguments import Arguments
from convcli.resolve.values import (
    BROKEN,
    LAYERS,
    BlockLayer,
    ChainLayer,
    OpLayer,
    Scope,
    Several,
    SharedLayer,
    ShortLayer,
    Spot,
    Tensor,
    holds_tensor,
    kind_of,
)


class Evaluating(Arguments):
    """Gives every expression its value."""

    def evaluate(self, tree: Expression, scope: Scope, spot: Spot, *, tail: bool = False) -> Any:
        """Work out an expression; in tail position its last layer takes the item's own name."""
        return getattr(self, self._evaluators[type(tree)])(tree, scope, spot, tail)

    def short(self, tree: syntax.Short, scope: Scope, spot: Spot, tail: bool) -> Any:
        if tree.word not in SHORT_WORDS:
            help = suggestion(tree.word, SHORT_WORDS) or "`convcli ops --short` lists the short words"
            at = (tree.at[0], tree.at[0] + len(tree.word))
            self.refuse("CV201", f"there is no short word `{tree.word}`", at, help)
        positional = tuple(self.evaluate(argument, scope, spot) for argument in tree.arguments)
        keywords: dict[str, Any] = {}
        names = set()
        for keyword in tree.keywords:
            name = LETTERS.get(keyword.name, keyword.name)
            if name in names:
                cls = operator(SHORT_WORDS[tree.word].operator.format(n=2))
                self.refuse("CV214", f"{cls.name} gets `{name}` twice", keyword.at)
            names.add(name)
            value = self.evaluate(keyword.value, scope, spot)
            if holds_tensor(value):
                value = self.refuse_value(operator(SHORT_WORDS[tree.word].operator.format(n=2)), name, value, tree)
            keywords[keyword.name] = value
        return ShortLayer(tree, positional, keywords, self.phrase)

    def chain(self, tree: syntax.Chain, scope: Scope, spot: Spot, tail: bool) -> Any:
        first = self.evaluate(tree.items[0], scope, spot.inner())
        rest = tree.items[1:]
        if isinstance(first, Tensor | Several):
            start = self.tensor(first, tree.items[0].at)
            return self.apply(ChainLayer(rest, scope, tree, self.phrase), [start], spot)
        if first is not None and not isinstance(first, LAYERS):
            self.refuse("CV119", f"a layer or a tensor is needed here, found {kind_of(first)}", tree.items[0].at)
        return ChainLayer((first, *rest), scope, tree, self.phrase)

    def call(self, tree: syntax.Call, scope: Scope, spot: Spot, tail: bool) -> Any:
        known = self.constant_layers.get(id(tree))
        if known is not None and scope.find(tree.function.name) is None:  # type: ignore[union-attr]
            return OpLayer(known.cls, known.values, known.op, tree, self.phrase)
        function = tree.function
        if isinstance(function, syntax.Name):
            return self.call_name(function, tree, scope, spot, tail=tail)
        if isinstance(function, syntax.Attribute):
            path = self.path(function, scope)
            if path is None or path not in self.tensors:
                self.unknown_member(function, scope, tree)
        value = self.evaluate(function, scope, spot)
        if not isinstance(value, LAYERS):
            self.refuse("CV205", f"{kind_of(value)} cannot be called", function.at)
        return self.apply_to_arguments(value, tree, scope, spot, tail=tail)

    def call_name(self, function: syntax.Name, tree: syntax.Call, scope: Scope, spot: Spot, *, tail: bool) -> Any:
        name, layer = function.name, self.layer_of_name(function, tree, scope)
        if layer is not None:
            return self.apply_to_arguments(layer, tree, scope, spot, tail=tail)
        if name in self.blocks:
            return self.block(name, tree, scope, spot)
        if name == "Sequential":
            return self.sequential(tree, scope, spot)
        if name == "size":
            return self.size(tree, scope, spot)
        if name in numbers.FUNCTIONS:
            return self.arithmetic(name, tree, scope, spot)
        cls = find(name)
        if cls is not None and not cls.module:
            return self.tensor_function(cls, tree, scope, spot, tail=tail)
        lazy = cls is None and name.startswith("Lazy")
        cls = find_lazy(name) if lazy else cls
        if cls is None and (self.incomplete or name in self.network.unreadable):
            return self.invalid(syntax.Invalid(tree.at), scope, spot, tail)
        if cls is None:
            from convcli.resolve.unknown import unknown_operator  # only mistakes need it

            raise ConvcliError([unknown_operator(self, name, tree, scope)])
        return self.operator(cls, tree, scope, spot, lazy=lazy)

    def layer_of_name(self, function: syntax.Name, tree: syntax.Call, scope: Scope) -> Any:
        """Return the layer above, or the one among the arguments, that a name calls; None if there is none."""
        entry, bound = scope.find(function.name), scope.arguments.get(function.name)
        bound = bound if isinstance(bound, LAYERS) else None
        if entry is None or entry.layer is None:
            return bound
        if entry.hides and bound is not None:
            self.refuse_two_meanings(function, entry.hides)
        return SharedLayer(entry, tree, self.phrase)

    def apply_to_arguments(self, layer: Any, tree: syntax.Call, scope: Scope, spot: Spot, *, tail: bool) -> Any:
        """Apply a layer to the tensors in parentheses behind it."""
        if tree.keywords:
            self.refuse("CV212", "a layer is applied to tensors, without keywords", tree.keywords[0].at)
        tensors: list[Tensor] = []
        for place, argument in enumerate(tree.arguments):
            value = self.evaluate(argument, scope, spot)
            state = place > 0 and isinstance(value, Several)  # an LSTM's state, `(h_n, c_n)`, is two tensors
            items = value if state or isinstance(value, list) else [value]
            tensors.extend(self.as_tensor(item, scope, spot, argument.at) for item in items)
        if not tensors:
            tensors = [self.current(scope, tree.at)]
        return self.apply(layer, tensors, spot if tail else spot.inner())

    def block(self, name: str, tree: syntax.Call, scope: Scope, spot: Spot) -> BlockLayer:
        block = self.blocks[name]
        parameters = [parameter.name for parameter in block.parameters]
        if len(tree.arguments) > len(parameters):
            message = f"block {name} takes {counted(len(parameters), 'argument')}, found {len(tree.arguments)}"
            self.refuse("CV213", message, tree.arguments[len(parameters)].at, known_arguments(parameters))
        given: dict[str, Any] = {}
        for parameter, argument in zip(parameters, tree.arguments, strict=False):
            given[parameter] = self.evaluate(argument, scope, spot)
        for keyword in tree.keywords:
            if keyword.name not in parameters:
                help = suggestion(keyword.name, parameters) or known_arguments(parameters)
                self.refuse("CV212", f"block {name} has no argument `{keyword.name}`", keyword.at, help)
            if keyword.name in given:
                self.refuse("CV214", f"block {name} gets `{keyword.name}` twice", keyword.at)
            given[keyword.name] = self.evaluate(keyword.value, scope, spot)
        return BlockLayer(block, given, tree, self.phrase)

    def sequential(self, tree: syntax.Call, scope: Scope, spot: Spot) -> Any:
        if tree.keywords:
            self.refuse("CV212", "Sequential takes layers, without keywords", tree.keywords[0].at)
        if not tree.arguments:
            return None
        return ChainLayer(tree.arguments, scope, tree, self.phrase)

    def fitted(self, tree: syntax.Fitted, scope: Scope, spot: Spot, tail: bool) -> Any:
        """Let a reader say what a layer is at the shapes of its tensors, and apply that."""
        tensors = [self.as_tensor(self.evaluate(one, scope, spot), scope, spot, tree.at) for one in tree.tensors]
        if BROKEN in tensors:
            return BROKEN
        shapes = [self.shape(tensor) for tensor in tensors]
        if None in shapes:
            help = "give an input size: `-i 3x224x224`"
            self.refuse("CV206", "what this layer is depends on the size that flows in", tree.at, help)
        try:
            made = tree.make(*shapes)
            if not isinstance(made, Operator):
                return self.evaluate(made, scope, spot, tail=tail)
            return self.apply_made(made, tensors, spot, tree, tail=tail)
        except Refusal as refusal:
            self.refuse(refusal.code, refusal.message, tree.at, refusal.help)

    _evaluators: ClassVar[dict[type, str]] = {
        syntax.Invalid: "invalid",
        syntax.Constant: "constant",
        syntax.Name: "name",
        syntax.Attribute: "attribute",
        syntax.Index: "index",
        syntax.Call: "call",
        syntax.Short: "short",
        syntax.Unary: "unary",
        syntax.Binary: "binary",
        syntax.Compare: "compare",
        syntax.Conditional: "conditional",
        syntax.List: "sequence",
        syntax.Chain: "chain",
        syntax.Fitted: "fitted",
    }
