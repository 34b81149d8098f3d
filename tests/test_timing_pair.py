"""Two networks timed against each other: the verdict in words, in tables, in checks."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from measured import MS, NAMES, NODES, one_pass, process

import convcli
from convcli import ConvcliError
from convcli.cli.check import exit_code
from convcli.running import pair as running
from convcli.running.processes import COMPLETE, INTERRUPTED, Failure, Outcome
from convcli.timing.pair import Pair, pair_of
from convcli.timing.pool import Asked, timings
from convcli.timing.protocol import AGAIN, NOT_ENOUGH_MEMORY, PLAIN, TIMED, Config
from convcli.timing.record import Process
from convcli.timing.wanted import Run
from convcli.writers.diff_text import diff_csv, diff_markdown
from convcli.writers.pair_times import verdict
from convcli.writers.simple_table import page_lines

CONV = NODES[0]


def both(pid: int, by: float, *, nodes: tuple[int, ...] = NODES, rounds: int = 20, ended: str = "seconds") -> Process:
    """Make a process in which two networks took turns; the second has its own layers, and is `by` slower."""
    passes = []
    for at in range(rounds):
        wobble = 1 + 0.002 * ((at * 7 + pid) % 5 - 2)
        passes += [one_pass(kind, subject="before", by=wobble) for kind in (PLAIN, AGAIN, TIMED)]
        passes += [one_pass(kind, subject="after", by=wobble * by, nodes=nodes) for kind in (PLAIN, TIMED)]
    warm = {"before": (35 * MS, 4), "after": (35 * MS, 4)}
    return process(pid=pid, passes=tuple(passes), warm=warm, peaks={}, ended=ended)


def a_pair(by: float, **how: Any) -> Pair:
    asked = [Asked(name, Config(), NAMES) for name in ("before", "after")]
    return pair_of(timings(asked, [both(pid, by, **how) for pid in range(5)]))


def test_the_verdict_says_which_is_faster_and_how_sure_that_is() -> None:
    assert verdict(a_pair(1.3)).startswith("time: slower: 1.300 times as long (1.")
    assert verdict(a_pair(0.8)).startswith("time: faster: 0.800 times as long (0.")
    assert verdict(a_pair(1.001)).startswith("time: cannot tell: 1.001 times as long (")
    assert verdict(a_pair(1.0)).endswith("10.0 ms -> 10.0 ms a pass; here equal things differ by up to 1.0%")


def test_a_layer_that_became_slower_is_named() -> None:
    found = a_pair(1.0, nodes=(CONV * 2, *NODES[1:]))
    judged = {one.name: (one.verdict, one.ratio and round(one.ratio, 2)) for one in found.layers}
    assert judged == {"conv": ("slower", 2.0), "relu": ("cannot tell", 1.0), "fc": ("cannot tell", 1.0)}


# ---- in a comparison


FILES = {
    "a.yaml": "input: [3, 16, 16]\nlayers:\n  - conv: Conv2d(3, 8, 3)\n  - relu: ReLU()\n  - fc: Linear(14, 10)\n",
    "b.yaml": "input: [3, 16, 16]\nlayers:\n  - conv: Conv2d(3, 8, 3, bias=False)\n  - relu: ReLU()\n"
    "  - fc: Linear(14, 10)\n",
}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def told(
    monkeypatch: pytest.MonkeyPatch, by: float, ended: str = COMPLETE, failure: Failure | None = None, apart: float = 0
) -> list[Any]:
    """Let processes tell of a second network that is so much slower; return the jobs that they got."""
    jobs: list[Any] = []

    def run_processes(given: list[Any], progress: Any) -> Outcome:
        progress(0.5, "conv")
        jobs.extend(given)
        return Outcome(tuple(both(pid, by + apart * pid) for pid in range(len(given))), ended, failure)

    monkeypatch.setattr(running, "run_processes", run_processes)
    return jobs


@pytest.mark.usefixtures("files")
def test_diff_times_both_networks_in_the_same_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = told(monkeypatch, 1.3)
    found = convcli.diff("a.yaml", "b.yaml", run=Run(backward=True), batch=4)
    assert len(jobs) == 5
    assert [(one.name, one.model["model"], one.again) for one in jobs[0].subjects] == [
        ("before", "a.yaml", True),
        ("after", "b.yaml", False),
    ]
    assert {one.config.mode for one in jobs[0].subjects} == {"backward"}
    assert len({one.fingerprint for one in jobs[0].subjects}) == 2
    assert found.times is not None
    assert found.times.ratio.verdict == "slower"
    text = str(found)
    assert "time: slower: 1.300 times as long" in text
    assert "[100 and 100 clean passes in turns, 5 processes; backward, cpu, float32]" in text
    assert "time: slower: 1.300 times as long" in diff_markdown(found)
    head, row, *_ = diff_csv(found).splitlines()
    assert head.endswith("seconds_before,seconds_after")
    assert [round(float(cell) * 1e3) for cell in row.split(",")[-2:]] == [6, 8]


@pytest.mark.usefixtures("files")
def test_without_a_run_nothing_is_said_of_time() -> None:
    found = convcli.diff("a.yaml", "b.yaml")
    assert found.times is None
    assert "time" not in str(found)
    assert "seconds" not in diff_csv(found)


@pytest.mark.usefixtures("files")
def test_a_quick_run_of_two_has_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = told(monkeypatch, 1.0)
    convcli.diff("a.yaml", "b.yaml", run=Run(quick=True))
    assert len(jobs) == 1


@pytest.mark.parametrize("option", ["both_layouts", "compile", "cuda_graph"])
@pytest.mark.usefixtures("files")
def test_what_is_for_one_network_is_refused(option: str) -> None:
    with pytest.raises(ConvcliError, match="CV053"):
        convcli.diff("a.yaml", "b.yaml", run=Run(**{option: True}, device="cuda"))


@pytest.mark.usefixtures("files")
def test_what_was_measured_before_a_failure_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, 1.3, NOT_ENOUGH_MEMORY, Failure(NOT_ENOUGH_MEMORY, "out of memory", "conv"))
    with pytest.raises(ConvcliError, match="CV041") as caught:
        convcli.diff("a.yaml", "b.yaml", run=Run())
    found = caught.value.report
    assert found.times.ratio.verdict == "slower"
    assert caught.value.diagnostics[0].span.line == 3


def test_layers_fit_into_a_narrow_terminal() -> None:
    from convcli.styled import text_of
    from convcli.writers.pair_times import pair_page

    assert max(len(text_of(line)) for line in page_lines(pair_page(a_pair(1.3)), 60)) <= 60


# ---- in a check


@pytest.mark.usefixtures("files")
def test_a_network_that_is_slower_than_its_baseline_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, 1.3)
    found = convcli.check("b.yaml", baseline="a.yaml", max_latency="1.1")
    (verdict,) = found.verdicts
    assert exit_code(found) == 1
    (judged,) = verdict.judgements
    assert (judged.budget.name(), judged.budget.limit(), judged.good) == ("latency", "<= 1.1", False)
    (complaint,) = [one for one in verdict.findings if one.level == "error"]
    assert complaint.code == "CV407"
    assert complaint.message.startswith("b.yaml: takes 1.300 times as long as a.yaml (1.")
    assert found.to_dict()["networks"][0]["budgets"][0]["shown"] == "1.300"


@pytest.mark.usefixtures("files")
def test_a_network_within_what_is_allowed_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, 1.02)
    found = convcli.check("b.yaml", baseline="a.yaml")
    assert [one.good for one in found.verdicts[0].judgements] == [True]
    assert "CV408" not in {one.code for one in found.verdicts[0].findings}
    assert exit_code(found) == 0


@pytest.mark.usefixtures("files")
def test_what_cannot_be_told_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, 1.08, apart=0.01)
    found = convcli.check("b.yaml", baseline="a.yaml", max_latency=1.1)
    assert [one.code for one in found.verdicts[0].findings][-1] == "CV408"
    assert exit_code(found) == 0


@pytest.mark.usefixtures("files")
def test_a_limit_needs_a_baseline_and_has_to_be_a_number() -> None:
    for wrong in ({"max_latency": "1.1"}, *({"baseline": "a.yaml", "max_latency": text} for text in (
        "fast", "0", "-1", "1/0", "9**9", "1e999999999", ""))):  # fmt: skip
        with pytest.raises(ConvcliError, match=r"CV010|CV411"):
            convcli.check("b.yaml", **wrong)


@pytest.mark.usefixtures("files")
def test_a_baseline_that_does_not_exist_is_a_wrong_question() -> None:
    found = convcli.check("b.yaml", baseline="c.yaml")
    assert [one.code for one in found.wrong] == ["CV001"]
    assert exit_code(found) == 2


@pytest.mark.usefixtures("files")
def test_an_interrupt_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from convcli.cli.diff import app

    told(monkeypatch, 1.3, INTERRUPTED)
    done = CliRunner().invoke(app, ["a.yaml", "b.yaml", "--run"])
    assert done.exit_code == 130
    assert "time: slower" in done.output


def test_the_limit_is_exact() -> None:
    from convcli.checking.latency import against

    found = against("a.yaml", "1.05x", None)
    assert found is not None
    assert found.limit.value == Fraction(21, 20)


# ---- two reports that were kept


def stored(folder: Path, name: str, by: float, **blocking: Any) -> Path:
    """Write the report of a run that was so much slower."""
    import io

    from measured import BLOCKING, network, run

    from convcli.writers.json_report import write_json

    _, report = network()
    told = [process(pid=pid, by=by, blocking=BLOCKING | blocking) for pid in range(5)]
    out = io.StringIO()
    write_json(report._replace(timings=run(*told)), out)
    path = folder / name
    path.write_text(out.getvalue())
    return path


def test_two_reports_that_were_kept_are_compared(tmp_path: Path) -> None:
    found = convcli.diff_times(stored(tmp_path, "a.json", 1.0), stored(tmp_path, "b.json", 1.4))
    assert found.ratio.verdict == "slower"
    assert found.timings is None


def test_another_machine_is_named_not_compared(tmp_path: Path) -> None:
    with pytest.raises(ConvcliError, match=r"CV059.*`threads` is `2` in one and `4` in the other"):
        convcli.diff_times(stored(tmp_path, "a.json", 1.0), stored(tmp_path, "b.json", 1.4, threads=4))


def test_the_command_compares_them_too(tmp_path: Path) -> None:
    import json

    from typer.testing import CliRunner

    from convcli.cli.diff import app

    paths = [str(stored(tmp_path, "a.json", 1.0)), str(stored(tmp_path, "b.json", 1.4))]
    done = CliRunner().invoke(app, paths)
    assert done.exit_code == 0
    assert done.output.startswith("time: slower: 1.400 times as long")
    told = json.loads(CliRunner().invoke(app, [*paths, "--format", "json"]).output)
    assert told["schema"] == "convcli/times/1"
    assert told["times"]["ratio"]["verdict"] == "slower"


def test_both_mistakes_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(ConvcliError) as caught:
        convcli.diff_times(tmp_path / "a.json", tmp_path / "b.json")
    assert [one.code for one in caught.value.diagnostics] == ["CV058", "CV001"]
