"""Working out expressions: names, calls, arithmetic, and operators over tensors."""

from typing import Any, ClassVar, NoReturn

from convcli.argument import INFER, Slot, Word
from convcli.argument import Tensor as TensorKind
from convcli.diagnostics import ConvcliError, Refusal, nearest
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.op import Operator, bind
from convcli.ops.catalogue import find, find_lazy, names
from convcli.ops.short import SHORT_WORDS
from convcli.quantity import UNKNOWN
from convcli.resolve import numbers
from convcli.resolve.application import Applying
from convcli.resolve.values import (
    BROKEN,
    LAYERS,
    TENSOR_LIKE,
    BlockLayer,
    ChainLayer,
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

_TENSOR_SIGNS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "@": "matmul"}
_JOINS = ("cat", "stack")


class Evaluating(Applying):
    """Gives every expression its value."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.constant_layers: dict[int, OpLayer] = {}
        self.bounds: dict[str, int] = {}

    def evaluate(self, tree: Expression, scope: Scope, spot: Spot, *, tail: bool = False) -> Any:
        """Work out an expression; in tail position its last layer takes the item's own name."""
        return getattr(self, self._evaluators[type(tree)])(tree, scope, spot, tail)

    # ---- values

    def invalid(self, tree: syntax.Invalid, scope: Scope, spot: Spot, tail: bool) -> Any:
        """What could not be read has been complained of already."""
        if self.failed_at is None:
            self.failed_at = len(self.nodes)
        return BROKEN

    def constant(self, tree: syntax.Constant, scope: Scope, spot: Spot, tail: bool) -> Any:
        return tree.value

    def sequence(self, tree: syntax.List, scope: Scope, spot: Spot, tail: bool) -> Any:
        return [self.evaluate(item, scope, spot) for item in tree.items]

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
            return entry.value
        if word in scope.arguments:
            return scope.arguments[word]
        if word in self.variables:
            return self.variables[word]
        if word in SHORT_WORDS:
            return ShortLayer(tree, (), {}, self.phrase)
        self.unknown_name(tree, scope)

    def unknown_name(self, tree: syntax.Name, scope: Scope) -> NoReturn:
        word = tree.name
        if word in self.blocks or find(word) or find_lazy(word):
            kind = "a block" if word in self.blocks else "an operator"
            self.refuse(
                "CV205", f"`{word}` is {kind}; a layer is written with parentheses", tree.at, f"write `{word}()`"
            )
        if word == "in_channels":
            self.refuse(
                "CV204", "`in_channels` is known inside blocks only", tree.at, "write `_` to infer a number of channels"
            )
        known = [*scope.names(), *scope.arguments, *self.variables, *SHORT_WORDS]
        meant = nearest(word, [*known, "x", "input"])
        layers = ", ".join(f"`{name}`" for name in scope.names()[-6:])
        help = f"did you mean `{meant}`?" if meant else f"known here: {layers}" if layers else ""
        self.refuse("CV204", f"no layer, argument or variable is called `{word}`", tree.at, help)

    def attribute(self, tree: syntax.Attribute, scope: Scope, spot: Spot, tail: bool) -> Any:
        path = self.path(tree, scope)
        if path is not None and path in self.tensors:
            return self.tensors[path]
        if path is None:
            value = self.evaluate(tree.value, scope, spot)
            if isinstance(value, Tensor | Several) and find(tree.name):
                from convcli.layer.write import write  # only mistakes need it

                base = write(tree.value)
                self.refuse("CV205", "tensors have no methods here", tree.at, f"write `{tree.name}({base}, ...)`")
        self.no_such_tensor(tree, scope, path)

    def no_such_tensor(self, tree: Any, scope: Scope, path: str | None) -> NoReturn:
        from convcli.layer.write import write  # only mistakes need it

        written = write(tree)
        if path is None:
            self.refuse("CV204", f"`{written}` is nothing that is known here", tree.at)
        prefix = path.rpartition(".")[0] + "."
        inside = [name[len(prefix) :] for name in self.tensors if name.startswith(prefix)]
        inside = [name for name in inside if "." not in name]
        meant = nearest(path.rpartition(".")[2], inside)
        known = ", ".join(f"`{name}`" for name in inside[:8])
        help = f"did you mean `{meant}`?" if meant else f"it has {known}" if known else "it has no named tensors inside"
        self.refuse("CV204", f"there is no tensor `{written}`", tree.at, help)

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
        if value is BROKEN:
            return BROKEN
        if isinstance(value, LAYERS):
            value = self.flow(value, scope, spot.inner(), tree.at)
        if isinstance(value, Tensor):
            return self.slice(value, tree, scope, spot, tail=tail)
        if not isinstance(value, list | Several):
            self.refuse("CV119", f"{kind_of(value)} has no items", tree.at)
        place = self.evaluate(tree.items[0], scope, spot) if len(tree.items) == 1 else None  # type: ignore[arg-type]
        if not isinstance(place, int) or not -len(value) <= place < len(value):
            message = (
                f"index {place} of {len(value)} items" if isinstance(place, int) else "an index must be one integer"
            )
            self.refuse("CV207", message, tree.at, f"they count from 0 to {len(value) - 1}")
        return value[place]

    def slice(self, tensor: Tensor, tree: syntax.Index, scope: Scope, spot: Spot, *, tail: bool) -> Any:
        """Apply `x[:, 0]`, `x[..., ::2]`."""
        index = tuple(self.slice_item(item, scope, spot) for item in tree.items)
        cls = find("slice")
        assert cls is not None  # noqa: S101  it stands in the catalogue
        return self.call_function(cls, [Slot(0), index], {}, [tensor], spot, tree, tail=tail)

    def slice_item(self, item: Any, scope: Scope, spot: Spot) -> Any:
        if isinstance(item, syntax.Ellipsis_):
            return ...
        if isinstance(item, syntax.Slice):
            parts = (item.start, item.stop, item.step)
            return tuple(part and self.whole(part, scope, spot) for part in parts)
        return self.whole(item, scope, spot)

    def whole(self, tree: Expression, scope: Scope, spot: Spot) -> int | None:
        value = self.evaluate(tree, scope, spot)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self.refuse("CV207", f"an index must be an integer, found {kind_of(value)}", tree.at)
        return value

    # ---- signs

    def unary(self, tree: syntax.Unary, scope: Scope, spot: Spot, tail: bool) -> Any:
        value = self.evaluate(tree.operand, scope, spot)
        if tree.sign == "not":
            return not self.truth(value, tree.operand.at)
        if isinstance(value, TENSOR_LIKE) and tree.sign == "-":
            tensor = self.as_tensor(value, scope, spot, tree.operand.at)
            return self.function("neg", [Slot(0)], [tensor], spot, tree, tail=tail)
        if not numbers.is_number(value):
            self.refuse("CV208", f"`{tree.sign}` needs a number, found {kind_of(value)}", tree.operand.at)
        return -value if tree.sign == "-" else value

    def binary(self, tree: syntax.Binary, scope: Scope, spot: Spot, tail: bool) -> Any:
        if tree.sign in ("and", "or"):
            left = self.evaluate(tree.left, scope, spot)
            stop = self.truth(left, tree.left.at) == (tree.sign == "or")
            return left if stop else self.evaluate(tree.right, scope, spot)
        left, right = self.evaluate(tree.left, scope, spot), self.evaluate(tree.right, scope, spot)
        if numbers.is_number(left) and numbers.is_number(right):
            return self.calculate(tree, left, right)
        if tree.sign == "*" and (left is None or isinstance(left, LAYERS)) and type(right) in (int, type(UNKNOWN)):
            return self.repeat(left, right, tree)
        if tree.sign == "*" and isinstance(right, LAYERS) and type(left) is int:
            return self.repeat(right, left, tree)
        return self.tensor_sign(tree, left, right, scope, spot, tail=tail)

    def calculate(self, tree: syntax.Binary, left: Any, right: Any) -> Any:
        if tree.sign not in numbers.SIGNS:
            self.refuse("CV208", f"`{tree.sign}` is for tensors, found two numbers", tree.at)
        try:
            return numbers.compute(tree.sign, left, right)
        except numbers.NotANumber as error:
            self.refuse("CV208", str(error), tree.at)

    def repeat(self, layer: Any, count: int, tree: syntax.Binary) -> Any:
        if layer is None or count is UNKNOWN:
            return layer
        if count < 0:
            self.refuse("CV209", f"a layer cannot be repeated {count} times", tree.at)
        if count * max(1, self.bound_of_layer(layer)) > self.max_layers:
            self.too_many(self.phrase.span(*tree.at))
        return RepeatLayer(layer, count, tree, self.phrase) if count else None

    def tensor_sign(self, tree: syntax.Binary, left: Any, right: Any, scope: Scope, spot: Spot, *, tail: bool) -> Any:
        if tree.sign not in _TENSOR_SIGNS or not self.has_tensor(left, right):
            found = f"{kind_of(left)} and {kind_of(right)}"
            self.refuse("CV208", f"`{tree.sign}` does not go with {found}", tree.at)
        self.check_gate(tree, left, right)
        arguments: list[Any] = []
        tensors: list[Tensor] = []
        for value, part in ((left, tree.left), (right, tree.right)):
            if numbers.is_number(value):
                arguments.append(value)
                continue
            arguments.append(Slot(len(tensors)))
            tensors.append(self.as_tensor(value, scope, spot, part.at))
        return self.function(_TENSOR_SIGNS[tree.sign], arguments, tensors, spot, tree, tail=tail)

    def has_tensor(self, *values: Any) -> bool:
        return any(isinstance(value, TENSOR_LIKE) for value in values)

    def check_gate(self, tree: syntax.Binary, left: Any, right: Any) -> None:
        """Catch `x * gate` where the gate, standing right above, has become `x` itself."""
        names = {part.name for part in (tree.left, tree.right) if isinstance(part, syntax.Name)}
        if tree.sign == "*" and "x" in names and len(names) == 2 and left is right and left is not BROKEN:
            other = (names - {"x"}).pop()
            if other != "input":
                help = f"name the tensor before `{other}` and write `name * {other}`, or `input * {other}` for what flowed in"
                self.refuse("CV218", f"`x` is the current tensor, and that is `{other}` itself", tree.at, help)

    def function(
        self, name: str, arguments: list[Any], tensors: list[Tensor], spot: Spot, tree: Expression, *, tail: bool
    ) -> Any:
        cls = find(name)
        assert cls is not None, name  # noqa: S101  all stand in the catalogue
        return self.call_function(cls, arguments, {}, tensors, spot, tree, tail=tail)

    def as_tensor(self, value: Any, scope: Scope, spot: Spot, at: At) -> Tensor:
        """Return a value as a tensor; a layer is applied to the current one."""
        if isinstance(value, LAYERS):
            inner = spot.inner()
            value = self.apply(value, [self.current(scope, at)], inner)
        return self.tensor(value, at)

    def compare(self, tree: syntax.Compare, scope: Scope, spot: Spot, tail: bool) -> Any:
        left, right = self.evaluate(tree.left, scope, spot), self.evaluate(tree.right, scope, spot)
        if self.has_tensor(left, right):
            self.refuse("CV208", f"`{tree.sign}` compares numbers, found {kind_of(left)} and {kind_of(right)}", tree.at)
        try:
            return bool(numbers.COMPARISONS[tree.sign](left, right))
        except TypeError:
            self.refuse("CV208", f"`{tree.sign}` does not go with {kind_of(left)} and {kind_of(right)}", tree.at)

    def conditional(self, tree: syntax.Conditional, scope: Scope, spot: Spot, tail: bool) -> Any:
        chosen = self.truth(self.evaluate(tree.test, scope, spot), tree.test.at)
        return self.evaluate(tree.then if chosen else tree.otherwise, scope, spot, tail=tail)

    def truth(self, value: Any, at: At) -> bool:
        if self.has_tensor(value):
            self.refuse("CV208", f"a condition needs a number or True or False, found {kind_of(value)}", at)
        return bool(value)

    # ---- layers

    def short(self, tree: syntax.Short, scope: Scope, spot: Spot, tail: bool) -> Any:
        if tree.word not in SHORT_WORDS:
            meant = nearest(tree.word, SHORT_WORDS)
            help = f"did you mean `{meant}`?" if meant else "`convcli ops --short` lists the short words"
            at = (tree.at[0], tree.at[0] + len(tree.word))
            self.refuse("CV201", f"there is no short word `{tree.word}`", at, help)
        positional = tuple(self.evaluate(argument, scope, spot) for argument in tree.arguments)
        keywords = {keyword.name: self.evaluate(keyword.value, scope, spot) for keyword in tree.keywords}
        return ShortLayer(tree, positional, keywords, self.phrase)

    def chain(self, tree: syntax.Chain, scope: Scope, spot: Spot, tail: bool) -> Any:
        first = self.evaluate(tree.items[0], scope, spot)
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
            return self.call_name(function.name, tree, scope, spot, tail=tail)
        if isinstance(function, syntax.Attribute):
            path = self.path(function, scope)
            if path is None or path not in self.tensors:
                self.attribute(function, scope, spot, False)
        value = self.evaluate(function, scope, spot)
        if not isinstance(value, LAYERS):
            self.refuse("CV205", f"{kind_of(value)} cannot be called", function.at)
        return self.apply_to_arguments(value, tree, scope, spot, tail=tail)

    def call_name(self, name: str, tree: syntax.Call, scope: Scope, spot: Spot, *, tail: bool) -> Any:
        entry = scope.find(name)
        if entry is not None and entry.layer is not None:
            return self.apply_to_arguments(SharedLayer(entry, tree, self.phrase), tree, scope, spot, tail=tail)
        bound = scope.arguments.get(name)
        if isinstance(bound, LAYERS):
            return self.apply_to_arguments(bound, tree, scope, spot, tail=tail)
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
        if cls is None:
            self.unknown_operator(name, tree, scope)
        return self.operator(cls, tree, scope, spot, lazy=lazy)

    def unknown_operator(self, name: str, tree: syntax.Call, scope: Scope) -> NoReturn:
        if scope.find(name) is not None:
            self.refuse("CV205", f"`{name}` is a tensor, and cannot be called", tree.function.at)
        known = [*names(), *self.blocks, *numbers.FUNCTIONS, "Sequential", "size"]
        known += [entry for entry in scope.names()] + [f"Lazy{name}" for name in names() if find_lazy(f"Lazy{name}")]
        meant = nearest(name, known)
        help = (
            f"did you mean `{meant}`?" if meant else "`convcli ops` lists the operators; blocks stand under `blocks:`"
        )
        self.refuse("CV201", f"there is no operator or block `{name}`", tree.function.at, help)

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
            message = f"block {name} takes {len(parameters)} arguments, found {len(tree.arguments)}"
            self.refuse("CV213", message, tree.arguments[len(parameters)].at)
        given: dict[str, Any] = {}
        for parameter, argument in zip(parameters, tree.arguments, strict=False):
            given[parameter] = self.block_argument(argument, scope, spot)
        for keyword in tree.keywords:
            if keyword.name not in parameters:
                meant = nearest(keyword.name, parameters)
                help = f"did you mean `{meant}`?" if meant else f"its arguments are: {', '.join(parameters) or 'none'}"
                self.refuse("CV212", f"block {name} has no argument `{keyword.name}`", keyword.at, help)
            if keyword.name in given:
                self.refuse("CV214", f"block {name} gets `{keyword.name}` twice", keyword.at)
            given[keyword.name] = self.block_argument(keyword.value, scope, spot)
        return BlockLayer(block, given, tree, self.phrase)

    def block_argument(self, tree: Expression, scope: Scope, spot: Spot) -> Any:
        return self.evaluate(tree, scope, spot)

    def sequential(self, tree: syntax.Call, scope: Scope, spot: Spot) -> Any:
        if tree.keywords:
            self.refuse("CV212", "Sequential takes layers, without keywords", tree.keywords[0].at)
        if not tree.arguments:
            return None
        return ChainLayer(tree.arguments, scope, tree, self.phrase)

    def operator(self, cls: type[Operator], tree: syntax.Call, scope: Scope, spot: Spot, *, lazy: bool) -> OpLayer:
        """Bind the arguments of a torch.nn class."""
        constant = all(isinstance(a, syntax.Constant) for a in tree.arguments) and all(
            isinstance(k.value, syntax.Constant) for k in tree.keywords
        )
        places = [name for name, declared in cls.arguments.items() if not (lazy and declared.inferred)]
        positional = [self.operator_argument(cls, name, argument, scope, spot)
                      for name, argument in zip([*places, *[""] * len(tree.arguments)], tree.arguments, strict=False)]  # fmt: skip
        keywords = {k.name: self.operator_argument(cls, k.name, k.value, scope, spot) for k in tree.keywords}
        if lazy:
            keywords |= dict(zip(places, positional, strict=False))
            keywords |= {name: INFER for name, declared in cls.arguments.items() if declared.inferred}
            positional = positional[len(places) :]
        try:
            values = bind(cls, positional, keywords)
            op = None if INFER in values.values() else cls.make(values)
        except Refusal as refusal:
            raise ConvcliError([self.explain(refusal, cls, tree, self.phrase, [])]) from None
        layer = OpLayer(cls, values, op, tree, self.phrase)
        if constant and op is not None:
            self.constant_layers[id(tree)] = layer
        return layer

    def operator_argument(self, cls: type[Operator], name: str, tree: Expression, scope: Scope, spot: Spot) -> Any:
        """Work out an argument; `padding=same`, as `print(model)` shows it, is the string."""
        if isinstance(tree, syntax.Name) and scope.find(tree.name) is None and name in cls.arguments:
            kinds = getattr(cls.arguments[name].kind, "kinds", (cls.arguments[name].kind,))
            if any(isinstance(kind, Word) and tree.name in kind.choices for kind in kinds):
                return tree.name
        value = self.evaluate(tree, scope, spot)
        if isinstance(value, TENSOR_LIKE):
            help = f"apply it to a tensor with `{cls.name}(...)(tensor)`" if not isinstance(value, LAYERS) else ""
            self.refuse("CV210", f"{cls.name}: arguments are numbers, found {kind_of(value)}", tree.at, help)
        return value

    # ---- functions

    def tensor_function(self, cls: type[Operator], tree: syntax.Call, scope: Scope, spot: Spot, *, tail: bool) -> Any:
        """Apply one of torch's functions over tensors."""
        names = list(cls.arguments)
        tensors: list[Tensor] = []

        def value(name: str, argument: Expression) -> Any:
            kind = cls.arguments[name].kind if name in cls.arguments else None
            found = self.evaluate(argument, scope, spot)
            if isinstance(kind, TensorKind):
                return self.slots(kind, found, tensors, scope, spot, argument.at)
            if isinstance(found, TENSOR_LIKE):
                self.refuse("CV210", f"{cls.name}: `{name}` must be a number, found {kind_of(found)}", argument.at)
            return found

        positional = [value(names[min(at, len(names) - 1)], argument) for at, argument in enumerate(tree.arguments)]
        keywords = {keyword.name: value(keyword.name, keyword.value) for keyword in tree.keywords}
        if cls.name in _JOINS and len(positional) < 2 and "dim" not in keywords:
            help = f"write `{cls.name}([...], dim=1)` for channels"
            self.refuse("CV215", f"{cls.name} needs its `dim` written", tree.at, help)
        return self.call_function(cls, positional, keywords, tensors, spot, tree, tail=tail)

    def slots(self, kind: TensorKind, value: Any, tensors: list[Tensor], scope: Scope, spot: Spot, at: At) -> Any:
        """Put a tensor argument's tensors on the list of inputs, and return the `Slot`s that stand for them."""
        if kind.many and isinstance(value, list | Several):
            return tuple(self.slots(TensorKind(), item, tensors, scope, spot, at) for item in value)
        if numbers.is_number(value) or value is None or isinstance(value, str | list):
            return value
        tensors.append(self.as_tensor(value, scope, spot, at))
        return Slot(len(tensors) - 1)

    def size(self, tree: syntax.Call, scope: Scope, spot: Spot) -> int:
        values = [self.evaluate(argument, scope, spot) for argument in tree.arguments]
        values += [self.evaluate(k.value, scope, spot) for k in tree.keywords if k.name == "dim"]
        if len(values) != 2 or not isinstance(values[1], int):
            self.refuse("CV211", "size takes a tensor and a dimension", tree.at, "write `size(x, 1)` for the channels")
        shape = self.shape(self.as_tensor(values[0], scope, spot, tree.at))
        if shape is None:
            return UNKNOWN
        if not -len(shape) <= values[1] < len(shape):
            self.refuse("CV230", f"dimension {values[1]} of a {len(shape)}-d tensor", tree.at)
        return shape[values[1]]

    def arithmetic(self, name: str, tree: syntax.Call, scope: Scope, spot: Spot) -> Any:
        arguments = [self.evaluate(argument, scope, spot) for argument in tree.arguments]
        keywords = {keyword.name: self.evaluate(keyword.value, scope, spot) for keyword in tree.keywords}
        for value, argument in zip(arguments, tree.arguments, strict=True):
            if self.has_tensor(value):
                self.refuse("CV208", f"{name} takes numbers, found {kind_of(value)}", argument.at)
        try:
            return numbers.call(name, arguments, keywords)
        except numbers.NotANumber as error:
            self.refuse("CV208", str(error), tree.at)

    # ---- how many layers, without unfolding them

    def bound_of_layer(self, layer: Any) -> int:
        """Return a number of nodes that a layer has at least."""
        if isinstance(layer, RepeatLayer):
            return layer.times * self.bound_of_layer(layer.layer)
        if isinstance(layer, BlockLayer):
            return self.bound_of_block(layer.block.name)
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
            return self.bound(tree.left) + self.bound(tree.right)
        return 1 if isinstance(tree, syntax.Short) else 0

    def bound_of_block(self, name: str) -> int:
        if name not in self.bounds:
            self.bounds[name] = 0  # a block that contains itself adds nothing certain
            bodies = [item.body for item in self.blocks[name].body.items]
            self.bounds[name] = sum(self.bound(getattr(body, "tree", None)) for body in bodies)
        return self.bounds[name]

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
    }
