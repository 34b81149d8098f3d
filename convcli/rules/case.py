"""A network as the rules look at it: its nodes by what they do, who reads what, and where receptive fields lie."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from convcli.diagnostics import Related
from convcli.graph import Graph, Node, Result
from convcli.record import Record

if TYPE_CHECKING:
    from convcli.receptive_field.walk import Walk
    from convcli.rules.ignores import Ignores
    from convcli.rules.written import Written


class Said(Record):
    """What a rule says of a place: the parts of a diagnostic that only the rule knows."""

    message: str
    label: str = ""
    help: str = ""
    related: tuple[Related, ...] = ()


class Case:
    """A network on trial.

    Attributes:
        graph: the network.
        levels: how bad the breach of each rule is, by its code.
        written: the network in words, where they are known.
        ignores: the comments that silence rules; None where there are none.
        kinds: by the operator's name, the nodes by operator and sizes; what holds for one of a kind holds for all.
    """

    def __init__(
        self,
        graph: Graph,
        walks: "Sequence[Walk] | None" = None,
        levels: Mapping[str, str] | None = None,
        written: "Written | None" = None,
        ignores: "Ignores | None" = None,
    ) -> None:
        self.graph = graph
        self.levels = levels or {}
        self.written = written
        self.ignores = ignores
        self._walks = walks
        self._readers: dict[Result, list[int]] | None = None
        self._counts: Counter[Result] | None = None
        self.kinds: dict[str, list[list[int]]] = {}
        known: dict[tuple[int, int], list[int]] = {}
        for at, node in enumerate(graph.nodes):
            key = id(node.op), id(node.answer)  # equal operators and equal answers are one object
            if key in known:
                known[key].append(at)
            else:
                known[key] = kind = [at]
                self.kinds.setdefault(node.op.name, []).append(kind)

    def each_kind(self, names: frozenset[str]) -> Iterator[tuple[Node, list[int]]]:
        """Give the first node of each kind whose operator has one of these names, and the places of all."""
        for name, kinds in self.kinds.items():
            if name in names:
                for places in kinds:
                    yield self.graph.nodes[places[0]], places

    def is_read_once(self, result: Result) -> bool:
        """Say whether a single layer reads a tensor, and it is no output of the network."""
        if self._counts is None:
            self._counts = Counter(chain.from_iterable([node.inputs for node in self.graph.nodes]))
            self._counts.update(self.graph.outputs)
        return self._counts[result] == 1

    def readers(self, result: Result) -> Sequence[int]:
        """Return the nodes that read a tensor, in order; one that reads it twice stands there twice."""
        if self._readers is None:
            self._readers = {}
            for at, node in enumerate(self.graph.nodes):
                for read in node.inputs:
                    self._readers.setdefault(read, []).append(at)
        return self._readers.get(result, ())

    def walks(self) -> "Sequence[Walk]":
        """Return what all tensors depend on, a walk for each input of the network."""
        if self._walks is None:
            from convcli.receptive_field.record import walks_of  # many networks do without

            self._walks = walks_of(self.graph)
            for walk in self._walks:
                walk.each()
        return self._walks

    def name(self, at: int) -> str:
        """Return the name of a layer."""
        return self.graph.nodes[at].name


def both(words: Iterable[str]) -> str:
    """Write the items of a list, the last after an `and`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
