"""Operators that torch composes of many: what is alive while they run, and what they keep, to the byte."""

from __future__ import annotations

import itertools
import warnings
from functools import partial
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from differential import FLOAT, INT, module_class, placed
from differential import function as function_of
from memory_oracle import Allocations, saved_bytes, saved_storages
from reference_layers import REFERENCE
from torch import nn

from convcli.argument import Slot
from convcli.op import bind
from convcli.ops.catalogue import operator
from convcli.tape import FIRST, Piece, Tape, Use

torch.backends.mha.set_fastpath_enabled(False)  # a kernel of its own, whose tensors nobody sees

Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]


def play(
    name: str, given: dict[str, Any], shapes: Shapes, dtype: str, *, training: bool, asked: frozenset[int]
) -> Use | None:
    """Play a call on a tape."""
    cls = operator(name)
    op = cls.make(bind(cls, (), placed(cls, given, len(shapes))))
    kinds = (INT if cls.takes == "integer" else FLOAT,) * len(shapes)
    answer = op.answer(shapes, kinds)
    tape = Tape(answer.outputs, answer.dtypes, training=training, grad=training, dtype=dtype, asked=asked)
    pieces = [Piece(at, shape, dtype if kinds[at] == FLOAT else INT, None, False) for at, shape in enumerate(shapes)]
    results = op.memory(tape, *pieces)
    return None if results is None else tape.use(results)


