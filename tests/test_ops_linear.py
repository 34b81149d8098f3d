"""Linear layers, embeddings and bare weights against torch, and against counts by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, aligned_cases, check_shown, check_unknown, compare, module_cases, ours, torchs
from hypothesis import assume, given
from hypothesis import strategies as st

from convcli.binding import bind
from convcli.diagnostics import Refusal
from convcli.ops.embedding import Embedding, EmbeddingBag
from convcli.ops.linear import Bilinear, Linear, Parameter
from convcli.quantity import UNKNOWN, is_known

if TYPE_CHECKING:
    from convcli.op import Operator


@pytest.mark.parametrize("cls", [Linear, Embedding])
def test_equals_torch(cls: type[Operator]) -> None:
    @given(case=module_cases(cls, size=6))
    def judge(case: Case) -> None:
        compare(ours(cls, case), torchs(cls, case))

    judge()


@pytest.mark.parametrize("cls", [Bilinear, EmbeddingBag])
def test_with_two_inputs_equals_torch(cls: type[Operator]) -> None:
    @given(case=aligned_cases(cls, size=6))
    def judge(case: Case) -> None:
        assume(not makes_no_bag(case))
        compare(ours(cls, case), torchs(cls, case), macs=cls is not Bilinear)  # torch does not count Bilinear

    judge()


def makes_no_bag(case: Case) -> bool:
    """Say whether the only offset is the last one, which makes torch write past its memory."""
    return case.arguments.get("include_last_offset", False) and case.inputs[1:] == ((1,),)


def test_one_offset_that_is_the_last_makes_no_bag() -> None:
    op = EmbeddingBag.of(num_embeddings=10, embedding_dim=4, include_last_offset=True)
    with pytest.raises(Refusal, match="1 offset makes no bag") as caught:
        op.outputs((8,), (1,))
    assert caught.value.code == "CV225"


@pytest.mark.parametrize("cls", [Linear, Bilinear, Embedding, EmbeddingBag])
def test_unknown_and_shown_sizes_agree_with_known_ones(cls: type[Operator]) -> None:
    @given(case=aligned_cases(cls, size=6), data=st.data())
    def judge(case: Case, data: Any) -> None:
        check_unknown(cls, case, data.draw)
        check_shown(cls, case)

    judge()


@pytest.mark.parametrize("cls", [Linear, Bilinear, Embedding, EmbeddingBag])
def test_builds_the_layer_it_describes(cls: type[Operator]) -> None:
    @given(case=module_cases(cls))
    def judge(case: Case) -> None:
        if not ours(cls, case).refused:
            op, theirs = cls.of(**case.arguments), getattr(torch.nn, cls.name)(**case.arguments)
            assert repr(op.build(torch.nn)).replace("-0.0", "0.0") == repr(theirs).replace("-0.0", "0.0")
            assert list(op.weights()) == list(theirs.state_dict())

    judge()


def test_scalars_have_no_features() -> None:
    for op, inputs in ((Linear.of(in_features=1, out_features=2), [()]), (BILINEAR, [(), ()])):
        with pytest.raises(Refusal, match="found a single number") as caught:
            op.outputs(*inputs)
        assert caught.value.code == "CV203"
    with pytest.raises(Refusal, match="found a single number"):
        Linear.infer("in_features", [()])


BILINEAR = Bilinear.of(in1_features=3, in2_features=4, out_features=5)


def test_features_are_read_from_the_last_axis() -> None:
    assert Linear.infer("in_features", [(2, 7, 3)]) == 3
    assert Bilinear.infer("in2_features", [(2, 3), (2, 4)]) == 4
    assert Linear.channel_axis(3) == 2
    with pytest.raises(Refusal, match="takes 2 tensors, found 1"):
        Bilinear.infer("in2_features", [(2, 3)])


def test_linear_by_hand() -> None:
    answer = Linear.of(in_features=3, out_features=4).answer(((2, 5, 3),), ("float32",))
    assert answer.outputs == ((2, 5, 4),)
    assert (answer.macs, answer.other_ops) == (2 * 5 * 3 * 4, 2 * 5 * 4)
    assert Linear.of(in_features=3, out_features=4, bias=False).other_ops(((2, 3),), ((2, 4),)) == 0


def test_bilinear_by_hand() -> None:
    answer = BILINEAR.answer(((2, 3), (2, 4)), ("float32", "float32"))
    assert answer.outputs == ((2, 5),)
    assert (answer.macs, answer.other_ops) == (2 * 3 * 4 * 5, 2 * 5)


def test_wrong_features_say_what_would_fit() -> None:
    with pytest.raises(Refusal, match="expected 512 input features, found 2048") as caught:
        Linear.of(in_features=512, out_features=10).outputs((1, 2048))
    assert (caught.value.code, caught.value.argument, caught.value.instead) == ("CV202", "in_features", 2048)
    assert caught.value.accepts == (1, 512)


def test_embedding_gives_floats_and_counts_nothing() -> None:
    answer = Embedding.of(num_embeddings=10, embedding_dim=3).answer(((2, 4),), ("int64",))
    assert answer == (((2, 4, 3),), ("float32",), 0, 0)
    rescaled = Embedding.of(num_embeddings=10, embedding_dim=3, max_norm=1.0).answer(((2, 4),), ("int64",))
    assert not is_known(rescaled.other_ops)


@pytest.mark.parametrize(("mode", "ops"), [("sum", 2 * 3 * 4), ("max", 2 * 3 * 4), ("mean", 2 * 4 * 4)])
def test_embedding_bag_by_hand(mode: str, ops: int) -> None:
    op = EmbeddingBag.of(num_embeddings=10, embedding_dim=4, mode=mode)
    assert op.answer(((2, 4),), ("int64",)) == (((2, 4),), ("float32",), 0, ops)
    assert not is_known(op.answer(((8,), (2,)), ("int64", "int64")).other_ops)


@pytest.mark.parametrize(
    ("shape", "text"),
    [((64, 1, 1), "Parameter(64, 1, 1)"), ((5,), "Parameter(5)"), ((), "Parameter(())")],
)
def test_a_parameter_gives_itself(shape: tuple[int, ...], text: str) -> None:
    op = Parameter.of(shape=shape)
    assert op.answer((), ()) == ((shape,), ("float32",), 0, 0)
    assert op.weights() == {"": shape}
    assert op.text() == text
    built = op.build(torch.nn, device="meta")
    assert isinstance(built, torch.nn.Parameter)
    assert (tuple(built.shape), built.requires_grad) == (shape, True)


def test_a_parameter_takes_its_shape_as_numbers_or_as_a_list() -> None:
    assert bind(Parameter, (64, 1, 1), {})["shape"] == (64, 1, 1)
    assert bind(Parameter, ([64, 1, 1],), {}) == {"shape": (64, 1, 1), "requires_grad": True}
    assert bind(Parameter, (64, UNKNOWN), {})["shape"] == (64, UNKNOWN)


def test_a_frozen_parameter_says_so() -> None:
    op = Parameter.make(bind(Parameter, (2, 3), {"requires_grad": False}))
    assert op.params() == 6
    assert op.text() == "Parameter(2, 3, requires_grad=False)"
    assert not op.build(torch.nn).requires_grad


@pytest.mark.parametrize(
    ("positional", "keywords", "code"),
    [
        ((), {}, "CV211"),
        ((0,), {}, "CV210"),
        ((3, -1), {}, "CV210"),
        ((3.5,), {}, "CV210"),
        (([3], 4), {}, "CV210"),
        ((3,), {"shape": (3,)}, "CV214"),
        ((3,), {"device": "cpu"}, "CV212"),
    ],
)
def test_a_parameter_refuses_what_is_no_shape(positional: tuple[Any, ...], keywords: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        bind(Parameter, positional, keywords)
    assert caught.value.code == code
