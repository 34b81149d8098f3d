"""The cells that make one step of a recurrent layer.

Equations, weight names and shapes as in torch's documentation of `RNNCell`, `GRUCell` and `LSTMCell`.
"""

from collections.abc import Sequence

from convcli.argument import FLAG, Word, argument
from convcli.ops.recurrent import GRU, LSTM, RNN, AnyRecurrent
from convcli.ops.unrolled import Unit, cell
from convcli.quantity import UNKNOWN, Shape
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, last_axes


class Cell(AnyRecurrent):
    """One step of a recurrent layer: `N x input_size`, and optionally the states, to the next states.

    MACs: N * gates * hidden_size * (input_size + hidden_size). Other operations:
    N * hidden_size * (gates * (1 + 2 * bias) + rest), with the rest of the layer of that name.

    Stricter than torch: with one hidden unit, torch's checks let a state with a dimension more than
    the input pass, and its `LSTMCell` then crashes.
    """

    ranks = (2,)

    bias: bool = argument(FLAG, True)

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * (rank - 1) + (self.input_size,),)

    def outputs(self, x: Shape, *states: Shape) -> tuple[Shape, ...]:
        self.expect_input(x)
        results = ((*x[:-1], self.hidden_size),) * self.states
        self.expect_states(states, results)
        return results

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return tuple(last_axes(at, len(shape), (), {-1: None}) for at, shape in enumerate(inputs))

    def weights(self) -> dict[str, Shape]:
        rows = self.gates * self.hidden_size
        found: dict[str, Shape] = {"weight_ih": (rows, self.input_size), "weight_hh": (rows, self.hidden_size)}
        return {**found, "bias_ih": (rows,), "bias_hh": (rows,)} if self.bias else found

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        rows = self.gates * self.hidden_size
        return self._batch(inputs[0]) * rows * (self.input_size + self.hidden_size)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return self._batch(inputs[0]) * self.hidden_size * self.unit_ops()

    def memory(self, tape: Tape, x: Piece, *states: Piece) -> tuple[Piece, ...] | None:
        if tape.narrow:
            return None
        unit = Unit(self._batch(x.shape), self.hidden_size, self.gates)
        return cell(tape, x, states, unit, type(self).step, self.states)

    def _batch(self, x: Shape) -> int:
        return x[0] if len(x) == 2 else 1


class RNNCell(Cell):
    """One step of `RNN`."""

    arity = (1, 2)
    gates, step_ops, step = RNN.gates, RNN.step_ops, RNN.step

    nonlinearity: str = argument(Word("tanh", "relu"), "tanh")


class GRUCell(Cell):
    """One step of `GRU`."""

    arity = (1, 2)
    gates, step_ops, step = GRU.gates, GRU.step_ops, GRU.step


class LSTMCell(Cell):
    """One step of `LSTM`: its results are the next hidden state and the next cell state."""

    arity = (1, 3)
    gates, step_ops, states, step, caller = LSTM.gates, LSTM.step_ops, LSTM.states, LSTM.step, LSTM.caller
