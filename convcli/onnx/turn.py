"""One node on its way to calls: what translations take and what they give."""

from typing import Any, Protocol

from convcli.aten.call import Call, Ref, weight_shape
from convcli.onnx.asked import Asked, Flow
from convcli.op import Operator
from convcli.ops.opaque import opaque
from convcli.quantity import UNKNOWN, Shape, product


class WrongError(Exception):
    """The graph does not fit together; the text says where and why, `help` what to do."""

    def __init__(self, text: str, help: str = "") -> None:
        super().__init__(text)
        self.help = help


class House(Protocol):
    """What keeps the weights and the numbers of tensors."""

    def fresh(self, shape: Shape | None, kind: str) -> Ref:
        """Return a new tensor."""

    def wrote(self, flow: Flow) -> bool:
        """Say whether a constant stands in the file as it is, and is not worked out."""

    def matrix(self, flow: Flow) -> Shape | None:
        """Return the shape of a constant that has two axes, in the file as where it is read; None for others."""

    def parts(self, flow: Flow, sizes: list[Shape]) -> list[Flow] | None:
        """Return the weights that a tensor is put together of, one for each size; None where it is of others."""

    def own(self, turn: "Turn", weights: dict[str, Flow], buffers: tuple[str, ...]) -> str:
        """Let weights belong to a layer, where nothing else has them, and return its path."""


class Turn:
    """A node, its results, and the calls that it becomes."""

    def __init__(self, house: House, asked: Asked, outputs: list[Ref], path: str, label: str) -> None:
        self.house = house
        self.asked = asked
        self.outputs = outputs
        self.path = path
        """The path of a module that does nothing else, empty where there is none."""
        self.label = label
        self.calls: list[Call] = []

    def ref(self, at: int = 0) -> Ref:
        """Return an input as a tensor."""
        return self.asked.flow(at).ref

    def refs(self) -> list[Ref]:
        """Return all inputs that are given."""
        return [flow.ref for flow in self.asked.inputs if flow is not None]

    def between(self, shape: Shape | None, like: Ref) -> Ref:
        """Return a tensor between two calls."""
        return self.house.fresh(shape, like.dtype)

    def emit(
        self, name: str, args: dict[str, Any], outputs: list[Ref] | None = None, kind: str = "", part: str = "",
        library: str = "",
    ) -> Ref:  # fmt: skip
        """Call one of torch's operators; the first result comes back. `kind` is the module that it may be.

        `library` is torch's where its operator does exactly what ONNX's does, and has all its arguments.
        """
        made = self.outputs if outputs is None else outputs
        module = self.path if kind and self.path else ""
        label, kind = f"{self.label}{part}", kind if module else ""
        self.calls.append(Call(name, args, tuple(made), module, kind, label=label, library=library))
        return made[0]

    def operator(self, op: Operator, inputs: list[Ref], outputs: list[Ref] | None = None, module: str = "") -> Ref:
        """Call one of our operators.

        Raises:
            Refusal: it does not take these inputs.
        """
        made = self.outputs if outputs is None else outputs
        shapes = tuple(ref.shape for ref in inputs)
        if None not in (*shapes, *(ref.shape for ref in made)):
            op.answer(shapes, tuple(ref.dtype for ref in inputs))
        args = {f"input{at}": ref for at, ref in enumerate(inputs)}
        module = module or (self.path if op.module else "")
        self.calls.append(Call(op.name, args, tuple(made), module, "", op, label=self.label))
        return made[0]

    def opaque(
        self, inputs: list[Ref] | None = None, macs: int = UNKNOWN, other_ops: int = UNKNOWN, *, alike: bool = False,
        keeps: tuple[int, ...] | None = None, weights: dict[str, Flow] | None = None,
    ) -> None:  # fmt: skip
        """Call what the catalogue does not have, by ONNX's name; weights that are worked out flow in."""
        node = self.asked.node
        name = f"{node.domain or 'onnx'}::{node.op}"
        shapes = [ref.shape for ref in self.outputs]
        inputs = [*(self.refs() if inputs is None else inputs)]
        inputs += [flow.ref for flow in (weights or {}).values() if not flow.standing]
        weights = {key: flow for key, flow in (weights or {}).items() if flow.standing}
        own = {key: weight_shape(flow.ref) for key, flow in weights.items()}
        op = opaque(
            name, shapes, [ref.dtype for ref in self.outputs], own, costs=(macs, other_ops), alike=alike, keeps=keeps
        )
        module = self.house.own(self, weights, ()) if weights else ""
        self.operator(op, inputs, module=module)

    def each(self, operations: int, keeps: tuple[int, ...] | None = None) -> None:
        """Call what works element by element, or along an axis, at so many operations for each element of its input."""
        x = self.ref()
        count = product(x.shape) if x.shape is not None else UNKNOWN
        self.opaque([x], 0, operations * count, alike=x.shape == self.outputs[0].shape, keeps=keeps)
