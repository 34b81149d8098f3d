"""Dilated convolutions in a row leave holes: what they read together is a grid with positions in between.

Wang et al., "Understanding convolution for semantic segmentation", 2018, section 3.2. A run is
dilated convolutions of stride 1, one after the other; between them stands what works position by
position, and branches that start in the run and meet again, as residuals do; a run ends in front of a
pyramid of several dilations. What the last one reads of the first one's input is worked out as a set
of offsets.

Where dilations change, as WaveNet doubles them, a window without dilation in front of the run or
behind it fills the holes, and nothing is said. Three or more of one dilation in a row are a grid for
all that: neighbours of what they make have nothing in common.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from convcli.graph import Node, Result
from convcli.quantity import is_known
from convcli.record import Record
from convcli.rules.case import Case, Said, both
from convcli.rules.catalogue import CONVOLUTIONS
from convcli.window import AXIS_NAMES

LONGEST = 1 << 12
"""A run that reaches further is not followed."""
SHOWN = 24
"""Positions of a pattern that are shown."""
STEADY = 3
"""This many of one dilation in a row are not mended by a window without."""


class Run(Record):
    """What a tensor reads, along one axis, of the tensor where its run begins.

    Attributes:
        source: that tensor, or one of which it is made unit by unit.
        layers: the dilated convolutions on the longest way.
        reads: the offsets as bits.
        low: the offset of the first bit.
    """

    __slots__ = ()

    source: Result
    layers: tuple[int, ...]
    reads: int
    low: int


Runs = tuple[tuple[int, Run], ...]
"""Axes, and the run along each of them."""


def find(case: Case) -> Iterator[tuple[int, Runs]]:
    """Give the last convolutions of runs with holes."""
    found: dict[int, list[tuple[int, Run]]] = {}
    for axis in range(3):
        for run in _Follow(case, axis).runs():
            found.setdefault(run.layers[-1], []).append((axis, run))
    for at in sorted(found):
        yield at, tuple(found[at])


class _Follow:
    """Follows runs along one axis through a graph.

    Attributes:
        roots: for a tensor that is made of another one unit by unit: that one, and how far it was moved.
        fronts: the elements of the window without dilation that has made a root.
        at: the runs that tensors are in.
        longest: each root's longest run.
        behind: the elements of the window without dilation that follows the run of a root.
    """

    def __init__(self, case: Case, axis: int) -> None:
        self.case = case
        self.axis = axis
        self.roots: dict[Result, tuple[Result, int]] = {}
        self.fronts: dict[Result, int] = {}
        self.at: dict[Result, Run] = {}
        self.longest: dict[Result, Run] = {}
        self.behind: dict[Result, int] = {}
        self.kept: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}

    def runs(self) -> Iterator[Run]:
        """Give the runs with holes."""
        for at, node in enumerate(self.case.graph.nodes):
            if node.op.name in CONVOLUTIONS and not self._is_single(node.op):
                self._convolve(at, node)
            else:
                self._pass(at, node)
        for source, run in self.longest.items():
            dilations = [self.case.graph.nodes[layer].op.values["dilation"][self.axis] for layer in run.layers]
            steady = max(len(tuple(row)) for _, row in groupby(dilations)) >= STEADY
            mending = max(self.fronts.get(source, 1), self.behind.get(source, 1))
            mended = not steady and not _has_holes(_widened(run.reads, mending, 1))
            if len(run.layers) > 1 and _has_holes(run.reads) and not mended:
                yield run

    def _is_single(self, op: Any) -> bool:
        """Say whether a convolution works unit by unit along the axis."""
        return bool(self.axis < op.axes and op.kernel_size[self.axis] == op.stride[self.axis] == 1)

    def _convolve(self, at: int, node: Node) -> None:
        op: Any = node.op
        if self.axis >= op.axes or op.stride[self.axis] != 1:
            return
        kernel, dilation = op.kernel_size[self.axis], op.dilation[self.axis]
        root, moved = self._root(node.inputs[0])
        run = self.at.get(node.inputs[0])
        if dilation == 1:
            self.fronts[at, 0] = kernel
            if run is not None:
                self.behind[run.source] = max(kernel, self.behind.get(run.source, 1))
        elif is_known(dilation) and is_known(kernel) and kernel * dilation < LONGEST and not self._is_pyramid(node):
            run = run or Run(root, (), 1, moved)
            reads, low = _widened(run.reads, kernel, dilation), run.low - op.pads()[self.axis][0]
            if reads.bit_length() <= LONGEST:
                self._note(at, Run(run.source, (*run.layers, at), reads, low))

    def _is_pyramid(self, node: Node) -> bool:
        """Say whether convolutions of several dilations read one tensor, which together are no run."""
        readers = [self.case.graph.nodes[at].op for at in self.case.readers(node.inputs[0])]
        dilations = {op.values["dilation"][self.axis] for op in readers if op.name in CONVOLUTIONS}
        return len(dilations - {1}) > 1

    def _pass(self, at: int, node: Node) -> None:
        """Let what works unit by unit pass, and join the branches of one run."""
        inputs = [(node.inputs[which], moved) for which, moved in self._kept(node)]
        runs = [run._replace(low=run.low + moved) for read, moved in inputs if (run := self.at.get(read))]
        if not runs and len(inputs) == 1:
            root, before = self._root(inputs[0][0])
            self.roots[at, 0] = root, before + inputs[0][1]
            return
        source = runs[0].source if runs else None
        for read, moved in inputs:
            root, before = self._root(read)
            if root == source:
                runs.append(Run(root, (), 1, before + moved))
        if runs and len(runs) == len(inputs) and all(run.source == source for run in runs):
            low = min(run.low for run in runs)
            reads = 0
            for run in runs:
                reads |= run.reads << (run.low - low)
            self._note(at, Run(runs[0].source, max((run.layers for run in runs), key=len), reads, low))
        elif inputs:
            self.fronts[at, 0] = max(self.fronts.get(self._root(read)[0], 1) for read, _ in inputs)

    def _note(self, at: int, run: Run) -> None:
        """Note the run that a layer's result is in."""
        self.at[at, 0] = run
        known = self.longest.get(run.source)
        if known is None or len(run.layers) >= len(known.layers):
            self.longest[run.source] = run

    def _root(self, read: Result) -> tuple[Result, int]:
        return self.roots.get(read, (read, 0))

    def _kept(self, node: Node) -> tuple[tuple[int, int], ...]:
        """Return the inputs that are read unit by unit along the axis, and how far they are moved."""
        key = id(node.op), id(node.answer)
        if key not in self.kept:
            self.kept[key] = self._kept_by(node)
        return self.kept[key]

    def _kept_by(self, node: Node) -> tuple[tuple[int, int], ...]:
        answer = node.answer
        if answer is None or None in node.input_shapes:
            return ()
        shapes: Any = node.input_shapes
        dim = 2 + self.axis
        found = []
        for reading in node.op.reads(0, shapes, answer.outputs):
            source = reading.sources[dim] if len(reading.sources) > dim else None
            window = source[1] if source and source[0] == dim and reading.before == reading.after else None
            if window is not None and window.period == window.shift == 1 and window.taps[0][2] == 1:
                found.append((reading.input, window.taps[0][0]))
        return tuple(found)


