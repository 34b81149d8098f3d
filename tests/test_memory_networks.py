"""Memory of the bundled networks against what torch really saves and allocates, on the CPU."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from memory_oracle import Allocations, saved_bytes
from torch import nn
from zoo import ZOO, build, tensors

import convcli
from convcli.report import Report

BATCH = 2
SMALL = ((64, 80), (96, 128), (8, 32, 48))
WITHOUT_RULE = {"LSTM"}
"""Operators whose memory is not known: their kernels choose a workspace of their own."""

by_name = pytest.mark.parametrize("name", list(ZOO))


def small(name: str) -> tuple[int, ...]:
    """Return the shape of a small input, with a batch: smaller than the entry's own, where the network takes it."""
    channels, sizes = convcli.profile(name).inputs[0].shape[1], ZOO[name].sizes
    for size in SMALL if len(sizes) > 1 else ():
        if len(size) == len(sizes[0]) and takes(name, (BATCH, channels, *size)):
            return (BATCH, channels, *size)
    return (BATCH, channels, *min(sizes, key=lambda size: torch.Size(size).numel()))


def takes(name: str, shape: tuple[int, ...]) -> bool:
    """Say whether a network takes an input of this shape."""
    try:
        convcli.profile(name, input=shape, batched=True)
    except convcli.ConvcliError:
        return False
    return True


@cache
def profile(name: str) -> Report:
    """Return our report at that size."""
    return convcli.profile(name, input=small(name), batched=True)


def known(name: str, number: str, measured: int, error: float) -> None:
    """Assert that a number is the measured one, or that it is marked as a lower bound and is one."""
    totals = profile(name).totals
    ours = getattr(totals, number)
    if number in totals.unknown:
        assert {found.op for found in profile(name).uncounted} <= WITHOUT_RULE
        assert ours <= measured
    else:
        assert ours == pytest.approx(measured, rel=error, abs=0)


def real(name: str) -> nn.Module:
    """Build a network with weights, all the same: to draw them takes longer than all the rest."""
    model = deepcopy(build(name)).to_empty(device="cpu")
    with torch.no_grad():
        for tensor in held(model):
            tensor.fill_(0.01 if tensor.is_floating_point() else 0)
    return model


def held(model: nn.Module) -> list[torch.Tensor]:
    """Return what is no activation."""
    return [*model.parameters(), *model.buffers()]


@by_name
def test_what_autograd_saves_is_known_to_the_byte(name: str) -> None:
    model, x = real(name).train(), torch.rand(small(name))
    known(name, "saved_for_backward_bytes", saved_bytes(lambda: model(x), held(model)), 0)


@by_name
def test_the_parts_of_what_is_saved_add_up(name: str) -> None:
    report = profile(name)
    assert sum(layer.saved_bytes or 0 for layer in report.layers) == report.totals.saved_for_backward_bytes


@by_name
def test_the_peak_at_inference_is_that_of_an_executor_that_lets_go_at_once(name: str) -> None:
    torch.backends.mha.set_fastpath_enabled(False)  # a kernel of its own, whose tensors nobody sees
    model, x = real(name).eval(), torch.rand(small(name))
    steps = torch.fx.Interpreter(torch.fx.symbolic_trace(model))
    with torch.no_grad(), Allocations(x, apart=held(model)) as seen:
        steps.run(x)
    if name.startswith("densenet"):  # torchvision joins all features anew in each layer; the file, layer by layer
        assert profile(name).totals.inference_peak_bytes < seen.peak
    else:
        known(name, "inference_peak_bytes", seen.peak, 0.001)


@by_name
def test_the_tensors_at_the_peak_add_up_to_it(name: str) -> None:
    totals = profile(name).totals
    assert totals.inference_peak
    assert sum(size for _, size in totals.inference_peak.alive) == totals.inference_peak_bytes


@by_name
def test_the_peak_of_a_step_of_sgd(name: str) -> None:
    model, x = real(name).train(), torch.rand(small(name))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    step(model, optimizer, x)
    with Allocations(held(model), x) as seen:
        step(model, optimizer, x)
    known(name, "training_bytes", seen.peak, 0.03)


def step(model: nn.Module, optimizer: Any, x: torch.Tensor) -> None:
    """Train once."""
    optimizer.zero_grad(set_to_none=True)
    outputs = tensors(model(x))
    sum((output * 1.0).sum() for output in outputs).backward()
    optimizer.step()
