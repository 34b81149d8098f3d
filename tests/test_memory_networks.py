"""Memory of the bundled networks against what torch really saves and allocates, on the CPU."""

from __future__ import annotations

import gc
import os
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from graph_executor import Executor, graph_of
from memory_oracle import Allocations, saved_bytes, storages
from torch import nn
from zoo import ZOO, build, tensors

import convcli
from convcli.readers.bundled import bundled_index
from convcli.report import Report

BATCH = 2
MOST_SAVED, MOST_GRADIENTS = 0.5 * 2**30, 2**30
"""Bytes beyond which a network's batch is one, and its gradients are counted and let go."""
SMALL = ((64, 80), (96, 128), (8, 32, 48))
WITHOUT_RULE = {"LSTM"}
"""Operators whose memory is not known: their kernels choose a workspace of their own."""

AS_WRITTEN = ("densenet", "unet3d", "efficientnet_cc")
"""Networks that run as our file has them: torchvision joins all features of a block anew in each layer of a DenseNet,
and the 3-d U-Nets and CondConv look at sizes, which torch cannot trace."""

LOOPING = "efficientnet_cc"
"""Networks whose CondConv is a loop over samples in our reference: in training too they run as our file has them."""

WHOLE = bool(os.environ.get("CONVCLI_LARGE"))
"""Whether the peaks of all networks are measured, and not only of the first and the last of each family."""


def of_each_family() -> list[str]:
    """Return the first and the last network of each file that has some."""
    families: dict[object, list[str]] = {}
    for name, found in bundled_index().items():
        families.setdefault(found.path, []).append(name)
    chosen = {name for names in families.values() for name in (names[0], names[-1])}
    return [name for name in ZOO if name in chosen and name not in LARGE]


LARGE = {"vit_h_14", "vit_l_32", "unet3d2016", "regnet_y_128gf", "efficientnet_v2_l", "efficientnet_b7"}
"""The larger ones of families that are measured anyway."""

by_name = pytest.mark.parametrize("name", list(ZOO))
by_family = pytest.mark.parametrize("name", list(ZOO) if WHOLE else of_each_family())


@cache
def small(name: str) -> tuple[int, ...]:
    """Return the shape of a small input, with a batch: smaller than the entry's own, where the network takes it.

    Where a batch saves too much even so, as of ViT-H/14 and the 3D U-Net of the paper, it is one.
    """
    channels, sizes = convcli.profile(name).inputs[0].shape[1], ZOO[name].sizes
    smaller = [size for size in SMALL if len(size) == len(sizes[0])] if len(sizes) > 1 else []
    fitting = [size for size in smaller if takes(name, (BATCH, channels, *size))]
    shape = (channels, *min((*fitting, *sizes), key=lambda size: torch.Size(size).numel()))
    saved = convcli.profile(name, input=(BATCH, *shape), batched=True).totals.saved_for_backward_bytes
    return (BATCH if saved < MOST_SAVED else 1, *shape)


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
    """Build a network whose weights all lie in one storage, as large as the largest: what is made of them is the same.

    Weights of their own would take up to 2.4 GiB, and longer to draw than all the rest.
    """
    if name.startswith(LOOPING):
        return AsWritten(name)
    gc.collect()  # a traced network and its graph hold each other, and a test's weights would wait for a chance
    model = deepcopy(build(name))
    weights = torch.full((max(weight.numel() for weight in model.parameters()),), 0.01)

    def filled(tensor: torch.Tensor) -> torch.Tensor:
        if isinstance(tensor, nn.Parameter):
            return weights[: tensor.numel()].view(tensor.shape)
        return torch.full_like(tensor, 0.01 if tensor.is_floating_point() else 0, device="cpu")

    return model._apply(filled)


