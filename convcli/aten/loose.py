"""An operator whose weights are tensors that flow in: a weight that is computed, or one that two modules share."""

from collections.abc import Callable, Sequence
from typing import Any

from convcli.op import Answer, Operator
from convcli.ops.opaque import Opaque
from convcli.quantity import Shape
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading


class Loose(Opaque):
    """Does what another operator does, on its first inputs; the weights behind them are not its own."""

    inner: Operator
    count: int
    named: tuple[str, ...]
    alike = False
    call = None

    def within(self, torch: Any, network: Any) -> Callable[..., Any]:
        """Return torch's own module, called with its weights in the place of those that it has.

        It is in training where the network is.
        """
        module = self.inner.build(torch.nn, device="meta")
        call, count, names = torch.func.functional_call, self.count, self.named

        def run(*tensors: Any) -> Any:
            if module.training != network.training:
                module.train(network.training)
            return call(module, dict(zip(names, tensors[count:], strict=True)), tensors[:count])

        return run

    def answer(self, inputs: tuple[Shape, ...], dtypes: tuple[str, ...]) -> Answer:
        return self.inner.answer(inputs[: self.count], dtypes[: self.count])

    def computes(self) -> bool:
        return self.inner.computes()

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return self.inner.reads(result, inputs[: self.count], outputs)

    def memory(self, tape: Tape, *inputs: Piece) -> tuple[Piece, ...] | None:
        weights = inputs[self.count : self.count + 1]
        if any(piece.grad for piece in inputs[: self.count]):
            tape.keep(*weights)
        return self.inner.memory(tape, *inputs[: self.count])

    def text(self) -> str:
        return self.name + self.inner.text()[len(self.inner.name) :]


_KNOWN: dict[tuple[int, tuple[str, ...]], Loose] = {}


def loose(op: Operator, name: str, named: tuple[str, ...] = ()) -> Loose:
    """Return the operator without weights of its own, which flow in in this order; equal ones are the same."""
    known = _KNOWN.get((id(op), named))
    if known is None:
        known = _KNOWN[id(op), named] = object.__new__(Loose)
        count = max(op.arity[0], 1)
        known.__dict__.update(
            op.values, name=name, inner=op, count=count, named=named, own={}, state={}, values=op.values
        )
    return known
