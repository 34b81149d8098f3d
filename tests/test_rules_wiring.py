"""Rules about who reads what, against torch: biases that change nothing, and layers that get no gradient."""

import pytest

pytest.importorskip("torch")

import torch
from graph_executor import Executor
from reading import net
from test_rules import found, said

from convcli.graph import Graph
from convcli.readers.network_file import read_network
from convcli.resolve.boundary import Given
from convcli.resolve.network import resolve
from convcli.source import Source

BIASED = [
    ("Conv2d(3, 8, 3)", "BatchNorm2d(8)"),
    ("Conv2d(3, 8, 3)", "InstanceNorm2d(8)"),
    ("Conv2d(3, 8, 3)", "InstanceNorm2d(8, affine=True, track_running_stats=True)"),
    ("Conv2d(3, 8, 3)", "GroupNorm(8, 8)"),
    ("ConvTranspose2d(3, 8, 4)", "SyncBatchNorm(8)"),
    ("LazyConv2d(8, 3)", "LazyBatchNorm2d()"),
    ("Conv2d(3, 8, 3)", "instance_norm(x)"),
    ("Conv2d(3, 8, 3)", "batch_norm(x, None, None, training=True)"),
    ("Conv2d(3, 8, 3)", "group_norm(x, 8)"),
    ("Conv2d(3, 8, 3)", "LayerNorm(30)"),
    ("Conv2d(3, 8, 3)", "GroupNorm(4, 8)"),
    ("Conv2d(3, 8, 3)", "GroupNorm(1, 8)"),
    ("Conv2d(3, 8, 3)", "LayerNorm([8, 30, 30])"),
    ("Conv2d(3, 8, 3)", "LayerNorm2d(8)"),
    ("Conv2d(3, 8, 3)", "RMSNorm(30)"),
    ("Linear(32, 8)", "LayerNorm(8)"),
    ("Linear(32, 8)", "BatchNorm2d(3)"),
    ("Linear(32, 8)", "LayerNorm([32, 8])"),
    ("Conv2d(3, 8, 3) | ReLU()", "BatchNorm2d(8)"),
]


def graph_of(*layers: str, head: str = "") -> Graph:
    return resolve(read_network(Source("net.yaml", net(*layers, head=head))), Given({}, 2)).graph


@pytest.mark.parametrize(("layer", "norm"), BIASED)
def test_a_bias_does_nothing_where_torch_says_so(layer: str, norm: str) -> None:
    """In training, adding a number to each element of the bias leaves the outputs as they are."""
    if "RMSNorm" in norm and not hasattr(torch.nn, "RMSNorm"):
        pytest.skip("a younger torch")
    executor = Executor(graph_of(layer, norm if "Sync" not in norm else "BatchNorm2d(8)"))
    for module in executor.modules.values():
        module.train()
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    (before,) = executor.run(x)
    bias = next(iter(executor.modules.values())).bias
    with torch.no_grad():
        bias += torch.linspace(-1, 2, len(bias))
    (after,) = executor.run(x)
    same = torch.allclose(before, after, atol=1e-4)
    assert found(layer, norm) == ([("bias-before-norm", 3)] if same else [])


def test_what_a_bias_costs_is_said() -> None:
    assert said("conv1: Conv2d(3, 8, 3)", "bn1: BatchNorm2d(8)") == (
        "the bias of `conv1` does nothing: `bn1` subtracts it again; 8 parameters for nothing; write `bias=False`"
    )


@pytest.mark.parametrize(
    "layers",
    [
        ("Conv2d(3, 8, 3, bias=False)", "BatchNorm2d(8)"),
        ("conv: Conv2d(3, 8, 3)", "bn: BatchNorm2d(8)", "bn + conv"),
        ("Conv2d(3, 8, 3)", "batch_norm(x, Parameter(8), Parameter(8))"),
        ("BatchNorm2d(3)", "Conv2d(3, 8, 3)"),
        ("conv: Conv2d(3, 3, 3, padding=1)", "bn: BatchNorm2d(3)", "conv(x)", "ReLU()"),
    ],
)
def test_a_bias_that_somebody_needs_is_let_pass(layers: tuple[str, ...]) -> None:
    assert found(*layers) == []


