"""Networks as torch modules: names, sizes, what they compute, how weights begin; and what is said without torch."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import nn
from zoo import ZOO
from zoo import build as build_theirs

import convcli
from convcli.bench.memory import free_bytes
from convcli.bench.weights import INITS

SAME = ("resnet18", "mobilenet_v2", "densenet121", "squeezenet1_1", "shufflenet_v2_x1_0", "vit_b_32", "convnext_tiny")
"""Networks whose modules have torchvision's names, so that its weights can be taken over."""


@pytest.mark.parametrize("name", SAME)
def test_a_network_computes_what_torchvisions_does_with_the_same_weights(name: str) -> None:
    entry = ZOO[name]
    theirs = deepcopy(build_theirs(name))
    torch.manual_seed(0)
    with torch.no_grad():
        theirs = theirs.to_empty(device="cpu") if next(theirs.parameters()).is_meta else theirs
        for tensor in (*theirs.parameters(), *theirs.buffers()):
            tensor.copy_(torch.rand_like(tensor) * 0.1 if tensor.is_floating_point() else tensor * 0)
    ours = convcli.build(name, batch=2)  # a class token is repeated for as many
    weights = {entry.name(key): tensor for key, tensor in theirs.state_dict().items()}
    ours.load_state_dict(weights)
    x = torch.randn(2, 3, *entry.sizes[0][-2:])
    with torch.inference_mode():
        torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), rtol=1e-4, atol=1e-4)


def test_the_state_dict_has_the_names_of_the_file() -> None:
    network = convcli.build("resnet18", device="meta")
    assert isinstance(network, nn.Module)
    assert set(network.state_dict()) == set(build_theirs("resnet18").state_dict())


def test_names_that_a_module_has_for_itself_are_names_too(tmp_path: Any) -> None:
    path = tmp_path / "net.yaml"
    lines = "  - forward: Conv2d(3, 4, 1)\n  - type:\n      - training: Conv2d(4, 4, 1)\n"
    path.write_text(f"input: [3, 8, 8]\nlayers:\n{lines}")
    network = convcli.build(path)
    assert sorted(network.state_dict()) == [
        "forward.bias",
        "forward.weight",
        "type.training.bias",
        "type.training.weight",
    ]
    assert network.eval().train()(torch.randn(1, 3, 8, 8)).shape == (1, 4, 8, 8)


def test_several_inputs_are_given_in_order_or_by_name(tmp_path: Any) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "inputs: {image: [3, 8, 8], depth: [1, 8, 8]}\noutputs: [a, b]\n"
        "layers:\n  - a: cat([image, depth], dim=1)\n  - b: image + depth\n"
    )
    network, image, depth = convcli.build(path), torch.randn(1, 3, 8, 8), torch.randn(1, 1, 8, 8)
    a, b = network(image, depth=depth)
    assert (a.shape, b.shape) == ((1, 4, 8, 8), (1, 3, 8, 8))
    with pytest.raises(TypeError, match="takes image, depth"):
        network(image)


def test_shared_modules_share_their_weights_and_a_bare_weight_is_one() -> None:
    shared = convcli.build("Conv2d(3, 3, 1) | (x + Conv2d(3, 3, 1)(x)) | relu(x)", input="3x8x8")
    assert len(list(shared.parameters())) == 4
    assert shared(torch.randn(2, 3, 8, 8)).min() >= 0


@pytest.mark.parametrize(
    ("layers", "size"),
    [
        ("MultiheadAttention(16, 4)", "5x16"), ("LSTM(8, 4)", "5x8"), ("GRU(8, 4, batch_first=True)", "5x8"),
        ("center_crop(x, 4)", "3x9x9"), ("Identity() | x[:, :, 1:-1, ::2]", "3x9x9"), ("ReLU() | x[..., None]", "3x9"),
        ("chunk(x, 3, dim=1)[1]", "6x4x4"), ("DropPath(0.5)", "3x8x8"), ("StochasticDepth(0.5, 'row')", "3x8x8"),
        ("interpolate(x, scale_factor=2)", "3x8x8"), ("expand(x, 2, 1, 3, 8, 8)", "3x8x8"),
        ("view(x, 1, 3, 64)", "3x8x8"), ("repeat(x, 2, 1, 1, 1)", "3x8x8"),
    ],
)  # fmt: skip
def test_an_operator_runs_as_it_is_counted(layers: str, size: str) -> None:
    report = convcli.shape(layers, input=size, warnings=False)
    network = convcli.build(layers, input=size)
    found = network(torch.randn(report.inputs[0].shape))
    assert tuple(found.shape) == report.outputs[0].shape


