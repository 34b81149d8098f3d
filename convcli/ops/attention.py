"""Attention as a function: softmax(Q K^T / sqrt(E)) V.

After Vaswani et al., "Attention is all you need", NeurIPS 2017; argument names and shapes as in
torch's documentation of `scaled_dot_product_attention`.
"""

from collections.abc import Sequence

from convcli.argument import FLAG, PROBABILITY, REAL, Slot, Tensor, argument, optional
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.human import show_shape
from convcli.op import FLOATS
from convcli.ops.attending import attend
from convcli.ops.broadcast import broadcast
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, element_wise
from convcli.window.taps import STAY


class ScaledDotProductAttention(Function):
    """softmax(Q K^T * scale + mask) V, with scale 1 / sqrt(E) unless given.

    Query `... x L x E`, key `... x S x E` and value `... x S x Ev` become `... x L x Ev`; the axes
    before are broadcast, and the mask is broadcast to the scores. With `enable_gqa` axis -3 of key
    and value is repeated up to that of the query.

    MACs: L * S * E for each Q K^T and L * S * Ev for each A V, in full also where it is causal.
    Other operations: 4 * scores - rows (scaling and softmax), and one for each score with a mask.
    Dropout is not counted. Stricter than torch: key and value must have one length S (torch's CPU
    kernel reads past the end of a shorter value); a mask has 2 dimensions or more (torch refuses
    fewer in its kernel for 4-d inputs); `dropout_p` is not negative.
    """

    name = "scaled_dot_product_attention"
    takes = FLOATS

    query: Slot = argument(Tensor())
    key: Slot = argument(Tensor())
    value: Slot = argument(Tensor())
    attn_mask: Slot | None = argument(Tensor(optional=True), None)
    dropout_p: float = argument(PROBABILITY, 0.0)
    is_causal: bool = argument(FLAG, False)
    scale: float | None = argument(optional(REAL), None, keyword_only=True)
    enable_gqa: bool = argument(FLAG, False, keyword_only=True)

    def check(self) -> None:
        if self.is_causal and self.attn_mask is not None:
            raise Refusal("CV226", f"{self.name}: attn_mask does not go with is_causal=True", argument="is_causal")

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * rank,) * 3

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        return (inputs[self.query.input],) * count

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        query, key, value = self._tensors(inputs)
        scores = self._scores(query, key, inputs)
        if key[-2] != value[-2]:
            found = f"{show_shape(key)} and {show_shape(value)}"
            raise Refusal("CV228", f"{self.name}: key and value must have one length, found {found}")
        batch = broadcast(self, scores[:-2], value[:-2])
        return ((*batch, query[-2], value[-1]),)

    def _tensors(self, inputs: Sequence[Shape]) -> tuple[Shape, Shape, Shape]:
        """Return query, key and value, the latter two with the query's heads."""
        query, key, value = (inputs[slot.input] for slot in (self.query, self.key, self.value))
        least = 3 if self.enable_gqa else 2
        for name, x in (("query", query), ("key", key), ("value", value)):
            if len(x) < least:
                why = " with enable_gqa" if self.enable_gqa else ""
                message = f"{self.name}: {name} needs {least} dimensions or more{why}, found {show_shape(x)}"
                raise Refusal("CV203", message, argument=name)
        if query[-1] != key[-1]:
            raise Refusal("CV228", f"{self.name}: query and key must be equally wide, found {query[-1]} and {key[-1]}")
        return (query, self._repeat(query, key), self._repeat(query, value)) if self.enable_gqa else (query, key, value)

    def _repeat(self, query: Shape, x: Shape) -> Shape:
        if x[-3] < 1 or query[-3] % x[-3]:
            message = f"{self.name}: {x[-3]} heads of keys or values do not divide {query[-3]} heads of queries"
            raise Refusal("CV226", message, argument="enable_gqa")
        return (*x[:-3], query[-3], *x[-2:])

    def _scores(self, query: Shape, key: Shape, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of Q K^T, to which the mask must be broadcast."""
        scores = (*broadcast(self, query[:-2], key[:-2]), query[-2], key[-2])
        if self.attn_mask is not None:
            self._check_mask(inputs[self.attn_mask.input], scores)
        return scores

    def _check_mask(self, mask: Shape, scores: Shape) -> None:
        if len(mask) < 2:
            message = f"{self.name}: attn_mask needs 2 dimensions or more, found {show_shape(mask)}"
            raise Refusal("CV203", message, argument="attn_mask")
        both = broadcast(self, scores, mask)
        if len(both) > len(scores) or any(one != other for one, other in zip(both, scores, strict=True)):
            message = f"{self.name}: attn_mask {show_shape(mask)} must not be larger than the scores"
            raise Refusal("CV228", f"{message}, {show_shape(scores)}", argument="attn_mask")

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        y = outputs[result]
        found = []
        for name in ("query", "key", "value", "attn_mask"):
            if not isinstance(self.values[name], Slot):
                continue
            at = self.values[name].input
            x = inputs[at]
            if name in ("query", "attn_mask"):
                found.append(Reading(at, (*element_wise(at, x[:-1], y[:-1]).sources, None)))
                continue
            batch = element_wise(at, x[:-2], y[:-2]).sources
            if self.enable_gqa:  # its heads are repeated
                batch = (*batch[:-1], (len(x) - 3, None))
            found.append(Reading(at, (*batch, None, (len(x) - 1, STAY) if name == "value" else None)))
        return tuple(found)

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        query, key, _ = self._tensors(inputs)
        return product(self._scores(query, key, inputs)) * query[-1] + product(outputs[0]) * key[-2]

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        query, key, _ = self._tensors(inputs)
        scores = self._scores(query, key, inputs)
        each = 4 if self.attn_mask is None else 5
        return each * product(scores) - product(scores[:-1])

    def memory(self, tape: Tape, *inputs: Piece) -> tuple[Piece, ...] | None:
        query, key, value = (inputs[slot.input] for slot in (self.query, self.key, self.value))
        mask = None if self.attn_mask is None else inputs[self.attn_mask.input]
        y = attend(
            tape, query, key, value, mask=mask, dropout=self.dropout_p, causal=self.is_causal, grouped=self.enable_gqa
        )
        return None if y is None else (y,)
