"""Binding arguments: of torch.nn classes, of functions over tensors, of arithmetic functions."""

from typing import Any

from convcli.argument import INFER, Slot, Word, known_arguments
from convcli.argument import Tensor as TensorKind
from convcli.binding import bind, unknown_argument, wrong_value
from convcli.diagnostics import ConvcliError, Refusal
from convcli.growing import Growing
from convcli.human import counted
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.op import Operator
from convcli.ops.catalogue import LAZY
from convcli.quantity import UNKNOWN
from convcli.resolve import numbers
from convcli.resolve.signs import Signs
from convcli.resolve.values import (
    BROKEN,
    TENSOR_LIKE,
    OpLayer,
    Scope,
    Several,
    Spot,
    Tensor,
    holds_tensor,
    kind_of,
)

_JOINS = ("cat", "stack")


class Arguments(Signs):
    """Makes layers of operators and tensors of functions."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.constant_layers: dict[int, OpLayer] = {}
        self.bound_layers: dict[tuple[Any, ...], OpLayer] = {}

    def operator(self, cls: type[Operator], tree: syntax.Call, scope: Scope, spot: Spot, *, lazy: bool) -> OpLayer:
        """Bind the arguments of a torch.nn class."""
        places = [name for name, declared in cls.arguments.items() if not (lazy and declared.inferred)]
        in_place = zip([*places, *[cls.variadic] * len(tree.arguments)], tree.arguments, strict=False)
        positional = [self.operator_argument(cls, name, argument, scope, spot, tree) for name, argument in in_place]
        keywords = {k.name: self.operator_argument(cls, k.name, k.value, scope, spot, tree) for k in tree.keywords}
        key = (id(tree), *positional, *keywords.values(), *map(type, positional), *map(type, keywords.values()))
        known = self.bound_layers.get(key) if _hashable(key) else None
        if known is not None:
            return OpLayer(known.cls, known.values, known.op, tree, self.phrase)
        if lazy:
            self.check_lazy(LAZY + cls.name, places, tree)
            keywords = {**cls.lazy_defaults, **keywords, **dict(zip(places, positional, strict=False))}
            keywords |= {name: INFER for name, declared in cls.arguments.items() if declared.inferred}
            positional = []
        try:
            values = bind(cls, positional, keywords)
            op = None if INFER in values.values() else cls.make(values)
        except Refusal as refusal:
            raise ConvcliError([self.explain(refusal, cls, tree, self.phrase, [])]) from None
        layer = OpLayer(cls, values, op, tree, self.phrase)
        if _hashable(key):
            self.bound_layers[key] = layer
        if _is_constant(tree):
            self.constant_layers[id(tree)] = layer
        return layer

    def check_lazy(self, name: str, places: list[str], tree: syntax.Call) -> None:
        """Refuse what `bind` cannot see of a lazy form, whose arguments all become keywords."""
        if len(tree.arguments) > len(places):
            message = f"{name} takes {counted(len(places), 'argument')}, found {len(tree.arguments)}"
            self.refuse("CV213", message, tree.arguments[len(places)].at, known_arguments(places))
        for keyword in tree.keywords:
            if keyword.name in places[: len(tree.arguments)]:
                self.refuse("CV214", f"{name} gets `{keyword.name}` twice", keyword.at)

    def operator_argument(
        self, cls: type[Operator], name: str, tree: Expression, scope: Scope, spot: Spot, call: syntax.Call
    ) -> Any:
        """Work out an argument; `padding=same`, as `print(model)` shows it, is the string."""
        if isinstance(tree, syntax.Name) and scope.find(tree.name) is None and name in cls.arguments:
            kinds = getattr(cls.arguments[name].kind, "kinds", (cls.arguments[name].kind,))
            if any(isinstance(kind, Word) and tree.name in kind.choices for kind in kinds):
                return tree.name
        value = self.evaluate(tree, scope, spot)
        if isinstance(value, TENSOR_LIKE) or (isinstance(value, list) and holds_tensor(value)):
            return self.refuse_value(cls, name, value, call)
        return value

    def refuse_value(self, cls: type[Operator], name: str, value: Any, call: Expression) -> Any:
        """Refuse a layer or a tensor among the arguments of an operator; one too many is left to `bind`."""
        if value is BROKEN or not name:  # it could not be read, which is complained of
            return UNKNOWN
        refusal = wrong_value(cls, name, value) if name in cls.arguments else unknown_argument(cls, name, value)
        raise ConvcliError([self.explain(refusal, cls, call, self.phrase, [])])

    def tensor_function(self, cls: type[Operator], tree: syntax.Call, scope: Scope, spot: Spot, *, tail: bool) -> Any:
        """Apply one of torch's functions over tensors."""
        names = list(cls.arguments)
        tensors: list[Tensor] = []

        def value(name: str, argument: Expression) -> Any:
            kind = cls.arguments[name].kind if name in cls.arguments else None
            found = self.evaluate(argument, scope, spot)
            if isinstance(kind, TensorKind):
                return self.slots(kind, found, tensors, scope, spot, argument.at)
            return self.refuse_value(cls, name, found, tree) if holds_tensor(found) else found

        in_place = zip([*names, *[cls.variadic] * len(tree.arguments)], tree.arguments, strict=False)
        positional = [value(name, argument) for name, argument in in_place]
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

    def size(self, tree: syntax.Call, scope: Scope, spot: Spot) -> Any:
        """Return the size of a tensor along a dimension; without one, the list of all its sizes."""
        values = [self.evaluate(argument, scope, spot) for argument in tree.arguments]
        values += [self.evaluate(k.value, scope, spot) for k in tree.keywords if k.name == "dim"]
        if not 1 <= len(values) <= 2 or not isinstance(values[-1] if len(values) == 2 else 0, int):
            help = "write `size(x, 1)` for the channels, `size(x)[2:]` for what is behind them"
            self.refuse("CV211", "size takes a tensor and a dimension", tree.at, help)
        shape = self.shape(self.as_tensor(values[0], scope, spot, tree.at))
        if shape is None:
            return UNKNOWN
        if self.failed_at is not None and any(size is UNKNOWN for size in shape):
            raise ConvcliError([])  # what depends on it is not judged
        if len(values) == 1:
            return list(shape)
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


def _is_constant(call: syntax.Call) -> bool:
    """Say whether a call means the same wherever it stands: all its arguments are constants or `_`."""
    values = [*call.arguments, *(keyword.value for keyword in call.keywords)]
    return all(isinstance(v, syntax.Constant) or (isinstance(v, syntax.Name) and v.name == "_") for v in values)


def _hashable(key: tuple[Any, ...]) -> bool:
    return not any(isinstance(value, list) or type(value) is Growing for value in key)
