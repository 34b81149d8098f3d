"""A look inside: statistics, what vanishes and explodes, and what repairs would do."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import convcli
from convcli.asking import counted, graph_of, read_model
from convcli.bench.inside.judge import EXPLODES, HOLDS, VANISHES, judge
from convcli.bench.inside.passing import pass_through
from convcli.bench.inside.repairs import with_norms, with_residuals
from convcli.bench.inside.statistics import difference, figures, share_near
from convcli.bench.network import build_network
from convcli.bench.verify import verify
from convcli.cli.group import app

runner = CliRunner()

TANH = "(Conv2d(8, 8, 3, padding=1) | Tanh()) * 40"


def graph_for(text: str, size: tuple[int, ...], batch: int = 2) -> Any:
    network, variant = read_model(text)
    return graph_of(network, sizes={"": size}, batch=batch, variant=variant)[0]


def row(found: Any, name: str) -> Any:
    return next(row for row in found.passed.rows if row.name == name)


# ---- statistics


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=300), st.integers(1, 20))
def test_figures_are_those_of_the_values(values: list[float], bins: int) -> None:
    tensor = torch.tensor(values, dtype=torch.float32)
    found, exact = figures(torch, tensor, bins), tensor.double()
    size = float(exact.abs().max())
    assert found.mean == pytest.approx(float(exact.mean()), rel=1e-9, abs=1e-9 * size)
    assert found.std == pytest.approx(float(exact.std(correction=0)), rel=1e-5, abs=1e-7 * size)
    assert found.norm == pytest.approx(float(exact.norm()), rel=1e-9, abs=1e-9 * size)
    assert (found.low, found.high) == (float(exact.min()), float(exact.max()))
    assert (found.number, found.finite, found.zeros) == (len(values), len(values), int((exact == 0).sum()))
    assert (sum(found.counts), len(found.edges)) == (len(values), len(found.counts) + 1)
    assert (found.edges[0], found.edges[-1]) == (found.low, found.high)


def test_a_deviation_far_from_zero_is_kept() -> None:
    found = figures(torch, torch.tensor([4096.0, 4096.5] * 2_000_000))
    assert (found.mean, found.std) == (4096.25, 0.25)


def test_one_value_has_one_bin() -> None:
    found = figures(torch, torch.full((10,), 3.0), 8)
    assert (found.std, found.edges, found.counts) == (0.0, (3.0, 3.0), (10,))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_counted_and_its_mean_is_not_known(bad: float) -> None:
    found = figures(torch, torch.tensor([1.0, bad, 3.0]), 2)
    assert (found.number, found.finite, found.low, found.high, found.counts) == (3, 2, 1.0, 3.0, (1, 1))
    assert (found.mean, found.std, found.norm) == (None, None, None)
    assert figures(torch, torch.tensor([bad, bad]), 2).low is None


def test_the_difference_of_tensors_with_nothing_in_common_is_their_deviation() -> None:
    one, two = 3 * torch.randn(200_000), 3 * torch.randn(200_000)
    assert difference(torch, one, two) == pytest.approx(3, rel=0.02)
    assert difference(torch, one + 100, two + 100) == pytest.approx(3, rel=0.02)
    assert difference(torch, one, one) == 0
    assert difference(torch, torch.tensor([math.nan]), torch.tensor([1.0])) == math.inf


def test_values_near_a_bound_are_saturated() -> None:
    assert share_near(torch.tensor([-1.0, -0.99, 0.0, 0.97, 1.0]), -1.0, 1.0) == 0.6


# ---- verdicts


@pytest.mark.parametrize(
    ("ways", "kind", "layer"),
    [
        ([1, 0.5, 0.1], HOLDS, None),
        ([1, 1e-3, 1e-5, 1e-7], VANISHES, "2"),
        ([1, 1e3, 1e5, math.inf], EXPLODES, "2"),
        ([1, 1e-9, 1], HOLDS, None),
        ([1, 1e-9, 1, 1e-6], VANISHES, "3"),
        ([0, 0], VANISHES, "0"),
    ],
)
def test_only_what_is_lost_for_good_counts(ways: list[float], kind: str, layer: str | None) -> None:
    found = judge([(str(at), float(value)) for at, value in enumerate(ways)], 1.0)
    assert (found.kind, found.layer) == (kind, layer)


@pytest.mark.parametrize(
    ("ways", "start"), [([], 1.0), ([("a", None)], 1.0), ([("a", 1.0)], 0.0), ([("a", 1.0)], None)]
)
def test_what_is_not_known_is_not_judged(ways: list[Any], start: float | None) -> None:
    assert judge(ways, start).kind is None


def test_a_deep_tanh_network_loses_signal_and_gradient_and_repairs_bring_them_back() -> None:
    found = convcli.inspect(TANH, input="8x8x8", batch=4)
    assert (found.passed.signal.kind, found.passed.gradient.kind) == (VANISHES, VANISHES)
    repairs = {one.name: one for one in found.repairs}
    assert {name: len(one.places) for name, one in repairs.items()} == {
        "kaiming_normal": 0, "batch norm": 40, "residual": 40,
    }  # fmt: skip
    assert {one.passed.signal.kind for one in repairs.values()} == {HOLDS}
    assert {one.passed.gradient.kind for one in repairs.values()} == {HOLDS}


def test_variance_alone_would_hide_that_the_signal_is_gone() -> None:
    found = convcli.inspect(TANH, input="8x8x8", batch=4, repairs=False)
    last = found.passed.rows[-1]
    assert last.values.std > 1e-3
    assert last.signal < 1e-6


def test_a_network_that_explodes_says_where() -> None:
    found = convcli.inspect("(Linear(64, 64, bias=False) | x * 6) * 20", input="64", repairs=False)
    signal, gradient = found.passed.signal, found.passed.gradient
    assert (signal.kind, gradient.kind) == (EXPLODES, EXPLODES)
    names = [row.name for row in found.passed.rows]
    assert 10 < names.index(signal.layer) < 35
    assert row(found, signal.layer).signal > 1e4
    assert 5 < names.index(gradient.layer) < 30


@pytest.mark.parametrize("init", ["kaiming_normal", "kaiming_uniform"])
def test_he_initialisation_keeps_a_relu_network_alive_and_torchs_own_does_not(init: str) -> None:
    layers = "(Linear(256, 256) | ReLU()) * 24"
    own = convcli.inspect(layers, input="256", batch=64, repairs=False).passed
    he = convcli.inspect(layers, input="256", batch=64, init=init, repairs=False).passed
    assert (own.signal.kind, own.gradient.kind) == (VANISHES, VANISHES)
    assert (he.signal.kind, he.gradient.kind) == (HOLDS, HOLDS)


def test_zero_weights_stop_everything() -> None:
    found = convcli.inspect("Linear(8, 8) | ReLU() | Linear(8, 4)", input="8", init="zeros", repairs=False).passed
    assert (found.signal.kind, found.signal.layer, found.signal.ratio) == (VANISHES, "0", 0.0)
    assert (found.gradient.kind, found.gradient.layer) == (VANISHES, "0")


def test_the_gradient_is_autograds() -> None:
    text, x = "Linear(6, 5) | Tanh() | Linear(5, 3)", torch.randn(4, 6)
    graph = graph_for(text, (6,), 4)
    network = build_network(torch, graph)
    torch.manual_seed(3)
    found = pass_through(torch, graph, network, [x], [torch.randn(4, 6)], bins=4)
    torch.manual_seed(3)
    torch.randn(4, 6)
    network.zero_grad()
    x = x.clone().requires_grad_()
    out = network(x)
    target = torch.randint(0, 2, out.shape).float()
    (torch.nn.functional.binary_cross_entropy_with_logits(out, target, reduction="sum") / 4).backward()
    by_name = {one.name: one for one in found.rows}
    assert by_name["input"].gradient.norm == pytest.approx(float(x.grad.norm()), rel=1e-5)
    weights = {one.name: one.gradient.norm for row in found.rows for one in row.weights}
    assert weights == {
        name: pytest.approx(float(weight.grad.norm()), rel=1e-5) for name, weight in network.named_parameters()
    }


def test_a_layer_is_looked_at_before_the_next_one_overwrites_it() -> None:
    inplace = convcli.inspect("conv 8 k3 | ReLU(inplace=True)", input="3x9x9", repairs=False).passed
    apart = convcli.inspect("conv 8 k3 | ReLU()", input="3x9x9", repairs=False).passed
    assert inplace.rows[1].values.low < 0
    assert [(one.values, one.signal, one.gradient) for one in inplace.rows] == [
        (one.values, one.signal, one.gradient) for one in apart.rows
    ]


def test_what_a_dropout_drops_is_no_difference_between_inputs() -> None:
    found = convcli.inspect("Linear(64, 64) | Dropout(0.5)", input="64", init="zeros", repairs=False)
    assert row(found, "1").values.zeros > 100
    assert (row(found, "0").signal, row(found, "1").signal) == (0, 0)


def test_trained_weights_are_looked_at_and_left_as_they_are() -> None:
    text = "conv 4 k3 | bn | relu"
    network = convcli.build(text, input="3x9x9", init="orthogonal", seed=4)
    weights = {name: weight.clone() for name, weight in network.state_dict().items()}
    found = convcli.inspect(text, input="3x9x9", weights=network.state_dict())
    shown = {one.name: one.values.mean for row in found.passed.rows for one in row.weights}
    assert shown["0.weight"] == pytest.approx(float(weights["0.weight"].double().mean()))
    assert found.repairs == ()
    assert all(torch.equal(weight, network.state_dict()[name]) for name, weight in weights.items())
    assert all(weight.grad is None for weight in network.parameters())
    with pytest.raises(RuntimeError, match="state_dict"):
        convcli.inspect(text, input="3x9x9", weights={})


# ---- what networks there are


@pytest.mark.parametrize(
    ("model", "size"), [("mobilenet_v2", "3x64x64"), ("unet", "1x64x64"), ("shufflenet_v2_x1_0", "3x64x64")]
)
def test_bundled_networks_are_looked_at(model: str, size: str | None) -> None:
    if size is not None and model == "unet":
        size = "x".join(map(str, (convcli.profile("unet").inputs[0].shape[1], 64, 64)))
    found = convcli.inspect(model, input=size, batch=2, repairs=False)
    assert len(found.passed.rows) == convcli.profile(model, input=size).totals.layers + 1
    assert found.passed.gradient.kind == HOLDS
    assert all(one.values.mean is not None for one in found.passed.rows)


def test_indices_several_inputs_and_several_outputs_are_taken(tmp_path: Any) -> None:
    words = convcli.inspect("Embedding(10, 4) | LSTM(4, 8)", input="5", repairs=False).passed
    assert (words.rows[0].values, words.rows[1].gradient is None) == (None, False)
    file = tmp_path / "two.yaml"
    file.write_text(
        "inputs: {a: [3, 8, 8], b: [3, 8, 8]}\noutputs: [left, right]\nlayers:\n"
        "  - left: Conv2d(3, 4, 3)(a)\n  - right: Conv2d(3, 4, 3)(b)\n"
    )
    two = convcli.inspect(file, repairs=False).passed
    assert [one.name for one in two.rows] == ["a", "b", "left", "right"]
    assert all(one.gradient.norm for one in two.rows)


def test_a_layer_that_no_gradient_reaches_has_none() -> None:
    found = convcli.inspect("Conv2d(3, 4, 3) | argmax(x, dim=1)", input="3x8x8", repairs=False).passed
    assert (found.rows[1].gradient, found.gradient.kind) == (None, None)


def test_what_is_not_finite_stays_out_of_json() -> None:
    done = runner.invoke(app, ["inspect", "log(x) | Linear(8, 8)", "-i", "8", "--format", "json"])

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    report = json.loads(done.stdout, parse_constant=refuse)
    assert report["layers"][1]["values"]["finite"] < report["layers"][1]["values"]["count"]
    assert (report["layers"][1]["values"]["mean"], report["layers"][1]["signal"]) == (None, None)


def test_the_same_seed_gives_the_same_figures_and_torchs_generator_stays() -> None:
    before = torch.random.get_rng_state()
    one, two, other = (convcli.inspect("conv 8 k3 | dropout", input="3x9x9", seed=seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert one == two
    assert one.passed != other.passed


# ---- repairs


@pytest.mark.parametrize("model", ["vgg11", "alexnet", "(Conv2d(4, 4, 3, padding=1) | ReLU()) * 3 | Linear(32, 32)"])
@pytest.mark.parametrize("change", [with_norms, with_residuals])
def test_a_repaired_network_is_a_network(model: str, change: Any) -> None:
    graph = graph_for(model, (4, 32, 32) if "(" in model else (3, 64, 64))
    repaired = change(graph).graph
    assert len(repaired.nodes) > len(graph.nodes)
    assert verify(torch, repaired, counted(repaired, ())).disagreements == ()


def test_norms_are_put_where_none_is() -> None:
    text = "conv 8 k3 | relu | conv 8 k3 | bn | relu | maxpool 2 | conv 8 k3 | gap | flatten | fc 10"
    found = with_norms(graph_for(text, (3, 32, 32)))
    assert found.places == ("0", "6")
    assert dict(found.left) == {"with a norm behind": ("2",), "at the output": ("9",)}
    assert [node.op.name for node in found.graph.nodes][:3] == ["Conv2d", "BatchNorm2d", "ReLU"]
    assert [node.inputs for node in found.graph.nodes[:3]] == [((-1, 0),), ((0, 0),), ((1, 0),)]
    assert with_norms(graph_for("Conv2d(3, 4, 8) | conv 4 k1", (3, 8, 8), 1)).left[0][0] == "with one value per channel"


def test_residuals_are_put_where_sizes_agree_and_none_is() -> None:
    found = with_residuals(graph_for("conv 8 k3 p1 | bn | relu | conv 8 k3 p1 | bn | relu | conv 4 k1", (3, 9, 9)))
    assert found.places == ("4",)
    assert [node.name for node in found.graph.nodes][4:6] == ["4", "4_skip"]
    assert [node.inputs for node in found.graph.nodes[5:7]] == [((4, 0), (2, 0)), ((5, 0),)]
    assert with_residuals(graph_for("resnet18", (3, 64, 64))).graph is None


def test_what_cannot_be_repaired_says_why() -> None:
    found = convcli.inspect("resnet18", input="3x32x32", batch=2)
    kept = {one.name: one for one in found.repairs}
    assert kept["kaiming_normal"].passed is not None
    assert (kept["batch norm"].why, kept["batch norm"].passed) == ("there is no layer to put it at", None)
    assert {why for why, _ in kept["batch norm"].left} == {"with a norm behind", "at the output"}
    begun = convcli.inspect("relu | conv 4 k1 | conv 4 k1", input="4x8x8", init="kaiming_normal").repairs[0]
    assert begun.why == "weights begin so already"


# ---- the command


def test_the_command_says_where_it_vanishes() -> None:
    done = runner.invoke(app, ["inspect", TANH, "-i", "8x8x8", "--batch", "2", "--no-repairs"])
    first = done.stdout.splitlines()[0]
    assert (done.exit_code, first) == (0, "layers: the signal vanishes, the gradient vanishes")
    assert "\nThe gradient vanishes at `" in done.stdout


@pytest.mark.parametrize("format", ["csv", "markdown", "json"])
def test_every_format_has_the_layers(format: str) -> None:
    done = runner.invoke(app, ["inspect", "conv 4 k3 | relu", "-i", "3x8x8", "--format", format])
    assert (done.exit_code, "Conv2d" in done.stdout) == (0, True)


def test_json_has_everything() -> None:
    done = runner.invoke(app, ["inspect", "conv 4 k3 | tanh", "-i", "3x8x8", "--format", "json"])
    report = json.loads(done.stdout)
    assert (report["schema"], report["batch"], report["gradient"]["verdict"]) == ("convcli/inspect/1", 8, HOLDS)
    layer = report["layers"][1]
    assert (layer["name"], layer["op"], layer["output_shape"], layer["judged"]) == ("0", "Conv2d", [8, 4, 6, 6], True)
    assert sum(layer["values"]["histogram"]["counts"]) == layer["values"]["count"] == 8 * 4 * 6 * 6
    assert [one["name"] for one in layer["weights"]] == ["0.weight", "0.bias"]
    assert layer["weights"][0]["gradient"]["norm"] > 0
    assert [one["name"] for one in report["repairs"]] == ["kaiming_normal", "batch norm", "residual"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["Conv2d(4, 8, 3)", "-i", "3x8x8"], "CV202"),
        (["conv 4 k3 | bn | gap | bn", "-i", "3x8x8", "--batch", "1"], "CV044"),
        (["relu", "-i", "3x8x8", "--init", "he"], "CV042"),
        (["relu", "-i", "3x8x8", "--seed", "-1"], "CV043"),
        (["relu", "-i", "3x8x8", "--force"], "CV010"),
        (["relu", "-i", "3x8x8", "--layers", "0"], "CV010"),
        (["relu", "picture.png", "-i", "3x8x8"], "CV010"),
        (["relu"], "CV007"),
    ],
)
def test_a_wrong_question_has_one_error(arguments: list[str], code: str) -> None:
    done = runner.invoke(app, ["inspect", *arguments])
    assert (done.exit_code, re.findall(r"error\[(\w+)\]", done.stderr)) == (2, [code])


def test_what_cannot_fit_is_refused_before_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convcli.running.room.free_bytes", lambda **_: 10_000_000)
    done = runner.invoke(app, ["inspect", "conv 64 k3", "-i", "3x64x64"])
    assert (done.exit_code, done.stderr.startswith("error[CV041]: a step of training with batch 8 needs ")) == (2, True)
    batch = int(re.findall(r"write `--batch (\d+)`", done.stderr)[0])
    assert convcli.inspect("conv 64 k3", input="3x64x64", batch=batch, repairs=False)


def test_a_repair_that_cannot_fit_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convcli.bench.inside.look.free_bytes", lambda **_: 1000)
    found = convcli.inspect("conv 8 k3 | conv 8 k3", input="3x16x16")
    assert [one.why for one in found.repairs if "and 1000 B are free" in (one.why or "")]
    assert {one.passed for one in found.repairs} == {None}
