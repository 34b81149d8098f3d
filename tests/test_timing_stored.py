"""Times in JSON: written whole, read back the same, and refused where somebody has changed what cannot be."""

import io
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured import MS, NAMES, network, process, run
from test_timing_table import AGAINST, timed, with_backward

from convcli.diagnostics import ConvcliError
from convcli.source import Source
from convcli.timing.compare import compare_runs
from convcli.timing.pool import Asked, timings
from convcli.timing.protocol import AGAIN, PLAIN, TIMED, Config, Pass, Sample
from convcli.timing.record import NOTES, Ceilings, Predicted, Process
from convcli.timing.stored import read_timings
from convcli.writers.json_report import report_dict, write_json


def written(report):
    out = io.StringIO()
    write_json(report, out)
    return out.getvalue()


def read(text):
    return read_timings(Source("kept.json", text))


# ---- what is written


def test_a_report_without_a_run_has_no_times():
    assert report_dict(network()[1])["timings"] is None


def test_a_layer_has_its_figure_and_what_it_says_of_the_machine():
    found = report_dict(timed(run(process(jitter=0.0), process(pid=2, jitter=0.0), **AGAINST), roofline=True))
    layer = found["timings"]["subjects"][0]["layers"][0]
    assert layer["name"] == "conv"
    assert layer["forward"] == {
        "value": pytest.approx(6e-3, rel=1e-3), "unit": "s", "lo": pytest.approx(6e-3, rel=1e-3),
        "hi": pytest.approx(6e-3, rel=1e-3), "n": 40, "min": pytest.approx(6e-3, rel=1e-3),
        "p25": pytest.approx(6e-3, rel=1e-3), "p75": pytest.approx(6e-3, rel=1e-3),
        "p95": pytest.approx(6e-3, rel=1e-3), "reason": None, "medians": [pytest.approx(6e-3, rel=1e-3)] * 2,
    }  # fmt: skip
    assert layer["share"] == pytest.approx(0.6, rel=1e-3)
    assert layer["flops_per_second"] == pytest.approx(2 * 118013952 / 6e-3, rel=1e-3)
    assert layer["bytes_per_second"] == pytest.approx(3851264 / 6e-3, rel=1e-3)
    assert layer["ceiling"] == pytest.approx(4 / 6, rel=1e-3)


def test_a_number_that_deserves_no_trust_is_null_beside_its_reason():
    found = report_dict(timed(run(process(spoil=range(18)))))["timings"]["subjects"][0]
    assert (found["total"]["value"], found["total"]["reason"]) == (None, "fewer than 5 clean passes")
    assert (found["samples"], found["contaminated"]) == ({"all": 20, "clean": 2}, {"waited": 18})
    assert found["layers"][0]["forward"]["value"] is None
    assert found["layers"][0]["flops_per_second"] is None


def test_all_samples_are_kept():
    (told,) = report_dict(timed(run(process(7))))["timings"]["processes"]
    assert len(told["passes"]) == 21
    assert told["passes"][2]["nodes"] is not None
    assert {"seed", "pid", "blocking", "informative", "timer_ns", "ended", "notes"} <= set(told)


def test_a_layer_and_a_pass_have_a_line_each():
    lines = written(timed(run(process(7)))).splitlines()
    assert sum(line.startswith('          {"subject"') for line in lines) == 21
    assert sum(line.startswith('          {"name": "conv"') for line in lines) == 1


# ---- what is read back


@pytest.mark.parametrize(
    "found",
    [
        run(),
        run(process(spoil=range(18)), ended="interrupted", seconds=3.5),
        run(config=Config(compile=True)),
        run(*map(with_backward, (1, 2)), config=Config(mode="step", optimizer="adamw")),
        run(process(nodes=(6 * MS, 100, 2 * MS)), **AGAINST),
        run(process(0, ended="died")),
    ],
)
def test_what_was_kept_is_read_back_the_same(found):
    assert read(written(timed(found))) == found


COUNTS = st.integers(0, 1 << 40)


