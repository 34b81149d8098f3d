"""Tensors that have to have a name: what turned out to be missing is there when a list is written once more."""

from collections.abc import Mapping

from convcli.graph import Graph, Result
from convcli.outline.scopes import Call, around
from convcli.writers.network_yaml.frames import Frame, Unreachable


class Wanting:
    """Refers to tensors, and remembers those that could not be named.

    Attributes:
        wanted: tensors that get a name, each with the list in which they do.
        hidden: those whose own name means something else where they are read.
        ends: what flows out of a list in place of what its last layer makes.
        again: whether something was missing.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.wanted: set[tuple[Result, str]] = set()
        self.missing: set[tuple[Result, str]] = set()
        self.hidden: set[Result] = set()
        self.ends: dict[str, Result] = {}
        self.missing_ends: dict[str, Result] = {}
        self.again = False

    def forget(self) -> None:
        """Begin once more, with all that was missing."""
        self.again = False
        self.wanted |= self.missing
        self.ends |= self.missing_ends

    def is_wanted(self, made: Mapping[Result, str], frame: Frame) -> bool:
        """Say whether a tensor has to have a name in this list."""
        return any((tensor, frame.path) in self.wanted for tensor in made)

    def reference(self, tensor: Result, frame: Frame) -> str:
        """Return what a tensor is called; where it has no name yet, the list is written once more."""
        name = frame.tensor(tensor)
        if name is None:
            self.want(tensor, frame)
        return name or "x"

    def want(self, tensor: Result, frame: Frame) -> None:
        """Have a tensor named when the list is written once more, or else let it flow out of its scope at its end.

        Raises:
            Unreachable: that has been done, and does not help.
        """
        self.again = True
        if frame.knows(tensor):
            self.hidden.add(tensor)
        place = self.place(tensor, frame)
        if tensor[0] >= 0 and (tensor, place) not in self.wanted:
            self.missing.add((tensor, place))
            return
        own = around(self.graph.producer(tensor))
        while frame.path and frame.path not in own and frame.outer:
            frame = frame.outer
        end = own[own.index(frame.path) + 1 :] if frame.path else own
        if tensor[0] < 0 or not end or end[0] in self.ends:
            raise Unreachable(f"`{self.graph.producer(tensor)}` is needed where it has no name")
        self.missing_ends.setdefault(end[0], tensor)

    def place(self, tensor: Result, frame: Frame) -> str:
        """Return the list in which a tensor gets a name: one around its reader where it flows, else its own."""
        own = ["", *around(self.graph.producer(tensor))]
        lists: Frame | None = frame
        while lists is not None:
            if lists.path in own and tensor in lists.flowed:
                return lists.path
            lists = lists.outer
        return own[-1]

    def last_of(self, scope: Call) -> Result | None:
        """Return the tensor that flows out of a list: of its last step that is no bare weight."""
        if scope.path in self.ends:
            return self.ends[scope.path]
        for step in reversed(scope.steps):
            if isinstance(step, Call):
                found = self.last_of(step)
                if found is not None:
                    return found
            elif self.graph.nodes[step].op.arity[1] != 0:
                return step, 0
        return None
