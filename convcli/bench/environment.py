"""Where something was measured: facts that must be equal where two runs are compared, and others that help."""

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convcli.bench import cuda
from convcli.bench.allocator import SYSTEM
from convcli.bench.caches import caches
from convcli.bench.processor import cores, processor, quota
from convcli.graph import Graph
from convcli.timing.protocol import Job

VARIABLES = (
    "OMP_", "MKL_", "KMP_", "GOMP_", "ONEDNN_", "DNNL_", "MALLOC_", "TORCH", "PYTORCH_", "CUDA_", "CUBLAS_", "CUDNN_",
    "GLIBC_TUNABLES", "LD_PRELOAD", "NVIDIA_TF32_OVERRIDE",
)  # fmt: skip
"""How environment variables begin that change how torch runs."""


def blocking(
    torch: Any, devices: Sequence[str] = (), *, malloc: str = SYSTEM, flush_denormal: bool = False
) -> dict[str, Any]:
    """Return the facts of machine, libraries and settings that must be equal where two runs are compared."""
    gpus = [device for device in devices if device.startswith("cuda")]
    return {
        **processor(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "cores": cores(),
        "quota": quota(),
        "threads": torch.get_num_threads(),
        "threads_between": torch.get_num_interop_threads(),
        "torch": str(torch.__version__),
        "torch_build": _digest(torch.__config__.show()),
        "precision": precision(torch),
        "flush_denormal": flush_denormal,
        "malloc": malloc,
        "devices": list(devices),
        "variables": {name: value for name, value in sorted(os.environ.items()) if name.startswith(VARIABLES)},
        **(cuda.facts(torch, gpus[0]) if gpus else {}),
    }


def precision(torch: Any) -> dict[str, Any]:
    """Return the settings with which float32 is not computed as float32, and those that choose algorithms."""
    found = {
        "matmul": torch.get_float32_matmul_precision(),
        "mkldnn": torch.backends.mkldnn.enabled,
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "cudnn_deterministic": torch.backends.cudnn.deterministic,
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }
    for name, place in (
        ("mkldnn_conv", getattr(torch.backends.mkldnn, "conv", None)),
        ("mkldnn_matmul", getattr(torch.backends.mkldnn, "matmul", None)),
        ("cudnn_conv", getattr(torch.backends.cudnn, "conv", None)),
        ("cuda_matmul", torch.backends.cuda.matmul),
    ):
        found[name] = getattr(place, "fp32_precision", None)
    return found


def informative(torch: Any, graphs: Sequence[Graph], job: Job, timer_ns: int) -> dict[str, Any]:
    """Return facts that help to understand times, and forbid no comparison."""
    return {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "system": sys.platform,
        "host": _digest(platform.node()),
        "hypervisor": _hypervisor(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "pressure": _pressure(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "turbo_off": _read("/sys/devices/system/cpu/intel_pstate/no_turbo"),
        "smt": _read("/sys/devices/system/cpu/smt/control"),
        "aslr": _read("/proc/sys/kernel/randomize_va_space"),
        "huge_pages": _read("/sys/kernel/mm/transparent_hugepage/enabled"),
        "caches": caches(),
        "timer_ns": timer_ns,
        "parallel": torch.__config__.parallel_info(),
        "seed": job.seed,
        "fingerprints": {subject.name: subject.fingerprint for subject in job.subjects},
        "networks": [f"{graph.name}, {len(graph.nodes)} layers, batch {graph.batch}" for graph in graphs],
    }


def _hypervisor() -> bool | None:
    text = _read("/proc/cpuinfo")
    return None if text is None else " hypervisor" in text


def _pressure() -> float | None:
    """Return the percentage of the last ten seconds in which somebody waited for a core."""
    text = _read("/proc/pressure/cpu")
    if text is None or "avg10=" not in text:
        return None
    return float(text.partition("avg10=")[2].split()[0])


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text("utf-8").strip() or None
    except (OSError, ValueError):
        return None


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()[:16]
