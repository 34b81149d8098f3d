"""What is said of a run: each remark where it belongs, none where somebody has tried what it would propose."""

import pytest
from measured import BLOCKING, MS, NAMES, network, process, run
from test_timing_table import AGAINST, CEILINGS, PREDICTED

from convcli.asking import counted, graph_of
from convcli.explanations.timing import TIMING
from convcli.readers.network_file import read_network
from convcli.remarks.catalogue import REMARKS, remarks
from convcli.rules.written import Written
from convcli.running.times import with_times
from convcli.source import Source
from convcli.timing.pool import Asked, timings
from convcli.timing.protocol import AGAIN, TIMED, Config, Subject
from convcli.timing.record import NOT_FINITE, Predicted

FINE = (10 * MS, MS, 3 * MS)
"""Of a pass of 15 ms, so that little lies between them."""

POOLED = "(conv): Conv2d(3, 64, 7, stride=2, padding=3)\n(pool): MaxPool2d(2)\n(fc): Linear(56, 10)"


def fine(pid=1, **fields):
    """Make a process against which nothing can be said."""
    return process(**{"pid": pid, "nodes": FINE, "warm": {"network": (35 * MS, 4)}, **fields})


def three(**fields):
    return [fine(pid, **fields) for pid in (1, 2, 3)]


def said(*told, layers=None, config=Config(), wanted=None, **options):
    """Return what is said of a run, by code."""
    report = network(**({"layers": layers} if layers else {}), **(wanted or {}))[1]
    names = tuple(row.name for row in report.layers)
    found = run(*(told or three()), config=config, names=names, **options)
    return {one.code: one for one in remarks(report._replace(timings=found))}


def facts(**more):
    return {"blocking": {**BLOCKING, **more}}


def test_nothing_is_said_of_a_good_run():
    assert said() == {}


def test_nothing_is_said_without_a_run():
    assert remarks(network()[1]) == ()


def test_each_remark_has_its_code_and_explanation():
    assert len(TIMING) == len(REMARKS)


def test_many_spoiled_passes():
    found = said(fine(spoil=range(9)), fine(2), fine(3, spoil=range(9)))["CV501"]
    assert found.message == "18 of 60 passes are left out: most of them waited for a core"
    assert found.help.startswith("close what else runs on this machine; `--threads 1` needs one core alone; a longer")
    assert (found.level, found.span) == ("warning", None)


def test_a_few_spoiled_passes_are_no_matter():
    assert "CV501" not in said(fine(spoil=range(4)), fine(2, spoil=range(4)), fine(3))


def test_one_thread_is_not_proposed_to_whoever_has_one():
    told = [fine(pid, spoil=range(9), **facts(threads=1)) for pid in (1, 2, 3)]
    assert "--threads" not in said(*told)["CV501"].help


def test_a_device_that_is_slowed_down():
    told = fine()
    slow = tuple(one._replace(sample=one.sample._replace(throttled=True)) for one in told.passes)
    assert said(told._replace(passes=slow))["CV501"].help.startswith("let the device cool down")


@pytest.mark.parametrize(
    ("more", "message", "help"),
    [
        (
            {"threads": 8, "cores": 4, "quota": None},
            "torch has 8 threads, and this process may use 4 cores",
            "`--threads 4`",
        ),
        (
            {"threads": 8, "cores": 8, "quota": 2.5},
            "torch has 8 threads, and this process may use 2.5 cores",
            "`--threads 2`",
        ),
    ],
)
def test_more_threads_than_cores(more, message, help):
    found = said(*three(**facts(**more)))["CV502"]
    assert (found.message, found.help) == (message, help)


@pytest.mark.parametrize(
    "more", [{"threads": 4, "cores": 4}, {"threads": 1, "cores": 2, "quota": 0.5}, {"threads": 4, "cores": None}]
)
def test_enough_cores(more):
    assert said(*three(**facts(**more))) == {}


