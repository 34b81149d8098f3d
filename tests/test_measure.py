"""A process measures small networks for real: what it tells is whole, and where it cannot go on it says why.

Nothing here is an absolute time, and all of it holds on a machine that is busy with other things.
"""

import json
import sys
from collections import Counter
from contextlib import contextmanager
from subprocess import Popen
from typing import Any

import pytest

from convcli.analyse import analyse
from convcli.asking import graph_of, shared_options
from convcli.readers.text import read_layers
from convcli.timing.pool import Asked, timings
from convcli.timing.protocol import (
    AGAIN,
    BACKWARD,
    BROKEN,
    INFERENCE,
    NOT_ENOUGH_MEMORY,
    PLAIN,
    STEP,
    TIMED,
    UNSUPPORTED,
    Config,
    Job,
    Pass,
    Subject,
    read_pass,
)
from convcli.timing.record import CONSTANT, Process, SubjectTimes

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from convcli.bench.measure import measure  # noqa: E402

LAYERS = ["Conv2d(3, 8, 3)", "BatchNorm2d(8)", "ReLU()", "MaxPool2d(2)", "Flatten()", "Linear(1800, 10)"]
IMAGES = {"input": "4x3x32x32"}


@pytest.fixture(autouse=True)
def settings_of_torch():
    """Leave torch as it was."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


def network(*layers: str, **options: Any) -> Any:
    given = {"input": None, "batch": None, "batched": None, "max_layers": None} | IMAGES | options
    return graph_of(read_layers(layers or LAYERS), needs_input=True, **shared_options(**given))[0]


class Run:
    """What a job told."""

    def __init__(self, *configs: Config, graph: Any = None, events: list[Any] | None = None, **job: Any) -> None:
        self.graph = graph or network()
        names = ["network", "other"][: len(configs)]
        self.configs = dict(zip(names, configs, strict=True))
        subjects = tuple(
            Subject(name, {}, "", config, again=name == "network") for name, config in self.configs.items()
        )
        self.events: list[dict[str, Any]] = [] if events is None else events
        whole = Job(subjects, **{"seconds": 0.2, "threads": 1, **job})
        measure(torch, [self.graph] * len(subjects), whole, lambda event: self.events.append(_through_json(event)))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == kind]

    def passes(self, kind: str, subject: str = "network") -> list[Pass]:
        found = [read_pass(one) for event in self.of("round") for one in event["passes"]]
        return [one for one in found if (one.subject, one.kind) == (subject, kind)]

    def times(self) -> SubjectTimes:
        (ready,) = self.of("ready")
        passes = tuple(read_pass(one) for event in self.of("round") for one in event["passes"])
        process = Process(ready["pid"], 0, {}, {}, ready["timer_ns"], passes, {}, {}, self.events[-1].get("why", "x"))
        names = tuple(node.name for node in self.graph.nodes)
        return timings([Asked("network", self.configs["network"], names)], [process]).subjects[0]


def _through_json(event: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(event))


def calmly(passes: list[Pass], value: Any) -> float:
    """Return the least that a value is in some passes: whatever disturbs makes it larger."""
    return min(map(value, passes))


# ---- what is told


def test_all_events_come_in_the_order_of_the_protocol() -> None:
    kinds = [event["event"] for event in Run(Config()).events if event["event"] != "progress"]
    rounds = kinds.count("round")
    assert rounds >= 5
    assert kinds == ["ready", "warm", *["round"] * rounds, "memory", "end"]


def test_a_round_has_a_pass_of_each_kind() -> None:
    for event in Run(Config(), Config(channels_last=True)).of("round"):
        found = Counter((one["subject"], one["kind"]) for one in event["passes"])
        assert found == Counter((name, kind) for name, kind in [
            ("network", PLAIN), ("network", AGAIN), ("network", TIMED), ("other", PLAIN), ("other", TIMED),
        ])  # fmt: skip


def test_the_environment_names_what_two_runs_must_have_in_common() -> None:
    (ready,) = Run(Config(), threads=1).of("ready")
    blocking, informative = (ready["environment"][kind] for kind in ("blocking", "informative"))
    assert blocking["threads"] == 1
    assert blocking["torch"] == torch.__version__
    assert blocking["devices"] == ["cpu"]
    assert {"cpu", "capability", "cores", "quota", "precision", "malloc", "flush_denormal", "variables"} <= {*blocking}
    assert {"load", "governor", "python", "kernel", "seed", "fingerprints", "caches"} <= {*informative}


def test_plain_passes_have_no_timestamps_in_them_and_timed_ones_one_for_each_layer() -> None:
    run = Run(Config())
    assert {(one.nodes, one.backward_nodes) for kind in (PLAIN, AGAIN) for one in run.passes(kind)} == {(None, None)}
    assert {len(one.nodes) for one in run.passes(TIMED)} == {len(LAYERS)}


def test_layers_take_no_longer_than_their_pass_and_most_of_it() -> None:
    parts = [sum(one.nodes) * one.sample.repeat / one.phases[0] for one in Run(Config()).passes(TIMED)]
    assert 0.5 <= max(parts) <= 1.0


def test_timestamps_cost_little_and_equal_passes_are_equal() -> None:
    run = Run(Config(), seconds=1.0, graph=network("Conv2d(3, 32, 3)", "ReLU()", input="8x3x64x64"))
    plain, again, timed = (
        calmly(run.passes(kind), lambda one: one.phases[0] / one.sample.repeat) for kind in (PLAIN, AGAIN, TIMED)
    )
    assert again / plain == pytest.approx(1, abs=0.15)
    assert timed / plain == pytest.approx(1, abs=0.15)


def test_layer_times_follow_from_what_is_told() -> None:
    times = Run(Config(), seconds=1.0).times()
    assert times.total.value is not None or times.total.reason
    assert [layer.name for layer in times.layers] == [node.name for node in network().nodes]


# ---- modes


def test_a_pass_in_training_has_two_phases_and_layers_backward() -> None:
    run = Run(Config(mode=BACKWARD))
    for one in run.passes(TIMED):
        assert len(one.phases) == 2
        assert all(ns > 0 for ns in one.backward_nodes)
        assert sum(one.backward_nodes) * one.sample.repeat <= one.phases[1]
    assert all(len(one.phases) == 2 and one.backward_nodes is None for one in run.passes(PLAIN))


def test_a_step_has_a_third_phase() -> None:
    for optimizer in ("sgd", "momentum", "adam", "adamw"):
        run = Run(Config(mode=STEP, optimizer=optimizer), seconds=0.1)
        assert run.events[-1]["event"] == "end"
        assert all(len(one.phases) == 3 and min(one.phases) > 0 for one in run.passes(PLAIN))


def test_what_nothing_flows_back_through_has_no_time_backward() -> None:
    run = Run(Config(mode=BACKWARD), graph=network("ReLU()", "Conv2d(3, 4, 3)", "Softmax(1)"))
    first = run.passes(TIMED)[0]
    assert [ns is not None for ns in first.backward_nodes] == [False, True, True]


def test_a_network_without_weights_runs_backward_and_cannot_be_trained() -> None:
    without = network("MaxPool2d(2)", "ReLU()")
    assert Run(Config(mode=BACKWARD), graph=without).events[-1]["event"] == "end"
    failed = Run(Config(mode=STEP, optimizer="sgd"), graph=without).events[-1]
    assert (failed["kind"], failed["message"]) == (UNSUPPORTED, "there are no weights to train")


@pytest.mark.parametrize("config", [
    Config(dtype="bfloat16"), Config(amp=True), Config(channels_last=True), Config(amp=True, mode=BACKWARD),
    Config(dtype="bfloat16", channels_last=True, mode=STEP, optimizer="adamw"),
], ids=str)  # fmt: skip
def test_types_and_layouts_run(config: Config) -> None:
    run = Run(config)
    assert run.events[-1]["event"] == "end"
    assert len(run.passes(TIMED)) >= 5


def test_channels_last_and_a_type_reach_the_tensors() -> None:
    from convcli.bench import ready

    made = ready.Ready(torch, network(), Config(dtype="bfloat16", channels_last=True), init=None, seed=0)
    (output,) = made.forward()
    assert made.inputs[0].is_contiguous(memory_format=torch.channels_last)
    assert (made.inputs[0].dtype, output.dtype) == (torch.bfloat16, torch.bfloat16)
    assert all(one.is_contiguous(memory_format=torch.channels_last) for one in made.leaves if one.dim() == 4)


def test_the_compiled_network_has_no_layers(monkeypatch) -> None:
    compiled: list[Any] = []
    monkeypatch.setattr(torch, "compile", lambda run: compiled.append(run) or run)
    run = Run(Config(), Config(compile=True))
    assert len(compiled) == 1
    assert (len(run.passes(PLAIN, "other")) >= 5, run.passes(TIMED, "other")) == (True, [])


def test_cold_layers_take_longer_than_warm_ones() -> None:
    graph = network("Linear(512, 512)", "Linear(512, 512)", input="1x512")
    warm, cold = (Run(Config(), graph=graph, cold=cold) for cold in (False, True))
    least = [calmly(run.passes(TIMED), lambda one: one.nodes[1]) for run in (warm, cold)]
    assert least[1] > 1.2 * least[0]


def test_cold_passes_without_timestamps_are_as_cold() -> None:
    run = Run(Config(), cold=True, seconds=0.5)
    plain, timed = (calmly(run.passes(kind), lambda one: one.phases[0]) for kind in (PLAIN, TIMED))
    assert plain / timed == pytest.approx(1, abs=0.3)


def test_an_initialisation_and_a_seed_reach_the_weights() -> None:
    assert Run(Config(), init="zeros", graph=network("Conv2d(3, 4, 3, bias=False)")).of("warm")[0]["notes"] == [
        CONSTANT
    ]
    assert Run(Config(), seed=3).of("warm")[0]["notes"] == []


# ---- memory


@pytest.mark.parametrize("graph", [
    network("ReLU()", "Sigmoid()", "ReLU()"), network("Flatten()", "Linear(3072, 100)", "Linear(100, 5)"),
])  # fmt: skip
def test_measured_memory_is_what_is_counted_where_kernels_need_no_room_of_their_own(graph: Any) -> None:
    (memory,) = Run(Config(), graph=graph).of("memory")
    assert memory["peak_bytes"] == analyse(graph).totals.inference_peak_bytes


def test_measured_memory_in_training_has_gradients_in_it() -> None:
    peaks = [Run(Config(mode=mode)).of("memory")[0]["peak_bytes"] for mode in (INFERENCE, BACKWARD)]
    assert peaks[1] - peaks[0] >= 1800 * 10 * 4


# ---- what goes wrong


def test_a_failure_names_its_layer() -> None:
    graph = network("Conv2d(3, 4, 3)", "ReLU()", "BatchNorm2d(4)", input="1x3x3x3")
    failed = Run(Config(mode=BACKWARD), graph=graph).events[-1]
    assert (failed["event"], failed["kind"], failed["layer"]) == ("failed", UNSUPPORTED, graph.nodes[2].name)
    assert "--batch 2" in failed["help"]


@pytest.mark.parametrize(("error", "kind"), [
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), NOT_ENOUGH_MEMORY),
    (MemoryError(), NOT_ENOUGH_MEMORY),
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), NOT_ENOUGH_MEMORY),
    (RuntimeError('"max_pool2d" not implemented for \'Half\''), UNSUPPORTED),
    (NotImplementedError("no such kernel"), UNSUPPORTED),
    (KeyError("x"), BROKEN),
])  # fmt: skip
def test_what_torch_says_is_understood(error: Exception, kind: str, monkeypatch) -> None:
    graph = network()
    monkeypatch.setattr(torch.nn.MaxPool2d, "forward", _raising(error))
    failed = Run(Config(), graph=graph).events[-1]
    assert (failed["kind"], failed["layer"]) == (kind, graph.nodes[3].name)
    assert failed["message"]


def _raising(error: Exception) -> Any:
    def forward(*_):
        raise error

    return forward


def test_a_failure_in_the_midst_keeps_what_was_told_before(monkeypatch) -> None:
    events: list[dict[str, Any]] = []
    usual = torch.nn.MaxPool2d.forward

    def forward(self, x):
        if any(event["event"] == "round" for event in events):
            raise MemoryError
        return usual(self, x)

    monkeypatch.setattr(torch.nn.MaxPool2d, "forward", forward)
    run = Run(Config(), events=events)
    kinds = [event["event"] for event in run.events if event["event"] != "progress"]
    assert kinds == ["ready", "warm", "round", "failed"]
    assert run.events[-1]["kind"] == NOT_ENOUGH_MEMORY


def test_a_device_that_is_not_there_is_refused() -> None:
    failed = Run(Config(device="cuda:7")).events[-1]
    assert failed["kind"] == UNSUPPORTED
    assert "cuda:7" in failed["message"]


def test_more_threads_than_cores_are_refused() -> None:
    failed = Run(Config(), threads=4096).events[-1]
    assert (failed["kind"], failed["message"].startswith("4096 threads have ")) == (UNSUPPORTED, True)


def test_passes_with_timestamps_that_compute_something_else_are_no_measurement(monkeypatch) -> None:
    from convcli.bench.plan import Plan

    usual = Plan.timed
    monkeypatch.setattr(Plan, "timed", lambda *given: [one + 1 for one in usual(*given)])
    failed = Run(Config()).events[-1]
    assert (failed["kind"], "other outputs" in failed["message"]) == (BROKEN, True)


# ---- other work


@contextmanager
def hogs(number: int):
    """Keep all cores busy."""
    started = [Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for one in started:
            one.kill()
            one.wait()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says how long a thread waited")
def test_a_busy_machine_is_noticed() -> None:
    import os

    with hogs(2 * len(os.sched_getaffinity(0))):
        times = Run(Config(), graph=network(input="64x3x32x32"), seconds=1.0).times()
    passes, clean = times.samples
    assert clean < passes
    assert sum(times.contaminated.values()) == passes - clean
