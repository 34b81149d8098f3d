"""Attention and transformer layers against torch, and against counts by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, aligned_cases, check_shown, check_unknown, compare, ours, torchs
from hypothesis import assume, given
from hypothesis import strategies as st

from convcli.argument import Slot
from convcli.diagnostics import Refusal
from convcli.ops.attention import ScaledDotProductAttention
from convcli.ops.multihead_attention import MultiheadAttention
from convcli.ops.transformer import TransformerDecoderLayer, TransformerEncoderLayer

if TYPE_CHECKING:
    from convcli.op import Operator

Shapes = tuple[tuple[int, ...], ...]

WIDTHS = {MultiheadAttention: ("embed_dim", "num_heads")}
MODULES = [MultiheadAttention, TransformerEncoderLayer, TransformerDecoderLayer]
SDPA = ScaledDotProductAttention


@st.composite
def layer_cases(draw: Any, cls: type[Operator]) -> Case:
    """Draw a layer whose heads mostly divide its width, and inputs that mostly fit."""
    width, heads = WIDTHS.get(cls, ("d_model", "nhead"))
    count = draw(st.integers(1, 4))
    fits = draw(st.integers(0, 9))
    fixed = {heads: count, width: count * draw(st.integers(1, 3)) if fits else draw(st.integers(1, 8))}
    if cls is not MultiheadAttention:
        fixed["dim_feedforward"] = draw(st.integers(1, 8))
    case = draw(aligned_cases(cls, size=4, fixed=fixed))
    if cls is MultiheadAttention and len(case.inputs) == 1 and draw(st.booleans()):
        case = case._replace(inputs=case.inputs * 3)
    return draw(other_source(case)) if len(case.inputs) > 1 else case


@st.composite
def other_source(draw: Any, case: Case) -> Case:
    """Give all but the first input another length, mostly the same one."""
    first, second, *third = case.inputs
    axis = len(second) - 2 if case.arguments.get("batch_first") or len(second) == 2 else 0
    if not 0 <= axis < len(second) or any(len(shape) != len(second) for shape in third):
        return case
    length = draw(st.integers(1, 5))
    sources = [(*shape[:axis], length, *shape[axis + 1 :]) for shape in (second, *third)]
    return case._replace(inputs=(first, *sources))


@st.composite
def function_cases(draw: Any) -> Case:
    """Draw tensors for scaled_dot_product_attention: batches that are broadcast, and often a mask."""
    flags = {name: draw(st.booleans()) for name in ("is_causal", "enable_gqa") if draw(st.integers(0, 2)) == 0}
    length, source, width, values = (draw(st.integers(1, 4)) for _ in range(4))
    batch = draw(st.lists(st.integers(1, 3), max_size=3))
    shapes = [
        [*draw(lesser(batch)), length, width],
        [*draw(lesser(batch)), source, width],
        [*draw(lesser(batch)), source, values],
    ]
    if flags.get("enable_gqa") and batch and draw(st.integers(0, 9)):
        shapes = [[*batch[:-1], heads, *shape[-2:]] for heads, shape in zip((4, *draw(HEADS)), shapes, strict=True)]
    if draw(st.integers(0, 2)) == 0:
        shapes.append(draw(lesser([*draw(lesser(batch)), length, source])))
    spoiled = draw(st.integers(0, 8 * len(shapes)))
    if spoiled < len(shapes) and shapes[spoiled]:
        shapes[spoiled][draw(st.integers(0, len(shapes[spoiled]) - 1))] = draw(st.integers(1, 5))
    return Case(flags, tuple(map(tuple, shapes)))


HEADS = st.tuples(st.sampled_from([1, 2, 4, 3]), st.sampled_from([1, 2, 4, 8]))


@st.composite
def lesser(draw: Any, batch: list[int]) -> list[int]:
    """Draw a shape that is broadcast to this one, or is it."""
    kept = batch[draw(st.integers(0, len(batch))) :] if draw(st.integers(0, 3)) == 0 else batch
    return [1 if draw(st.integers(0, 3)) == 0 else size for size in kept]


@pytest.mark.parametrize("cls", MODULES)
def test_layers_equal_torch(cls: type[Operator]) -> None:
    @given(case=layer_cases(cls))
    def judge(case: Case) -> None:
        compare(ours(cls, case), torchs(cls, case))

    judge()


@given(case=function_cases())
def test_function_equals_torch(case: Case) -> None:
    assume(not is_stricter(case))
    compare(ours(SDPA, case), torchs(SDPA, case))


def is_stricter(case: Case) -> bool:
    """Say whether a case is one of those that the class says it refuses though torch's CPU kernels may not."""
    _, key, value, *mask = case.inputs
    lengths = min(len(key), len(value)) >= 2 and key[-2] != value[-2]
    return lengths or (bool(mask) and len(mask[0]) < 2)