def test_unsteady_passes():
    found = said(*three(jitter=0.15))["CV503"]
    assert found.message.startswith("the middle half of the passes spreads over 1")
    assert "CV503" not in said(*three(jitter=0.05))


def test_processes_that_disagree():
    found = said(fine(), fine(2, by=1.4), fine(3, by=2.0))["CV503"]
    assert found.message == "there is no time of a pass: processes disagree by 40 %"


def faulty(pid, faults=2300, **more):
    told = fine(pid, **facts(**more))
    return told._replace(passes=tuple(o._replace(sample=o.sample._replace(faults=faults)) for o in told.passes))


def test_page_faults():
    found = said(*(faulty(pid, malloc="system") for pid in (1, 2, 3)))["CV504"]
    assert found.message.startswith("a pass has 2,300 page faults")
    assert found.help.startswith("leave out `--malloc system`")


def test_page_faults_although_the_allocator_is_told():
    assert "--malloc" not in said(*(faulty(pid, malloc="tuned") for pid in (1, 2, 3)))["CV504"].help
    assert said(*(faulty(pid, 50) for pid in (1, 2, 3))) == {}


def test_layers_that_do_not_add_up():
    assert said(*three(nodes=(5 * MS, MS, MS)))["CV505"].message == "the layers add up to 0.87 of a pass"


def slower(kind, by):
    """Return three processes whose passes of a kind take so much longer."""

    def change(one):
        if one.kind != kind:
            return one
        nodes = one.nodes and tuple(round(node * by) for node in one.nodes)
        return one._replace(sample=one.sample._replace(wall_ns=round(one.sample.wall_ns * by)), nodes=nodes)

    return [told._replace(passes=tuple(map(change, told.passes))) for told in three()]


def test_timestamps_that_cost_too_much():
    found = said(*slower(TIMED, 1.08))["CV505"].message
    assert found == "timestamps make a pass 1.08 times as long"


def test_equal_passes_that_differ():
    assert said(*slower(AGAIN, 1.03))["CV505"].message == "the same pass again takes 1.03 times as long"
    assert said(*slower(AGAIN, 1.01)) == {}


HURRIED = (1_000_000, 300_000, 400_000)
"""Layers of a pass of 2.7 ms."""


def test_time_between_layers():
    found = said(*three(nodes=HURRIED))["CV506"]
    assert found.message == "37 % of a pass lie between its layers"
    assert found.help.startswith("a larger batch, `--batch 8`, shares it among more samples; `--compile` measures")


def test_what_was_tried_is_not_proposed():
    report = network()[1]._replace(batch=16)
    asked = [Asked("network", Config(), NAMES), Asked("compiled", Config(compile=True))]
    found = timings(asked, three(nodes=HURRIED))
    (one,) = [one for one in remarks(report._replace(timings=found)) if one.code == "CV506"]
    assert one.help == "a network of fewer, larger layers"


