"""One node and what flows into it: what the rules for sizes and the translations ask."""

from typing import Any

from convcli.aten.call import Ref
from convcli.onnx.constants import Constant
from convcli.onnx.record import Node
from convcli.quantity import Shape
from convcli.record import Record

NOT_KNOWN = (LookupError, TypeError, ZeroDivisionError, OverflowError)
"""What comes of working with what is not known, is not there, is 0 or is infinite."""


class Flow(Record):
    """A tensor: its number, its shape, None where nothing is known of it, and its values where it is a constant."""

    __slots__ = ()

    ref: Ref
    constant: Constant | None = None
    standing: bool = False
    """Whether it is there before the network runs."""
    parts: "tuple[Flow, ...] | None" = None
    """The tensors of what is a list."""
    fill: Any = None
    """The one number that a constant is full of, where that is known though its elements are too many."""

    @property
    def tensors(self) -> "tuple[Flow, ...]":
        """The tensors of a list; of anything else that itself."""
        parts: tuple[Flow, ...] | None = self.parts
        return (self,) if parts is None else parts

    @property
    def shape(self) -> Shape | None:
        """The shape, None where nothing is known of it."""
        shape: Shape | None = self.ref.shape
        return shape


class Asked(Record):
    """A node, its inputs (None for one left out), the version of operators, and the module that does nothing else."""

    node: Node
    inputs: tuple[Flow | None, ...]
    opset: int
    leaf: str = ""

    def has(self, at: int) -> bool:
        """Say whether an input is given."""
        return at < len(self.inputs) and self.inputs[at] is not None

    def flow(self, at: int = 0) -> Flow:
        """Return an input that must be given.

        Raises:
            ValueError: it is not.
        """
        found = self.inputs[at] if at < len(self.inputs) else None
        if found is None:
            raise ValueError(f"its input {at + 1} is missing")
        return found

    def shape(self, at: int = 0) -> Shape:
        """Return the shape of an input.

        Raises:
            LookupError: nothing is known of it.
        """
        shape = self.flow(at).shape
        if shape is None:
            raise LookupError(at)
        return shape

    def values(self, at: int) -> Constant | None:
        """Return an input's numbers, None where they are not known or there are none."""
        found = self.inputs[at] if at < len(self.inputs) else None
        return found.constant if found is not None else None

    def ints(self, at: int, name: str = "") -> tuple[int, ...] | None:
        """Return whole numbers that are an input, or were an attribute once; None where neither is there.

        Raises:
            LookupError: they are an input, and not known.
        """
        if self.has(at):
            found = self.values(at)
            if found is None:
                raise LookupError(at)
            return found.ints()
        value = self.node.attributes.get(name) if name else None
        return tuple(int(one) for one in value) if isinstance(value, list | tuple) else None

    def attribute(self, name: str, default: Any = None) -> Any:
        """Return an attribute, of the kind that its default has.

        Raises:
            ValueError: it is of another kind.
        """
        found = self.node.attributes.get(name)
        if found is None:
            return default
        if default is not None and not isinstance(found, int | float if isinstance(default, float) else type(default)):
            raise ValueError(f"its `{name}` is no {type(default).__name__}")
        return found

    def axis(self, default: int = 0, *, rank: int | None = None) -> int:
        """Return the attribute `axis`, counted from the front.

        Raises:
            ValueError: there is no such axis.
        """
        return counted(self.attribute("axis", default), len(self.shape()) if rank is None else rank)


def counted(axis: int, rank: int) -> int:
    """Count an axis from the front.

    Raises:
        ValueError: there is none.
    """
    if not -rank <= axis < rank:
        raise ValueError(f"there is no axis {axis} in {rank}")
    return axis % rank
