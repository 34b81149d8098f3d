"""Layers with attention of several heads: what they share, and torch's `MultiheadAttention`.

After Vaswani et al., "Attention is all you need", NeurIPS 2017; argument names, weight names and
shapes as in torch's documentation of `MultiheadAttention`.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from convcli.argument import FLAG, POSITIVE, PROBABILITY, argument, optional
from convcli.diagnostics import Refusal
from convcli.expect import wrong_channels
from convcli.human import show_shape
from convcli.layout import moved
from convcli.op import Operator
from convcli.ops.heads import Heads, add_keys, attend_by_heads, attend_with_weights, project, steps_first
from convcli.ops.linear import apply_matrix, features
from convcli.quantity import UNKNOWN, Shape
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, Source, last_axes
from convcli.window.taps import STAY


class Extent(NamedTuple):
    """The sizes of an attention: samples, positions that ask, positions that are asked."""

    batch: int
    length: int
    source: int


def attention_macs(at: Extent, width: int, keys: int, values: int, added: int = 0) -> int:
    """Count the projections of query, keys, values and output, Q K^T and A V; `added` keys are not projected."""
    asking = at.batch * at.length * width * (width + width)
    asked = at.batch * at.source * width * (keys + values)
    return asking + asked + 2 * at.batch * at.length * (at.source + added) * width


def attention_ops(at: Extent, width: int, heads: int, bias: bool, added: int = 0) -> int:
    """Count the biases of four projections, and for each score its scaling and the softmax's 3n - rows."""
    rows = at.batch * heads * at.length
    scores = rows * (4 * (at.source + added) - 1)
    return scores + 2 * at.batch * (at.length + at.source) * width if bias else scores


def attention_weights(width: int, bias: bool, inputs: dict[str, Shape], added: dict[str, Shape]) -> dict[str, Shape]:
    """Return the weights of an attention, among them those of its input projections and of its added keys."""
    first: dict[str, Shape] = {"in_proj_bias": (3 * width,)} if bias else {}
    last: dict[str, Shape] = {"out_proj.bias": (width,)} if bias else {}
    return inputs | first | added | {"out_proj.weight": (width, width)} | last


def packed_projection(width: int) -> dict[str, Shape]:
    """Return the weight that projects query, key and value where they are equally wide."""
    return {"in_proj_weight": (3 * width, width)}


class Attentive(Operator):
    """What layers with attention have in common: sequences of vectors, and heads that share their width."""

    ranks = (3,)
    unbatched = True

    batch_first: bool

    @classmethod
    def channel_axis(cls, rank: int) -> int:
        return rank - 1

    @classmethod
    def infer(cls, name: str, inputs: Sequence[Shape]) -> Any:
        return features(cls.name, inputs)

    def batch_axis(self) -> int:
        return 0 if self.batch_first else 1

    def check_heads(self, width: str, heads: str) -> None:
        """Refuse a number of heads that does not divide the width; both are names of arguments."""
        size, count = self.values[width], self.values[heads]
        if size % count:
            fits = [str(n) for n in range(1, min(size, 4096) + 1) if not size % n]
            raise Refusal(
                "CV226",
                f"{self.name}: {heads}={count} does not divide {width}={size}",
                argument=heads,
                help=f"numbers of heads that divide {size}: {', '.join(fits[:12])}{', ...' * bool(fits[12:])}",
            )

    def extent(self, query: Shape, key: Shape) -> Extent:
        """Return the sizes, of which a missing batch is 1."""
        if len(query) == 2:
            return Extent(1, query[0], key[0])
        batch = self.batch_axis()
        return Extent(query[batch], query[1 - batch], key[1 - batch])

    def attends(self, at: int, rank: int, *, asks: bool) -> Reading:
        """Return the reading of a sequence whose positions ask each other, or are only asked; both are read whole."""
        position = 1 - self.batch_axis() if rank == 3 else 0
        if asks:
            return last_axes(at, rank, (), {-1: None})._replace(whole=(position,))
        return last_axes(at, rank, (), {-1: None, position: None})

    def expect_width(self, x: Shape, name: str) -> None:
        """Refuse a wrong number of dimensions, or vectors that are not as wide as argument `name` says."""
        self.expect_rank(x)
        if x[-1] != self.values[name]:
            raise wrong_channels(self, name, x[-1], x, -1)

    def expect_source(self, query: Shape, key: Shape, what: str) -> None:
        """Refuse keys that have not the query's number of dimensions, or not its batch."""
        batch = self.batch_axis()
        if len(query) != len(key) or (len(query) == 3 and query[batch] != key[batch]):
            found = f"{show_shape(query)} and {show_shape(key)}"
            raise Refusal("CV228", f"{self.name}: its first input and its {what} must have one batch, found {found}")


