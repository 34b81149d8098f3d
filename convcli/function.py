"""Operators that torch has as functions over tensors: `cat`, `relu`."""

from collections.abc import Sequence
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

    def compute(self, torch: Any, tensors: Sequence[Any]) -> Any:
        """Call torch's own function; `torch` is the package, the tensors take their places among the arguments.

        Arguments go by place as far as they can, and None, which some overloads do not know, not at all.
        """
        left = {name: _filled(value, tensors) for name, value in self.values.items() if value is not None}
        given = []
        for name, declared in self.arguments.items():
            if name not in left or declared.keyword_only:
                break
            given.append(left.pop(name))
        for place in (torch.nn.functional, torch):
            if hasattr(place, self.name):
                return getattr(place, self.name)(*given, **left)
        return getattr(given[0], self.name)(*given[1:], **left)


def _filled(value: Any, tensors: Sequence[Any]) -> Any:
    """Put tensors in the places of slots."""
    if isinstance(value, Slot):
        return tensors[value.input]
    return [_filled(item, tensors) for item in value] if type(value) is tuple else value


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
