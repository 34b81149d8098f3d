"""A network whose input size is in question: what of it changes, and what it does at other sizes."""

from typing import Any

from convcli.blocks import Network
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.graph import Graph, Node
from convcli.growing import Growing
from convcli.input_sizes.explore import Piece, Verdict, explore
from convcli.input_sizes.walk import FAILS, Failed, Uncertain, walked
from convcli.quantity import UNKNOWN, Shape
from convcli.record import Record
from convcli.resolve.boundary import Given
from convcli.resolve.network import Resolver, resolve
from convcli.resolve.trial import Trial, trial_of
from convcli.resolve.variables import settle_variables

EFFORT = 1_000_000
"""How many nodes to work through for one axis, at most."""
FIRST_SIZE = 256
"""Where to begin in a network that says no size."""
ABOUT_SIZES = ("CV202", "CV203")
FIRST_ABOUT_SIZES = "CV220"
"""Mistakes that another size may mend: these, and those from this code on."""


class Asked(Record):
    """A network, the axes whose sizes are in question, and the inputs that have them."""

    network: Network
    variables: dict[str, Any]
    given: Given
    graph: Graph
    inputs: tuple[int, ...]
    axes: tuple[int, ...]

    def main(self) -> Shape:
        """Return the shape of the input that is asked about, as it was given."""
        return self.graph.inputs[self.inputs[0]].shape or ()

    def effort(self) -> int:
        """Return how many trials may be made."""
        return max(EFFORT // (len(self.graph.nodes) + 1), 40)

    def window(self) -> int:
        """Return how far from a size others are tried one by one, where there is no better way."""
        return min(max(self.effort() // 20, 8), 512)


class Trials:
    """The network at one size, and trials of others along some of its axes."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.shapes: list[Shape] = [made.shape or () for made in asked.graph.inputs]
        self.nodes: list[Node] | None = None
        """The graph that is the same for all sizes along the axes that are tried, once it is known to be."""

    def sizes(self) -> Shape:
        """Return the sizes along the axes in question."""
        main = self.shapes[self.asked.inputs[0]]
        return tuple(main[axis] for axis in self.asked.axes)

    def changed(self, sizes: dict[int, Any]) -> list[Shape]:
        """Return the shapes of all inputs with other sizes of some axes.

        Raises:
            Failed: an input in proportion would have no whole size.
        """
        shapes = list(self.shapes)
        first, *others = self.asked.inputs
        main = shapes[first]
        shapes[first] = tuple(sizes.get(axis, size) for axis, size in enumerate(main))
        for index in others:
            shape = list(shapes[index])
            for axis, size in sizes.items():
                whole = size * shape[axis]
                if whole % main[axis] != 0:
                    raise Failed
                shape[axis] = whole // main[axis]
            shapes[index] = tuple(shape)
        return shapes

    def resolved(self, sizes: dict[int, Any]) -> Trial:
        """Resolve the network with other sizes of some axes.

        Raises:
            Failed: it does not take them.
        """
        asked = self.asked
        shapes = dict(zip([made.name for made in asked.graph.inputs], self.changed(sizes), strict=True))
        given = asked.given._replace(sizes=shapes, batched=True, batch=None)
        return trial_of(Resolver, asked.network, asked.variables, given, self._places(sizes))

    def _places(self, sizes: dict[int, Any]) -> tuple[int, ...]:
        rank = len(self.asked.main())
        return tuple(rank - axis for axis in sizes)

    def verdict(self, sizes: dict[int, Any]) -> Verdict:
        """Say whether the network takes other sizes of some axes, and loses nothing along them."""
        try:
            if self.nodes is not None:
                return walked(self.nodes, self.changed(sizes), self._places(sizes))
        except Failed:
            return FAILS
        except Uncertain:  # resolving it again tells
            pass
        try:
            trial = self.resolved(sizes)
        except Failed:
            return FAILS
        if any(type(size) is Growing for size in sizes.values()) and trial.follows():
            self.nodes = trial.nodes
        return Verdict(works=True, lossless=trial.made.lossless)

    def at(self, sizes: Shape) -> Verdict:
        """Say whether the network takes other sizes of all axes, and loses nothing."""
        self.nodes = None
        return self.verdict(dict(zip(self.asked.axes, sizes, strict=True)))

    def move(self, sizes: Shape) -> None:
        """Let the network have other sizes from here on."""
        self.shapes = self.changed(dict(zip(self.asked.axes, sizes, strict=True)))

    def settle(self) -> bool:
        """Go to a size that works, with sides in proportion or equal; say whether there is one."""
        near = self.sizes()
        if self.at(near).works:
            return True
        longest = max(near)
        for ratio in dict.fromkeys((near, (longest,) * len(near))):
            found = self._along(ratio)
            if found is not None:
                first, last, step, _ = found
                size = min(max(longest - (longest - first) % step, first), last)
                self.move(tuple(size * side // longest for side in ratio))
                return True
        return False

    def _along(self, ratio: Shape) -> Piece | None:
        """Return sizes of the longest side that work."""
        found: list[Piece] = []

        def trial(size: Any) -> Verdict:
            scaled = [size * side for side in ratio]
            if any(side % max(ratio) != 0 for side in scaled):
                return FAILS
            return self.verdict(dict(zip(self.asked.axes, (side // max(ratio) for side in scaled), strict=True)))

        def watch(piece: Piece) -> bool:
            if piece.verdict is not None and piece.verdict.works:
                found.append(piece)
            return not found

        explore(trial, max(ratio), min(max(ratio), self.asked.window()), self.asked.effort(), watch)
        return found[0] if found else None


def ask(network: Network, given: Given, input_name: str | None) -> tuple[Asked, tuple[Diagnostic, ...]]:
    """Find out what a question is about; the second result is what is wrong with the size that was given.

    Raises:
        ConvcliError: something else is wrong, or there is no size to begin with.
    """
    graph, findings = resolve(network, given)
    if any(made.shape is None for made in graph.inputs) and not findings:
        given = given._replace(sizes={"": _template(graph)}, batched=True)
        graph, findings = resolve(network, given)
    errors = [found for found in findings if found.level == "error"]
    unknown = any(made.shape is None for made in graph.inputs)
    if unknown or any(found.code < FIRST_ABOUT_SIZES and found.code not in ABOUT_SIZES for found in errors):
        raise ConvcliError(errors)
    variables, _ = settle_variables(network, given.variant, given.settings)
    first = _named(graph, input_name)
    rank = len(graph.inputs[first].shape or ())
    alike = [index for index, made in enumerate(graph.inputs) if len(made.shape or ()) == rank and index != first]
    inputs = (first, *(() if input_name else alike))
    return Asked(network, variables, given, graph, inputs, _axes(graph, first)), tuple(errors)


def _template(graph: Graph) -> Shape:
    """Return a size that the first operator may take, where the network says none."""
    reader = _reader(graph, 0)
    ranks = reader.op.ranks if reader is not None else ()
    shape = reader.op.template(max(ranks))[0] if reader is not None and ranks else (UNKNOWN, UNKNOWN)
    axes = [*_spatial(reader, len(shape)), reader.op.batch_axis() if reader is not None else 0]
    if len(graph.inputs) > 1 or any(size is UNKNOWN for at, size in enumerate(shape) if at not in axes):
        help = "give one: `-i 3x224x224`, or `input: [3, 224, 224]` in the file"
        raise ConvcliError([Diagnostic("CV007", f"{graph.source} has no input size", help=help)])
    return tuple(1 if at == axes[-1] else FIRST_SIZE if at in axes else size for at, size in enumerate(shape))


def _named(graph: Graph, name: str | None) -> int:
    names = [made.name for made in graph.inputs]
    if name is None:
        return 0
    if name not in names:
        help = suggestion(name, names) or f"its inputs are: {', '.join(names)}"
        raise ConvcliError([Diagnostic("CV003", f"the network has no input `{name}`", help=help)])
    return names.index(name)


def _reader(graph: Graph, index: int) -> Node | None:
    return next((node for node in graph.nodes if (-1 - index, 0) in node.inputs), None)


def _axes(graph: Graph, index: int) -> tuple[int, ...]:
    """Return the axes of an input that are neither its batch nor its channels; all but the batch, if none is left."""
    rank = len(graph.inputs[index].shape or ())
    reader = _reader(graph, index)
    batch = reader.op.batch_axis() if reader is not None and reader.op.module else 0
    return _spatial(reader, rank) or tuple(axis for axis in range(rank) if axis != batch)


def _spatial(reader: Node | None, rank: int) -> tuple[int, ...]:
    op = reader.op if reader is not None and reader.op.module else None
    taken = (op.batch_axis(), op.channel_axis(rank)) if op else (0, 1)
    return tuple(axis for axis in range(rank) if axis not in taken)