@pytest.mark.parametrize("mode", ["batch", "row"])
def test_a_dropped_branch_keeps_its_mean_and_drops_whole_samples(mode: str) -> None:
    network = convcli.build(f"StochasticDepth(0.25, '{mode}')", input="4000x2x3x3", batched=True).train()
    x = torch.ones(4000, 2, 3, 3)
    found = network(x)
    each = found.flatten(1)
    assert all(value in (0, pytest.approx(4 / 3)) for value in each.unique().tolist())
    assert (each == each[:, :1]).all()
    if mode == "row":
        assert found.mean() == pytest.approx(1, abs=0.1)
    assert torch.equal(network.eval()(x), x)


@pytest.mark.parametrize("init", INITS)
def test_an_initialisation_is_torchs_and_a_seed_repeats_it(init: str) -> None:
    first = convcli.build("conv 64 k3 | bn | fc 10", input="3x8x8", init=init, seed=1)
    state = torch.random.get_rng_state()
    second = convcli.build("conv 64 k3 | bn | fc 10", input="3x8x8", init=init, seed=1)
    assert torch.equal(state, torch.random.get_rng_state())
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)
    weight = next(first.parameters())
    spread = {"zeros": 0, "kaiming_normal": (2 / 27) ** 0.5, "kaiming_uniform": (2 / 27) ** 0.5}.get(init)
    if spread is not None:
        assert float(weight.std()) == pytest.approx(spread, rel=0.1)
    third = convcli.build("conv 64 k3 | bn | fc 10", input="3x8x8", init=init, seed=2)
    assert (init == "zeros") == torch.equal(weight, next(third.parameters()))


def test_an_initialisation_leaves_alone_what_means_something_else() -> None:
    table = convcli.build("Embedding(10, 4, padding_idx=0)", input=[5], init="kaiming_normal")
    weight = next(table.parameters())
    assert not weight[0].any()
    assert weight[1:].any()
    half = convcli.build("conv 4 k3", input="3x8x8", init="orthogonal", dtype="bfloat16")
    assert next(half.parameters()).dtype == torch.bfloat16


def test_a_network_is_saved_whole(tmp_path: Any) -> None:
    network, x = convcli.build("conv 4 k3 | bn | relu", input="3x8x8").eval(), torch.randn(1, 3, 8, 8)
    torch.save(network, tmp_path / "net.pt")
    again = torch.load(tmp_path / "net.pt", weights_only=False)
    assert torch.equal(network(x), again(x))
    assert tuple(convcli.build("resnet18", device="meta").layer1[0].conv1.weight.shape) == (64, 64, 3, 3)


def test_types_and_devices_are_torchs() -> None:
    network = convcli.build("conv 4 k3", input="3x8x8", device="meta", dtype=torch.bfloat16)
    weight = next(network.parameters())
    assert (weight.device.type, weight.dtype) == ("meta", torch.bfloat16)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"init": "kaiming"}, "CV042"),
        ({"dtype": "int8"}, "CV006"),
        ({"input": "4x8x8"}, "CV202"),
        ({"device": "nope"}, "CV043"),
        ({"device": 3}, "CV043"),
        ({"seed": -1}, "CV043"),
    ],
)
def test_a_wrong_question_is_said(options: dict[str, Any], code: str) -> None:
    with pytest.raises(convcli.ConvcliError) as wrong:
        convcli.build("Conv2d(3, 4, 3)", **{"input": "3x8x8", **options})
    assert [found.code for found in wrong.value.diagnostics] == [code]


def test_the_memory_that_is_free_is_known_here() -> None:
    free = free_bytes()
    assert free is None or 2**20 < free < 2**50


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
sys.argv = ["convcli", "verify", "resnet18"]
from convcli.__main__ import main
main()
"""


def test_without_torch_one_line_says_how_to_get_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error[CV040]: ")
    assert "pip install 'convcli[torch]'" in done.stderr
