"""Whether a size that was given has a batch, where nobody said so: the call of the model tells."""

from collections.abc import Callable

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph
from convcli.human import show_shape
from convcli.quantity import Shape
from convcli.resolve.boundary import Given
from convcli.shapes import type_of, typed

Made = tuple[Graph, tuple[Diagnostic, ...]]


def called_with_or_without(given: Given, make: Callable[[dict[str, Shape]], Made]) -> Made:
    """Call a model with the sizes as they were given, and where that does not fit with a batch of 1 in front.

    `--batch` and `--batched` say which it is. Else the first layer with weights tells, if it is one that takes a
    batch or none; and a call that fails where the other one works was not meant.
    """
    as_given, with_batch = given.sizes, {name: _in_front(size, given.batch or 1) for name, size in given.sizes.items()}
    if not given.sizes or given.batched:
        return make(as_given)
    if given.batched is False:
        return make(with_batch)
    said_to_have_none = given.batch is not None
    first, second = (with_batch, as_given) if said_to_have_none else (as_given, with_batch)
    made = make(first)
    if not _fails(made) and (said_to_have_none or not _lacks_batch(made[0])):
        return made
    other = make(second)
    if said_to_have_none:
        if _fails(other):
            return made
        message = "`--batch` beside an input that has a batch already"
        raise ConvcliError([Diagnostic("CV002", message, help="leave one of them out")])
    if not _fails(other):
        return other
    if not _fails(made) or not _is_as_good(other, made):
        return made
    chosen = other if _lacks_batch(made[0]) else made
    return chosen[0], tuple(_both(found, first, second) for found in chosen[1])


def _in_front(size: Shape, batch: int) -> Shape:
    return typed((batch, *size), type_of(size))


def _fails(made: Made) -> bool:
    return any(found.level == "error" for found in made[1])


def _is_as_good(other: Made, made: Made) -> bool:
    """Say whether one failed call gets as far as another: not one whose first layer sees too many axes."""
    further = len(other[0].nodes) - len(made[0].nodes)
    return further > 0 or (further == 0 and [one.message for one in other[1]] == [one.message for one in made[1]])


def _lacks_batch(graph: Graph) -> bool:
    """Say whether the first layer with weights got a tensor without batch, with as many axes as the input."""
    for node in graph.nodes:
        ranks: tuple[int, ...] = node.op.ranks
        shape = node.input_shapes[0] if node.input_shapes else None
        if shape is not None and node.op.module and node.op.weights():
            takes_either = len(ranks) == 1 and node.op.unbatched and node.op.batch_axis() == 0
            same = bool(graph.inputs) and len(graph.inputs[0].shape or ()) == len(shape)
            return bool(takes_either and same and len(shape) == ranks[0] - 1)
    return False


def _both(found: Diagnostic, *tried: dict[str, Shape]) -> Diagnostic:
    if found.level != "error" or found.help:
        return found
    sizes = [", ".join(map(show_shape, one.values())) for one in tried]
    return found._replace(help=f"tried as it is, {sizes[0]}, and with a batch, {sizes[1]}: both fail")
