"""What signs mean: arithmetic on numbers, operators over tensors, repetition of layers, conditions."""

from typing import Any

from convcli.argument import Slot
from convcli.diagnostics import ConvcliError
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.quantity import UNKNOWN
from convcli.resolve import numbers
from convcli.resolve.names import Naming
from convcli.resolve.values import (
    BROKEN,
    LAYERS,
    TENSOR_LIKE,
    RepeatLayer,
    Scope,
    Spot,
    Tensor,
    kind_of,
)

_TENSOR_SIGNS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "@": "matmul"}


class Signs(Naming):
    """Gives values to `+ - * / // % @`, comparisons, `and or not`, `a if b else c`."""

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
        if tree.sign == "*" and (left is None or isinstance(left, LAYERS)) and numbers.is_number(right):
            return self.repeat(left, right, tree, tree.right)
        if tree.sign == "*" and isinstance(right, LAYERS) and numbers.is_number(left):
            return self.repeat(right, left, tree, tree.left)
        return self.tensor_sign(tree, left, right, scope, spot, tail=tail)

    def calculate(self, tree: syntax.Binary, left: Any, right: Any) -> Any:
        if tree.sign not in numbers.SIGNS:
            self.refuse("CV208", f"`{tree.sign}` is for tensors, found two numbers", tree.at)
        try:
            return numbers.compute(tree.sign, left, right)
        except numbers.NotANumber as error:
            self.refuse("CV208", str(error), tree.at)

    def repeat(self, layer: Any, count: Any, tree: syntax.Binary, times: Expression) -> Any:
        if count is UNKNOWN:
            return layer
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            self.refuse_number("CV209", "a layer is repeated a whole number of times", count, times)
        if layer is None:
            return None
        if count * max(1, self.bound_of_layer(layer)) > self.max_layers:
            self.too_many(self.phrase.span(*tree.at))
        return RepeatLayer(layer, count, tree, self.phrase) if count else None

    def tensor_sign(self, tree: syntax.Binary, left: Any, right: Any, scope: Scope, spot: Spot, *, tail: bool) -> Any:
        if tree.sign not in _TENSOR_SIGNS or not (isinstance(left, TENSOR_LIKE) or isinstance(right, TENSOR_LIKE)):
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

    def check_gate(self, tree: syntax.Binary, left: Any, right: Any) -> None:
        """Catch `x * gate` where the gate, standing right above, has become `x` itself."""
        names = {part.name for part in (tree.left, tree.right) if isinstance(part, syntax.Name)}
        if tree.sign == "*" and "x" in names and len(names) == 2 and left is right and left is not BROKEN:
            other = (names - {"x"}).pop()
            if other != "input":
                help = f"name the tensor before `{other}` and write `name * {other}`, or `input * {other}`"
                self.refuse("CV218", f"`x` is the current tensor, and that is `{other}` itself", tree.at, help)

    def compare(self, tree: syntax.Compare, scope: Scope, spot: Spot, tail: bool) -> Any:
        left, right = self.evaluate(tree.left, scope, spot), self.evaluate(tree.right, scope, spot)
        if self.has_tensor(left, right):
            self.refuse("CV208", f"`{tree.sign}` compares numbers, found {kind_of(left)} and {kind_of(right)}", tree.at)
        if self.failed_at is not None and (left is UNKNOWN or right is UNKNOWN):
            raise ConvcliError([])  # what depends on it is not judged
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
