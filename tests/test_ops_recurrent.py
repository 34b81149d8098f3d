"""Recurrent layers and cells against torch, and against counts by hand."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, check_shown, check_unknown, compare, module_cases, ours, torchs
from hypothesis import assume, given
from hypothesis import strategies as st

from convcli.argument import REQUIRED
from convcli.diagnostics import Refusal
from convcli.ops.recurrent import GRU, LSTM, RNN
from convcli.ops.recurrent_cell import GRUCell, LSTMCell, RNNCell
from convcli.quantity import UNKNOWN

if TYPE_CHECKING:
    from convcli.op import Operator

LAYERS = [RNN, GRU, LSTM]
CELLS = [RNNCell, GRUCell, LSTMCell]


@st.composite
def with_states(draw: Any, cls: type[Operator]) -> Case:
    """Draw a layer or cell and its input, and often initial states that mostly fit."""
    few = {"num_layers": draw(st.sampled_from([1, 1, 2, 3]))} if cls in LAYERS else {}
    case = draw(module_cases(cls, size=3, fixed=few))
    if draw(st.booleans()):
        return case
    states = [list(shape) for shape in state_shapes(cls, case)]
    for state in states:
        if draw(st.integers(0, 9)) == 0:
            state[draw(st.integers(0, len(state) - 1))] = draw(st.integers(1, 4))
        if draw(st.integers(0, 19)) == 0:
            state.insert(0, 1)
    return case._replace(inputs=(*case.inputs, *map(tuple, states)))


def state_shapes(cls: type[Operator], case: Case) -> list[tuple[int, ...]]:
    """Work out the shapes of h_0 and c_0 as the documentation gives them."""
    given_, x = case.arguments, case.inputs[0]
    sizes = [given_.get("proj_size") or given_["hidden_size"], given_["hidden_size"]][: 2 if "LSTM" in cls.name else 1]
    if cls in CELLS:
        return [(*x[:-1], size) for size in sizes]
    batch = (x[0 if given_.get("batch_first") else 1],) if len(x) == 3 else ()
    stacked = given_["num_layers"] * (2 if given_.get("bidirectional") else 1)
    return [(stacked, *batch, size) for size in sizes]


@pytest.mark.parametrize("cls", LAYERS + CELLS)
def test_equals_torch(cls: type[Operator]) -> None:
    @given(case=with_states(cls))
    def judge(case: Case) -> None:
        assume(not is_stricter(cls, case))
        compare(ours(cls, case), torchs(cls, case))

    judge()


def is_stricter(cls: type[Operator], case: Case) -> bool:
    """Say whether a cell's state has other dimensions than its input: then torch may crash."""
    return cls in CELLS and any(len(shape) != len(case.inputs[0]) for shape in case.inputs)


@pytest.mark.parametrize("cls", LAYERS + CELLS)
def test_unknown_and_shown_sizes_agree_with_known_ones(cls: type[Operator]) -> None:
    @given(case=with_states(cls), data=st.data())
    def judge(case: Case, data: Any) -> None:
        check_unknown(cls, case, data.draw)
        check_shown(cls, case)

    judge()


@pytest.mark.parametrize("cls", LAYERS + CELLS)
def test_builds_the_layer_it_describes(cls: type[Operator]) -> None:
    @given(case=with_states(cls))
    def judge(case: Case) -> None:
        if not ours(cls, case).refused:
            op, theirs = cls.of(**case.arguments), getattr(torch.nn, cls.name)(**case.arguments)
            assert repr(op.build(torch.nn)) == repr(theirs)
            assert list(op.weights()) == list(theirs.state_dict())

    judge()


@pytest.mark.parametrize("cls", LAYERS)
def test_arguments_are_those_of_the_documented_constructor(cls: type[Operator]) -> None:
    base = inspect.signature(torch.nn.modules.rnn.RNNBase.__init__).parameters
    expected = {name: known.default for name, known in base.items() if name not in ("self", "mode", "device", "dtype")}
    if cls is not LSTM:
        del expected["proj_size"]
    order = list(expected)
    if cls is RNN:
        order.insert(3, "nonlinearity")
        expected["nonlinearity"] = "tanh"
    assert list(cls.arguments) == order
    for name, declared in cls.arguments.items():
        assert declared.default == (REQUIRED if expected[name] is inspect.Parameter.empty else expected[name])


