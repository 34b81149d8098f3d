"""What recurrent layers and cells do to memory, as torch runs them on a CPU.

A layer multiplies all steps by its input weight at once and then goes step by step, in each
direction. All steps but the first two and the last are alike, so they are played as one.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from convcli.ops.dropout import Dropout
from convcli.ops.linear import multiply_rows
from convcli.quantity import Shape
from convcli.tape import Piece, Tape

States = tuple[Piece, ...]
Step = Callable[[Tape, States, "Unit", Piece | None], States]
"""One step: from states to states. The input is a cell's, and not yet multiplied; a layer's is."""


class Unit(NamedTuple):
    """The sizes of a step: samples, hidden units, gates, and the width of a projection, or 0."""

    batch: int
    hidden: int
    gates: int
    projected: int = 0

    def state(self) -> Shape:
        """Return the shape of a state."""
        return (self.batch, self.hidden)

    def all_gates(self) -> Shape:
        """Return the shape of all gates together."""
        return (self.batch, self.gates * self.hidden)

    def result(self) -> Shape:
        """Return the shape of what a step gives."""
        return (self.batch, self.projected or self.hidden)


class Layers(NamedTuple):
    """What a recurrent layer is made of."""

    step: Step
    number: int
    directions: int
    states: int
    dropout: float
    bias: bool


# ---- one step of each kind


def plain_step(tape: Tape, states: States, unit: Unit, x: Piece | None) -> States:
    """Play tanh(W_ih x + W_hh h): the result is kept."""
    gates = multiply_rows(tape, states[0], unit.all_gates())
    of_input = [] if x is None else [multiply_rows(tape, x, unit.all_gates())]
    h = tape.new(unit.state())
    tape.keep(h)
    tape.drop(gates, *of_input)
    return (h,)


def gru_step(tape: Tape, states: States, unit: Unit, x: Piece | None) -> States:
    """Play a gated recurrent unit: products in place keep a copy of what they overwrite."""
    of_input = [] if x is None else [multiply_rows(tape, x, unit.all_gates())]
    gates = multiply_rows(tape, states[0], unit.all_gates())
    tape.keep(gates)
    if tape.grad:
        tape.keep_new(unit.state())
    new = tape.new(unit.state())
    tape.keep(new)
    h = tape.new(unit.state())
    if tape.grad:
        tape.keep_new(unit.state())
    tape.drop(gates, new, *of_input)
    return (h,)


def lstm_step(tape: Tape, states: States, unit: Unit, x: Piece | None) -> States:
    """Play long short-term memory: the gates, the cell before and the tanh of the cell are kept."""
    gates = multiply_rows(tape, states[0], unit.all_gates())
    if x is not None:
        tape.drop(multiply_rows(tape, x, unit.all_gates()))
    tape.keep(gates, states[1])
    c = tape.new(unit.state())
    tape.drop(tape.new(unit.state()))  # the gated candidate
    squashed = tape.new(unit.state())
    tape.keep(squashed)
    h = tape.new(unit.state())
    tape.drop(squashed)
    if unit.projected:
        whole, h = h, multiply_rows(tape, h, unit.result())
        tape.drop(whole)
    tape.drop(gates)
    return h, c


# ---- cells


def cell(tape: Tape, x: Piece, states: States, unit: Unit, step: Step, count: int) -> States:
    """Play a cell; states that are not given are one tensor of zeros."""
    zeros = None if states else tape.new(unit.state())
    rows = x if len(x.shape) == 2 else tape.reshape(x, (1, *x.shape))
    given = (zeros,) * count if zeros else tuple(tape.view(state, unit.state(), state.strides) for state in states)
    results = step(tape, given, unit, rows)
    if zeros:
        tape.drop(zeros)
    return tuple(tape.view(result, tape.shapes[at]) for at, result in enumerate(results))


# ---- layers


def layers(tape: Tape, x: Piece, given: States, unit: Unit, what: Layers) -> States:
    """Play a recurrent layer whose input has its steps first; all results have a batch."""
    zeros, states = _first_states(tape, given, unit, what)
    finals: list[States] = []
    for layer in range(what.number):
        y, last = _one_layer(tape, x, states, unit, what)
        finals.extend(last)
        tape.drop(x)
        x = y
        if layer < what.number - 1 and what.dropout and tape.training:
            (x,) = Dropout.of(p=what.dropout).memory(tape, y)
            tape.drop(y)
    return _finish(tape, x, finals, zeros)


def fused_lstm(tape: Tape, x: Piece, given: States, unit: Unit, what: Layers) -> States:
    """Play an LSTM without gradients by oneDNN's kernel, one call for each layer and direction.

    What the kernel takes inside, for weights in an order of its own, is a workspace, which is left out.
    """
    steps, batch, _ = x.shape
    zeros, _ = _first_states(tape, given, unit, what)
    y = start = tape.in_order(x)
    finals: list[States] = []
    outputs: list[Piece] = []  # of each direction, until the next layer's take their place
    for layer in range(what.number):
        before = y
        for at in range(what.directions):
            no_bias = () if what.bias else _zeros_for_bias(tape, unit, y.shape[2])
            own = tape.new((steps, *unit.result()))
            finals.append((tape.new(unit.state()), tape.new(unit.state())))
            tape.drop(*no_bias, *outputs[at : at + 1])
            outputs[at : at + 1] = [own]
        y = outputs[0]
        if what.directions > 1:
            y = tape.new((steps, batch, unit.hidden * what.directions))
        if layer:
            tape.drop(before)
    results = _finish(tape, y, finals, zeros)
    tape.drop(start, *(outputs if what.directions > 1 else ()))
    return results


def _zeros_for_bias(tape: Tape, unit: Unit, width: int) -> States:
    """Make what stands for biases that are not there: as many zeros as there are weights."""
    rows = unit.all_gates()[1]
    return tape.new((rows, unit.hidden)), tape.new((rows, width))


def _finish(tape: Tape, y: Piece, finals: Sequence[States], zeros: States) -> States:
    """Stack the final states of all layers."""
    stacked = tuple(tape.out(1 + at) for at in range(len(finals[0])))
    tape.drop(*zeros, *(state for states in finals for state in states))
    return y, *stacked


def _first_states(tape: Tape, given: States, unit: Unit, what: Layers) -> tuple[States, States]:
    """Return the states that are made here, zeros, and those to begin with."""
    if given:
        return (), given
    number = what.number * what.directions
    zeros = tuple(tape.new((number, *shape)) for shape in (unit.result(), unit.state())[: what.states])
    return zeros, zeros


def _one_layer(tape: Tape, x: Piece, states: States, unit: Unit, what: Layers) -> tuple[Piece, list[States]]:
    """Play one layer, and return its results and the final states of each direction."""
    steps = x.shape[0]
    stacks, held, finals = [], [], []
    of_input: list[Piece] = []
    for _ in range(what.directions):
        before, of_input = of_input, [multiply_rows(tape, x, (steps, *unit.all_gates()))]
        tape.drop(*before)
        outputs, last = _unroll(tape, what.step, states, unit, steps)
        stacks.append(tape.new((steps, *unit.result())))
        held.extend(outputs)
        finals.append(last)
    y = stacks[0]
    if what.directions > 1:
        y = tape.new((*y.shape[:2], y.shape[2] * what.directions))
        tape.drop(*stacks)
    tape.drop(*of_input, *held)
    return y, finals


def _unroll(tape: Tape, step: Step, states: States, unit: Unit, steps: int) -> tuple[list[Piece], States]:
    """Play the steps of one direction: what all but the last give, and the last states."""
    outputs: list[Piece] = []
    shapes = (unit.result(), unit.state())
    now = tuple(tape.view(state, shape) for state, shape in zip(states, shapes, strict=False))
    grown = 0
    for at in range(min(steps, 3)):
        if at == 2 and steps > 3:
            alike = tape.new(((steps - 3) * grown,), "uint8")
            if tape.grad:
                tape.keep(alike)
            outputs.append(alike)
        before, alive = now, tape.now
        now = step(tape, before, unit, None)
        if at:
            outputs.append(before[0])
            tape.drop(*before[1:])
        grown = tape.now - alive
    return outputs, now