def test_a_bias_that_is_an_output_is_let_pass() -> None:
    assert found("conv: Conv2d(3, 8, 3)", "bn: BatchNorm2d(8)", head="outputs: [conv, bn]\n") == []


def test_a_layer_that_is_applied_twice_has_one_bias_for_nothing() -> None:
    layers = "conv: Conv2d(3, 3, 3)", "BatchNorm2d(3)", "conv(x)", "BatchNorm2d(3)"
    assert found(*layers) == [("bias-before-norm", 3)]


# ---- dead layers


DEAD = [
    (("stem: Conv2d(3, 8, 3)", "aux: Conv2d(8, 4, 3)", "relu(stem)"), [4]),
    (("stem: Conv2d(3, 8, 3)", "aux: Conv2d(8, 4, 3) | ReLU()", "relu(stem)"), [4]),
    (("stem: Conv2d(3, 8, 3)", "relu(stem)"), []),
    (("stem: Conv2d(3, 8, 3)", "act: ReLU(inplace=True)", "Conv2d(8, 8, 1)(stem)"), []),
    (("stem: Conv2d(3, 8, 3)", "act: ReLU()", "Conv2d(8, 8, 1)(stem)"), [4]),
    (("stem: Conv2d(3, 8, 3)", "flat: Flatten(2)", "act: ReLU(inplace=True)", "Conv2d(8, 8, 1)(stem)"), []),
    (("stem: Conv2d(3, 8, 3)", "late: mean(x, dim=(2, 3))", "act: ReLU(inplace=True)(stem)", "neg(late)"), [5]),
    (("parts: chunk(x, 3, dim=1)", "Conv2d(1, 8, 3)(parts[0])"), []),
    (("stem: Conv2d(3, 8, 3)", "bare: Parameter(8, 1, 1)", "relu(x)"), [4]),
    (("stem: Conv2d(3, 8, 3)", "a: Conv2d(8, 4, 3)", "b: Conv2d(8, 4, 3)(stem)", "c: Conv2d(8, 4, 3)(stem)"), [4, 5]),
]


@pytest.mark.parametrize(("layers", "lines"), DEAD, ids=lambda value: " | ".join(map(str, value)))
def test_a_layer_is_dead_where_no_output_depends_on_it(layers: tuple[str, ...], lines: list[int]) -> None:
    assert [line for slug, line in found(*layers) if slug == "dead-layer"] == lines


@pytest.mark.parametrize("layers", [layers for layers, _ in DEAD if "Parameter" not in str(layers)], ids=" | ".join)
def test_the_weights_of_dead_layers_get_no_gradient(layers: tuple[str, ...]) -> None:
    graph = graph_of(*layers)
    executor = Executor(graph)
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    sum(output.sum() for output in executor.run(x)).backward()
    lines = {line for slug, line in found(*layers) if slug == "dead-layer"}
    for node in graph.nodes:
        weights = list(executor.modules[node.module].parameters()) if node.module else []
        if weights and node.span:
            assert (node.span.line in lines) == all(weight.grad is None for weight in weights)


def test_an_operator_in_place_changes_what_is_read_later() -> None:
    """In torch the output is another one without it, though nobody reads what it returns."""
    layers = "stem: Conv2d(3, 8, 3)", "act: ReLU(inplace=True)", "Conv2d(8, 8, 1)(stem)"
    graph = graph_of(*layers)
    executor = Executor(graph)
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    (before,) = executor.run(x)
    executor.modules["act"] = torch.nn.Identity()
    assert not torch.allclose(before, executor.run(x)[0])


def test_what_is_computed_for_nothing_is_counted() -> None:
    layers = "stem: Conv2d(3, 8, 3)", "aux: Conv2d(8, 4, 3) | ReLU() | Conv2d(4, 2, 1)", "relu(stem)"
    assert said(*layers) == (
        "`aux.2` is computed for nothing: no output of the network depends on it; "
        "3 layers, 302 parameters and 232,064 MACs; leave it out, or list it under `outputs:`"
    )


def test_the_weights_of_a_shared_layer_are_needed_elsewhere() -> None:
    layers = "conv: Conv2d(3, 3, 3, padding=1)", "aux: conv(x)", "relu(conv)"
    assert "parameters" not in said(*layers)