@pytest.mark.parametrize("cls", MODULES)
def test_unknown_and_shown_sizes_agree_with_known_ones(cls: type[Operator]) -> None:
    @given(case=layer_cases(cls), data=st.data())
    def judge(case: Case, data: Any) -> None:
        check_unknown(cls, case, data.draw)
        check_shown(cls, case)

    judge()


@given(case=function_cases(), data=st.data())
def test_function_of_unknown_and_shown_sizes_agrees_with_known_ones(case: Case, data: Any) -> None:
    check_unknown(SDPA, case, data.draw)
    check_shown(SDPA, case)


@pytest.mark.parametrize("cls", MODULES)
def test_builds_the_layer_it_describes(cls: type[Operator]) -> None:
    @given(case=layer_cases(cls))
    def judge(case: Case) -> None:
        if not ours(cls, case).refused:
            op, theirs = cls.of(**case.arguments), getattr(torch.nn, cls.name)(**case.arguments)
            built = op.build(torch.nn)
            assert list(op.weights()) == list(theirs.state_dict())
            assert repr(built).replace("-0.0", "0.0") == repr(theirs).replace("-0.0", "0.0")
            assert {k: getattr(built, k, None) for k in PLAIN} == {k: getattr(theirs, k, None) for k in PLAIN}

    judge()


PLAIN = ("num_heads", "add_zero_attn", "kdim", "vdim", "batch_first", "norm_first", "activation")


def test_multihead_attention_by_hand() -> None:
    op = MultiheadAttention.of(embed_dim=8, num_heads=2, add_bias_kv=True, add_zero_attn=True, kdim=3, vdim=4)
    answer = op.answer(((5, 7, 8), (6, 7, 3), (6, 7, 4)), ("float32",) * 3)
    assert answer.outputs == ((5, 7, 8), (7, 5, 8))
    projections = 5 * 7 * 8 * 8 + 6 * 7 * 3 * 8 + 6 * 7 * 4 * 8 + 5 * 7 * 8 * 8
    scores = 7 * 2 * 5 * 8  # batch, heads, positions, and 6 keys with 2 added ones
    assert answer.macs == projections + 2 * scores * 4
    softmax, biases = 3 * scores - 7 * 2 * 5, 7 * 8 * (5 + 6 + 6 + 5)
    assert answer.other_ops == scores + softmax + scores + biases


def test_encoder_layer_by_hand() -> None:
    op = TransformerEncoderLayer.of(d_model=8, nhead=2, dim_feedforward=16)
    answer = op.answer(((5, 7, 8),), ("float32",))
    rows, scores = 5 * 7, 7 * 2 * 5 * 5
    assert answer.macs == rows * 4 * 8 * 8 + 2 * scores * 4 + 2 * rows * 8 * 16
    attention = scores + 3 * scores - 7 * 2 * 5 + 4 * rows * 8
    norms = 2 * (7 * rows * 8 + 2 * rows)
    feedforward = 16 * rows + 16 * rows + 8 * rows
    assert answer.other_ops == attention + norms + feedforward + 2 * rows * 8
    gelu = TransformerEncoderLayer.of(d_model=8, nhead=2, dim_feedforward=16, activation="gelu", bias=False)
    norms = 2 * (6 * rows * 8 + 2 * rows)
    assert gelu.other_ops(((5, 7, 8),), ((5, 7, 8),)) == attention - 4 * rows * 8 + norms + 5 * 16 * rows + 2 * rows * 8