def compare(name: str, given: dict[str, Any], shapes: Shapes, dtype: str = "float32", *, weights: bool = True) -> None:
    """Assert that a call takes and keeps, in training and at inference, what torch takes and keeps.

    With `weights` somebody asks for the weights of an attention.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = module_class(operator(name))(**given).to(getattr(torch, dtype))
    kind = torch.int64 if operator(name).takes == "integer" else getattr(torch, dtype)
    inputs = [torch.zeros(shape, dtype=kind) for shape in shapes]
    if not weights:
        model.forward = partial(nn.MultiheadAttention.forward, model, need_weights=False)
    apart = [*model.parameters(), *model.buffers(), *inputs]
    for training in (False, True):
        use = play(name, given, shapes, dtype, training=training, asked=frozenset((0, 1) if weights else (0,)))
        if use is None:
            assert (name, training, dtype) == ("LSTM", True, "float32")
            assert "proj_size" not in given
            continue
        model.train(training)
        with torch.set_grad_enabled(training), Allocations(apart=apart) as seen:
            model(*inputs)
        assert use.during == seen.peak, (given, shapes, training)
        if training:
            kept = sum(size for at, size in enumerate(use.made) if FIRST - at in use.saved)
            assert kept == saved_bytes(lambda: model(*inputs), apart), (given, shapes)


SIZES = {"input_size": 5, "hidden_size": 7}


@pytest.mark.parametrize("name", ["RNNCell", "GRUCell", "LSTMCell"])
def test_a_cell(name: str) -> None:
    for bias, states, batch in itertools.product((True, False), (True, False), ((), (2,))):
        given = ((*batch, 7),) * (1 + (name == "LSTMCell")) if states else ()
        compare(name, {**SIZES, "bias": bias}, ((*batch, 5), *given))


RECURRENT = [("RNN", "float32", 0), ("GRU", "float32", 0), ("LSTM", "float32", 0), ("LSTM", "float64", 0)]


@pytest.mark.parametrize(("name", "dtype", "projected"), [*RECURRENT, ("LSTM", "float32", 3)])
def test_a_recurrent_layer(name: str, dtype: str, projected: int) -> None:
    rest = {**SIZES, **({"proj_size": projected} if projected else {})}
    for steps, layers, both, first, bias in itertools.product((1, 2, 3, 6), (1, 3), *((False, True),) * 3):
        given = {**rest, "num_layers": layers, "bidirectional": both, "batch_first": first, "bias": bias}
        given["dropout"] = 0.5 if layers > 1 else 0.0
        x = (2, steps, 5) if first else (steps, 2, 5)
        states = [(layers * (1 + both), 2, projected or 7), (layers * (1 + both), 2, 7)]
        compare(name, given, (x,), dtype)
        compare(name, given, (x, *states[: 1 + (name == "LSTM")]), dtype)
        compare(name, given, ((steps, 5),), dtype)


@pytest.mark.parametrize("name", ["TransformerEncoderLayer", "TransformerDecoderLayer"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_layer_of_a_transformer(name: str, activation: str) -> None:
    sizes = {"d_model": 12, "nhead": 3, "activation": activation}
    free = ((5, 40), (0.0, 0.1), *((False, True),) * 3)
    for wide, dropout, batch_first, norm_first, bias in itertools.product(*free):
        given = {**sizes, "dim_feedforward": wide, "dropout": dropout, "norm_first": norm_first, "bias": bias}
        inputs: list[Shapes] = [
            ((4, 2, 12), (4, 6, 12)) if batch_first else ((2, 4, 12), (6, 4, 12)),
            ((2, 12), (6, 12)),
        ]
        for shapes in inputs:
            compare(name, {**given, "batch_first": batch_first}, shapes[: 1 + (name == "TransformerDecoderLayer")])


@pytest.mark.parametrize("weights", [True, False])
def test_an_attention_with_keys_that_are_added(weights: bool) -> None:
    for kdim, bias, dropout, learned, zero, first in itertools.product((None, 5), *((False, True),) * 5):
        given = {"embed_dim": 12, "num_heads": 3, "bias": bias, "dropout": 0.1 * dropout, "batch_first": first}
        given |= {"add_bias_kv": learned, "add_zero_attn": zero, "kdim": kdim}
        for shapes in (((2, 4, 12), (2, 6, kdim or 12), (2, 6, 12)), ((3, 12), (6, kdim or 12), (6, 12))):
            turned = tuple((x[1], x[0], x[2]) if len(x) == 3 and not first else x for x in shapes)
            compare("MultiheadAttention", given, turned, weights=weights)
            if not kdim:
                compare("MultiheadAttention", given, turned[:1] * 3, weights=weights)


def test_a_mixture_of_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REFERENCE, "CondConv2d", lambda **given: operator("CondConv2d").of(**given).build(nn))
    for samples, groups, padding, bias in itertools.product((1, 3), (1, 2), (0, 1, "same"), (False, True)):
        given = {"in_channels": 4, "out_channels": 6, "kernel_size": (2, 3), "num_experts": 5, "bias": bias}
        compare("CondConv2d", {**given, "groups": groups, "padding": padding}, ((samples, 4, 7, 6),))


@pytest.mark.parametrize("mode", ["mean", "sum", "max"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_bags_of_vectors(mode: str, dtype: str) -> None:
    for padding, last, shapes in itertools.product((None, 1, -1), (False, True), (((3, 5),), ((13,), (4,)))):
        given = {"num_embeddings": 11, "embedding_dim": 7, "mode": mode, "padding_idx": padding}
        compare("EmbeddingBag", {**given, "include_last_offset": last}, shapes, dtype)


SCORES = [  # query, key, value and mask, and whether axis -3 is that of groups
    ((4, 3, 8), (4, 5, 8), (4, 5, 8), (3, 5), False),
    ((3, 8), (5, 8), (5, 6), (1, 5), False),
    ((2, 4, 3, 8), (2, 4, 5, 8), (2, 4, 5, 8), (3, 5), False),
    ((2, 4, 3, 8), (2, 4, 5, 8), (2, 4, 5, 8), (4, 3, 5), False),
    ((2, 4, 3, 8), (2, 4, 5, 8), (2, 4, 5, 8), (2, 1, 3, 5), False),
    ((2, 4, 3, 8), (1, 4, 5, 8), (4, 5, 6), (3, 5), False),
    ((2, 4, 3, 8), (2, 2, 5, 8), (2, 2, 5, 8), (3, 5), True),
    ((2, 4, 3, 8), (2, 2, 5, 8), (2, 1, 5, 8), (1, 1), True),
    ((2, 4, 3, 8), (2, 4, 5, 8), (2, 2, 5, 8), (3, 5), True),
    ((2, 4, 3, 8), (1, 2, 5, 8), (1, 2, 5, 8), (4, 3, 5), True),
    ((4, 3, 8), (4, 5, 8), (4, 5, 8), (3, 5), True),
]


@pytest.mark.parametrize(("query", "key", "value", "mask", "grouped"), SCORES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_an_attention_without_its_kernel(
    query: Shape, key: Shape, value: Shape, mask: Shape, grouped: bool, dtype: str
) -> None:
    for masked, dropout in itertools.product((None, FLOAT, "bool", "causal"), (0.0, 0.3)):
        given = {"dropout_p": dropout, "is_causal": masked == "causal", "enable_gqa": grouped}
        kinds = (FLOAT, FLOAT, FLOAT, *([masked] if masked in (FLOAT, "bool") else []))
        for wants in itertools.product((False, True), repeat=len(kinds)):
            if not (masked == "bool" and wants[-1]):
                compare_function(
                    "scaled_dot_product_attention", given, (query, key, value, mask)[: len(kinds)], kinds, wants, dtype
                )


def compare_function(
    name: str, given: dict[str, Any], shapes: Shapes, kinds: tuple[str, ...], wants: tuple[bool, ...], dtype: str
) -> None:
    """Assert that a function takes and keeps what torch does; `wants` says which inputs want a gradient."""
    cls = operator(name)
    op = cls.make(bind(cls, (), placed(cls, given, len(shapes))))
    answer = op.answer(shapes, kinds)
    tape = Tape(answer.outputs, answer.dtypes, training=any(wants), grad=any(wants), dtype=dtype)
    types = [dtype if kind == FLOAT else kind for kind in kinds]
    results = op.memory(
        tape, *(Piece(at, *one) for at, one in enumerate(zip(shapes, types, [None] * len(kinds), wants, strict=True)))
    )
    assert results is not None
    use = tape.use(results)
    inputs = [torch.ones(shape, dtype=getattr(torch, kind)).requires_grad_(want)
              for shape, kind, want in zip(shapes, types, wants, strict=True)]  # fmt: skip
    run = function_of(name)
    names = [name for name in cls.tensor_arguments() if isinstance(op.values[name], Slot)]
    call = partial(run, **dict(zip(names, inputs, strict=True)), **given)
    with Allocations(apart=inputs) as seen:
        call()
    kept = saved_storages(call)
    assert use.during == seen.peak, (given, kinds, wants)
    for at, x in enumerate(inputs):
        assert (at in use.saved) == (x.untyped_storage()._cdata in kept), (given, kinds, wants)
    ours = sum(size for at, size in enumerate(use.made) if FIRST - at in use.saved)
    assert ours == sum(kept.values()) - sum(x.nbytes for at, x in enumerate(inputs) if at in use.saved), (given, wants)
