"""The ceilings and the calibration of this machine: those that are kept, or measured now and kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from convcli.bench.calibration import calibrate
from convcli.bench.ceilings import DTYPES, measure_ceilings, measured_product
from convcli.bench.machine import cores, key_for, machine_for
from convcli.bench.torch_or_not import expect_torch, find_torch
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.machine import stored
from convcli.machine.ceilings import MATMUL
from convcli.machine.key import Key
from convcli.record import Record
from convcli.timing.protocol import INFERENCE, Config
from convcli.timing.record import Calibration, Ceilings

KINDS = ("cpu", "cuda")
"""Devices that are measured."""


class Known(Record):
    """Ceilings, and where they come from.

    Attributes:
        ceilings: of this machine.
        kept: whether they were measured before.
        in_the_way: why they cannot be kept, None where they are.
    """

    ceilings: Ceilings
    kept: bool
    in_the_way: str | None = None


def known_ceilings(
    device: str = "cpu",
    *,
    dtype: str | None = None,
    threads: int | None = None,
    fresh: bool = False,
    keep: bool = True,
    progress: Callable[[float], None] = lambda _: None,
) -> Known:
    """Return the ceilings of this machine; with a `dtype`, that of this type is among them.

    Raises:
        ConvcliError: torch is missing, there is no such device, or the samples deserve no trust.
    """
    expect_device(device, threads)
    expect_torch()
    key = key_for(device, threads)
    found = None if fresh else stored.read_ceilings(key)
    if found is not None and (dtype is None or dtype in found.flops):
        return Known(found, True)
    with threads_of(find_torch(), threads) as torch:
        measured = measured_now(torch, key, dtype, progress)
    if measured.reason is not None:
        raise disturbed(measured.reason)
    return Known(measured, False, stored.keep_ceilings(key, measured) if keep else None)


def measured_now(torch: Any, key: Key, dtype: str | None, progress: Callable[[float], None]) -> Ceilings:
    """Measure ceilings, in the types that are usual and one more."""
    types = DTYPES if dtype is None or dtype in DTYPES else (*DTYPES, dtype)
    return measure_ceilings(torch, machine_for(torch, key.device), types, progress)


def checked_now(torch: Any, key: Key, config: Config) -> tuple[Ceilings, Calibration | None]:
    """Return ceilings that hold now, for a run: those that are kept, if a product is as fast as it was, or new ones.

    The calibration is one for the type and the layout of the run; None where there can be none.
    """
    found = stored.read_ceilings(key)
    if found is None or config.dtype not in found.flops or not _holds(torch, key, found, config.dtype):
        found = measured_now(torch, key, config.dtype, lambda _: None)
        if found.reason is not None:
            return found, None
        stored.keep_ceilings(key, found)
    if key.device != "cpu" or config.mode != INFERENCE or config.amp or config.dtype not in found.flops:
        return found, None
    kept = stored.read_calibration(key, config.dtype, channels_last=config.channels_last)
    if kept is not None:
        return found, kept
    made = calibrate(torch, config, found)
    if made.reason is None:
        stored.keep_calibration(key, made)
    return found, made


DRIFT = 0.1
"""How far a product may be from what it was, relative to that."""

HOLDS_SECONDS = 0.05


def _holds(torch: Any, key: Key, found: Ceilings, dtype: str) -> bool:
    """Say whether a machine still multiplies as fast as it did; samples that deserve no trust say no."""
    machine = machine_for(torch, key.device)
    rate = measured_product(torch, machine, dtype, HOLDS_SECONDS)
    return rate is not None and abs(rate / found.flops[dtype][MATMUL] - 1) <= DRIFT


def disturbed(reason: str) -> ConvcliError:
    """Return the error of samples that deserve no trust."""
    message = f"this machine is too busy to be measured: {reason}"
    help = "end other work and ask again; `--threads 1` is disturbed less"
    return ConvcliError([Diagnostic("CV045", message, help=help)])


def expect_device(device: str, threads: int | None) -> None:
    """Refuse a device that is not measured, and more threads than there are cores.

    Raises:
        ConvcliError: it is one of these.
    """
    kind, colon, number = device.partition(":")
    if kind not in KINDS or (colon and not number.isdecimal()) or (kind == "cpu" and colon):
        help = suggestion(device, KINDS, "ceilings are measured on: cpu, cuda, cuda:1")
        raise ConvcliError([Diagnostic("CV046", f"there is no device `{device}` to measure", help=help)])
    if threads is not None and not 1 <= threads <= cores():
        message = f"this process may use {cores()} cores, found {threads} threads"
        raise ConvcliError([Diagnostic("CV046", message, help="write `--threads 1`, or leave it out")])


@contextmanager
def threads_of(torch: Any, threads: int | None) -> Iterator[Any]:
    """Give torch so many threads, and afterwards those that it had."""
    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield torch
    finally:
        torch.set_num_threads(before)
