"""The times of layers: their shares within a pass, of the plain pass.

A pass with timestamps takes a little longer than one without, and passes differ. So a layer's time
is its share of the same pass, times the median of plain passes. Forward is a share of the forward
phase, backward of the backward phase. What is left between the layers stands apart, as `rest`; the
medians of skewed times do not add up to the median of their sum, so layers and rest may lack a
percent of the whole.
"""

from collections.abc import Callable, Sequence

from convcli.timing.figure import FEWEST, figure
from convcli.timing.protocol import PLAIN, TIMED, Config, Pass
from convcli.timing.record import Figure, LayerTime, Process
from convcli.timing.samples import Told, busy, clean, of_kind, phase, told, told_in_pairs
from convcli.timing.statistics import median

PAIRS = 20
"""A layer that takes less than so many pairs of timestamps is too short for them."""

SHORTEST_EVENT = 10e-6
"""On a GPU: events are half a microsecond apart at least (CUDA's manual, cudaEventElapsedTime)."""

FUSED, REPLAYED, NOT_TIMED = "fused by the compiler", "replayed as one graph", "not timed"
NO_BACKWARD = "nothing flows back through it"

Nodes = Callable[[Pass], Sequence[int | None] | None]


class Layers:
    """The layers of a subject, with what its processes told of them."""

    def __init__(self, names: Sequence[str], config: Config, processes: Sequence[Process], subject: str) -> None:
        self.names = names
        self.config = config
        self.on_gpu = config.device.startswith("cuda")
        self.processes = processes
        self.plain = [of_kind(process, subject, PLAIN) for process in processes]
        self.timed = [of_kind(process, subject, TIMED) for process in processes]
        self.misfit = not all(self.fits(one) for passes in self.timed for one in passes)
        self.backward = any(one.backward_nodes is not None for passes in self.timed for one in passes)

    def fits(self, one: Pass) -> bool:
        """Say whether a pass has a number for each layer."""
        back = one.backward_nodes
        return len(one.nodes or ()) == len(self.names) and (back is None or len(back) == len(self.names))

    def reason(self) -> str | None:
        """Say why there are no times of layers; None where there are."""
        if self.config.compile:
            return FUSED
        if self.config.cuda_graph:
            return REPLAYED
        if self.misfit:
            return "the process has other layers"
        return None if any(map(len, self.timed)) else NOT_TIMED

    def timer(self, process: Process) -> float:
        """Return the seconds that a pair of timestamps adds to what lies between them; events add nothing."""
        return 0.0 if self.on_gpu else process.timer_ns / 1e9

    def parts(self, one: Pass, process: Process) -> float:
        """Return the seconds of a pass with timestamps that layers, and the optimiser, account for."""
        nodes = [*(one.nodes or ()), *(one.backward_nodes or ())]
        found = sum(max(ns / 1e9 - self.timer(process), 0.0) for ns in nodes if ns is not None)
        return found + (phase(one, 2) if len(one.phases) > 2 else 0.0)

    def whole(self, one: Pass, process: Process) -> float:
        """Return the seconds of a pass with timestamps, without these."""
        nodes = [*(one.nodes or ()), *(one.backward_nodes or ())]
        return busy(one) - self.timer(process) * sum(ns is not None for ns in nodes)

    def rest(self, total: Figure) -> Figure:
        """Return what lies between the layers."""
        return figure([self.rests(*one) for one in self.by_process()], total.value)

    def rests(self, process: Process, plain: Sequence[Pass], timed: Sequence[Pass]) -> Told:
        """Return what a process told of the rest: the seconds that it has of a plain pass."""
        scale = _scale(plain, busy)
        if scale is None:
            return told(process, timed, busy)._replace(values=())
        return told(process, timed, lambda one: (1 - self.parts(one, process) / self.whole(one, process)) * scale)

    def closure(self) -> Figure:
        """Return the layers of passes with timestamps, relative to the plain passes of their rounds."""
        return figure([self.closures(*one) for one in self.by_process()])

    def closures(self, process: Process, plain: Sequence[Pass], timed: Sequence[Pass]) -> Told:
        """Return what a process told of the closure."""
        return told_in_pairs(process, (plain, timed), lambda one, other: self.parts(other, process) / busy(one))

    def times(self, total: Figure) -> tuple[LayerTime, ...]:
        """Return the time of each layer."""
        forward = self.figures(lambda one: one.nodes, 0)
        backward = self.figures(lambda one: one.backward_nodes, 1) if self.backward else [None] * len(self.names)
        return tuple(
            LayerTime(name, there, back, _share(there, back, total))
            for name, there, back in zip(self.names, forward, backward, strict=True)
        )

    def figures(self, nodes: Nodes, at: int) -> list[Figure]:
        """Return the figure of each layer in a phase."""
        columns = [self.columns(process, plain, timed, nodes, at) for process, plain, timed in self.by_process()]
        limit = SHORTEST_EVENT if self.on_gpu else PAIRS * max(map(self.timer, self.processes))
        rows = [nodes(one) or () for passes in self.timed for one in passes]
        there = {layer for row in rows for layer, ns in enumerate(row) if ns is not None}
        return [
            self.figure([column[layer] for column in columns], limit)
            if layer in there
            else Figure(None, 0.0, 0.0, reason=NO_BACKWARD)
            for layer in range(len(self.names))
        ]

    def by_process(self) -> list[tuple[Process, list[Pass], list[Pass]]]:
        """Return each process with its plain passes and those with timestamps."""
        return list(zip(self.processes, self.plain, self.timed, strict=True))

    def columns(
        self, process: Process, plain: Sequence[Pass], timed: Sequence[Pass], nodes: Nodes, at: int
    ) -> list[Told]:
        """Return what a process told of each layer: the seconds that it has of a plain pass."""
        timer, scale = self.timer(process), _scale(plain, lambda one: phase(one, at))
        empty = told(process, timed, busy)._replace(values=())
        rows = []
        for one in clean(timed) if scale else ():
            values = nodes(one) or (None,) * len(self.names)
            whole = phase(one, at) - timer * (sum(ns is not None for ns in values))
            by = scale / whole if scale and whole > 0 else 0.0
            rows.append([None if ns is None else max(ns / 1e9 - timer, 0.0) * by for ns in values])
        if not rows:
            return [empty] * len(self.names)
        return [
            empty._replace(values=tuple(value for value in column if value is not None))
            for column in zip(*rows, strict=True)
        ]

    def figure(self, found: Sequence[Told], limit: float) -> Figure:
        """Pool what processes told of a layer; what is too short for timestamps has bounds alone."""
        values = [value for one in found for value in one.values]
        pooled = figure(found)
        if values and median(values) < limit and len(values) >= FEWEST:
            why = "shorter than 10 us, for events" if self.on_gpu else f"shorter than {PAIRS} timer pairs"
            return Figure(None, 0.0, limit, len(values), reason=why, medians=pooled.medians)
        return pooled


def layer_times(layers: Layers, total: Figure) -> tuple[tuple[LayerTime, ...], str | None, Figure | None]:
    """Return the times of layers, why there are none, and the rest.

    Where the whole deserves no trust its layers do not either.
    """
    reason = layers.reason()
    if reason is not None:
        return (), reason, None
    if total.value is None:
        nothing = Figure(None, reason=total.reason)
        back = nothing if layers.backward else None
        return tuple(LayerTime(name, nothing, back, None) for name in layers.names), None, nothing
    return layers.times(total), None, layers.rest(total)


def _scale(plain: Sequence[Pass], value: Callable[[Pass], float]) -> float | None:
    """Return the median of plain passes; None where there are too few."""
    good = clean(plain)
    return median([value(one) for one in good]) if len(good) >= FEWEST else None


def _share(forward: Figure, backward: Figure | None, total: Figure) -> float | None:
    parts = [forward] if backward is None or backward.reason == NO_BACKWARD else [forward, backward]
    values = [part.value for part in parts if part.value is not None]
    return sum(values) / total.value if total.value and len(values) == len(parts) else None