class AsWritten(nn.Module):
    """A network that runs as our file has it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.steps = Executor(graph_of(name, small(name)))
        self.inside = nn.ModuleList(self.steps.modules.values())

    def forward(self, x: torch.Tensor) -> Any:
        return self.steps.run(x)


def held(model: nn.Module) -> list[torch.Tensor]:
    """Return what is no activation."""
    return [*model.parameters(), *model.buffers()]


@by_name
def test_what_autograd_saves_is_known_to_the_byte(name: str) -> None:
    model, x = real(name).train(), torch.rand(small(name))
    measured = saved_bytes(lambda: model(x), held(model))
    totals = profile(name).totals
    if "StochasticDepth" in ZOO[name].unlike and not totals.unknown:
        # where torchvision's rate is 0, as in the first block, there is no mask of a number for each sample
        masks = sum(4 * small(name)[0] for layer in profile(name).layers if layer.op == "StochasticDepth")
        assert 0 <= totals.saved_for_backward_bytes - measured <= masks
    else:
        known(name, "saved_for_backward_bytes", measured, 0)


@by_name
def test_the_parts_of_what_is_saved_add_up(name: str) -> None:
    report = profile(name)
    assert sum(layer.saved_bytes or 0 for layer in report.layers) == report.totals.saved_for_backward_bytes


@by_family
def test_the_peak_at_inference_is_that_of_an_executor_that_lets_go_at_once(name: str) -> None:
    torch.backends.mha.set_fastpath_enabled(False)  # a kernel of its own, whose tensors nobody sees
    model, x = real(name).eval(), torch.rand(small(name))
    if name.startswith(AS_WRITTEN):
        steps: Any = Executor(graph_of(name, small(name)))
        weights = steps.held()
    else:
        steps, weights = torch.fx.Interpreter(torch.fx.symbolic_trace(model)), held(model)
    with torch.no_grad(), Allocations(x, apart=weights) as seen:
        steps.run(x)
    known(name, "inference_peak_bytes", seen.peak, 0.001)


@by_name
def test_the_tensors_at_the_peak_add_up_to_it(name: str) -> None:
    totals = profile(name).totals
    assert totals.inference_peak
    assert sum(size for _, size in totals.inference_peak.alive) == totals.inference_peak_bytes


@by_family
def test_the_peak_of_a_step_of_sgd(name: str) -> None:
    model, x = real(name).train(), torch.rand(small(name))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    training = profile(name).totals.training
    assert training
    with Allocations(held(model), x) as seen:
        if training.gradients_bytes > MOST_GRADIENTS:
            for weight in model.parameters():
                weight.register_post_accumulate_grad_hook(seen.count_and_let_go)
        step(model, optimizer, x)
    known(name, "training_bytes", seen.peak + shared(model), 0.03)


def shared(model: nn.Module) -> int:
    """Return the bytes that weights of their own would take more."""
    return sum(tensor.nbytes for tensor in held(model)) - sum(storages(held(model)).values())


def step(model: nn.Module, optimizer: Any, x: torch.Tensor) -> None:
    """Train once."""
    optimizer.zero_grad(set_to_none=True)
    outputs = tensors(model(x))
    sum((output * 1.0).sum() for output in outputs).backward()
    optimizer.step()


@pytest.mark.parametrize("name", ["resnet18", "vgg11_bn", "unet", "mobilenet_v2", "squeezenet1_1", "densenet121"])
def test_mixed_precision_keeps_halves_and_the_weights_as_they_were_multiplied(name: str) -> None:
    model, x = real(name).train(), torch.rand(small(name))
    ours = convcli.profile(name, input=small(name), batched=True, amp=True).totals.saved_for_backward_bytes

    def forward() -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return model(x)

    assert ours == saved_bytes(forward, held(model))


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_other_types_of_numbers(dtype: str) -> None:
    model, x = (
        real("resnet18").to(getattr(torch, dtype)).train(),
        torch.rand(small("resnet18")).to(getattr(torch, dtype)),
    )
    report = convcli.profile("resnet18", input=small("resnet18"), batched=True, dtype=dtype)
    assert report.totals.saved_for_backward_bytes == saved_bytes(lambda: model(x), held(model))


@pytest.mark.parametrize("optimizer", ["momentum", "adam", "adamw"])
def test_the_optimiser_s_state_and_its_step(optimizer: str) -> None:
    model, x = real("mobilenet_v2").train(), torch.rand(small("mobilenet_v2"))
    weights = list(model.parameters())
    make = {"momentum": lambda: torch.optim.SGD(weights, lr=1e-3, momentum=0.9, foreach=True),
            "adam": lambda: torch.optim.Adam(weights, foreach=True),
            "adamw": lambda: torch.optim.AdamW(weights, foreach=True)}[optimizer]  # fmt: skip
    chosen = make()
    step(model, chosen, x)
    state = [value for held in chosen.state.values() for value in held.values()]
    with Allocations(held(model), x, state) as seen:
        step(model, chosen, x)
    report = convcli.profile("mobilenet_v2", input=small("mobilenet_v2"), batched=True, optimizer=optimizer)
    assert report.totals.training_bytes == pytest.approx(seen.peak + shared(model), rel=0.03)
