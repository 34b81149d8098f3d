"""Operators that torch has as functions over tensors: `cat`, `relu`."""

from collections.abc import Sequence
from typing import Any, ClassVar

from convcli.argument import Argument, Tensor
from convcli.op import ANYTHING, Operator


class Function(Operator):
    """An operator over tensors that torch has as a function; its tensors are arguments too."""

    module: ClassVar[bool] = False
    takes: ClassVar[str] = ANYTHING

    @classmethod
    def tensor_arguments(cls) -> list[str]:
        """Return the names of the arguments that are tensors."""
        return [name for name, declared in cls.arguments.items() if isinstance(declared.kind, Tensor)]


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