def test_a_gpu_that_waits():
    told = fine()
    idle = tuple(o._replace(sample=o.sample._replace(device_ns=o.sample.wall_ns // 2)) for o in told.passes)
    found = said(told._replace(passes=idle), config=Config("cuda"))["CV506"]
    assert found.message == "the device waits for work for a good part of a pass"
    assert "`--cuda-graph`" in found.help


def test_a_slow_first_pass():
    found = said(*three(warm={"network": (500 * MS, 4)}))["CV507"]
    assert found.message == "the first pass takes 500 ms, 33 times as long as the others"
    assert said(*three(warm={"network": (90 * MS, 4)})) == {}


def test_more_memory_than_was_predicted():
    found = said(*three(peaks={"network": 100 << 20}))["CV508"]
    assert found.message == "a pass takes 100 MiB beside the weights, and 6.70 MiB were predicted"
    assert "`--channels-last`" in found.help
    assert (
        "--channels-last"
        not in said(*three(peaks={"network": 100 << 20}), config=Config(channels_last=True))["CV508"].help
    )
    assert said(*three(peaks={"network": 60 << 20})) == {}


def test_numbers_that_are_not_finite():
    assert "are not finite" in said(fine(notes=(NOT_FINITE,)), fine(2), fine(3))["CV509"].message
    assert "are the same everywhere" in said(*three(notes=("constant",)))["CV509"].message


def test_slow_pools():
    found = said(layers=POOLED)["CV510"]
    assert found.message == "pooling takes 7 % of a pass: with channels first it is slow on a processor"
    assert found.span.text() == "MaxPool2d(2)"


@pytest.mark.parametrize(
    "config", [Config(channels_last=True), Config(device="cuda")], ids=["channels last", "on a GPU"]
)
def test_pools_that_are_not_slow_for_their_layout(config):
    assert "CV510" not in said(layers=POOLED, config=config)


def test_the_other_layout_is_not_proposed_where_it_was_measured():
    report = network(POOLED)[1]
    asked = [
        Asked("network", Config(), tuple(row.name for row in report.layers)),
        Asked("other layout", Config(channels_last=True)),
    ]
    assert remarks(report._replace(timings=timings(asked, three()))) == ()


def test_a_network_that_moves_numbers():
    found = said(*three(nodes=(3 * MS, 5 * MS, MS)))["CV511"]
    assert found.message == "layers without multiply-accumulates take 50 % of a pass: memory bounds them"
    assert found.help == "`--compile` fuses them with their neighbours; `--dtype bfloat16` halves what they move"


def test_half_precision_is_not_proposed_where_it_gains_nothing():
    told = three(nodes=(3 * MS, 5 * MS, MS), **facts(capability="AVX2"))
    assert "bfloat16" not in said(*told)["CV511"].help


def test_half_precision_without_hardware():
    half = Config(dtype="bfloat16")
    found = said(*three(**facts(capability="AVX2")), config=half)["CV512"]
    assert found.message == "this processor computes bfloat16 by way of float32"
    assert said(*three(**facts(capability="AVX512")), config=half) == {}
    slow = CEILINGS._replace(flops={"float32": {"matmul": 2e11}, "bfloat16": {"matmul": 1e11}})
    assert "slower than float32" in said(*three(), config=half, ceilings=slow)["CV512"].message


def test_a_layer_that_beats_the_machine():
    beaten = {**AGAINST, "predictions": (Predicted(12e-3), *PREDICTED[1:])}
    assert said(**beaten)["CV513"].message.startswith("`conv` is faster than the ceiling")
    assert said(**AGAINST) == {}


# ---- comments

FILE = """\
input: [3, 224, 224]
layers:
  - conv: Conv2d(3, 64, 7, stride=2, padding=3)
  - pool: MaxPool2d(2)  # convcli: ignore[{name}] {why}
  - fc: Linear(56, 10)
"""


def commented(name, why):
    """Return the codes that are said of a file with a comment, its run included."""
    words = read_network(Source("net.yaml", FILE.format(name=name, why=why)))
    graph, findings = graph_of(words, needs_input=True)
    written = Written(words, True)
    report = counted(graph, findings, warnings=True, written=written)
    subjects = [Subject("network", {}, "", Config())]
    timed = with_times(report, graph, subjects, three(), written=written)
    return [one.code for one in timed.findings]


def test_a_comment_silences_what_is_said_of_a_layer():
    assert commented("slow-layout", "the exporter wants it so") == []
    assert commented("CV510", "the exporter wants it so") == []


def test_a_comment_without_a_reason_does_not():
    assert commented("slow-layout", "") == ["CV314", "CV510"]


def test_a_comment_of_another_rule_does_not():
    assert commented("gridding", "no reason at all") == ["CV314", "CV510"]


def test_who_wants_no_warnings_gets_none():
    graph, report = network(POOLED)
    timed = with_times(report, graph, [Subject("network", {}, "", Config())], three(), warnings=False)
    assert timed.findings == ()
