"""Times in tables: the columns, sums over scopes, what deserves no trust, and the lines below."""

import csv
import io
import re
from itertools import takewhile
from pathlib import Path

import pytest
from measured import MS, NAMES, network, one_pass, process, run

from convcli.diagnostics import ConvcliError
from convcli.styled import text_of
from convcli.timing.pool import Asked, timings
from convcli.timing.protocol import TIMED, Config, Pass, Sample
from convcli.timing.record import Ceilings, Predicted
from convcli.writers.html import html_table
from convcli.writers.table import table_lines
from convcli.writers.text_tables import write_csv, write_markdown
from convcli.writers.times import KEYS
from convcli.writers.view import View

PAGE = Path(__file__).parent.parent / "docs" / "timing.md"

CEILINGS = Ceilings(
    "cpu",
    "Some CPU",
    "2.13.0",
    2,
    {"matmul": "highest"},
    {"float32": {"matmul": 1.6e11, "conv": 1.7e11}},
    ((1 << 20, 3e10),),
    ((1 << 20, 5e10),),
    {},
    0.0,
)
PREDICTED = (Predicted(4e-3, 5.5e-3, 0.5), Predicted(5e-4, 9e-4, 0.5), Predicted(1e-3, 2.2e-3, 0.5))
WHOLE = Predicted(5.5e-3, 8.6e-3, 0.25)
RAN = "[2 threads, float32, channels first, Some CPU, torch 2.13.0, 3 processes, seed 0, 8 s in all]"
AGAINST = {"ceilings": CEILINGS, "predictions": PREDICTED, "whole": WHOLE}


def timed(told=None, **wanted):
    """Return the report of the network of three layers with the times of a run."""
    return network(**wanted)[1]._replace(timings=told or run(jitter_free(1), jitter_free(2), jitter_free(3)))


def jitter_free(pid, **fields):
    return process(pid=pid, jitter=0.0, **fields)


def table(report, view=View(), width=None):
    return list(map(text_of, table_lines(report, view, width)))


def below(report, label, width=None):
    """Return the line of a label below the table, and those that go on with it."""
    lines = table(report, width=width)
    at = next(number for number, line in enumerate(lines) if line.startswith(label))
    more = takewhile(lambda line: line.startswith(" " * 29), lines[at + 1 :])
    return "\n".join([lines[at], *more])


def column(report, key, *, layers=None):
    """Return the cells of a column, by layer, as a table without limits has them."""
    lines = table(report, View(columns=f"name,{key}"))
    rows = lines[3 : lines.index("", 3)]
    found = {row.split()[0]: row.strip().partition(" ")[2].split("  ")[-1].strip(" █▏▎▍▌▋▊▉") for row in rows}
    return found if layers is None else [found[name] for name in layers]


def test_a_run_shows_times_first():
    assert table(timed())[2:6] == [
        "layer  operator                                  time  +- %  % time            FLOP/s",
        "conv   Conv2d(3, 64, 7, stride=2, padding=3)  6.00 ms   0.0    60.0  ████████  39.3 G",
        "relu   ReLU()                                 1.00 ms   0.0    10.0  █▍",
        "fc     Linear(112, 10)                        2.00 ms   0.0    20.0  ██▋       8.03 G",
    ]


def test_it_fits_a_terminal():
    report = timed(run(jitter_free(1), jitter_free(2), **AGAINST))
    assert table(report, width=80)[2:4] == [
        "layer  operator            time  +- %  % time            FLOP/s  % roof",
        "conv   Conv2d k7 s2 p3  6.00 ms   0.0    60.0  ████████  39.3 G    66.7",
    ]
    assert max(map(len, table(report, width=80))) <= 80


def test_the_lines_below_say_how_it_was_measured():
    report = timed(run(jitter_free(1), jitter_free(2, spoil=(3, 4)), jitter_free(3), seconds=7.5, **AGAINST))
    lines = table(report)
    assert lines[lines.index(below(report, "pass")) :] == [
        "pass                10.0 ms  [10.0 ms to 10.0 ms, 3 processes; forward, no gradients, batch 1]",
        "samples            58 of 60  [clean; left out: 2 waited for a core]",
        "rest                1.00 ms  [between layers: executor and dispatch]",
        "first pass          35.0 ms  [the very first, which also prepares the kernels]",
        "peak               1.00 MiB  [measured, without weights; 6.70 MiB predicted]",
        "effective      25.2 GFLOP/s  [2 * MACs a second, forward; 55 % of the roof]",
        "predicted           8.60 ms  [before it ran, within 25 %; 5.50 ms is a bound of this machine]",
        "closure               0.900  [the layers together, relative to a pass without timestamps]",
        "overhead              1.000  [a pass with timestamps, relative to one without]",
        "A/A                   1.000  [the same pass again, relative to the first]",
        f"ran                     cpu  {RAN}",
    ]


