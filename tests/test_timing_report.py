"""Times in a report: put there by name, and shown in every format."""

from measured import NAMES, network, process, run

from convcli.running.times import with_times
from convcli.timing.protocol import Config, Subject


def subjects(*names, timed=True):
    return [Subject(name, {}, "", Config(), timed=timed and not at) for at, name in enumerate(names)]


def test_a_report_gets_the_times_of_its_layers():
    graph, report = network()
    timed = with_times(
        report, graph, subjects("network"), [process(pid=pid) for pid in (1, 2, 3)], seconds=7.5, warnings=False
    )
    assert timed._replace(timings=None) == report
    assert timed.timings == run(seconds=7.5)
    assert tuple(layer.name for layer in timed.timings.subjects[0].layers) == NAMES


def test_only_subjects_whose_layers_are_timed_have_layers():
    graph, report = network()
    timed = with_times(report, graph, subjects("network", "compiled"), [process()])
    assert [len(one.layers) for one in timed.timings.subjects] == [3, 0]


def test_what_was_cut_short_is_kept():
    graph, report = network()
    timed = with_times(report, graph, subjects("network"), [process(ended="interrupted")], ended="interrupted")
    assert (timed.timings.ended, len(timed.timings.processes)) == ("interrupted", 1)
