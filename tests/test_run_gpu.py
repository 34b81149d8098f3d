"""Runs on a GPU: what the rules of `docs/timing.md` say of one, seen on a real device. Skipped where there is none."""

import json
import subprocess
import sys
from typing import Any

import pytest

import convcli
from convcli import ConvcliError, Run
from convcli.timing.record import SubjectTimes, Timings

torch = pytest.importorskip("torch")

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here"),
]

QUICK: dict[str, Any] = {"quick": True, "seconds": 1.0, "device": "cuda"}


def run(model: str = "resnet18", *, batch: int = 16, **options: Any) -> Timings:
    wanted = {name: options.pop(name) for name in ("dtype", "amp", "optimizer") if name in options}
    timings = convcli.profile(model, batch=batch, run=Run(**(QUICK | options)), **wanted).timings
    assert timings is not None
    return timings


def first(timings: Timings) -> SubjectTimes:
    subject = timings.subjects[0]
    assert subject.total.value is not None, subject.total.reason
    return subject


def test_layers_add_up_to_the_time_in_which_the_device_was_busy() -> None:
    subject = first(run())
    assert subject.device is not None
    assert subject.device.value is not None
    assert subject.closure is not None
    assert subject.closure.value is not None
    assert 0.9 <= subject.closure.value <= 1.05
    assert subject.device.value <= (subject.total.value or 0) * 1.02


def test_the_same_pass_again_takes_as_long() -> None:
    again = first(run()).again
    assert again is not None
    assert again.value is not None
    assert 0.98 <= again.value <= 1.02


def test_what_is_shorter_than_events_can_tell_is_no_number() -> None:
    layers = first(run("lenet5", batch=1)).layers
    assert any(one.forward.value is None and one.forward.reason for one in layers)


@pytest.mark.parametrize(
    "options",
    [
        {"backward": True},
        {"step": True, "optimizer": "adamw"},
        {"channels_last": True},
        {"amp": True},
        {"dtype": "bfloat16"},
        {"dtype": "float16"},
        {"cold": True},
    ],
    ids=str,
)
def test_each_way_of_running_runs(options: dict[str, Any]) -> None:
    assert first(run(**options)).samples[0] > 0


def test_whole_passes_are_compiled_and_replayed() -> None:
    timings = run(compile=True, cuda_graph=True)
    assert [one.name for one in timings.subjects] == ["network", "compiled", "CUDA graph"]
    assert all(one.figure.value or one.figure.reason for one in timings.ratios)


def test_flags_that_change_times_are_told() -> None:
    blocking = run().processes[0].blocking
    assert blocking["devices"] == ["cuda"]
    assert {"matmul", "cudnn_benchmark", "cudnn_conv"} <= set(blocking["precision"])


def test_the_peak_is_the_allocators_own() -> None:
    timings = run(batch=64)
    report = convcli.profile("resnet18", batch=64)
    peak = first(timings).measured_peak_bytes
    assert peak is not None
    assert peak >= 0.9 * report.totals.inference_peak_bytes


def test_a_batch_that_does_not_fit_ends_with_a_batch_that_may() -> None:
    total = torch.cuda.get_device_properties(0).total_memory
    batch = 2 * total // convcli.profile("resnet18").totals.inference_peak_bytes
    with pytest.raises(ConvcliError, match="CV041") as caught:
        run(batch=int(batch))
    assert "--batch" in caught.value.diagnostics[0].help


def test_a_gpu_with_too_high_a_number_is_named() -> None:
    command = [sys.executable, "-m", "convcli", "profile", "resnet18", "--run", "--quick", "--device", "cuda:99"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cuda:99" in done.stderr


def test_a_plain_pass_takes_what_torchs_own_timer_says() -> None:
    from torch.utils import benchmark

    network = convcli.build("resnet18", device="cuda", seed=0).eval()
    pixels = torch.randn(16, 3, 224, 224, device="cuda")
    with torch.inference_mode():
        timer = benchmark.Timer("network(pixels)", globals={"network": network, "pixels": pixels})
        theirs = timer.blocked_autorange(min_run_time=1.0).median
    ours = first(run()).total.value
    assert ours is not None
    assert ours == pytest.approx(theirs, rel=0.1)


def test_a_kept_report_says_which_gpu() -> None:
    command = [sys.executable, "-m", "convcli", "profile", "lenet5", "--run", "--quick", "--device", "cuda"]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, check=True)
    process = json.loads(done.stdout)["timings"]["processes"][0]
    assert torch.cuda.get_device_name(0) in process["blocking"].values()
