"""What a machine can do, measured through torch's own calls: products, bandwidths, the smallest calls.

Data sheets say what cannot be reached, and tables of them rot; a layer can be as fast as the same
library is at the best of sizes. Numbers are normally distributed: zeros are multiplied faster.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from convcli.bench.memory import free_bytes
from convcli.bench.sampling import Call, Sampler
from convcli.bench.settling import settle
from convcli.human import bytes_
from convcli.machine.ceilings import CONV, MATMUL
from convcli.record import Record
from convcli.timing.record import Ceilings

DTYPES = ("float32", "bfloat16", "float16")
"""What is measured where nothing else is asked for, as far as the device multiplies it."""

PRODUCT_SECONDS, COPY_SECONDS, CALL_SECONDS = 0.1, 0.04, 0.02
"""How long each is sampled."""

LONGEST = 0.025
"""Seconds that a product takes at most; a type that the device multiplies slowly gets a smaller one."""

CALLS = ("ReLU", "Conv2d", "BatchNorm2d", "Linear")
"""Layers whose smallest call is measured."""


class Sizes(Record):
    """How large the things are that are measured.

    Attributes:
        matmul: sides of square matrices; the first is taken that does not take too long.
        batch, channels: of the convolution's input and output; its kernel is 3x3.
        pictures: sides of its pictures; the first is taken that does not take too long.
        copies: bytes of working sets, half of them read and half of them written.
    """

    matmul: tuple[int, ...]
    batch: int
    channels: int
    pictures: tuple[int, ...]
    copies: tuple[int, ...]


MIB = 2**20
CPU_SIZES = Sizes((1024, 512, 256, 128), 1, 256, (28, 14, 7), tuple(MIB * 4**power // 4 for power in range(6)))


class Machine(Record):
    """Where ceilings are measured, and how.

    Attributes:
        device: as torch calls it.
        hardware: its name.
        flags: settings that change what products cost.
        sizes: of what is measured.
        sampler: takes the samples.
    """

    device: str
    hardware: str
    flags: Mapping[str, str]
    sizes: Sizes
    sampler: Sampler


class _Refused(Exception):
    """Samples deserve no trust."""


def measure_ceilings(
    torch: Any, machine: Machine, dtypes: Sequence[str] = DTYPES, progress: Callable[[float], None] = lambda _: None
) -> Ceilings:
    """Measure all ceilings; one that deserves no trust is the reason why there are none."""
    empty = Ceilings(
        machine.device, machine.hardware, torch.__version__, torch.get_num_threads(), machine.flags, {}, (), (), {},
        time.time(),
    )  # fmt: skip
    measuring = _Measuring(torch, machine, progress, 2 * (len(dtypes) + len(machine.sizes.copies)) + len(CALLS))
    try:
        with torch.inference_mode(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            flops = {dtype: found for dtype in dtypes if (found := measuring.products(dtype))}
            (bandwidth, in_place), dispatch = measuring.bandwidth(), measuring.dispatch()
    except _Refused as refused:
        return empty._replace(reason=str(refused))
    return empty._replace(flops=flops, bandwidth=bandwidth, in_place=in_place, dispatch=dispatch)


def measured_product(torch: Any, machine: Machine, dtype: str, seconds: float) -> float | None:
    """Measure the matrix product alone; None where its samples deserve no trust."""
    measuring = _Measuring(torch, machine, lambda _: None, 1)
    with torch.inference_mode(), torch.random.fork_rng(devices=[]):
        chosen = measuring.chosen(machine.sizes.matmul, partial(measuring.matmul, dtype))
        if chosen is None:
            return None
        settled = settle(machine.sampler, chosen[1], seconds)
    return chosen[0] / settled.seconds if settled.seconds else None


class _Measuring:
    def __init__(self, torch: Any, machine: Machine, progress: Callable[[float], None], steps: int) -> None:
        self.torch, self.machine, self.progress, self.steps = torch, machine, progress, steps
        self.done = 0

    def seconds(self, what: str, call: Call, seconds: float) -> float:
        self.progress(self.done / self.steps)
        self.done += 1
        settled = settle(self.machine.sampler, call, seconds)
        if settled.seconds is None:
            raise _Refused(f"{what}: {settled.reason}")
        return settled.seconds

    def products(self, dtype: str) -> dict[str, float]:
        """Return FLOP/s by kind of product; nothing where the device does not multiply this type."""
        sizes = self.machine.sizes
        found = {}
        for kind, sides, prepare in ((MATMUL, sizes.matmul, self.matmul), (CONV, sizes.pictures, self.conv)):
            chosen = self.chosen(sides, partial(prepare, dtype))
            if chosen is not None:
                operations, call = chosen
                found[kind] = operations / self.seconds(f"{kind} in {dtype}", call, PRODUCT_SECONDS)
        return found if MATMUL in found else {}

    def chosen(self, sizes: Sequence[int], prepare: Callable[[int], tuple[int, Call]]) -> tuple[int, Call] | None:
        """Return the first product that does not take too long, judged by the smallest; None where none is possible."""
        try:
            small, call = prepare(sizes[-1])
            call()
        except RuntimeError:  # not implemented for this type
            return None
        each = self.machine.sampler(call, 1).wall_ns / 1e9 / small
        for size in sizes:
            operations, call = prepare(size)
            if operations * each <= LONGEST:
                break
        return operations, call

    def random(self, *shape: int, dtype: str = "float32") -> Any:
        made = self.torch.randn(*shape, device=self.machine.device)
        return made.to(getattr(self.torch, dtype))

    def matmul(self, dtype: str, size: int) -> tuple[int, Call]:
        a, b = (self.random(size, size, dtype=dtype) for _ in range(2))
        into, mm = self.torch.empty_like(a), self.torch.mm
        return 2 * size**3, lambda: mm(a, b, out=into)

    def conv(self, dtype: str, size: int) -> tuple[int, Call]:
        """Channels last: the order in which no picture has to be brought into another one."""
        batch, channels, last = self.machine.sizes.batch, self.machine.sizes.channels, self.torch.channels_last
        x = self.random(batch, channels, size, size, dtype=dtype).to(memory_format=last)
        weight = self.random(channels, channels, 3, 3, dtype=dtype).to(memory_format=last)
        conv2d = self.torch.conv2d
        return 2 * batch * channels**2 * 9 * size**2, lambda: conv2d(x, weight, padding=1)

    def bandwidth(self) -> tuple[tuple[tuple[int, float], ...], ...]:
        """Return bytes a second of copies, and in place, by the bytes that are moved."""
        sizes = self.machine.sizes.copies
        free = free_bytes() if self.machine.device == "cpu" else None
        sizes = tuple(size for size in sizes if free is None or 2 * size <= free) or sizes[:1]
        source = self.random(sizes[-1] // 8)
        target = source.clone()
        copies, in_place = [], []
        for size in sizes:
            part, call = target[: size // 8], partial(target[: size // 8].copy_, source[: size // 8])
            copies.append((size, size / self.seconds(f"copy within {bytes_(size)}", call, COPY_SECONDS)))
            in_place.append((size, size / self.seconds(f"{bytes_(size)} in place", part.relu_, COPY_SECONDS)))
        return tuple(copies), tuple(in_place)

    def dispatch(self) -> dict[str, float]:
        return {name: self.seconds(f"smallest {name}", call, CALL_SECONDS) for name, call in self.calls()}

    def calls(self) -> Iterable[tuple[str, Call]]:
        nn, x, row = self.torch.nn, self.random(1, 4, 1, 1), self.random(1, 4)
        modules = {"ReLU": nn.ReLU(), "Conv2d": nn.Conv2d(4, 4, 1), "BatchNorm2d": nn.BatchNorm2d(4)}
        for name, module in modules.items():
            made = module.eval().to(self.machine.device)
            yield name, partial(made, x)
        linear = nn.Linear(4, 4).eval().to(self.machine.device)
        yield "Linear", partial(linear, row)