def test_where_there_is_no_room_words_go_on_in_the_next_line():
    assert below(timed(), "closure", 80) == (
        "closure               0.900  [the layers together, relative to a pass without\n" + " " * 29 + "timestamps]"
    )


def test_bounds_and_predictions_are_columns():
    report = timed(run(**AGAINST))
    assert column(report, "bound", layers=NAMES) == ["4.00 ms", "500 us", "1.00 ms"]
    assert column(report, "predicted", layers=NAMES) == ["5.50 ms", "900 us", "2.20 ms"]


def test_a_layer_has_quartiles_and_a_scope_has_none():
    report = scoped((6 * MS, MS, 2 * MS))
    for key in ("time_min", "time_p25", "time_p75", "time_p95"):
        assert column(report, key) == {"stem": "", "conv": "6.00 ms", "relu": "1.00 ms", "fc": "2.00 ms"}
    assert column(report, "time_n", layers=NAMES) == ["60", "60", "60"]


def test_bytes_a_second_need_the_bytes():
    assert column(timed(roofline=True), "byte_s", layers=NAMES) == ["642 M", "6.42 G", "1.75 G"]
    assert column(timed(), "byte_s", layers=NAMES) == ["?", "?", "?"]


@pytest.mark.parametrize("sort", [None, "time"])
def test_rows_are_in_order_of_time(sort):
    rows = table(timed(), View(sort=sort, top=3))[3:6]
    assert [row.split()[0] for row in rows] == ["conv", "fc", "relu"]


