"""The layers of a transformer's encoder and decoder, in evaluation.

After Vaswani et al., "Attention is all you need", NeurIPS 2017; argument names, weight names and
shapes as in torch's documentation of `TransformerEncoderLayer` and `TransformerDecoderLayer`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from convcli.argument import FLAG, POSITIVE, PROBABILITY, REAL, Word, argument
from convcli.layout import alike
from convcli.ops.activation import INPUT, ReLU
from convcli.ops.activation_smooth import GELU
from convcli.ops.dropout import Dropout
from convcli.ops.group_normalization import LayerNorm
from convcli.ops.linear import multiply_rows
from convcli.ops.multihead_attention import (
    Attentive,
    Extent,
    MultiheadAttention,
    attention_macs,
    attention_ops,
    attention_weights,
    packed_projection,
)
from convcli.ops.normalization import normalize
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading

ACTIVATIONS = {"relu": ReLU, "gelu": GELU}


class TransformerLayer(Attentive):
    """Attention and a network of two linear layers, each with a residual sum and a layer norm.

    R rows of width E (`d_model`), F for `dim_feedforward`. MACs: those of each attention, and
    2 * R * E * F. Other operations: those of each attention; for each of them and for the two
    linear layers R * E (the sum) and those of a `LayerNorm`; the activation's on R * F elements;
    with biases R * (F + E). Activations are named by a string.
    """

    attentions: ClassVar[tuple[str, ...]]
    """The names of the attentions, in their order."""

    d_model: int = argument(POSITIVE, inferred=True)
    nhead: int = argument(POSITIVE)
    dim_feedforward: int = argument(POSITIVE, 2048)
    dropout: float = argument(PROBABILITY, 0.1)
    activation: str = argument(Word(*ACTIVATIONS), "relu")
    layer_norm_eps: float = argument(REAL, 1e-5)
    batch_first: bool = argument(FLAG, False)
    norm_first: bool = argument(FLAG, False)
    bias: bool = argument(FLAG, True)

    def check(self) -> None:
        self.check_heads("d_model", "nhead")

    def template(self, rank: int) -> tuple[Shape, ...]:
        return (((UNKNOWN,) * (rank - 1) + (self.d_model,)),) * len(self.attentions)

    def extents(self, inputs: Sequence[Shape]) -> list[Extent]:
        """Return the sizes of each attention: the first input asks itself, then each further one."""
        return [self.extent(inputs[0], source) for source in inputs]

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        rank = len(inputs[0])
        asked = (self.attends(at, rank, asks=False) for at in range(1, len(inputs)))
        return self.attends(0, rank, asks=True), *asked

    def weights(self) -> dict[str, Shape]:
        width, inner = self.d_model, self.dim_feedforward
        found: dict[str, Shape] = {}
        for attention in self.attentions:
            own = attention_weights(width, self.bias, packed_projection(width), {})
            found |= {f"{attention}.{name}": shape for name, shape in own.items()}
        weights: dict[str, Shape] = {"linear1": (inner, width), "linear2": (width, inner)}
        weights |= {f"norm{n}": (width,) for n in range(1, len(self.attentions) + 2)}
        for name, shape in weights.items():
            found[f"{name}.weight"] = shape
            if self.bias:
                found[f"{name}.bias"] = shape[:1]
        return found

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        width = self.d_model
        total = 2 * product(outputs[0]) * self.dim_feedforward
        for at in self.extents(inputs):
            total = total + attention_macs(at, width, width, width)
        return total

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        norm = LayerNorm.of(normalized_shape=(self.values["d_model"],), bias=self.bias)
        each = product(outputs[0]) + norm.other_ops(outputs, outputs)
        total = (len(self.attentions) + 1) * each + self._feedforward_ops(product(outputs[0][:-1]))
        for at in self.extents(inputs):
            total = total + attention_ops(at, self.d_model, self.nhead, self.bias)
        return total

    def _feedforward_ops(self, rows: int) -> int:
        inner = (rows, self.dim_feedforward)
        total = ACTIVATIONS[self.activation].of().other_ops((inner,), (inner,))
        return total + rows * (self.dim_feedforward + self.d_model) if self.bias else total

    def memory(self, tape: Tape, x: Piece, *memories: Piece) -> tuple[Piece, ...] | None:
        if tape.narrow:  # its attention may then have any kernel
            return None
        for source in (None, *memories):
            attended = self._with_residue(tape, x, partial(self._attend, tape, source))
            if attended is None:
                return None
            x = attended
        y = self._with_residue(tape, x, partial(self._feed_forward, tape))
        return None if y is None else (y,)

    def _with_residue(self, tape: Tape, x: Piece, inner: Callable[[Piece], Piece | None]) -> Piece | None:
        """Play a part with its residual sum, and its norm behind it or before."""
        read = self._norm(tape, x) if self.norm_first else x
        found = inner(read)
        if found is None:
            return None
        if read is not x:
            tape.drop(read)
        y = total = tape.new(x.shape, strides=alike(x.shape, [(x.shape, x.strides), (found.shape, found.strides)]))
        tape.drop(found)
        if not self.norm_first:
            y = self._norm(tape, total)
            tape.drop(total)
        tape.drop(x)
        return y

    def _norm(self, tape: Tape, x: Piece) -> Piece:
        return normalize(tape, x, product(x.shape[:-1]))

    def _attend(self, tape: Tape, source: Piece | None, x: Piece) -> Piece | None:
        sizes = {"embed_dim": self.d_model, "num_heads": self.nhead, "dropout": self.dropout}
        attention = MultiheadAttention.of(**sizes, bias=self.bias, batch_first=self.batch_first)
        other = x if source is None else source
        found = attention.attended(tape, x, other, other, asked=False)
        return None if found is None else self._drop_out(tape, found[0])

    def _feed_forward(self, tape: Tape, x: Piece) -> Piece:
        shape = (*x.shape[:-1], self.dim_feedforward)
        wide = multiply_rows(tape, x, shape)
        active = tape.new(shape)
        tape.keep(wide if ACTIVATIONS[self.activation].kept[0] == INPUT else active)
        tape.drop(wide)
        active = self._drop_out(tape, active)
        y = multiply_rows(tape, active, x.shape)
        tape.drop(active)
        return self._drop_out(tape, y)

    def _drop_out(self, tape: Tape, x: Piece) -> Piece:
        if not (tape.training and self.dropout):
            return x
        (y,) = Dropout.of(p=self.dropout).memory(tape, x)
        tape.drop(x)
        return y


class TransformerEncoderLayer(TransformerLayer):
    """Self-attention and two linear layers: `L x N x d_model` (`N x L x ...` with `batch_first`) to the same."""

    attentions = ("self_attn",)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_width(x, "d_model")
        return (x,)


class TransformerDecoderLayer(TransformerLayer):
    """Self-attention, attention to a memory, and two linear layers; the memory is the second input."""

    arity = (2, 2)
    attentions = ("self_attn", "multihead_attn")

    def outputs(self, x: Shape, memory: Shape) -> tuple[Shape, ...]:
        self.expect_width(x, "d_model")
        self.expect_width(memory, "d_model")
        self.expect_source(x, memory, "memory")
        return (x,)
