"""An operator whose weights are tensors that flow in: a weight that is computed, or one that two modules share."""

from collections.abc import Sequence
from typing import Any

from convcli.op import Operator
from convcli.quantity import Shape
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading


class Loose(Operator):
    """Does what another operator does, on its first inputs; the weights behind them are not its own."""

    module = False

    inner: Operator
    count: int

    def outputs(self, *inputs: Shape, **_: Any) -> tuple[Shape, ...]:
        return self.inner.outputs(*inputs[: self.count])

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return self.inner.dtypes(inputs[: self.count], count)

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return self.inner.macs(inputs[: self.count], outputs)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return self.inner.other_ops(inputs[: self.count], outputs)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return self.inner.reads(result, inputs[: self.count], outputs)

    def memory(self, tape: Tape, *inputs: Piece) -> tuple[Piece, ...] | None:
        weights = inputs[self.count : self.count + 1]
        if any(piece.grad for piece in inputs[: self.count]):
            tape.keep(*weights)
        return self.inner.memory(tape, *inputs[: self.count])

    def text(self) -> str:
        return self.name + self.inner.text()[len(self.inner.name) :]


_KNOWN: dict[int, Loose] = {}


def loose(op: Operator, name: str) -> Loose:
    """Return the operator without weights of its own; equal ones are the same."""
    known = _KNOWN.get(id(op))
    if known is None:
        known = _KNOWN[id(op)] = object.__new__(Loose)
        count = max(op.tensors[0], 1)
        known.__dict__.update(name=name, inner=op, count=count, values=op.values)
    return known