def test_lstm_by_hand() -> None:
    op = LSTM.of(input_size=3, hidden_size=4, num_layers=2, bidirectional=True, proj_size=2)
    answer = op.answer(((5, 7, 3),), ("float32",))
    assert answer.outputs == ((5, 7, 4), (4, 7, 2), (4, 7, 4))
    first, deeper = 4 * 4 * (3 + 2) + 4 * 2, 4 * 4 * (4 + 2) + 4 * 2
    assert answer.macs == 5 * 7 * 2 * (first + deeper)
    # a unit: 4 gates add 2 products and 2 biases; 3 sigmoids at 4, 2 tanh, f * c + i * g, o * tanh(c)
    assert answer.other_ops == 5 * 7 * 2 * 2 * 4 * (4 * 3 + 3 * 4 + 2 + 4)


def test_gru_by_hand() -> None:
    op = GRU.of(input_size=3, hidden_size=4, bias=False, batch_first=True)
    answer = op.answer(((7, 5, 3),), ("float32",))
    assert answer.outputs == ((7, 5, 4), (1, 7, 4))
    assert answer.macs == 7 * 5 * 3 * 4 * (3 + 4)
    # a unit: 3 gates add 2 products; 2 sigmoids at 4, a tanh, r * (...), (1 - z) * n + z * h
    assert answer.other_ops == 7 * 5 * 4 * (3 + 2 * 4 + 1 + 1 + 4)


def test_rnn_and_cells_by_hand() -> None:
    assert RNN.of(input_size=3, hidden_size=4).answer(((5, 3),), ("float32",))[2:] == (5 * 4 * 7, 5 * 4 * 4)
    assert RNNCell.of(input_size=3, hidden_size=4).answer(((2, 3),), ("float32",))[2:] == (2 * 4 * 7, 2 * 4 * 4)
    assert LSTMCell.of(input_size=3, hidden_size=4).answer(((3,),), ("float32",)) == (
        ((4,), (4,)),
        ("float32",) * 2,
        4 * 4 * 7,
        4 * (4 * 3 + 18),
    )


def test_the_batch_axis_depends_on_batch_first() -> None:
    assert [GRU.of(input_size=3, hidden_size=4, batch_first=first).batch_axis() for first in (False, True)] == [1, 0]
    assert GRUCell.of(input_size=3, hidden_size=4).batch_axis() == 0


def test_a_hundred_thousand_layers_are_the_most() -> None:
    op = GRU.of(input_size=3, hidden_size=4, num_layers=100_000)
    assert len(op.weights()) == 400_000
    assert op.macs(((2, 3),), ()) == 2 * (12 * 7 + 99_999 * 12 * 8)
    with pytest.raises(Refusal, match="at most 100000") as caught:
        GRU.of(input_size=3, hidden_size=4, num_layers=10**9)
    assert caught.value.code == "CV210"
    with pytest.raises(Refusal, match="`num_layers` must be known"):
        GRU.of(input_size=3, hidden_size=4, num_layers=UNKNOWN)


@pytest.mark.parametrize(
    ("shapes", "code", "message"),
    [
        (((5, 7, 4),), "CV202", "expected 3 input features, found 4"),
        (((5, 7, 1, 3),), "CV203", "LSTM takes a 2-d or 3-d input"),
        (((5, 7, 3), (1, 7, 4)), "CV232", "its input alone, or with h_0 and c_0: found 2 tensors"),
        (((5, 7, 3), (1, 7, 4), (7, 4)), "CV228", "c_0 must be 1x7x4, found 7x4"),
    ],
)
def test_refusals_say_what_was_expected(shapes: tuple[tuple[int, ...], ...], code: str, message: str) -> None:
    with pytest.raises(Refusal, match=message) as caught:
        LSTM.of(input_size=3, hidden_size=4).outputs(*shapes)
    assert caught.value.code == code


def test_the_state_of_a_cell_has_the_dimensions_of_its_input() -> None:
    with pytest.raises(Refusal, match="h_0 must be 1, found 1x1"):
        LSTMCell.of(input_size=3, hidden_size=1).outputs((3,), (1, 1), (1, 1))


def test_a_projection_is_smaller_than_the_hidden_state() -> None:
    with pytest.raises(Refusal, match="proj_size=4 must be smaller than hidden_size=4") as caught:
        LSTM.of(input_size=3, hidden_size=4, proj_size=4)
    assert caught.value.code == "CV226"
