"""Recurrent layers over whole sequences.

Equations, weight names and shapes as in torch's documentation of `RNN`, `GRU` and `LSTM`; the
projection of `LSTM` after Sak, Senior, Beaufays, "Long short-term memory recurrent neural network
architectures for large scale acoustic modeling", Interspeech 2014.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from convcli.argument import FLAG, NATURAL, POSITIVE, PROBABILITY, Integer, Word, argument
from convcli.diagnostics import Refusal
from convcli.expect import wrong_channels
from convcli.human import show_shape
from convcli.layout import moved
from convcli.op import Operator
from convcli.ops.activation_smooth import Sigmoid, Tanh
from convcli.ops.linear import features
from convcli.ops.unrolled import Layers, States, Step, Unit, fused_lstm, gru_step, layers, lstm_step, plain_step
from convcli.quantity import UNKNOWN, Shape, is_known
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading, Source, last_axes
from convcli.window.taps import STAY

MOST_LAYERS = 100_000
"""The largest `num_layers`: every layer has tensors of its own, which are listed."""


class AnyRecurrent(Operator):
    """What layers and cells have in common: gates over an input and a hidden state.

    Other operations in one step, for each hidden unit: each gate adds its two products, and each
    bias; the rest is `step_ops`. Dropout is not counted, as it does nothing in evaluation.
    """

    unbatched = True

    gates: ClassVar[int]
    """The number of gates; the weights of all of them are stacked."""
    step_ops: ClassVar[int]
    """The operations of one hidden unit in one step, without the sums inside its gates."""
    states: ClassVar[int] = 1
    """The number of tensors that are handed on from step to step."""
    step: ClassVar[Step]
    """What one step does to memory."""

    input_size: int = argument(POSITIVE, inferred=True)
    hidden_size: int = argument(POSITIVE)
    bias: bool

    @classmethod
    def channel_axis(cls, rank: int) -> int:
        return rank - 1

    @classmethod
    def infer(cls, name: str, inputs: Sequence[Shape]) -> Any:
        return features(cls.name, inputs)

    def unit_ops(self) -> int:
        """Return the operations of one hidden unit in one step."""
        return self.gates * (3 if self.bias else 1) + self.step_ops

    def expect_input(self, x: Shape) -> None:
        """Refuse a wrong number of dimensions or features."""
        self.expect_rank(x)
        if x[-1] != self.input_size:
            raise wrong_channels(self, "input_size", x[-1], x, -1)

    def expect_states(self, found: Sequence[Shape], expected: Sequence[Shape]) -> None:
        """Refuse initial states of the wrong number or shape; none at all are zeros."""
        names = ["h_0", "c_0"][: self.states]
        if found and len(found) != self.states:
            message = f"{self.name} takes its input alone, or with {' and '.join(names)}"
            raise Refusal("CV232", f"{message}: found {len(found) + 1} tensors")
        for name, shape, fits in zip(names, found, expected, strict=False):
            if len(shape) != len(fits) or any(one != other for one, other in zip(shape, fits, strict=True)):
                message = f"{self.name}: the initial state {name} must be {show_shape(fits)}, found {show_shape(shape)}"
                raise Refusal("CV228", message)


class Recurrent(AnyRecurrent):
    """Reads a sequence step by step, in one or both directions, `num_layers` times over.

    Input `L x N x input_size` (`N x L x ...` with `batch_first`, `L x input_size` without a
    batch); then, optionally, the initial states. Results: `L x N x D * r`, and each final state,
    `D * num_layers x N x r` (`hidden_size` wide for the cell state), where D is the number of
    directions and r is `proj_size` or else `hidden_size`.

    MACs: L * N * (gates * hidden_size * (in + r) + hidden_size * proj_size) for each layer and
    direction, where `in` is input_size in the first layer and D * r in the others. Other
    operations: L * N * hidden_size * num_layers * D * (gates * (1 + 2 * bias) + rest).

    Stricter than torch: no more than 100,000 layers.
    """

    ranks = (3,)

    num_layers: int
    batch_first: bool
    dropout: float
    bidirectional: bool
    proj_size: int = 0

    def check(self) -> None:
        if not is_known(self.num_layers):
            message = f"{self.name}: `num_layers` must be known, because every layer has weights of its own"
            raise Refusal("CV210", message, argument="num_layers")

    def batch_axis(self) -> int:
        return 0 if self.batch_first else 1

    def directions(self) -> int:
        """Return 2 where the sequence is also read backwards, else 1."""
        return 2 if self.bidirectional else 1

    def projects(self) -> bool:
        """Say whether the hidden state is projected to a smaller size."""
        return self.proj_size > 0 or not is_known(self.proj_size)

    def result_size(self) -> int:
        """Return the size of the hidden state, after the projection if there is one."""
        return self.proj_size if self.projects() else self.hidden_size

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * (rank - 1) + (self.input_size,),)

    def outputs(self, x: Shape, *states: Shape) -> tuple[Shape, ...]:
        self.expect_input(x)
        stacked = self.directions() * self.num_layers
        batch = (x[self.batch_axis()],) if len(x) == 3 else ()
        sizes = (self.result_size(), self.hidden_size)[: self.states]
        final = tuple((stacked, *batch, size) for size in sizes)
        self.expect_states(states, final)
        return ((*x[:-1], self.directions() * self.result_size()), *final)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        batched, batch = len(inputs[0]) == 3, self.batch_axis()
        if result:  # a final state
            samples: tuple[Source, ...] = ((batch, STAY),) if batched else ()
            return (Reading(0, (None, *samples, None)),)
        steps = 1 - batch if batched else 0  # step after step, each behind all before it
        return (last_axes(0, len(inputs[0]), (), {-1: None})._replace(whole=(steps,)),)

    def weights(self) -> dict[str, Shape]:
        found = {}
        own = self._weights_of_one(self.input_size)
        deeper = self._weights_of_one(self.directions() * self.result_size())
        for layer in range(self.num_layers):
            for end in ("", "_reverse")[: self.directions()]:
                for name, shape in own.items():
                    found[f"{name}_l{layer}{end}"] = shape
            own = deeper
        return found

    def _weights_of_one(self, inputs: int) -> dict[str, Shape]:
        rows = self.gates * self.hidden_size
        found: dict[str, Shape] = {"weight_ih": (rows, inputs), "weight_hh": (rows, self.result_size())}
        if self.bias:
            found |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if self.projects():
            found["weight_hr"] = (self.result_size(), self.hidden_size)
        return found

    def _steps(self, x: Shape) -> int:
        return x[0] * x[1] if len(x) == 3 else x[0]

    def memory(self, tape: Tape, x: Piece, *states: Piece) -> tuple[Piece, ...] | None:
        if tape.narrow:  # these are not the operators that mixed precision casts for
            return None
        rows = self._steps_first(tape, x)
        unit = Unit(rows.shape[1], self.hidden_size, self.gates, self.proj_size)
        cls = type(self)
        what = Layers(cls.step, self.num_layers, self.directions(), self.states, self.dropout, self.bias)
        played = self.play(tape, rows, states, unit, what)
        if played is None:
            return None
        y, *finals = played
        steps_first = (rows.shape[0], rows.shape[1], y.shape[2])
        turned = moved(steps_first, None, (1, 0, 2)) if self.batch_first and len(x.shape) == 3 else None
        return tape.view(y, tape.shapes[0], turned), *finals

    def play(self, tape: Tape, x: Piece, states: tuple[Piece, ...], unit: Unit, what: Layers) -> States | None:
        """Play a call whose input has its steps first."""
        return layers(tape, x, states, unit, what)

    def _steps_first(self, tape: Tape, x: Piece) -> Piece:
        if len(x.shape) == 2:
            return tape.reshape(x, (x.shape[0], 1, x.shape[1]))
        if not self.batch_first:
            return x
        return tape.view(x, (x.shape[1], x.shape[0], x.shape[2]), moved(x.shape, x.strides, (1, 0, 2)))

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        each = self._macs_of_one(self.input_size)
        if self.num_layers > 1:
            each = each + (self.num_layers - 1) * self._macs_of_one(self.directions() * self.result_size())
        return self._steps(inputs[0]) * self.directions() * each

    def _macs_of_one(self, inputs: int) -> int:
        """Count one step of one layer in one direction."""
        gates = self.gates * self.hidden_size * (inputs + self.result_size())
        return gates + self.hidden_size * self.proj_size if self.projects() else gates

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        units = self.hidden_size * self.num_layers * self.directions()
        return self._steps(inputs[0]) * units * self.unit_ops()


class RNN(Recurrent):
    """A plain recurrent layer: h' = tanh(W_ih x + b_ih + W_hh h + b_hh); rest is 1, the tanh or relu."""

    arity = (1, 2)
    gates, step_ops, step = 1, Tanh.each, plain_step

    num_layers: int = argument(Integer(1, MOST_LAYERS), 1)
    nonlinearity: str = argument(Word("tanh", "relu"), "tanh")
    bias: bool = argument(FLAG, True)
    batch_first: bool = argument(FLAG, False)
    dropout: float = argument(PROBABILITY, 0.0)
    bidirectional: bool = argument(FLAG, False)


