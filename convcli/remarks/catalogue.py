"""The closed list of what is said of a run, in the order of the codes."""

from collections.abc import Callable

from convcli.diagnostics import WARNING, Diagnostic
from convcli.remarks import measurement, network
from convcli.remarks.ran import Ran, Remark
from convcli.report import Report
from convcli.rules.ignores import Ignores

REMARKS: tuple[Callable[[Ran], Remark | None], ...] = (
    measurement.spoiled,
    measurement.crowded,
    measurement.unsteady,
    measurement.faulting,
    measurement.inconsistent,
    network.between_layers,
    measurement.slow_first,
    network.memory,
    measurement.odd_numbers,
    network.slow_layout,
    network.moving,
    network.slow_half,
    measurement.beaten_ceiling,
)


def remarks(report: Report, ignores: Ignores | None = None) -> tuple[Diagnostic, ...]:
    """Return what is to be said of a report's run.

    Args:
        report: with its times; without them nothing is said.
        ignores: the comments of the network's file that silence what is said of layers.
    """
    if report.timings is None or not report.timings.subjects:
        return ()
    ran = Ran(report, report.timings, ignores)
    return tuple(_diagnostic(one) for find in REMARKS if (one := find(ran)) is not None)


def _diagnostic(remark: Remark) -> Diagnostic:
    """Give a remark its place: that of the layer that matters most."""
    if not remark.layers:
        return Diagnostic(remark.code, remark.message, help=remark.help, level=WARNING)
    place = remark.layers[0]
    return Diagnostic(
        remark.code, remark.message, place.span, "", remark.help, WARNING, (), place.via, len(remark.layers) - 1
    )
