"""A layer that we have no operator for: its results are known from where it was read, its costs are not."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.function import filled
from convcli.op import Answer, Operator
from convcli.quantity import UNKNOWN, Shape, is_known
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading


class Opaque(Operator):
    """An operator of which only its name, its results and its weights are known; see `opaque`."""

    module = False

    results: tuple[Shape, ...]
    types: tuple[str, ...]
    own: dict[str, Shape]
    state: dict[str, Shape]
    costs: tuple[int, int]
    alike: bool
    keeps: tuple[int, ...] | None
    call: dict[str, Any] | None

    def weights(self) -> dict[str, Shape]:
        return self.own

    def buffers(self) -> dict[str, Shape]:
        return self.state

    def outputs(self, *inputs: Shape, **_: Any) -> tuple[Shape, ...]:
        return self.results

    def answer(self, inputs: tuple[Shape, ...], dtypes: tuple[str, ...]) -> Answer:
        return Answer(self.results, self.types, *self.costs)

    def computes(self) -> bool:
        return not is_known(self.costs[0]) or self.costs[0] > 0

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        """Return that every axis comes from one of the input, and nobody knows how; or place by place."""
        if self.alike:
            return super().reads(result, inputs, outputs)
        made = range(len(outputs[result]))
        return tuple(
            Reading(at, tuple((min(dim, len(shape) - 1), None) if shape else None for dim in made))
            for at, shape in enumerate(inputs)
        )

    def memory(self, tape: Tape, *inputs: Piece) -> tuple[Piece, ...] | None:
        if self.keeps is None or tape.narrow:
            return None
        results = tuple(tape.out(at) for at in range(len(self.results)))
        tape.keep(*((*inputs, *results)[at] for at in self.keeps))
        return results

    def bound(self, torch: Any) -> Callable[..., Any]:
        """Return torch's own operator of this name with all its arguments but the tensors, which it takes.

        Raises:
            ConvcliError: it is none of torch's, or it is not known how it was called.
        """
        function = getattr(torch.ops.aten, self.name.removeprefix("aten::"), None)
        call = self.call
        if function is None or call is None:
            raise self.refused()

        def run(*tensors: Any) -> Any:
            try:
                return function(**{name: filled(value, tensors) for name, value in call.items()})
            except (TypeError, RuntimeError) as error:
                if isinstance(error, TypeError) or "match any schema" in str(error):
                    raise self.refused() from error
                raise

        return run

    def build(self, nn: Any, **factory: Any) -> Any:
        """Refuse: nobody knows what it computes."""
        raise self.refused()

    def refused(self) -> ConvcliError:
        """Return the error that it cannot be built."""
        help = "build the model that the graph was read from"
        return ConvcliError([Diagnostic("CV067", self.why_not_built(), help=help)])

    def why_not_built(self) -> str:
        """Say that it cannot be built, and why."""
        return f"`{self.name}` cannot be built: it is no operator of convcli's"

    def text(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.values.items())})"


_KNOWN: dict[Any, Opaque] = {}


def opaque(
    name: str,
    outputs: Sequence[Shape],
    dtypes: Sequence[str],
    weights: Mapping[str, Shape] | None = None,
    buffers: Mapping[str, Shape] | None = None,
    costs: tuple[int, int] = (UNKNOWN, UNKNOWN),
    *,
    alike: bool = False,
    keeps: tuple[int, ...] | None = None,
    call: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> Opaque:
    """Return an operator of this name with these results; equal ones are the same.

    Its MACs and other operations are `costs`; its memory is not known unless it makes its results and `keeps` some of
    its inputs and, counted on, results for backward; what of its inputs a unit depends on is not known unless it
    works place by place, `alike`. The shape of a weight of unknown size is `(UNKNOWN,)`. `call` are the arguments
    with which torch's operator is called, the tensors as slots; `arguments` are shown.
    """
    own, state = dict(weights or {}), dict(buffers or {})
    key = (
        name,
        tuple(outputs),
        tuple(dtypes),
        str(own),
        str(state),
        str(costs),
        alike,
        keeps,
        str(call),
        str(arguments),
    )
    if key not in _KNOWN:
        made = _KNOWN[key] = object.__new__(Opaque)
        made.__dict__.update(
            name=name, results=tuple(outputs), types=tuple(dtypes), own=own, state=state, costs=costs,
            alike=alike, keeps=keeps, call=call, values=arguments,
        )  # fmt: skip
    return _KNOWN[key]
