"""A network whose operators and wiring are settled already: a traced model, or a file that has a graph.

It stands where a `Network` in words may stand, and becomes a graph when it is told its sizes.
"""

from collections.abc import Callable, Sequence

from convcli.blocks import Network, Variant
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.graph import Graph, Input
from convcli.human import show_shape
from convcli.quantity import Shape, is_known
from convcli.record import Record
from convcli.resolve.boundary import Given
from convcli.resolve.network import resolve
from convcli.shapes import Typed, type_of


class Settled(Record):
    """A network that a reader turns into a graph by itself.

    Attributes:
        name: what the network is called.
        source: what it was read from, as messages show it.
        format: the name of the format.
        make: makes the graph at the sizes that are given, up to the first mistake if there is one, with all
            that was found on the way, as `resolve` does; `whole_shapes` helps with the sizes.
        order: the names of the inputs, for sizes that come without names.
        inputs: what flows in, as far as that is known without making it; sizes that are open are UNKNOWN.
    """

    name: str
    source: str
    format: str
    make: Callable[[Given], tuple[Graph, tuple[Diagnostic, ...]]]
    inputs: tuple[Input, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    order: tuple[str, ...] = ()

    # what only a network in words has; no fields, since nobody gives them another value
    check = None
    chosen = None
    variants = ()
    variables = ()
    comments = ()

    def lineage(self, _: str | None) -> tuple[Variant, ...]:
        """Return the variants behind a variant: there are none."""
        return ()

    def graph(self, given: Given) -> tuple[Graph, tuple[Diagnostic, ...]]:
        """Make the graph; the second result is what was found on the way.

        Raises:
            ConvcliError: it cannot be made at all, or a variant or a variable is asked for.
        """
        if given.variant is not None:
            raise ConvcliError([Diagnostic("CV005", f"{self.source} has no variants, found `{given.variant}`")])
        if given.settings:
            message = f"{self.source} has no variables, found `--set {given.settings[0][0]}`"
            raise ConvcliError([Diagnostic("CV004", message)])
        return self.make(given)


AnyNetwork = Network | Settled
"""Whatever a reader yields."""


def graph_at(network: AnyNetwork, given: Given) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """Make the graph of a network at the sizes that are given; the second result is what was found on the way.

    Raises:
        ConvcliError: the question itself is wrong, or no graph can be made.
    """
    typed = next((name for name, size in given.sizes.items() if isinstance(size, Typed)), None)
    if typed is not None and network.format != "python":
        message = f"the types of the inputs of {network.source} are known, found `{type_of(given.sizes[typed])}:`"
        raise ConvcliError([Diagnostic("CV002", message, help="only the inputs of a Python model have types to give")])
    return network.graph(given) if isinstance(network, Settled) else resolve(network, given)


def whole_shapes(inputs: Sequence[Input], given: Given) -> tuple[Shape, ...]:
    """Return the whole shape of each input: as given with `-i`, else its own.

    `-i` has a batch or none as is said; else the number of axes tells, and where that is not known it is a whole
    shape, but for a batch that is given beside it. A batch that is given goes to the first axis of all inputs that
    have the first one's; an open first axis is 1 without it.

    Raises:
        ConvcliError: there is no input of a name, or a size is still open.
    """
    names = [made.name for made in inputs]
    for name in given.sizes:
        if name and name not in names:
            help = suggestion(name, names) or f"its inputs are: {', '.join(names)}"
            raise ConvcliError([Diagnostic("CV003", f"the network has no input `{name}`", help=help)])
    batch = inputs[0].shape[0] if inputs and inputs[0].shape else None
    return tuple(_whole(made, given, batch, first=made is inputs[0]) for made in inputs)


def _whole(made: Input, given: Given, batch: int | None, *, first: bool) -> Shape:
    size = given.sizes.get(made.name, given.sizes.get("") if first else None)
    if size is not None:
        bare = given.batched is False
        if given.batched is None:
            bare = given.batch is not None if made.shape is None else len(size) == len(made.shape) - 1
        if not bare and given.batch is not None:
            message = "`--batch` beside an input that has a batch already"
            raise ConvcliError([Diagnostic("CV002", message, help="leave one of them out")])
        return (given.batch or 1, *size) if bare else size
    shape = made.shape
    if shape and (not is_known(shape[0]) or (given.batch is not None and shape[0] == batch)):
        shape = (given.batch or 1, *shape[1:])
    if shape is None or not all(map(is_known, shape)):
        shown = "" if shape is None else f": {show_shape(shape)}"
        example = "1x3x224x224" if shape is None else "x".join(str(s) if is_known(s) else "224" for s in shape)
        help = f"give it, batch included: `-i {made.name}={example}`"
        raise ConvcliError([Diagnostic("CV007", f"the size of the input `{made.name}` is not known{shown}", help=help)])
    return shape