def test_function_by_hand() -> None:
    op = SDPA.of(query=Slot(0), key=Slot(1), value=Slot(2))
    answer = op.answer(((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 6)), ("float16",) * 3)
    scores = 2 * 3 * 5 * 7
    assert answer == (((2, 3, 5, 6),), ("float16",), scores * (4 + 6), 4 * scores - 2 * 3 * 5)
    masked = SDPA.of(query=Slot(0), key=Slot(0), value=Slot(0), attn_mask=Slot(1))
    answer = masked.answer(((2, 3, 5, 4), (5, 5)), ("float32", "bool"))
    scores = 2 * 3 * 5 * 5
    assert answer == (((2, 3, 5, 4),), ("float32",), scores * 8, 5 * scores - 2 * 3 * 5)


def test_the_batch_axis_depends_on_batch_first() -> None:
    axes = [TransformerEncoderLayer.of(d_model=4, nhead=1, batch_first=b).batch_axis() for b in (False, True)]
    assert axes == [1, 0]


@pytest.mark.parametrize(
    ("shapes", "code", "message"),
    [
        (((5, 7, 6),), "CV202", "expected 8 input features, found 6"),
        (((5, 7, 8), (5, 7, 8)), "CV232", "takes one tensor, or a query, a key and a value, found 2"),
        (((5, 7, 8), (5, 7, 8), (5, 7, 4)), "CV202", "expected a value of 8 features, as embed_dim says, found 4"),
        (((5, 7, 8), (5, 6, 8), (5, 6, 8)), "CV228", "must have one batch, found 5x7x8 and 5x6x8"),
        (((5, 7, 8), (5, 7, 8), (6, 7, 8)), "CV228", "equal but for the last axis, found 5x7x8 and 6x7x8"),
        (((8,),), "CV203", "takes a 2-d or 3-d input"),
    ],
)
def test_refusals_say_what_was_expected(shapes: Shapes, code: str, message: str) -> None:
    with pytest.raises(Refusal, match=message) as caught:
        MultiheadAttention.of(embed_dim=8, num_heads=2).outputs(*shapes)
    assert caught.value.code == code


def test_heads_divide_the_width() -> None:
    with pytest.raises(Refusal, match="nhead=3 does not divide d_model=8") as caught:
        TransformerEncoderLayer.of(d_model=8, nhead=3)
    assert (caught.value.code, caught.value.help) == ("CV226", "numbers of heads that divide 8: 1, 2, 4, 8")


@pytest.mark.parametrize(
    ("shapes", "arguments", "code", "message"),
    [
        (((5, 4), (7, 4), (6, 4)), {}, "CV228", "key and value must have one length, found 7x4 and 6x4"),
        (((5, 4), (7, 3), (7, 4)), {}, "CV228", "query and key must be equally wide, found 4 and 3"),
        (((4,), (7, 3), (7, 4)), {}, "CV203", "query needs 2 dimensions or more, found 4"),
        (((5, 4), (7, 4), (7, 4)), {"enable_gqa": True}, "CV203", "query needs 3 dimensions or more with enable_gqa"),
        (((5, 4), (7, 4), (7, 4), (7,)), {"attn_mask": Slot(3)}, "CV203", "attn_mask needs 2 dimensions or more"),
        (((5, 4), (7, 4), (7, 4), (2, 5, 7)), {"attn_mask": Slot(3)}, "CV228", "2x5x7 must not be larger than .* 5x7"),
        (((4, 5, 4), (3, 7, 4), (3, 7, 4)), {"enable_gqa": True}, "CV226", "3 heads of keys or values do not divide 4"),
    ],
)
def test_function_refusals(shapes: Shapes, arguments: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(Refusal, match=message) as caught:
        SDPA.of(query=Slot(0), key=Slot(1), value=Slot(2), **arguments).outputs(*shapes)
    assert caught.value.code == code
