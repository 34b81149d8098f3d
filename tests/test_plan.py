"""How a network runs: modules may be replaced, networks copied, tensors are let go, an error knows its layer."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from weakref import ref

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

import convcli
from convcli.bench.network import plan_of

NET = "Conv2d(3, 4, 3) | BatchNorm2d(4) | ReLU() | Flatten() | Linear(_, 10)"


def network(layers: str = NET, size: str = "3x8x8") -> nn.Module:
    made: nn.Module = convcli.build(layers, input=size, seed=0).eval()
    return made


def test_a_module_that_is_replaced_is_the_one_that_runs() -> None:
    net, x = network(), torch.randn(1, 3, 8, 8)
    assert net(x).shape == (1, 10)
    setattr(net, "4", nn.Linear(144, 7))
    assert net(x).shape == (1, 7)
    del net._modules["4"]
    net.add_module("4", nn.Linear(144, 5))
    assert net(x).shape == (1, 5)


def test_a_scope_that_is_replaced_is_the_one_that_runs() -> None:
    net, x = convcli.build("resnet18", input="3x32x32").eval(), torch.randn(1, 3, 32, 32)
    before = net(x)
    other = convcli.build("resnet18", input="3x32x32").eval()
    net.layer1 = other.layer1
    assert not torch.equal(before, net(x))
    net.layer1 = nn.Identity()
    with pytest.raises(AttributeError, match=r"`layer1\.0\.conv1` is not there any more"):
        net(x)


def test_a_copy_runs_its_own_modules() -> None:
    net, x = network(), torch.randn(1, 3, 8, 8)
    before = net(x)
    copied = deepcopy(net)
    with torch.no_grad():
        for weight in copied.parameters():
            weight.zero_()
    assert not copied(x).any()
    assert torch.equal(net(x), before)
    replica = net._replicate_for_data_parallel()
    replica._modules = dict(copied._modules)
    assert not replica(x).any()


def test_a_bare_weight_that_is_replaced_is_read(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: [3, 8, 8]\nlayers:\n  - a: Parameter(3, 1, 1)\n  - x * a\n")
    net, x = convcli.build(path), torch.ones(1, 3, 8, 8)
    net(x)
    net.a = nn.Parameter(torch.full((3, 1, 1), 2.0))
    assert net(x).sum() == 2 * 3 * 64


def test_hooks_of_modules_are_called() -> None:
    net, seen = network(), []
    getattr(net, "0").register_forward_hook(lambda *_: seen.append(1))
    net(torch.randn(1, 3, 8, 8))
    assert seen == [1]


def test_a_tensor_that_nobody_reads_any_more_is_let_go_before_the_next_layer_runs() -> None:
    net, made, alive = network("chunk(x, 3, dim=1)[1] | ReLU() | Sigmoid() | Tanh()", "3x8x8"), [], []

    def look(*given_and_made: object) -> None:
        alive.append([one() is not None for one in made])
        made.append(ref(given_and_made[-1]))

    for module in list(net.modules())[1:]:
        module.register_forward_hook(look)
    with torch.no_grad():
        net(torch.randn(1, 3, 8, 8))
    assert alive == [[], [True], [False, True]]


def test_a_plain_and_a_timed_pass_compute_the_same() -> None:
    net, x = convcli.build("googlenet", input="3x64x64", seed=0).eval(), torch.randn(1, 3, 64, 64)
    plan = plan_of(torch, net)
    ticks, nodes = iter(range(10_000)), len(net.graph.nodes)
    starts, ends = [0] * nodes, [0] * nodes
    with torch.inference_mode():
        (timed,) = plan.timed([x], starts, ends, lambda: next(ticks), lambda: next(ticks))
        assert torch.equal(timed, net(x))
    assert starts == list(range(0, 2 * nodes, 2))
    assert ends == list(range(1, 2 * nodes, 2))


def test_an_error_knows_its_layer() -> None:
    net = network()
    with pytest.raises(RuntimeError) as wrong:
        net(torch.randn(1, 3, 9, 8))
    node = plan_of(torch, net).failed_at(wrong.value)
    assert node
    assert node.name == "4"
    assert plan_of(torch, net).failed_at(ValueError()) is None
