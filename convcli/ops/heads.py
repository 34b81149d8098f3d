"""What attention with several heads does to memory, step by step as torch does it in Python.

The steps are those of `torch.nn.functional.multi_head_attention_forward`; in evaluation torch also
has a kernel that takes fewer of them, where gradients are off.
"""

from typing import NamedTuple

from convcli.layout import alike, moved
from convcli.ops.attending import attend
from convcli.ops.linear import apply_matrix
from convcli.tape import Piece, Tape


class Heads(NamedTuple):
    """The sizes of an attention: samples, positions that ask and are asked, width of all heads, their number."""

    batch: int
    length: int
    source: int
    width: int
    number: int

    def each(self) -> int:
        """Return the width of one head."""
        return self.width // self.number


def steps_first(tape: Tape, x: Piece, *, batch_first: bool) -> Piece:
    """Look at a sequence with its positions first, then the batch."""
    if len(x.shape) == 2:
        return tape.reshape(x, (x.shape[0], 1, x.shape[1]))
    if not batch_first:
        return x
    order = (1, 0, 2)
    return tape.view(x, tuple(x.shape[axis] for axis in order), moved(x.shape, x.strides, order))


def project(tape: Tape, inputs: list[Piece], heads: Heads, *, packed: bool) -> list[Piece]:
    """Play the projections; those of one tensor are one product, taken apart by a copy."""
    query, key, value = inputs
    rows = (heads.length, heads.source, heads.source)
    if packed and query is key is value:
        return _project_together(tape, query, rows, heads)
    if packed and key is value:
        asking = apply_matrix(tape, query, (heads.length, heads.batch, heads.width))
        return [asking, *_project_together(tape, key, rows[1:], heads)]
    pieces = zip((query, key, value), rows, strict=True)
    return [apply_matrix(tape, x, (length, heads.batch, heads.width)) for x, length in pieces]


def _project_together(tape: Tape, x: Piece, rows: tuple[int, ...], heads: Heads) -> list[Piece]:
    mixed = apply_matrix(tape, x, (rows[0], heads.batch, len(rows) * heads.width))
    apart = tape.new((len(rows), rows[0], heads.batch, heads.width))
    tape.drop(mixed)
    return [tape.view(apart, (rows[0], heads.batch, heads.width)) for _ in rows]


def add_keys(tape: Tape, projected: list[Piece], heads: Heads, *, bias: bool, zero: bool) -> list[Piece]:
    """Play keys and values that every sample has beside its own: learned ones, and zeros behind them for each head."""
    query, *asked = projected
    for learned in (True,) * bias + (False,) * zero:
        for at, old in enumerate(asked):
            extra = tape.new((1, heads.batch, heads.width))
            shape = (old.shape[0] + 1, heads.batch, heads.width)
            asked[at] = tape.new(shape if learned else (heads.batch, heads.number, shape[0], heads.each()))
            tape.drop(extra)
            _release(tape, old, query, *asked)
    return [query, *asked]


def attend_by_heads(tape: Tape, projected: list[Piece], heads: Heads, dropout: float) -> Piece | None:
    """Play the attention of all heads where nobody asks for its weights, and bring the heads together again."""
    attended = attend(tape, *(_split(tape, x, heads) for x in projected), dropout=dropout)
    if attended is None:
        return None
    tape.drop(*projected)
    order = (2, 0, 1, 3)
    shape = tuple(attended.shape[axis] for axis in order)
    turned = tape.view(attended, shape, moved(attended.shape, attended.strides, order))
    return _rows(tape, turned, attended, heads)


def _split(tape: Tape, x: Piece, heads: Heads) -> Piece:
    """Look at the heads of positions one by one: those with zeros among them are so already."""
    if len(x.shape) == 4:
        return x
    shape = (x.shape[0], heads.batch, heads.number, heads.each())
    order = (1, 2, 0, 3)
    return tape.view(x, tuple(shape[axis] for axis in order), moved(shape, None, order))


def attend_with_weights(tape: Tape, projected: list[Piece], heads: Heads, dropout: float) -> tuple[Piece, Piece]:
    """Play the attention of all heads by its scores; return the rows, and the weights of all heads."""
    query, key, value = projected
    scores_shape = (heads.batch * heads.number, heads.length, heads.source)
    by_head = (heads.length, heads.batch * heads.number, heads.each())
    strides = alike((by_head[1], by_head[0], by_head[2]), [((by_head[1], by_head[0], by_head[2]), _turned(by_head))])
    scaled = tape.new((by_head[1], by_head[0], by_head[2]), strides=strides)
    scores = tape.new(scores_shape)
    tape.keep(scaled, key)
    tape.drop(scaled)
    _release(tape, key, query, value)
    chances = tape.new(scores_shape)
    tape.keep(chances)
    tape.drop(scores)
    if dropout:
        mask, dropped = tape.new(scores_shape), tape.new(scores_shape)
        tape.keep(mask)
        tape.drop(mask, chances)
        chances = dropped
    tape.keep(chances, value)
    attended = tape.new((by_head[1], by_head[0], by_head[2]))
    turned = tape.view(attended, by_head, moved(attended.shape, None, (1, 0, 2)))
    _release(tape, value, query)
    return _rows(tape, turned, attended, heads), chances


def _release(tape: Tape, x: Piece, *others: Piece) -> None:
    """Let go of a tensor, and of its storage where no other one lies in it."""
    if x.storage not in {other.storage for other in others}:
        tape.drop(x)


def _turned(by_head: tuple[int, int, int]) -> tuple[int, ...] | None:
    return moved(by_head, None, (1, 0, 2))


def _rows(tape: Tape, turned: Piece, attended: Piece, heads: Heads) -> Piece:
    """Bring the heads of each position together, by a copy where they do not lie so."""
    together = tape.in_order(turned)
    if together is not turned:
        tape.drop(attended)
    return tape.view(together, (heads.length * heads.batch, heads.width))
