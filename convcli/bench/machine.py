"""The machine on which ceilings are measured: its name, and the settings in force that change what products cost."""

import os
from pathlib import Path
from typing import Any

from convcli.bench.ceilings import CPU_SIZES, Machine
from convcli.bench.environment import VARIABLES
from convcli.bench.processor import processor
from convcli.bench.sampling import cpu_sampler
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.machine.key import Key


def machine_for(torch: Any, device: str) -> Machine:
    """Return how a device is measured.

    Raises:
        ConvcliError: it is not there, or nothing is known of how to measure it.
    """
    if device == "cpu":
        return Machine(device, processor()["cpu"], cpu_flags(torch), CPU_SIZES, cpu_sampler())
    if device.partition(":")[0] == "cuda":
        from convcli.bench.cuda_machine import cuda_machine

        return cuda_machine(torch, device)
    message = f"ceilings are not measured on `{device}`"
    raise ConvcliError([Diagnostic("CV046", message, help="write `--device cpu`, or `--device cuda`")])


def cpu_flags(torch: Any) -> dict[str, str]:
    """Return the instructions that torch uses, and how exact float32 products are."""
    return {
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "float32 products": torch.get_float32_matmul_precision(),
    }


def key_for(device: str, threads: int | None) -> Key:
    """Return what the ceilings of a device belong to, here and now, without importing torch."""
    environment = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(VARIABLES))
    return Key(device, processor()["cpu"], cores(), torch_version(), threads, tuple(environment))


def cores() -> int:
    """Return how many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def torch_version() -> str:
    """Return the version of torch that an import would find."""
    from importlib.util import find_spec

    spec = find_spec("torch")
    try:
        text = Path(spec.origin if spec and spec.origin else "").with_name("version.py").read_text("utf-8")
    except (OSError, ValueError):
        return "unknown"
    return next((line.split("'")[1] for line in text.splitlines() if line.startswith("__version__ = '")), "unknown")
