"""Real runs, short ones, of small networks: what comes out of them, and what becomes of accidents.

No time is asserted: on a machine that does other work there may be none, and then there is a reason.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import convcli
from convcli import ConvcliError, Run
from convcli.running import proving, worker
from convcli.timing.protocol import DISAGREES, Config, Job, Subject
from convcli.timing.record import Figure

NET = """\
input: [3, 32, 32]
layers:
  - conv: Conv2d(3, 16, 3, padding=1)
  - bn: BatchNorm2d(16)
  - relu: ReLU()
  - pool: AdaptiveAvgPool2d(1)
  - flat: Flatten()
  - fc: Linear(16, 10)
"""
CONVCLI = [sys.executable, "-m", "convcli"]
SHORT = ("--run", "--quick", "--seconds", "0.3")


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(NET)
    return path


def convcli_(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CONVCLI, *arguments], capture_output=True, text=True, check=False, timeout=240, **options)


def trusted_or_refused(figure: Figure | None) -> bool:
    """Say whether there is a number with its interval, or a reason why there is none."""
    assert figure is not None
    if figure.value is None:
        return bool(figure.reason)
    return figure.lo is not None and figure.hi is not None and 0 < figure.lo <= figure.value <= figure.hi


def test_a_run_times_every_layer_in_place(net: Path) -> None:
    report, static = convcli.profile(net, batch=8, run=Run(quick=True, seconds=0.5)), convcli.profile(net, batch=8)
    assert (static.totals, static.outputs, static.timings) == (report.totals, report.outputs, None)
    timings = report.timings
    assert timings is not None
    assert timings.ended == "complete"
    (process,) = timings.processes
    subject = timings.subjects[0]
    assert tuple(layer.name for layer in subject.layers) == ("conv", "bn", "relu", "pool", "flat", "fc")
    assert {one.kind for one in process.passes} == {"plain", "again", "timed"}
    assert all(len(one.nodes) == 6 for one in process.passes if one.nodes is not None)
    assert trusted_or_refused(subject.total)
    assert all(trusted_or_refused(layer.forward) for layer in subject.layers)
    assert process.blocking["threads"] >= 1
    assert process.pid != os.getpid()


def test_forward_and_backward_are_timed_apart(net: Path) -> None:
    report = convcli.profile(net, batch=8, run=Run(quick=True, seconds=0.3, backward=True))
    assert report.timings is not None
    passes = [one for one in report.timings.processes[0].passes if one.nodes is not None]
    assert all(len(one.phases) >= 2 and one.phases[1] > 0 for one in passes)
    assert all(one.backward_nodes is not None and (one.backward_nodes[0] or 0) > 0 for one in passes)


def test_a_step_has_an_optimiser(net: Path) -> None:
    report = convcli.profile(net, batch=8, optimizer="adamw", run=Run(quick=True, seconds=0.3, step=True))
    assert report.timings is not None
    assert all(len(one.phases) == 3 for one in report.timings.processes[0].passes)


@pytest.mark.parametrize(
    ("options", "run"),
    [
        ({"dtype": "bfloat16"}, {}),
        ({"dtype": "float64"}, {}),
        ({"amp": True}, {}),
        ({}, {"channels_last": True}),
        ({}, {"both_layouts": True}),
        ({}, {"cold": True}),
        ({}, {"threads": 1, "init": "kaiming_normal", "seed": 7, "malloc": "system"}),
    ],
    ids=str,
)
def test_each_way_of_running_runs(options: dict[str, Any], run: dict[str, Any], net: Path) -> None:
    report = convcli.profile(net, batch=4, run=Run(quick=True, seconds=0.2, **run), **options)
    assert report.timings is not None
    assert len(report.timings.subjects) == len(report.timings.ratios) + 1 == 1 + ("both_layouts" in run)
    assert report.timings.processes[0].passes


def test_a_single_layer_runs_too() -> None:
    done = convcli_("shape", "Conv2d(3, 8, 3, padding=1)", "-i", "2x3x16x16", *SHORT, "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [one["name"] for one in told["timings"]["subjects"][0]["layers"]] == [told["layers"][0]["name"]]
    assert told["timings"]["processes"][0]["passes"]


def test_two_networks_run_in_turns(net: Path) -> None:
    wide = net.with_name("wide.yaml")
    wide.write_text(NET.replace("16", "64"))
    done = convcli_("diff", str(net), str(wide), *SHORT, "--batch", "8")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^time: (slower|faster|cannot tell)", done.stdout, re.MULTILINE)


# ---- what is told apart from times


def test_numbers_are_proved_before_they_are_timed(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from convcli.bench.verify import Disagreement
    from convcli.running.graphs import graph_for, plain_model
    from convcli.timing.fingerprint import fingerprint

    plain = plain_model(net)
    graph, _ = graph_for(plain)
    assert proving.first_disagreement(torch, graph, train=True) is None
    wrong = Disagreement("conv", "output size", "(1, 2)", "(1, 3)"), 3
    monkeypatch.setattr(proving, "first_disagreement", lambda *_, **__: wrong)
    told: list[dict[str, Any]] = []
    job = Job((Subject("network", plain, fingerprint(graph), Config()),), verify=True)
    worker._measure(job, told.append)
    assert told[-1]["kind"] == DISAGREES
    assert told[-1]["layer"] == "conv"
    assert told[-1]["message"] == "output size is (1, 2) here and (1, 3) in torch, and 2 more"


def test_a_network_that_changed_meanwhile_is_not_measured(net: Path) -> None:
    from convcli.running.graphs import plain_model

    told: list[dict[str, Any]] = []
    worker._measure(Job((Subject("network", plain_model(net), "another", Config()),)), told.append)
    assert [one["kind"] for one in told] == ["moved"]


def test_options_of_a_run_need_one(net: Path) -> None:
    for option in (["--quick"], ["--threads", "2"], ["--backward"]):
        done = convcli_("profile", str(net), *option)
        assert done.returncode == 2
        assert "is for a run: add --run" in done.stderr


def test_what_cannot_run_is_refused_before_it_begins(net: Path) -> None:
    for wrong in ({"device": "tpu"}, {"seconds": 0}, {"threads": 0}, {"malloc": "none"}, {"cuda_graph": True}):
        with pytest.raises(ConvcliError, match="CV053"):
            convcli.profile(net, run=Run(**wrong))  # type: ignore[arg-type]


def test_a_gpu_that_is_not_there_is_named(net: Path) -> None:
    done = convcli_("profile", str(net), *SHORT, "--device", "cuda:7")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "cuda" in done.stderr


# ---- accidents

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
from convcli.__main__ import main
main()
"""


