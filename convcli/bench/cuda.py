"""Times on a GPU, by events in its own queue. Nothing here has run on a device yet: tests have a stand-in.

A kernel that spins goes ahead of a pass, so that the host fills the queue while the device waits, and
what lies between two events is the device's own time and no wait for the host. There is one
synchronisation, at the end of a pass.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

CYCLES = 2e9
"""A second of spinning, on a device with 2 GHz; a slower one spins a little longer."""

LONGEST_SPIN = 0.5
"""Seconds, so that nothing hangs where the queue is full before the spin is over."""

AHEAD = 1.5
"""How much longer it spins than the host took to fill the queue in the pass before."""

SLOWED = 0x4 | 0x8 | 0x20 | 0x40 | 0x80
"""NVML's reasons for a lower clock: power cap, hardware slowdown, heat (software, hardware), power brake."""

Mark = tuple[Any, int]
"""An event, and how often caches had been flushed before it."""


class Cuda:
    """Timestamps of a GPU; see `stopwatch.Host`."""

    watches_layers = True
    spins = True

    def __init__(self, torch: Any, device: str, *, cold: bool) -> None:
        self.torch, self.device, self.flushes = torch, device, cold
        self.spin, self.started = 0.0, 0.0
        self.flushed: list[tuple[Any, Any]] = []
        self.slowed = _slowdown(torch, device)
        if cold:
            size = torch.cuda.get_device_properties(device).L2_cache_size
            self.buffer = torch.empty(size, dtype=torch.uint8, device=device)

    def begin(self, *, ahead: bool) -> None:
        """Wait for the device; with `ahead` let it spin while the host fills the queue."""
        self.flushed = []
        self.torch.cuda.synchronize(self.device)
        if ahead:
            self.torch.cuda._sleep(int(CYCLES * min(self.spin * AHEAD, LONGEST_SPIN)))  # noqa: SLF001  no other spins
        self.started = perf_counter()

    def mark(self) -> Mark:
        """Put an event into the queue."""
        return self._event(), len(self.flushed)

    def before(self) -> Mark:
        """Put an event before a layer, behind a flush of the cache if that is wanted."""
        if self.flushes:
            start = self._event()
            self.buffer.zero_()
            self.flushed.append((start, self._event()))
        return self.mark()

    def end(self) -> None:
        """Wait until all that was started has been done."""
        self.spin = perf_counter() - self.started
        self.torch.cuda.synchronize(self.device)

    def ns(self, start: Mark, end: Mark) -> int:
        """Return the nanoseconds between two events, without flushes."""
        lost: float = sum(first.elapsed_time(last) for first, last in self.flushed[start[1] : end[1]])
        found: float = start[0].elapsed_time(end[0]) - lost
        return round(found * 1e6)

    def device_ns(self, phases: Sequence[int]) -> int | None:
        """Return how long the device was busy with a pass."""
        return sum(phases)

    def throttled(self) -> bool:
        """Say whether the device reports that it is slowed down."""
        return self.slowed()

    def _event(self) -> Any:
        event = self.torch.cuda.Event(enable_timing=True)
        event.record()
        return event


def captured(torch: Any, run: Callable[[Any], list[Any]], inputs: Sequence[Any]) -> Callable[[], list[Any]]:
    """Capture a pass as a graph, and return what replays it."""
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.inference_mode():
        with torch.cuda.stream(aside):  # what is only done once must not be captured
            for _ in range(3):
                run(inputs)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            outputs = run(inputs)

    def replay() -> list[Any]:
        graph.replay()
        return outputs

    return replay


def facts(torch: Any, device: str) -> dict[str, Any]:
    """Return what must be equal where two runs on GPUs are compared."""
    found = torch.cuda.get_device_properties(device)
    return {
        "gpu": found.name,
        "gpu_capability": f"{found.major}.{found.minor}",
        "gpu_memory": found.total_memory,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
    }


def peak_bytes(torch: Any, device: str, run: Callable[[], Any]) -> int:
    """Return the most bytes of torch's allocator in a pass, beyond those before it."""
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    run()
    torch.cuda.synchronize(device)
    return int(torch.cuda.max_memory_allocated(device) - before)


def _slowdown(torch: Any, device: str) -> Callable[[], bool]:
    """Return what asks the driver whether the clock is held down; no where its library is not installed."""
    try:
        import pynvml  # type: ignore[import-not-found]  # of the driver's vendor, and never required
    except ImportError:
        return lambda: False
    pynvml.nvmlInit()
    name = str(torch.cuda.get_device_properties(device).uuid)
    handle = pynvml.nvmlDeviceGetHandleByUUID(name if name.startswith("GPU-") else f"GPU-{name}")
    return lambda: bool(pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle) & SLOWED)
