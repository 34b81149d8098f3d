"""What was called: torch's operators by name, the tensors between them, and the weights."""

from collections.abc import Mapping
from typing import Any

from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shape
from convcli.record import Record
from convcli.source import Span

AT = "aten"
"""The library of torch's own operators."""


class Ref(Record):
    """A tensor, by number; its shape is a `Shape`, None where nothing is known of it."""

    __slots__ = ()

    id: int
    shape: Any
    dtype: str


def weight_shape(ref: Ref) -> Shape:
    """Return the shape of a weight as operators have it: `(UNKNOWN,)` where nothing is known of it."""
    return (UNKNOWN,) if ref.shape is None else ref.shape


class Call(Record):
    """One call.

    Attributes:
        name: torch's operator without overload and without the `_` of one in place: `conv2d`.
        args: the arguments that were given, by the names in torch's schema; tensors are `Ref`s.
        outputs: the tensors that it gives.
        module: the path of the innermost module that it happens in, empty for the model itself.
        kind: the class of that module.
        op: our operator, where the call is that of a whole module; `args` has its inputs then.
        span: where it stands in the user's code.
        label: what the layer is called where it is no module, if it has a name.
        library: whose operator was called, as it was called: `aten`, another library of torch's; empty where torch's
            words stand for something else.
    """

    __slots__ = ()

    name: str
    args: dict[str, Any]
    outputs: tuple[Ref, ...]
    module: str
    kind: str
    op: Operator | None = None
    span: Span | None = None
    label: str = ""
    library: str = ""

    def first(self, *names: str) -> Any:
        """Return the argument with one of these names, as different operators of torch call the same; None if none."""
        return next((self.args[name] for name in names if name in self.args), None)


class Weight(Record):
    """A parameter or a buffer by its path in the `state_dict`."""

    path: str
    ref: Ref
    trainable: bool = True
    buffer: bool = False


class Traced(Record):
    """Everything that a graph is made of, in order of execution."""

    name: str
    source: str
    format: str
    inputs: tuple[tuple[str, Ref], ...]
    weights: tuple[Weight, ...]
    calls: tuple[Call, ...]
    outputs: tuple[Ref, ...]
    kinds: Mapping[str, str] = {}
    """The classes of modules that are no layers themselves, by their paths; not all are known."""
    keys: tuple[str, ...] = ()
    """What the outputs are called, empty where they only have an order."""
    behind: Mapping[str, Operator] | None = None
    """Modules by their paths that may be called behind the last call, which stands for all that; None if it is none."""


def refs(value: Any) -> list[Ref]:
    """Return the tensors in an argument, in order."""
    if isinstance(value, Ref):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple) or type(value) not in (list, tuple):
        return []
    return [found for item in value for found in refs(item)]
