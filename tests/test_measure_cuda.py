"""Times on a GPU, with a stand-in for it whose clock the test turns; the last test needs a real one."""

from types import SimpleNamespace
from typing import Any

import pytest

from convcli.bench.cuda import CYCLES, LONGEST_SPIN, Cuda, captured, facts, peak_bytes


class Gpu:
    """Stands in for torch with a GPU: what is put into its queue takes milliseconds."""

    def __init__(self) -> None:
        self.now, self.log = 0.0, []
        self.version = SimpleNamespace(cuda="13.0")
        self.backends = SimpleNamespace(cudnn=SimpleNamespace(version=lambda: 91000))
        self.uint8 = "uint8"
        stream = SimpleNamespace(wait_stream=lambda _: None)
        self.cuda = SimpleNamespace(
            synchronize=lambda _: self.log.append("synchronize"), _sleep=self.log.append,
            Event=self.event, get_device_properties=self.properties, reset_peak_memory_stats=lambda _: None,
            memory_allocated=lambda _: 100, max_memory_allocated=lambda _: 170, Stream=lambda: stream,
            current_stream=lambda: stream, stream=self.context("aside"), graph=lambda _: self.context("graph")(None),
            CUDAGraph=lambda: SimpleNamespace(replay=lambda: self.log.append("replay")),
        )  # fmt: skip
        self.inference_mode = lambda: self.context("inference")(None)

    def context(self, name: str) -> Any:
        gpu = self

        class Context:
            def __init__(self, _: Any) -> None:
                pass

            def __enter__(self) -> None:
                gpu.log.append(name)

            def __exit__(self, *_: object) -> None:
                gpu.log.append(f"end of {name}")

        return Context

    def event(self, *, enable_timing: bool) -> Any:
        assert enable_timing
        made = SimpleNamespace(at=None)
        made.record = lambda: setattr(made, "at", self.now)
        made.elapsed_time = lambda end: end.at - made.at
        return made

    def properties(self, _: str) -> Any:
        return SimpleNamespace(name="Some GPU", major=9, minor=0, total_memory=1 << 30, L2_cache_size=1 << 20, uuid="1")

    def empty(self, size: int, **_: Any) -> Any:
        self.log.append(("buffer", size))
        return SimpleNamespace(zero_=lambda: self.passes(5))

    def passes(self, ms: float) -> None:
        self.now += ms


def test_layers_are_the_time_between_events_and_the_pass_is_their_sum() -> None:
    gpu = Gpu()
    watch = Cuda(gpu, "cuda", cold=False)
    watch.begin(ahead=True)
    first = watch.before()
    gpu.passes(2)
    second = watch.before()
    gpu.passes(3)
    last = watch.mark()
    watch.end()
    assert (watch.ns(first, second), watch.ns(second, last), watch.ns(first, last)) == (2_000_000, 3_000_000, 5_000_000)
    assert watch.device_ns([5_000_000, 1]) == 5_000_001


def test_flushes_of_the_cache_are_in_no_time() -> None:
    gpu = Gpu()
    watch = Cuda(gpu, "cuda", cold=True)
    start, layers = watch.mark(), []
    for ms in (2, 3):
        before = watch.before()
        gpu.passes(ms)
        layers.append(watch.ns(before, watch.mark()))
    assert layers == [2_000_000, 3_000_000]
    assert (watch.ns(start, watch.mark()), gpu.now) == (5_000_000, 15)
    assert gpu.log == [("buffer", 1 << 20)]


def test_there_is_one_synchronisation_before_a_pass_and_one_at_its_end() -> None:
    gpu = Gpu()
    watch = Cuda(gpu, "cuda", cold=False)
    watch.begin(ahead=False)
    for _ in range(10):
        watch.before()
        watch.mark()
    watch.end()
    assert gpu.log == ["synchronize", "synchronize"]


def test_the_device_spins_as_long_as_the_host_took_before_and_never_long() -> None:
    gpu = Gpu()
    watch = Cuda(gpu, "cuda", cold=False)
    watch.spin = 0.01
    watch.begin(ahead=True)
    watch.spin = 100.0
    watch.begin(ahead=True)
    assert gpu.log[1::2] == [pytest.approx(0.015 * CYCLES), LONGEST_SPIN * CYCLES]


def test_a_captured_graph_is_warmed_up_aside_and_replayed() -> None:
    gpu = Gpu()
    replay = captured(gpu, lambda inputs: gpu.log.append("run") or [inputs], "x")
    assert gpu.log == [
        "inference", "aside", "run", "run", "run", "end of aside", "graph", "run", "end of graph", "end of inference",
    ]  # fmt: skip
    assert (replay(), gpu.log[-1]) == (["x"], "replay")


def test_memory_is_what_a_pass_adds() -> None:
    assert peak_bytes(Gpu(), "cuda", lambda: None) == 70


def test_the_device_is_named() -> None:
    assert facts(Gpu(), "cuda") == {
        "gpu": "Some GPU", "gpu_capability": "9.0", "gpu_memory": 1 << 30, "cuda": "13.0", "cudnn": 91000,
    }  # fmt: skip