def _widened(reads: int, kernel: int, dilation: int) -> int:
    """Return the offsets that a window over a set of offsets reads."""
    found = 0
    for tap in range(min(kernel, LONGEST)):
        found |= reads << (dilation * tap)
    return found


def _has_holes(reads: int) -> bool:
    """Say whether there are offsets between the first and the last that are not read."""
    return reads & (reads + 1) != 0


def say(case: Case, places: Sequence[tuple[int, Runs]]) -> Said:
    """Say which positions are read."""
    at, runs = places[0]
    axis, run = runs[0]
    op: Any = case.graph.nodes[at].op
    names = both(AXIS_NAMES[op.axes][axis] for axis, _ in runs)
    rows = groupby(case.graph.nodes[layer].op.values["dilation"][axis] for layer in run.layers)
    counts = [(dilation, len(tuple(row))) for dilation, row in rows]
    dilations = both(f"{dilation}" + f" ({count} times)" * (count > 1) for dilation, count in counts)
    message = (
        f"the convolutions from `{case.name(run.layers[0])}` to `{case.name(at)}` leave holes: dilations {dilations} "
        f"read {run.reads.bit_count()} of {run.reads.bit_length()} positions in a row"
    )
    pattern = f"{run.reads:b}"[:SHOWN].replace("1", "#").replace("0", ".")
    label = f"along {names}: {pattern}{'...' if run.reads.bit_length() > SHOWN else ''}"
    return Said(message, label, "dilations such as 1, 2, 5 read every position")
