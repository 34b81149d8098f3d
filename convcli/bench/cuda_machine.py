"""Ceilings of a GPU: products large enough to fill it, copies in and beyond its cache, times by events.

None of this has run on a GPU yet.
"""

from typing import Any

from convcli.bench.ceilings import MIB, Machine, Sizes
from convcli.bench.sampling import Call, Sampler
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.timing.protocol import Sample

BEGIN_SECONDS = 0.1
"""How long a GPU works before it is measured, so that its clock has risen."""

HALF_GIB = 512 * MIB


def cuda_machine(torch: Any, device: str) -> Machine:
    """Return how a GPU is measured.

    Raises:
        ConvcliError: it is not there.
    """
    number = int(device.partition(":")[2] or 0)
    if not torch.cuda.is_available() or number >= torch.cuda.device_count():
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        message = f"there is no `{device}`: torch finds {count or 'no'} GPU{'s' * (count != 1)}"
        raise ConvcliError([Diagnostic("CV046", message, help="write `--device cpu`")])
    found = torch.cuda.get_device_properties(number)
    cache = found.L2_cache_size
    copies = tuple(sorted({cache * 2 // 5 // 8 * 8, cache * 4, HALF_GIB}))
    torch.cuda.set_device(number)
    torch.cuda.init()
    rise(torch, device)
    return Machine(
        device, found.name, cuda_flags(torch), Sizes((4096, 2048, 1024), 64, 256, (56, 28), copies), cuda_sampler(torch)
    )  # fmt: skip


def cuda_flags(torch: Any) -> dict[str, str]:
    """Return the flags that decide in which type float32 is multiplied, and how convolutions are chosen."""
    return {
        "matmul tf32": _said(torch.backends.cuda.matmul.allow_tf32),
        "cudnn tf32": _said(torch.backends.cudnn.allow_tf32),
        "cudnn benchmark": _said(torch.backends.cudnn.benchmark),
        "cudnn deterministic": _said(torch.backends.cudnn.deterministic),
    }


def _said(flag: bool) -> str:
    return "on" if flag else "off"


def rise(torch: Any, device: str) -> None:
    """Keep a GPU busy until its clock has risen."""
    import time

    a = torch.randn(2048, 2048, device=device)
    end = time.monotonic() + BEGIN_SECONDS
    while time.monotonic() < end:
        torch.mm(a, a)
        torch.cuda.synchronize()


def cuda_sampler(torch: Any) -> Sampler:
    """Return what takes samples by two events around all calls."""

    def sample(call: Call, repeat: int) -> Sample:
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        start.record()
        for _ in range(repeat):
            call()
        end.record()
        end.synchronize()
        taken = round(start.elapsed_time(end) * 1e6)
        return Sample(taken, repeat=repeat, device_ns=taken)

    return sample
