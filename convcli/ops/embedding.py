"""Tables of vectors that are looked up by number.

Output shapes as in torch's documentation of `Embedding` and `EmbeddingBag`.
"""

from collections.abc import Sequence

from convcli.argument import ANY_INTEGER, FLAG, POSITIVE, REAL, Word, argument, optional
from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, same_place
from convcli.window.taps import STAY


class Table(Operator):
    """What tables of vectors that are looked up by number have in common."""

    takes = "integer"

    num_embeddings: int = argument(POSITIVE)
    embedding_dim: int = argument(POSITIVE)
    padding_idx: int | None
    max_norm: float | None

    def check(self) -> None:
        rows, index = self.num_embeddings, self.padding_idx
        if index is not None and (index > rows - 1 or index < -rows):
            raise Refusal(
                "CV230",
                f"{self.name}: padding_idx={index} is not a row of {rows}",
                argument="padding_idx",
                help=f"rows are numbered 0 to {rows - 1}, or -{rows} to -1 from the end",
            )

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return ("float32",) * count

    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.num_embeddings, self.embedding_dim)}

    def fetched(self, inputs: Sequence[Shape]) -> int:
        """Return the numbers of the rows that are looked up, as if no row were twice where there are enough."""
        if self.max_norm is not None:
            return UNKNOWN
        return min(product(inputs[0]), self.num_embeddings) * self.embedding_dim


class Embedding(Table):
    """Looks up a vector for each index: an integer input of any shape gains `embedding_dim` at its end.

    MACs: 0. Other operations: 0; unknown with `max_norm`, which rescales the rows that occur.
    """

    padding_idx: int | None = argument(optional(ANY_INTEGER), None)
    max_norm: float | None = argument(optional(REAL), None)
    norm_type: float = argument(REAL, 2.0)
    scale_grad_by_freq: bool = argument(FLAG, False)
    sparse: bool = argument(FLAG, False)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        return ((*x, self.embedding_dim),)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (Reading(0, (*same_place(0, len(inputs[0])).sources, None)),)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return 0 if self.max_norm is None else UNKNOWN

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.keep(x)
        return (tape.out(),)


class EmbeddingBag(Table):
    """Looks up a vector for each index and sums, averages or maximises them over each bag.

    An input of bags x indices, or one list of indices with a second tensor that says where each
    bag begins, becomes `bags x embedding_dim`. torch's third tensor, weights, is not supported.

    MACs: 0. Other operations for B bags of L indices: `sum` and `max` B * (L - 1) * embedding_dim,
    `mean` B * L * embedding_dim; unknown where they depend on the indices: with `padding_idx`,
    with `max_norm`, and for bags of different lengths.

    Stricter than torch: `include_last_offset` needs two offsets, as with one there is no bag
    (torch's CPU kernel then writes past its memory).
    """

    arity = (1, 2)
    ranks = (2, 1)

    max_norm: float | None = argument(optional(REAL), None)
    norm_type: float = argument(REAL, 2.0)
    scale_grad_by_freq: bool = argument(FLAG, False)
    mode: str = argument(Word("mean", "sum", "max"), "mean")
    sparse: bool = argument(FLAG, False)
    include_last_offset: bool = argument(FLAG, False)
    padding_idx: int | None = argument(optional(ANY_INTEGER), None)

    def check(self) -> None:
        super().check()
        for name in ("scale_grad_by_freq", "sparse"):
            if self.mode == "max" and self.values[name]:
                raise Refusal("CV226", f"{self.name}: mode='max' does not go with {name}=True", argument=name)

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * rank,) * (2 if rank == 1 else 1)

    def outputs(self, x: Shape, *offsets: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        if len(offsets) != 2 - len(x):
            given = "is one list of indices: it needs" if len(x) == 1 else "has its bags as rows: it takes no"
            found = f"{self.name}: an input of {show_shape(x)} {given} second tensor with the bags' offsets"
            raise Refusal("CV232", found)
        if len(x) == 2:
            return ((x[0], self.embedding_dim),)
        if len(offsets[0]) != 1:
            raise Refusal("CV203", f"{self.name} takes 1-d offsets, found {len(offsets[0])}-d {show_shape(offsets[0])}")
        return ((self._bags(offsets[0][0]), self.embedding_dim),)

    def _bags(self, offsets: int) -> int:
        """Return the number of bags; the last offset may only say where the last bag ends."""
        if not self.include_last_offset:
            return offsets
        if offsets < 2:
            raise Refusal("CV225", f"{self.name}: with include_last_offset, {offsets} offset makes no bag")
        return offsets - 1

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        bags_are_rows = len(inputs) == 1
        return (Reading(0, ((0, STAY) if bags_are_rows else None, None)),)

    def fetched(self, inputs: Sequence[Shape]) -> int:
        return super().fetched(inputs) if self.padding_idx is None else UNKNOWN

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        if self.padding_idx is not None or self.max_norm is not None or len(inputs) > 1:
            return UNKNOWN
        each = inputs[0][1] if self.mode == "mean" else inputs[0][1] - 1
        return product(outputs[0]) * each

    def memory(self, tape: Tape, x: Piece, *offsets: Piece) -> tuple[Piece, ...]:
        indices = product(x.shape)
        starts = offsets[0] if offsets else tape.new((x.shape[0],), x.kind)
        flat = x if offsets else tape.reshape(x, (indices,))
        y = tape.out()
        # which bag each index is in: sums, but in float64, do without
        bag_of = 0 if self.mode == "sum" and self.padding_idx is None and tape.flow != "float64" else indices + 1
        largest = y.shape if self.mode == "max" else y.shape[:1]
        made = [tape.new(shape, x.kind) for shape in ((bag_of,), starts.shape, largest)]
        tape.keep(flat, starts, *made)
        tape.drop(flat, starts, *made)
        return (y,)
