"""What processes told, put into the report of the network that they ran."""

from collections.abc import Sequence

from convcli.graph import Graph
from convcli.remarks.catalogue import remarks
from convcli.rendered import Report
from convcli.rules.judge import ignores_of
from convcli.rules.written import Written
from convcli.timing.pool import COMPLETE, Asked, timings
from convcli.timing.protocol import Subject
from convcli.timing.record import Ceilings, Predicted, Process


def with_times(
    report: Report,
    graph: Graph,
    subjects: Sequence[Subject],
    processes: Sequence[Process],
    *,
    ended: str = COMPLETE,
    seconds: float = 0.0,
    ceilings: Ceilings | None = None,
    predictions: Sequence[Predicted] | None = None,
    whole: Predicted | None = None,
    warnings: bool = True,
    written: Written | None = None,
) -> Report:
    """Give a report the times of its network; all subjects are that network, differently run.

    Args:
        report: of the network, without times.
        graph: what each process built.
        subjects: of the job, in its order.
        processes: what each told, those that were cut short too.
        ended: what cut the run short, if not `COMPLETE`.
        seconds: how long it took.
        ceilings: of the machine.
        predictions: of the layers, in the graph's order.
        whole: the prediction of the whole network.
        warnings: say in `findings` too what the run has to say of itself and of the network.
        written: the network in words, for the comments that silence some of that.
    """
    names = tuple(node.name for node in graph.nodes)
    asked = [Asked(one.name, one.config, names if one.timed else ()) for one in subjects]
    found = timings(
        asked, processes, ceilings=ceilings, predictions=predictions, whole=whole, ended=ended, seconds=seconds
    )
    timed = report._replace(timings=found)
    if not warnings:
        return timed
    return timed._replace(findings=(*timed.findings, *remarks(timed, ignores_of(written))))