def limited(limit: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIMITED, str(limit), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux's")
@pytest.mark.parametrize("gigabytes", [1.0, 1.5])
def test_a_batch_that_does_not_fit_ends_with_advice_and_all_that_is_known(gigabytes: float) -> None:
    limit = int(gigabytes * 2**30)
    done = limited(limit, "profile", "resnet18", "--batch", "96", *SHORT)
    assert done.returncode == 2
    assert "error[CV041]" in done.stderr
    assert "Traceback" not in done.stderr
    assert "11,689,512" in done.stdout
    advised = re.search(r"write `--batch (\d+)`", done.stderr)
    assert advised is not None
    assert 1 <= int(advised[1]) < 96


@pytest.mark.skipif(os.name == "nt", reason="signals are Unix's")
def test_ctrl_c_keeps_what_was_measured() -> None:
    command = [*CONVCLI, "profile", "resnet18", "--run", "--seconds", "120"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    time.sleep(5)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "parameters" in out
    assert "interrupted" in out
    assert "Traceback" not in err


def test_a_busy_machine_is_told_of(net: Path) -> None:
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(1 + (os.cpu_count() or 1))]
    try:
        done = convcli_("profile", str(net), "--batch", "16", "--run", "--quick", "--seconds", "1", "--format", "json")
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
    assert done.returncode == 0, done.stderr
    subject = json.loads(done.stdout)["timings"]["subjects"][0]
    refused = subject["total"]["value"] is None and subject["total"]["reason"]
    assert refused or subject["samples"]["clean"] < subject["samples"]["all"]


# ---- nothing is run in vain


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--columns", "name,nonsense"), "CV008"),
        (("--sort", "nonsense"), "CV008"),
        (("--columns", "+bound_by"), "CV017"),
        (("-o", "there/is/no/such/folder.json"), "CV009"),
        (("--format", "nonsense"), "CV009"),
    ],
    ids=str,
)
def test_what_could_not_be_shown_is_said_before_anything_is_run(
    options: tuple[str, ...], code: str, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from convcli.cli.profile import app

    def never(*_: object, **__: object) -> None:
        pytest.fail("it was run")

    monkeypatch.setattr("convcli.api.profile", never)
    done = CliRunner().invoke(app, [str(net), "--run", *options])
    assert done.exit_code == 2
    assert code in done.output


def test_where_it_ran_is_said_where_that_was_left_open(net: Path) -> None:
    import torch

    report = convcli.profile(net, run=Run(quick=True, seconds=0.2, device="auto"))
    assert report.timings is not None
    there = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert report.timings.subjects[0].config.device == there