def test_csv_has_plain_seconds_and_nothing_for_what_is_not_known():
    out = io.StringIO()
    write_csv(timed(), out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert [float(row["time"]) for row in rows] == pytest.approx([6e-3, 1e-3, 2e-3], rel=1e-3)
    assert {(row["backward"], row["ceiling"], row["predicted"]) for row in rows} == {("", "", "")}


def test_csv_has_no_columns_of_times_without_a_run():
    out = io.StringIO()
    write_csv(network()[1], out)
    assert not {"time", "spread", "flop_s"} & set(out.getvalue().partition("\n")[0].split(","))


def test_markdown_and_html_have_the_same_columns():
    out = io.StringIO()
    write_markdown(timed(), out)
    assert "| conv | Conv2d(3, 64, 7, stride=2, padding=3) | 6.00 ms | 0.0 | 60.0 | 39.3 G |\n" in out.getvalue()
    assert "\n- closure 0.900 [the layers together" in out.getvalue()
    assert "6.00 ms</td>" in html_table(timed())


@pytest.mark.parametrize("view", [View(columns="+time"), View(sort="time")])
def test_a_column_of_times_needs_a_run(view):
    with pytest.raises(ConvcliError) as raised:
        table_lines(network()[1], view)
    assert [(one.code, one.message) for one in raised.value.diagnostics] == [("CV058", "the column `time` needs a run")]


def test_the_page_explains_each_column():
    rows = re.findall(r"^\| .+ \| (`\w+`(?:, `\w+`)*) \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(", ".join(rows).replace("`", "").split(", ")) == sorted((*KEYS, "bound"))


# ---- what deserves no trust


def test_what_was_not_measured_well_enough_is_a_dash_and_its_reason():
    report = timed(run(process(spoil=range(18)), process(pid=2, spoil=range(20)), ended="interrupted"))
    assert column(report, "time", layers=NAMES) == ["-", "-", "-"]
    assert column(report, "flop_s", layers=NAMES) == ["-", "", "-"]
    assert (
        below(report, "pass")
        == "pass                      -  [fewer than 5 clean passes; forward, no gradients, batch 1]"
    )
    assert "- fewer than 5 clean passes: nothing is said of the pass, nor of its layers" in table(report)
    assert below(report, "ran").endswith("cut short: interrupted]")


def test_a_layer_that_is_too_short_has_a_bound():
    nodes = (6 * MS, 100, 2 * MS)
    report = timed(run(*(process(pid=pid, nodes=nodes) for pid in (1, 2, 3))))
    assert column(report, "time", layers=NAMES) == ["6.00 ms", "< 1.40 us", "2.00 ms"]
    assert column(report, "share_time")["relu"] == "-"


def test_without_times_of_layers_there_is_still_a_table():
    report = timed(run(process(), process(pid=2), config=Config(compile=True)))
    assert table(report)[2].split()[:3] == ["layer", "operator", "output"]
    assert "- no times of layers: fused by the compiler" in table(report)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ceilings": CEILINGS._replace(reason="other work ran meanwhile")}, "other work ran meanwhile"),
        ({"ceilings": CEILINGS._replace(threads=1)}, "the ceilings are those of 1 thread"),
        (
            {"predictions": (Predicted(6.5e-3), *PREDICTED[1:])},
            "`conv` is faster than the ceiling, so one of them is wrong",
        ),
        ({"whole": Predicted(None)}, "not each layer has a bound"),
    ],
)
def test_nothing_is_held_against_a_ceiling_that_is_not_to_be_trusted(change, why):
    report = timed(run(**{**AGAINST, **change}))
    assert below(report, "effective").endswith(f"; no share of the roof: {why}]")
    if "whole" not in change:
        assert column(report, "ceiling", layers=NAMES) == ["-", "", "-"]


# ---- scopes, backward, other subjects

NESTED = "(a.conv): Conv2d(3, 64, 7, stride=2, padding=3)"


def scoped(nodes):
    """Return a report whose three layers stand in one scope."""
    _, report = network()
    names = tuple(f"stem.{name}" for name in NAMES)
    layers = tuple(row._replace(name=name) for row, name in zip(report.layers, names, strict=True))
    told = run(*(process(pid=pid, nodes=nodes, jitter=0.0) for pid in (1, 2, 3)), names=names)
    return report._replace(layers=layers, timings=told)


def test_a_scope_has_the_sum_of_its_layers():
    report = scoped((6 * MS, MS, 2 * MS))
    assert column(report, "time")["stem"] == "9.00 ms"
    assert column(report, "share_time")["stem"] == "90.0"
    assert column(report, "flop_s")["stem"] == "28.0 G"


def test_a_layer_that_is_too_short_does_not_matter_to_a_large_sum():
    assert column(scoped((6 * MS, 100, 2 * MS)), "time")["stem"] == "8.00 ms"


def test_processes_may_agree_about_a_sum_and_not_about_a_small_part_of_it():
    _, report = network()
    names = tuple(f"stem.{name}" for name in NAMES)
    layers = tuple(row._replace(name=name) for row, name in zip(report.layers, names, strict=True))
    told = run(
        *(process(pid=pid, nodes=(6 * MS, relu * MS, 2 * MS), jitter=0.0) for pid, relu in ((1, 1), (2, 2), (3, 3))),
        names=names,
    )
    report = report._replace(layers=layers, timings=told)
    assert column(report, "time") == {"stem": "10.0 ms", "conv": "6.00 ms", "relu": "-", "fc": "2.00 ms"}
    assert "- processes disagree: stem.relu" in table(report)


def test_the_sum_of_short_layers_is_known_from_below():
    assert column(scoped((20_000, 500, 500)), "time")["stem"] == ">= 19.9 us"
    assert column(scoped((500, 500, 500)), "time")["stem"] == "< 4.20 us"


def with_backward(pid):
    made = []
    for _ in range(20):
        nodes, back = (6 * MS, MS, 2 * MS), (12 * MS, None, 4 * MS)
        phases = (10 * MS, 17 * MS)
        made.append(Pass("network", "plain", Sample(27 * MS, 0), phases))
        made.append(Pass("network", TIMED, Sample(27 * MS, 0), phases, nodes, back))
    return process(0, pid=pid, passes=tuple(made))


def test_backward_has_a_column_of_its_own():
    told = run(*map(with_backward, (1, 2, 3)), config=Config(mode="backward"))
    report = timed(told)
    assert table(report)[2:6] == [
        "layer  operator                                  time  backward  +- %  % time",
        "conv   Conv2d(3, 64, 7, stride=2, padding=3)  6.00 ms   12.0 ms   0.0    66.7  ████████",
        "relu   ReLU()                                 1.00 ms             0.0     3.7  ▌",
        "fc     Linear(112, 10)                        2.00 ms   4.00 ms   0.0    22.2  ██▋",
    ]
    assert below(report, "pass").endswith("forward and backward, batch 1]")
    assert below(report, "backward") == "backward            17.0 ms  [17.0 ms to 17.0 ms, 3 processes]"


def test_other_ways_to_run_are_lines_with_their_ratio():
    def both(pid):
        told = jitter_free(pid)
        others = tuple(one_pass(subject="other layout", by=0.7) for _ in range(20))
        return told._replace(passes=told.passes + others)

    asked = [Asked("network", Config(), NAMES), Asked("other layout", Config(channels_last=True))]
    report = timed(timings(asked, [both(pid) for pid in (1, 2, 3)]))
    assert below(report, "other layout") == (
        "other layout        0.700 x  [faster, 0.700 to 0.700; its pass takes 7.00 ms]"
    )