class GRU(Recurrent):
    """Gated recurrent units: a reset gate r, an update gate z and a new state n.

    n = tanh(W_in x + b_in + r * (W_hn h + b_hn)) and h' = (1 - z) * n + z * h; rest is 14: two
    sigmoids at 4, a tanh, the product with r, and four for the mixture.
    """

    arity = (1, 2)
    gates, step_ops, step = 3, 2 * Sigmoid.each + Tanh.each + 5, gru_step

    num_layers: int = argument(Integer(1, MOST_LAYERS), 1)
    bias: bool = argument(FLAG, True)
    batch_first: bool = argument(FLAG, False)
    dropout: float = argument(PROBABILITY, 0.0)
    bidirectional: bool = argument(FLAG, False)


class LSTM(Recurrent):
    """Long short-term memory: gates i, f, o, a candidate g, and a cell state c beside the hidden state.

    c' = f * c + i * g and h' = o * tanh(c'); rest is 18: three sigmoids at 4, two tanh, three
    products and a sum. The initial states are two further inputs, h_0 and c_0; the results are the output,
    h_n and c_n.
    """

    arity = (1, 3)
    gates, step_ops, states, step = 4, 3 * Sigmoid.each + 2 * Tanh.each + 4, 2, lstm_step

    num_layers: int = argument(Integer(1, MOST_LAYERS), 1)
    bias: bool = argument(FLAG, True)
    batch_first: bool = argument(FLAG, False)
    dropout: float = argument(PROBABILITY, 0.0)
    bidirectional: bool = argument(FLAG, False)
    proj_size: int = argument(NATURAL, 0)

    def caller(self, module: Any, asked: frozenset[int] | None = None) -> Callable[..., Any]:
        """Hand in both states together."""
        return lambda x, *states: module(x, states) if states else module(x)

    def group(self, results: tuple[Any, ...]) -> tuple[Any, ...]:
        return results[0], results[1:]

    def play(self, tape: Tape, x: Piece, states: tuple[Piece, ...], unit: Unit, what: Layers) -> States | None:
        """Play a call: step by step where oneDNN has no kernel; what that keeps for backward is its own affair."""
        if self.projects() or tape.flow == "float64":
            return layers(tape, x, states, unit, what)
        if tape.grad or tape.flow != "float32":
            return None
        return fused_lstm(tape, x, states, unit, what)

    def check(self) -> None:
        super().check()
        if self.proj_size > self.hidden_size - 1:
            message = f"LSTM: proj_size={self.proj_size} must be smaller than hidden_size={self.hidden_size}"
            raise Refusal("CV226", message, argument="proj_size", help="leave `proj_size` out for no projection")
