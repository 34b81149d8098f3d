"""Which input sizes a network takes, which of them lose nothing at a border, and those near a size.

One axis at a time, the others at a size that works; sizes that are shown are resolved once more.
"""

from collections.abc import Callable

from convcli.collector import paused_collector
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.human import show_shape
from convcli.input_sizes.explore import LARGEST_SIZE, Piece, explore
from convcli.input_sizes.sizes import Sizes, sizes_of
from convcli.input_sizes.walk import Failed
from convcli.quantity import Shape
from convcli.record import Record
from convcli.solving.trials import Asked, Trials
from convcli.window import AXIS_NAMES

Progress = Callable[[float], None]


class AxisSizes(Record):
    """What an axis may be, the others as they are: which sizes work, and which of them lose nothing."""

    __slots__ = ()

    name: str
    size: int
    works: Sizes
    lossless: Sizes


class Near(Record):
    """The sizes around one that was asked for, None where there are none; each was resolved.

    `together` is False where one is left out because its axes work apart, but not together.
    """

    __slots__ = ()

    asked: Shape
    works_below: Shape | None
    works_above: Shape | None
    lossless_below: Shape | None
    lossless_above: Shape | None
    together: bool


class SizeSolution(Record):
    """The answer to "which input sizes".

    Attributes:
        network: the network's name.
        inputs: the inputs whose sizes change; the second and further ones in proportion to the first.
        shape: the first one's, without the batch, at which its axes were looked at.
        axes: what each of its axes may be; empty where no size works.
        near: the sizes around one; None where none was asked for.
        weights: a layer whose weights depend on the size, so that trained ones fit only one; None without.
        failure: what is wrong with the size that was given.
    """

    __slots__ = ()

    network: str
    inputs: tuple[str, ...]
    shape: Shape
    axes: tuple[AxisSizes, ...]
    near: Near | None
    weights: str | None
    failure: tuple[Diagnostic, ...]

    def works(self) -> bool:
        """Say whether there is a size that works."""
        return bool(self.axes)

    def divisible_by(self) -> tuple[int | None, ...]:
        """Return for each axis the largest number that divides every size that works; None where they end."""
        return tuple(axis.works.common_divisor() for axis in self.axes)


def solve(asked: Asked, near: Shape | None, failure: tuple[Diagnostic, ...], progress: Progress) -> SizeSolution:
    """Find the sizes that a network takes; `failure` is what is wrong with the one that was given."""
    given = tuple(asked.main()[axis] for axis in asked.axes)
    near = _each_axis(near, given) if near else given if failure else None
    inputs = tuple(asked.graph.inputs[index].name for index in asked.inputs)
    trials = Trials(asked)
    with paused_collector():
        if not trials.settle():
            return SizeSolution(asked.graph.name, inputs, asked.main()[1:], (), None, None, failure)
        names = AXIS_NAMES.get(len(asked.axes)) or tuple(f"axis {axis}" for axis in asked.axes)
        axes: list[AxisSizes] = []
        for axis, name in zip(asked.axes, names, strict=True):
            before = len(axes)
            axes.append(_axis(trials, axis, name, lambda done, before=before: progress((before + done) / len(names))))  # type: ignore[misc]
        around = _near(trials, near, axes) if near else None
        shape = trials.shapes[asked.inputs[0]][1:]
        return SizeSolution(
            asked.graph.name, inputs, shape, tuple(axes), around, _weights_that_change(trials, axes), failure
        )


def _each_axis(near: Shape, given: Shape) -> Shape:
    """Return the size that was asked for, one number for each axis."""
    if len(near) == 1:
        return near * len(given)
    if len(near) != len(given):
        message = f"`--near {show_shape(near)}` has {len(near)} numbers, the input has {len(given)} axes that change"
        help = f"write `--near {show_shape(near[-len(given) :] if len(near) > len(given) else given)}`, or one number"
        raise ConvcliError([Diagnostic("CV002", message, help=help)])
    return near


def _axis(trials: Trials, axis: int, name: str, progress: Progress) -> AxisSizes:
    """Find what one axis may be."""
    done = 0

    def watch(piece: Piece) -> bool:
        nonlocal done
        done += (piece.last - piece.first) // piece.step + 1
        progress(done / LARGEST_SIZE)
        return True

    trials.nodes = None
    size = trials.shapes[trials.asked.inputs[0]][axis]
    asked = trials.asked
    pieces = explore(lambda n: trials.verdict({axis: n}), size, asked.window(), asked.effort(), watch)
    works = sizes_of(pieces, size, lambda verdict: verdict.works)
    return AxisSizes(name, size, works, sizes_of(pieces, size, lambda verdict: verdict.lossless))


def _weights_that_change(trials: Trials, axes: list[AxisSizes]) -> str | None:
    """Return the name of a layer whose weights are others at another size; of sizes that do not work there is none."""
    try:
        here = trials.resolved({})
    except Failed:
        return None
    for axis, sizes in zip(trials.asked.axes, axes, strict=True):
        other = sizes.works.next(2 * sizes.size) or sizes.works.before(sizes.size - 1)
        nodes = trials.resolved({axis: other}).nodes if other is not None else []
        for one, two in zip(here.nodes, nodes, strict=False):
            if one.op is not two.op and one.op.weights() != two.op.weights():
                return one.name
    return None


def _near(trials: Trials, asked: Shape, axes: list[AxisSizes]) -> Near:
    """Find the sizes around one, on each axis apart, and try each combination."""
    works, lossless = [axis.works for axis in axes], [axis.lossless for axis in axes]
    found: list[Shape | None] = []
    together = True
    for columns, move in ((works, Sizes.before), (works, Sizes.next), (lossless, Sizes.before), (lossless, Sizes.next)):
        sizes = [size for column, near in zip(columns, asked, strict=True) if (size := move(column, near)) is not None]
        if len(sizes) < len(axes):
            found.append(None)
            continue
        verdict = trials.at(tuple(sizes))
        holds = verdict.works if columns is works else verdict.lossless
        found.append(tuple(sizes) if holds else None)
        together = together and holds
    below, above, lossless_below, lossless_above = found
    return Near(asked, below, above, lossless_below, lossless_above, together)