@st.composite
def runs(draw):
    """Draw processes that tell anything at all, in any order."""
    maybe = st.none() | COUNTS
    sample = st.builds(
        Sample, st.integers(1, 1 << 40), maybe, COUNTS, COUNTS, maybe, st.integers(1, 50),
        st.none() | st.integers(1, 1 << 40), st.booleans(),
    )  # fmt: skip
    layers = draw(st.integers(0, 3))
    phases = draw(st.integers(0, 3))
    back = draw(st.booleans())
    passes = st.builds(
        lambda kind, sample, phases, nodes, backward: Pass(
            "network", kind, sample, phases, nodes if kind == TIMED else None,
            backward if back and kind == TIMED else None,
        ),
        st.sampled_from([PLAIN, AGAIN, TIMED]), sample, st.tuples(*[COUNTS] * phases), st.tuples(*[COUNTS] * layers),
        st.tuples(*[maybe] * layers),
    )  # fmt: skip
    facts = st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | COUNTS | st.text(max_size=5), max_size=3)
    told = draw(
        st.lists(
            st.builds(
                Process, COUNTS, COUNTS, facts, facts, st.integers(0, 1000), st.lists(passes, max_size=24).map(tuple),
                st.just({"network": (5, 3)}), st.just({"network": 7}), st.sampled_from(["seconds", "died"]),
                st.lists(st.sampled_from(NOTES), max_size=2).map(tuple),
            ),
            max_size=3,
        )
    )  # fmt: skip
    floats = st.none() | st.floats(0, 1e6)
    predicted = st.builds(Predicted, floats, floats, floats)
    ceilings = st.builds(
        Ceilings, st.text(max_size=4), st.text(max_size=4), st.text(max_size=4), COUNTS,
        st.just({"matmul": "highest"}), st.just({"float32": {"conv": 1e11}}), st.just(((1024, 3e10),)),
        st.just(((1024, 5e10),)),
        st.just({"relu": 2e-6}), st.floats(0, 1e10),
        st.none() | st.text(max_size=4),
    )  # fmt: skip
    return timings(
        [Asked("network", Config(), NAMES[:layers])], told, ceilings=draw(st.none() | ceilings),
        whole=draw(st.none() | predicted), predictions=draw(st.none() | st.lists(predicted, max_size=3)),
        seconds=draw(st.floats(0, 1e4)),
    )  # fmt: skip


@given(runs())
def test_whatever_processes_told_is_read_back_the_same(found):
    assert read(written(timed(found))) == found


def codes(text):
    with pytest.raises(ConvcliError) as raised:
        read(text)
    (found,) = raised.value.diagnostics
    assert found.message.startswith("kept.json: ")
    return found.code, found.message.removeprefix("kept.json: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is no JSON that could be read"),
        ("[" * 100_000, "this is no JSON that could be read"),
        ('{"schema": NaN}', "this is no JSON that could be read"),
        ("[]", "this is no report of convcli, whose `schema` is `convcli/report/1`"),
        ('{"schema": "convcli/report/2"}', "this is no report of convcli, whose `schema` is `convcli/report/1`"),
        ('{"schema": "convcli/report/1"}', "this report has no times"),
        ('{"schema": "convcli/report/1", "timings": 3}', "`timings` should be an object, found `3`"),
        (
            '{"schema": "convcli/report/1", "timings": {"subjects": []}}',
            "`timings.subjects` has no two of one name, and at least one",
        ),
    ],
)
def test_what_is_no_report_is_refused(text, message):
    assert codes(text) == ("CV058", message)


def changed(change):
    """Return the text of a report in which something was changed by hand."""
    found = report_dict(timed(run(process(7), process(7, pid=2), **AGAINST)))
    change(found["timings"])
    return json.dumps(found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t["processes"][0].update(seed="x"),
            "`timings.processes[0].seed` should be an integer from 0, found `x`",
        ),
        (
            lambda t: t["processes"][1]["passes"][2]["sample"].update(wall_ns=0),
            "`timings.processes[1].passes[2].sample.wall_ns` should be an integer from 1, found `0`",
        ),
        (
            lambda t: t["processes"][0]["passes"][0].update(kind="other"),
            "`timings.processes[0].passes[0].kind` should be `plain` or `again` or `timed`, found `other`",
        ),
        (
            lambda t: t["processes"][0]["passes"][0].update(phases=[1, 2]),
            "the passes of `network` have different parts",
        ),
        (
            lambda t: t["subjects"][0]["config"].update(amp=1),
            "`timings.subjects[0].config.amp` should be true or false, found `1`",
        ),
        (lambda t: t["subjects"][0].pop("name"), "`timings.subjects[0].name` should be a text, found nothing"),
        (lambda t: t.update(seconds=-1), "`timings.seconds` should be a number from 0, found `-1`"),
        (lambda t: t.update(seconds=10**400), f"`timings.seconds` should be a number from 0, found `{10**400}`"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(change, message):
    assert codes(changed(change)) == ("CV058", message)


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_changed_is_read_or_refused(seed):
    """Anywhere in a report, a value becomes another."""
    draw = random.Random(seed)

    def change(told):
        holder, key = told, draw.choice(sorted(told))
        while isinstance(holder[key], (dict, list)) and holder[key] and draw.random() < 0.9:
            holder = holder[key]
            key = draw.choice(sorted(holder)) if isinstance(holder, dict) else draw.randrange(len(holder))
        holder[key] = draw.choice([None, -1, 0, 1, 2**62, 1e300, 1e-300, True, "x", [], {}, [1], [[]]])

    text = changed(change)
    try:
        read(text)
    except ConvcliError:
        assert codes(text)[0] == "CV058"


def test_two_runs_that_were_kept_are_compared():
    slow = timed(run(*(process(pid=pid, by=1.3) for pid in (1, 2, 3))))
    assert compare_runs(read(written(timed(run()))), read(written(slow))).verdict == "slower"


def test_runs_of_different_machines_are_not():
    other = timed(run(process(blocking={"cpu": "Another CPU", "threads": 2, "torch": "2.13.0"})))
    with pytest.raises(ConvcliError, match="`cpu` is `Some CPU` in one and `Another CPU` in the other"):
        compare_runs(read(written(timed(run()))), read(written(other)))