class MultiheadAttention(Attentive):
    """Attention with `num_heads` heads; one input attends to itself, three are query, key and value.

    Query `L x N x embed_dim`, key `S x N x kdim` and value `S x N x vdim` (`N x L x ...` with
    `batch_first`, `L x ...` without a batch) become `L x N x embed_dim`, and the weights averaged
    over the heads, `N x L x S'`: S' is S and one more for each of `add_bias_kv` and
    `add_zero_attn`. Masks are not supported; they change no shape.

    MACs, E for embed_dim: N * (2 * L * E * E + S * E * (kdim + vdim) + 2 * L * S' * E).
    Other operations for H heads: N * H * L * (5 * S' - 1) (scaling, softmax, average), and
    2 * N * (L + S) * E with biases. Stricter than torch: `dropout` must be a probability, though
    torch complains only in training.
    """

    arity = (1, 3)

    embed_dim: int = argument(POSITIVE, inferred=True)
    num_heads: int = argument(POSITIVE)
    dropout: float = argument(PROBABILITY, 0.0)
    bias: bool = argument(FLAG, True)
    add_bias_kv: bool = argument(FLAG, False)
    add_zero_attn: bool = argument(FLAG, False)
    kdim: int | None = argument(optional(POSITIVE), None)
    vdim: int | None = argument(optional(POSITIVE), None)
    batch_first: bool = argument(FLAG, False)

    def caller(self, module: Any, asked: frozenset[int] | None = None) -> Callable[..., Any]:
        """Let a single input attend to itself; weights that nobody reads are not worked out."""
        weights = asked is None or 1 in asked

        def call(*tensors: Any) -> Any:
            return module(*(tensors if len(tensors) == 3 else tensors[:1] * 3), need_weights=weights)

        return call

    def check(self) -> None:
        self.check_heads("embed_dim", "num_heads")

    def widths(self) -> tuple[int, int]:
        """Return how wide keys and values are."""
        keys = self.embed_dim if self.kdim is None else self.kdim
        return keys, self.embed_dim if self.vdim is None else self.vdim

    def added(self) -> int:
        """Return the number of keys that every sample has beside its own."""
        return int(self.add_bias_kv) + int(self.add_zero_attn)

    def packed(self) -> bool:
        """Say whether torch keeps the projections of query, key and value in one tensor."""
        return not any(width != self.embed_dim for width in self.widths())

    def template(self, rank: int) -> tuple[Shape, ...]:
        free = (UNKNOWN,) * (rank - 1)
        query = (*free, self.embed_dim)
        return (query,) if self.packed() else (query, *((*free, width) for width in self.widths()))

    def outputs(self, query: Shape, *others: Shape) -> tuple[Shape, ...]:
        if len(others) == 1:
            message = f"{self.name} takes one tensor, or a query, a key and a value, found 2"
            raise Refusal("CV232", message, help="give the second twice: `(query, memory, memory)`")
        self.expect_width(query, "embed_dim")
        key, value = others or (query, query)
        self._expect_source(query, key, value)
        at = self.extent(query, key)
        batch = (at.batch,) if len(query) == 3 else ()
        return query, (*batch, at.length, at.source + self.added())

    def _expect_source(self, query: Shape, key: Shape, value: Shape) -> None:
        for name, x, width in zip(("kdim", "vdim"), (key, value), self.widths(), strict=True):
            self.expect_rank(x)
            if x[-1] != width:
                told = name if self.values[name] is not None else "embed_dim"
                what = "key" if name == "kdim" else "value"
                message = f"expected a {what} of {width} features, as {told} says, found {x[-1]}"
                raise Refusal("CV202", message, argument=told)
        self.expect_source(query, key, "key")
        if len(key) != len(value) or any(one != other for one, other in zip(key[:-1], value[:-1], strict=True)):
            found = f"{show_shape(key)} and {show_shape(value)}"
            raise Refusal("CV228", f"{self.name}: key and value must be equal but for the last axis, found {found}")

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        rank, last = len(inputs[0]), len(inputs) - 1
        at, added = min(1, last), min(2, last)
        batch = self.batch_axis()
        samples: tuple[Source, ...] = ((batch, STAY),) if rank == 3 else ()
        place = 1 - batch if rank == 3 else 0
        if result:  # the weights, a row for each position that asks, a column for each that is asked
            asked = Reading(at, (*samples, None, (place, STAY)), whole=(place,))
            return Reading(0, (*samples, (place, STAY), None)), asked
        if not last:
            return (self.attends(0, rank, asks=True),)
        asking = self.attends(0, rank, asks=True)._replace(whole=())
        return asking, *(self.attends(other, rank, asks=False) for other in (at, added))

    def weights(self) -> dict[str, Shape]:
        width, (keys, values) = self.embed_dim, self.widths()
        inputs = packed_projection(width)
        if not self.packed():
            inputs = {"q_proj_weight": (width, width), "k_proj_weight": (width, keys), "v_proj_weight": (width, values)}
        added: dict[str, Shape] = {"bias_k": (1, 1, width), "bias_v": (1, 1, width)} if self.add_bias_kv else {}
        return attention_weights(width, self.bias, inputs, added)

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        at = self.extent(inputs[0], inputs[1] if len(inputs) > 1 else inputs[0])
        return attention_macs(at, self.embed_dim, *self.widths(), self.added())

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        at = self.extent(inputs[0], inputs[1] if len(inputs) > 1 else inputs[0])
        average = at.batch * self.num_heads * at.length * (at.source + self.added())
        return attention_ops(at, self.embed_dim, self.num_heads, self.bias, self.added()) + average

    def memory(self, tape: Tape, query: Piece, *others: Piece) -> tuple[Piece, ...] | None:
        asked = bool(tape.asked and 1 in tape.asked)
        found = self.attended(tape, query, *(others or (query, query)), asked=asked)
        if found is None:
            return None
        y, weights = found
        return y, weights or tape.view(y, tape.shapes[1])

    def attended(
        self, tape: Tape, query: Piece, key: Piece, value: Piece, *, asked: bool
    ) -> tuple[Piece, Piece | None] | None:
        """Play a call: its result, and its weights where somebody asks for them."""
        if self.added() and tape.narrow:  # added keys are wide, and all others meet them
            return None
        tape.narrow_weights(*(shape for shape in self.weights().values() if len(shape) > 1))
        at = self.extent(query.shape, key.shape)
        heads = Heads(*at, self.embed_dim, self.num_heads)
        projected = project(tape, self._in_order(tape, query, key, value), heads, packed=self.packed())
        projected = add_keys(tape, projected, heads, bias=self.add_bias_kv, zero=self.add_zero_attn)
        heads = heads._replace(source=at.source + self.added())
        dropout = self.dropout if tape.training else 0.0
        weights: Piece | None = None
        rows: Piece | None
        if asked:
            rows, weights = attend_with_weights(tape, projected, heads, dropout)
        else:
            rows = attend_by_heads(tape, projected, heads, dropout)
        if rows is None:
            return None
        y = apply_matrix(tape, rows, (at.length * at.batch, self.embed_dim))
        tape.drop(rows)
        if weights:  # of all heads: their mean is the result
            weights, before = tape.out(1), weights
            tape.drop(before)
        tape.drop(*projected)
        back = (1, 0, 2) if self.batch_first and len(query.shape) == 3 else (0, 1, 2)
        strides = moved((at.length, at.batch, self.embed_dim), None, back) if len(query.shape) == 3 else None
        return tape.view(y, query.shape, strides), weights

    def _in_order(self, tape: Tape, *inputs: Piece) -> list[Piece]:
        """Look at all three with their positions first; what is one tensor stays one, but without a batch."""
        if len(inputs[0].shape) == 2:
            return [steps_first(tape, x, batch_first=False) for x in inputs]
        seen = {id(x): steps_first(tape, x, batch_first=self.batch_first) for x in inputs}
        return [seen[id(x)] for x in inputs]
