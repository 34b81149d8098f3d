"""Whether a size that was given has a batch, where nobody said so: the call of the model tells."""

from collections.abc import Callable

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph
from convcli.human import show_shape
from convcli.quantity import Shape
from convcli.record import Record
from convcli.resolve.boundary import Given
from convcli.shapes import type_of, typed

Sizes = dict[str, Shape]


class Called(Record):
    """What came of a call: `has_batch` is what its layers say of the inputs, None where they say nothing."""

    graph: Graph
    findings: tuple[Diagnostic, ...]
    has_batch: bool | None

    def fails(self) -> bool:
        """Say whether the call failed."""
        return any(found.level == "error" for found in self.findings)


def called_with_or_without(given: Given, call: Callable[[Sizes], Called]) -> Called:
    """Call a model with the sizes as they were given, and where they have no batch with one in front.

    `--batch` and `--batched` say which it is. Else the first layer tells that takes a fixed number of axes; a size of
    one axis has none; and a call that fails where the other one works was not meant.
    """
    as_given, with_batch = given.sizes, {name: _in_front(size, given.batch or 1) for name, size in given.sizes.items()}
    if not given.sizes or given.batched:
        return call(as_given)
    if given.batched is False:
        return call(with_batch)
    if given.batch is not None:
        return _said_to_have_none(call, as_given, with_batch)
    made = call(as_given)
    one_axis = all(len(size) == 1 for size in as_given.values()) and not _has_integers(made)
    if not made.fails() and made.has_batch is not False and not one_axis:
        return made
    other = call(with_batch)
    if not other.fails():
        return other
    if not made.fails() and (made.has_batch is not False or not other.has_batch):
        return made
    if made.has_batch and made.fails():
        return made
    chosen = made if _gets_further(made, other) else other
    return chosen._replace(findings=tuple(_explained(one, made, as_given, with_batch) for one in chosen.findings))


def _said_to_have_none(call: Callable[[Sizes], Called], as_given: Sizes, with_batch: Sizes) -> Called:
    made = call(with_batch)
    if not made.fails() or made.has_batch:
        return made
    other = call(as_given)
    if other.has_batch is False or (other.fails() and not other.has_batch):
        return made
    message = "`--batch` beside an input that has a batch already"
    raise ConvcliError([Diagnostic("CV002", message, help="leave one of them out")])


def _in_front(size: Shape, batch: int) -> Shape:
    return typed((batch, *size), type_of(size))


def _has_integers(made: Called) -> bool:
    """Say whether an input is looked up in a table: one axis of places is as good as two."""
    return not made.fails() and any("int" in one.dtype for one in made.graph.inputs)


def _gets_further(made: Called, other: Called) -> bool:
    """Say whether a failed call is nearer to what was meant than the one with a batch in front."""
    return made.has_batch is not False and len(made.graph.nodes) >= len(other.graph.nodes)


def _explained(found: Diagnostic, made: Called, as_given: Sizes, with_batch: Sizes) -> Diagnostic:
    """Say with which sizes a call was tried that fails."""
    if found.level != "error" or found.help:
        return found
    plain, whole = (", ".join(map(show_shape, one.values())) for one in (as_given, with_batch))
    if made.fails():
        return found._replace(help=f"tried as it is, {plain}, and with a batch, {whole}: both fail")
    return found._replace(help=f"{plain} has no batch, and was tried with one, {whole}; `--batched` takes it as it is")
