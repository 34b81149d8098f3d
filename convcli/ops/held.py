"""Weights and numbers that stand in a network by themselves, without a module that computes with them."""

from collections.abc import Mapping, Sequence

from convcli.op import Answer
from convcli.ops.opaque import Opaque
from convcli.quantity import Shape
from convcli.tape import WEIGHT, Piece, Tape
from convcli.window.reading import Reading


class Held(Opaque):
    """A tensor that is there before the network runs; it takes no input and costs nothing."""

    arity = (0, 0)

    def answer(self, inputs: tuple[Shape, ...], dtypes: tuple[str, ...]) -> Answer:
        return Answer(self.results, self.types, 0, 0)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return ()

    def why_not_built(self) -> str:
        """Say why: it has no name in the network under which its numbers could be given."""
        return f"`{self.name.lower()}` has numbers that are worked out beforehand, and not kept: it cannot be built"

    def memory(self, tape: Tape, *inputs: Piece) -> tuple[Piece, ...]:
        return tuple(
            Piece(WEIGHT, shape, kind, None, False) for shape, kind in zip(self.results, self.types, strict=True)
        )


def held(
    name: str, shape: Shape, dtype: str, weights: Mapping[str, Shape] | None = None,
    buffers: Mapping[str, Shape] | None = None,
) -> Held:  # fmt: skip
    """Return what gives a tensor of this shape, with weights and buffers."""
    made = object.__new__(Held)
    own, state = dict(weights or {}), dict(buffers or {})
    made.__dict__.update(
        name=name,
        results=(shape,),
        types=(dtype,),
        own=own,
        state=state,
        costs=(0, 0),
        alike=False,
        keeps=None,
        call=None,
        values={},
    )
    return made
