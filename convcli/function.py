"""Operators that torch has as functions over tensors: `cat`, `relu`."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from convcli.argument import Argument, Slot, Tensor
from convcli.op import ANYTHING, Operator


class Function(Operator):
    """An operator over tensors that torch has as a function; its tensors are arguments too."""

    module: ClassVar[bool] = False
    takes: ClassVar[str] = ANYTHING

    @classmethod
    def tensor_arguments(cls) -> list[str]:
        """Return the names of the arguments that are tensors."""
        return [name for name, declared in cls.arguments.items() if isinstance(declared.kind, Tensor)]

    def bound(self, torch: Any) -> Callable[..., Any]:
        """Return torch's own function with all arguments in place but the tensors, which it takes.

        Arguments go by place as far as they can; None, and behind it defaults, which some overloads do not know,
        not at all.
        """
        left = {name: value for name, value in self.values.items() if value is not None}
        given = []
        for name, declared in self.arguments.items():
            if name not in left or declared.keyword_only:
                break
            given.append(left.pop(name))
        places = (torch.nn.functional, torch, torch.Tensor)
        function = next(getattr(place, self.name) for place in places if hasattr(place, self.name))
        first = sum(isinstance(value, Slot) for value in given)
        if any(map(_has_slot, (*given[first:], *left.values()))) or given[:first] != [Slot(at) for at in range(first)]:
            return lambda *tensors: function(
                *[filled(value, tensors) for value in given],
                **{name: filled(value, tensors) for name, value in left.items()},
            )
        left = {name: value for name, value in left.items() if value != self.usual()[name]}
        rest, named = [filled(value, ()) for value in given[first:]], {n: filled(v, ()) for n, v in left.items()}
        if not rest and not named:
            return function  # type: ignore[no-any-return]
        return lambda *tensors: function(*tensors, *rest, **named)


def _has_slot(value: Any) -> bool:
    return isinstance(value, Slot) or (type(value) is tuple and any(map(_has_slot, value)))


def filled(value: Any, tensors: Sequence[Any]) -> Any:
    """Put tensors in the places of slots."""
    if isinstance(value, Slot):
        return tensors[value.input]
    return [filled(item, tensors) for item in value] if type(value) is tuple else value


def twin(name: str, module: type[Operator], order: Sequence[str] = (), **defaults: Any) -> type[Function]:
    """Make the function that does what a module without weights does: `relu(input)` for `ReLU()`.

    `order` names the module's arguments in the function's order, where it differs; `defaults`
    replaces defaults.
    """
    body: dict[str, Any] = {"name": name, "takes": module.takes, "__doc__": f"`{module.name}` as a function."}
    body["input"] = Argument(Tensor())
    for own in order or module.arguments:
        declared = module.arguments[own]
        body[own] = declared._replace(default=defaults.get(own, declared.default), inferred=False)
    return type(name, (Function, module), body)
