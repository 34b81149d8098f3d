"""Whether a run fits into memory, known before anything is allocated; and what to do where it does not."""

import sys
from collections.abc import Callable

from convcli.bench.memory import free_bytes
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.human import bytes_
from convcli.quantity import product
from convcli.report import LayerReport, Report
from convcli.tape import BYTES
from convcli.timing.wanted import AUTO

ReportAt = Callable[[int, int], Report]
"""The network's report at a batch, and with its input that many times smaller along each spatial axis."""

USED, HALF = 0.9, 0.5
"""Which part of what is free is advised, since torch's own workspaces are in no prediction; and which part of what
did not fit after all."""


GPUS = ("/dev/nvidiactl", "/dev/kfd")
"""Where Linux has GPUs."""


def is_on_cpu(device: str) -> bool:
    """Say whether a network will run on the processor, as far as that is known before torch is there."""
    from pathlib import Path

    there = any(Path(gpu).exists() for gpu in GPUS)
    return device == "cpu" or (device == AUTO and sys.platform.startswith("linux") and not there)


def expect_room(report: Report, *, train: bool, report_at: ReportAt, fresh: bool = False) -> None:
    """Refuse a pass that cannot fit into the memory that is free; `fresh` if it runs in a process of its own.

    Raises:
        ConvcliError: it needs more than there is; its `report` has all that is known without running.
    """
    free = free_bytes(fresh=fresh)
    needed = needed_bytes(report, train=train)
    if free is not None and needed > free:
        raise too_large(report, needed, free, train=train, report_at=report_at)


def needed_bytes(report: Report, *, train: bool) -> int:
    """Return what a pass takes, at least."""
    totals = report.totals
    return totals.training_bytes if train else totals.weights_bytes + totals.inference_peak_bytes


def too_large(report: Report, needed: int, free: int, *, train: bool, report_at: ReportAt) -> ConvcliError:
    """Return the error of a pass that needs more than is free, with what would fit."""
    what = "a step of training" if train else "a pass"
    message = f"{what} with batch {report.batch} needs {bytes_(needed)}, and {bytes_(free)} are free"
    return ConvcliError(
        [Diagnostic("CV041", message, help=advice(report, int(free * USED), train=train, at=report_at))], report
    )


def advice(report: Report, free: int, *, train: bool, at: ReportAt) -> str:
    """Say which batch fits; where none does, what a smaller input and depthwise convolutions would save."""
    from convcli.solving.batch import solve_batch

    try:
        found = solve_batch(lambda batch: at(batch, 1), free, train=train)
    except ConvcliError:  # a network for one batch only
        return _without_batch(report, free, train=train, at=at)
    if found.batch:
        return f"batch {found.batch:,} fits: write `--batch {found.batch}`"
    return _without_batch(report, free, train=train, at=at)


def _without_batch(report: Report, free: int, *, train: bool, at: ReportAt) -> str:
    return "; ".join(filter(None, (_smaller_input(free, train=train, at=at), _depthwise(report)))) or (
        "take a smaller batch or input"
    )


def _smaller_input(free: int, *, train: bool, at: ReportAt) -> str:
    for times in (2, 4, 8):
        try:
            smaller = at(1, times)
        except ConvcliError:
            continue
        needed = needed_bytes(smaller, train=train)
        if needed <= free or times == 2:
            size = "x".join(map(str, smaller.inputs[0].shape[1:] if smaller.inputs[0].shape else ()))
            return f"one sample of {size} takes {bytes_(needed)}"
    return ""


def _depthwise(report: Report) -> str:
    """Say what the heaviest dense convolution would save as a depthwise one with a 1x1 behind it."""
    saved = [(_saved_by_depthwise(layer), layer.name) for layer in report.layers]
    bytes_saved, name = max(saved, default=(0, ""))
    if bytes_saved <= 0:
        return ""
    size = bytes_(bytes_saved * BYTES[report.dtype])
    return f"`{name}` as a depthwise convolution and a 1x1 saves {size} of weights"


def _saved_by_depthwise(layer: LayerReport) -> int:
    weight = layer.weights.get("weight")
    if layer.op not in _CONVOLUTIONS or layer.args.get("groups") != 1 or not weight:
        return 0
    outputs, inputs, *kernel = (size or 0 for size in weight)
    window = product(tuple(kernel))
    return outputs * inputs * window - inputs * window - outputs * inputs if window > 1 else 0


_CONVOLUTIONS = ("Conv1d", "Conv2d", "Conv3d")
