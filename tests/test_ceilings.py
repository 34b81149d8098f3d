"""Measuring what a machine can do: with samples that are handed in, and once for real; and the command."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from typer.testing import CliRunner

import convcli
from convcli.bench.calibration import calibrate
from convcli.bench.ceilings import CPU_SIZES, LONGEST, Machine, measure_ceilings, measured_product
from convcli.bench.cuda_machine import cuda_machine, cuda_sampler
from convcli.bench.machine import key_for, torch_version
from convcli.bench.network import build_network
from convcli.bench.settling import settle
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError
from convcli.graph import Graph
from convcli.machine import stored
from convcli.machine.kinds import KINDS
from convcli.machine.synthetic import synthetic
from convcli.running.on_machine import on_machine
from convcli.timing.protocol import Config, Sample
from convcli.timing.record import Ceilings

runner = CliRunner()

MS = 1_000_000

CEILINGS = Ceilings(
    "cpu", "A processor", torch.__version__, 2, {"instructions": "AVX512"},
    {"float32": {"matmul": 1.5e11, "conv": 2e11}, "bfloat16": {"matmul": 8e11}},
    ((2**18, 8e10), (2**28, 1e10)), ((2**18, 2e11), (2**28, 3e10)), {"ReLU": 2e-6}, 1.7e9,
)  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep ceilings in an empty folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "convcli" / "ceilings.json"


def samples(*each: Sample) -> Callable[[Any, int], Sample]:
    """Return a sampler that runs nothing and gives these samples, the last of them for ever."""
    left: Iterator[Sample] = iter(each)
    last = each[-1]

    def sample(_: Any, repeat: int) -> Sample:
        one = next(left, last)
        return one._replace(wall_ns=one.wall_ns * repeat, repeat=repeat)

    return sample


CLEAN = Sample(3 * MS, 0, 0, 0, 0)
WAITED = CLEAN._replace(wait_ns=MS)


# ---- settling


def test_a_call_takes_the_median_of_its_clean_samples() -> None:
    walls = [CLEAN._replace(wall_ns=wall * MS) for wall in (1, 3, 10, 11, 9, 10)]
    found = settle(samples(*walls, WAITED, CLEAN._replace(wall_ns=10 * MS)), lambda: None, 0.1)
    assert found.seconds == pytest.approx(0.01)


def test_short_calls_are_sampled_in_a_row() -> None:
    asked = []

    def sample(_: Any, repeat: int) -> Sample:
        asked.append(repeat)
        return Sample(1000 * repeat, 0, 0, 0, 0, repeat)

    assert settle(sample, lambda: None, 0.02).seconds == pytest.approx(1e-6)
    assert asked[:3] == [1, 1, 2000]


def test_contaminated_samples_are_no_answer_but_a_reason() -> None:
    found = settle(samples(WAITED), lambda: None, 0.05)
    assert found.seconds is None
    assert "samples are clean" in (found.reason or "")
    assert "waited for a core" in (found.reason or "")


def test_samples_that_differ_without_a_cause_are_no_answer() -> None:
    found = settle(
        samples(*[CLEAN, CLEAN._replace(wall_ns=4 * MS), CLEAN._replace(wall_ns=4 * MS)] * 500), lambda: None, 0.05
    )
    assert found.seconds is None
    assert "longer than the best" in (found.reason or "")


def test_a_second_try_may_be_clean() -> None:
    assert settle(samples(*[WAITED] * 40, CLEAN), lambda: None, 0.03).seconds == pytest.approx(0.003)


# ---- ceilings


def machine(sampler: Any, **changes: Any) -> Machine:
    sizes = CPU_SIZES._replace(copies=(2**18, 2**20), **changes)
    return Machine("cpu", "A processor", {"a": "b"}, sizes, sampler)


def test_ceilings_are_operations_and_bytes_by_time() -> None:
    done: list[float] = []
    found = measure_ceilings(torch, machine(samples(CLEAN)), ("float32", "bfloat16"), done.append)
    assert found.reason is None
    side = next(side for side in CPU_SIZES.matmul if side**3 / CPU_SIZES.matmul[-1] ** 3 * 0.003 <= LONGEST)
    assert found.flops["float32"]["matmul"] == pytest.approx(2 * side**3 / 0.003)
    assert list(found.flops) == ["float32", "bfloat16"]
    assert found.bandwidth == ((2**18, pytest.approx(2**18 / 0.003)), (2**20, pytest.approx(2**20 / 0.003)))
    assert found.in_place == found.bandwidth
    assert set(found.dispatch) == {"ReLU", "Conv2d", "BatchNorm2d", "Linear"}
    assert (found.device, found.hardware, found.flags) == ("cpu", "A processor", {"a": "b"})
    assert done == sorted(done)
    assert 0 <= done[-1] < 1


def test_one_contaminated_ceiling_leaves_none_and_says_which() -> None:
    clean = samples(CLEAN)
    calls = []

    def sample(call: Any, repeat: int) -> Sample:
        calls.append(call)
        return clean(call, repeat) if len(calls) < 200 else samples(WAITED)(call, repeat)

    found = measure_ceilings(torch, machine(sample), ("float32", "bfloat16"))
    assert (found.flops, found.bandwidth, found.in_place, found.dispatch) == ({}, (), (), {})
    assert "waited for a core" in (found.reason or "")
    assert measured_product(torch, machine(samples(WAITED)), "float32", 0.01) is None


def test_a_type_that_is_not_multiplied_has_no_ceiling() -> None:
    found = measure_ceilings(torch, machine(samples(CLEAN)), ("float32", "bool"))
    assert list(found.flops) == ["float32"]


def test_torch_goes_on_with_its_own_numbers() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    measure_ceilings(torch, machine(samples(CLEAN)), ("float32",))
    assert torch.equal(torch.rand(2), expected)


def ceilings_or_error(**options: Any) -> tuple[Ceilings | None, Any]:
    try:
        return convcli.ceilings(**options), None
    except ConvcliError as error:
        return None, error


def test_a_real_machine_has_ceilings_or_is_too_busy() -> None:
    threads = torch.get_num_threads()
    found, error = ceilings_or_error(dtype="float32", threads=1, fresh=True)
    assert torch.get_num_threads() == threads
    if found is None:
        assert [one.code for one in error.diagnostics] == ["CV045"]
        assert any(word in str(error) for word in ("clean", "longer than the best"))
        return
    assert found.threads == 1
    assert found.torch == torch.__version__ == torch_version()
    assert [size for size, _ in found.bandwidth] == sorted(size for size, _ in found.bandwidth)
    assert all(rate > 0 for kinds in found.flops.values() for rate in kinds.values())
    assert found.dispatch["ReLU"] < 1024**3 / found.flops["float32"]["matmul"]
    assert convcli.ceilings(threads=1) == found


def test_more_threads_than_cores_and_unknown_devices_are_refused() -> None:
    for options in ({"threads": 4096}, {"threads": 0}, {"device": "tpu"}, {"device": "cuda:x"}, {"device": "cpu:1"}):
        with pytest.raises(ConvcliError, match="CV046"):
            convcli.ceilings(**options)  # type: ignore[arg-type]
    with pytest.raises(ConvcliError, match="CV006"):
        convcli.ceilings(dtype="float31")


def test_torch_knows_its_version_without_being_imported() -> None:
    code = "import sys; from convcli.bench.machine import key_for as key; print(key('cpu', None).torch, *sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    version, *modules = said.split()
    assert version == torch.__version__
    assert "torch" not in modules


# ---- calibration


def test_networks_for_calibration_are_what_torch_makes_of_them() -> None:
    for graph in synthetic():
        network = build_network(torch, graph).eval()
        with torch.inference_mode():
            outputs = network(*[torch.randn(made.shape) for made in graph.inputs])
        shapes = [tuple(one.shape) for one in outputs]
        assert shapes == [graph.nodes[at].answer.outputs[number] for at, number in graph.outputs]


def test_a_calibration_has_coefficients_or_a_reason() -> None:
    found = calibrate(torch, Config(), CEILINGS, seconds=0.2)
    if found.reason is None:
        assert set(found.coefficients) == set(KINDS)
        assert all(one >= 0 for terms in found.coefficients.values() for one in terms)
    else:
        assert "passes are clean" in found.reason
        assert found.coefficients == {}


# ---- the command


def keep() -> None:
    stored.keep_ceilings(key_for("cpu", None), CEILINGS)


def run(*arguments: str) -> Any:
    return runner.invoke(app, [*arguments])


def test_what_is_kept_is_shown_at_once() -> None:
    keep()
    said = run("device").output
    assert said.startswith("A processor\n")
    assert "kept since" in said
    assert "256 KiB" in said
    only = run("device", "--dtype", "bfloat16").output
    assert "bfloat16" in only
    assert "float32" not in only.partition("ceiling")[2]


def test_the_same_for_machines() -> None:
    keep()
    found = json.loads(run("device", "--format", "json").output)
    assert found["schema"] == "convcli/device/1"
    assert found["ceilings"]["flops"]["float32"] == {"matmul": 1.5e11, "conv": 2e11}
    assert found["ceilings"]["ridge"] == {"float32": 20.0, "bfloat16": 80.0}
    assert found["ceilings"]["kept"] is True
    lines = run("device", "--format", "csv").output.splitlines()
    assert lines[:2] == ["ceiling,of,measured,unit,ridge FLOP/B", "matrix product,float32,150,GFLOP/s,15.0"]
    assert "| copy within | 256 KiB | 80.0 | GB/s |" in run("device", "--format", "markdown").output


def test_a_type_that_this_machine_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    keep()
    monkeypatch.setattr("convcli.bench.known.measured_now", lambda *_: CEILINGS)
    found = run("device", "--dtype", "float64")
    assert found.exit_code == 2
    assert "CV046" in found.output
    assert "float32, bfloat16" in found.output


def test_a_busy_machine_is_refused_with_its_reason(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    busy = CEILINGS._replace(flops={}, reason="matmul in float32: 0 of 9 samples are clean: 9 waited for a core")
    monkeypatch.setattr("convcli.bench.known.measured_now", lambda *_: busy)
    found = run("device", "--format", "json")
    assert found.exit_code == 2
    assert json.loads(found.stdout)["findings"][0]["code"] == "CV045"
    assert "9 waited for a core" in found.stdout
    assert not cache.exists()


def test_what_is_in_the_way_is_said_and_the_numbers_too(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setattr("convcli.bench.known.measured_now", lambda *_: CEILINGS)
    cache.parent.mkdir()
    cache.write_text("mine")
    found = run("device")
    assert found.exit_code == 0
    assert found.stdout.startswith("A processor")
    assert "warning[CV047]" in found.stderr
    assert cache.read_text() == "mine"
    cache.unlink()
    assert "CV047" not in run("device", "--no-cache").stderr
    assert not cache.exists()
    run("device")
    assert stored.read_ceilings(key_for("cpu", None)) == CEILINGS


def test_layers_are_bound_by_this_machine() -> None:
    keep()
    found = convcli.profile("resnet18", device_spec="this").roofline
    assert found is not None
    assert found.device is not None
    assert (found.device.name, found.device.peak, found.device.bandwidth) == ("this", 2e11, 1e10)
    with pytest.raises(ConvcliError, match="CV018"):
        convcli.profile("resnet18", device_spec="this,peak=float8")


def test_without_torch_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    for arguments in (["device"], ["profile", "resnet18", "--device-spec", "this"]):
        found = run(*arguments)
        assert found.exit_code == 2
        assert "CV040" in found.output
        assert "pip install" in found.output


# ---- beside a run


def chain() -> tuple[Graph, Any]:
    from convcli.asking import graph_and_report, read_model

    return graph_and_report(
        read_model("Conv2d(3, 8, 3) | ReLU()")[0], variant=None, settings={}, needs_input=True,
        sizes={"": (3, 16, 16)}, batch=None, batched=None, max_layers=None,
    )  # fmt: skip


def test_a_quick_run_is_held_against_what_is_kept() -> None:
    graph, report = chain()
    assert on_machine(graph, report, Config(), quick=True) == (None, None, None)
    keep()
    found = on_machine(graph, report, Config(), quick=True)
    assert found.ceilings == CEILINGS
    assert found.whole is not None
    assert found.whole.bound
    assert found.whole.seconds is None


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "print('hello')", "print('{\"ceilings\": 3}')"])
def test_a_process_without_an_answer_is_no_answer(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("convcli.running.on_machine.START", code)
    graph, report = chain()
    assert on_machine(graph, report, Config()) == (None, None, None)


def test_a_real_process_answers_with_ceilings_or_a_reason() -> None:
    graph, report = chain()
    found = on_machine(graph, report, Config(), threads=1)
    assert found.ceilings is not None
    if found.ceilings.reason is None:
        assert found.whole is not None
        assert found.whole.bound
    else:
        assert found.predictions is None


# ---- a GPU, of which there is none here


class Event:
    """Stands in for torch's."""

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        pass

    def synchronize(self) -> None:
        pass

    def elapsed_time(self, _: Event) -> float:
        return 2.5


def test_events_tell_the_time_of_a_gpu() -> None:
    calls: list[int] = []
    sampler = cuda_sampler(SimpleNamespace(cuda=SimpleNamespace(Event=Event, synchronize=lambda: None)))
    found = sampler(lambda: calls.append(1), 4)
    assert (found.wall_ns, found.device_ns, found.repeat, len(calls)) == (2_500_000, 2_500_000, 4, 4)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConvcliError, match="no GPUs"):
        cuda_machine(torch, "cuda:1")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_has_ceilings() -> None:
    found = convcli.ceilings("cuda", fresh=True)
    assert found.flops["float16"]["matmul"] > found.flops["float32"]["matmul"]
    assert len(found.bandwidth) == 3
