"""How far times are to be trusted: closure, overhead, A/A, against torch's own timer, and run against run.

    python benchmarks/timing.py [NETWORK...]

Everything is a ratio of things that were measured in turns in one session. Passes of `torch.utils.benchmark`
run in processes of their own, as `convcli profile --run` does, with the same allocator and threads. With
`--hog` as many busy processes as there are cores run beside: then there are the same ratios, or a refusal.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NETWORKS = ("resnet18", "mobilenet_v2", "unet")
CLOSURE, OVERHEAD, AGAIN, TORCH = (0.90, 1.05), (0.0, 1.05), (0.98, 1.02), (0.95, 1.05)
"""What ratios have to lie within."""
AGREE = 0.9
"""The part of layers whose intervals must touch in two runs, of those that take a percent of the time."""
LONGEST, LONGEST_QUICK = 30.0, 10.0
"""Seconds that a run of ResNet-18 may take."""
HEAVY = 0.01

TIMER = """
import json, sys
from convcli.bench.allocator import tune_malloc
tune_malloc()
import torch
import torch.utils.benchmark as benchmark
import convcli
network = convcli.build(sys.argv[1], seed=0).eval()
report = convcli.profile(sys.argv[1])
inputs = [torch.randn(one.shape) for one in report.inputs]
with torch.inference_mode():
    timer = benchmark.Timer("network(*inputs)", globals=globals(), num_threads=torch.get_num_threads())
    timer.timeit(3)
    print(json.dumps(timer.blocked_autorange(min_run_time=2.0).median))
"""


def run(network: str, *options: str) -> tuple[dict[str, Any], float]:
    """Run a network, and return its times and how long all that took."""
    began = time.monotonic()
    command = [sys.executable, "-m", "convcli", "profile", network, "--run", "--format", "json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["timings"], time.monotonic() - began


def torch_timer(network: str) -> float:
    """Return the median of torch's own timer, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", TIMER, network], capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout))


def agreeing(first: dict[str, Any], second: dict[str, Any]) -> tuple[int, int]:
    """Return how many heavy layers have intervals that touch in two runs, and how many heavy layers there are."""
    others = {layer["name"]: layer for layer in second["layers"]}
    heavy = touching = 0
    for layer in first["layers"]:
        one, other = layer["forward"], others[layer["name"]]["forward"]
        if (layer["share"] or 0) < HEAVY or one["value"] is None or other["value"] is None:
            continue
        heavy += 1
        touching += one["lo"] <= other["hi"] and other["lo"] <= one["hi"]
    return touching, heavy


@contextmanager
def hogs(count: int) -> Iterator[None]:
    """Keep some cores busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


def within(name: str, value: float | None, limits: tuple[float, float]) -> bool:
    """Print a ratio, and say whether it is as it should be; a refusal is."""
    if value is None:
        print(f"  {name:<12} refused")
        return True
    good = limits[0] <= value <= limits[1]
    print(f"  {name:<12} {value:.4f}   [{limits[0]:g} to {limits[1]:g}]{'' if good else '   NOT WITHIN'}")
    return good


def judge(network: str) -> bool:
    """Measure a network twice, with torch's timer in between."""
    before = torch_timer(network)
    first, _ = run(network)
    between = torch_timer(network)
    second, seconds = run(network)
    after = torch_timer(network)
    subject, again = first["subjects"][0], second["subjects"][0]
    clean = subject["samples"]
    print(f"{network}: {clean['clean']} of {clean['all']} passes clean, {seconds:.1f} s")
    timer = statistics.median((before, between, after))
    total = subject["total"]["value"]
    good = [
        within("closure", subject["closure"]["value"], CLOSURE),
        within("overhead", subject["overhead"]["value"], OVERHEAD),
        within("A/A", subject["again"]["value"], AGAIN),
        within("torch timer", total and timer / total, TORCH),
    ]
    touching, heavy = agreeing(subject, again)
    if heavy:
        good.append(within("two runs", touching / heavy, (AGREE, 1.0)))
    return all(good)


def main() -> int:
    """Judge all networks; 1 where a ratio is not what it should be."""
    names = [name for name in sys.argv[1:] if not name.startswith("-")] or NETWORKS
    with hogs((os.cpu_count() or 1) if "--hog" in sys.argv else 0):
        good = [judge(name) for name in names]
        for options, limit in (((), LONGEST), (("--quick",), LONGEST_QUICK)):
            seconds = run("resnet18", *options)[1]
            good.append(seconds <= limit or "--hog" in sys.argv)
            print(f"resnet18 {' '.join(options):<8} {seconds:.1f} s   [at most {limit:g}]")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
