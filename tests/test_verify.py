"""Verification: every bundled network and random layers agree with torch, and what does not agree is seen."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner
from zoo import ZOO

import convcli
from convcli.asking import counted, graph_of, read_model
from convcli.bench import receptive_field
from convcli.bench.verify import FIELDS, FLOPS, GRADIENTS, KINDS, OUTPUT, SAVED, Verification, verify
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError
from convcli.ops import convolution
from convcli.report import Report

runner = CliRunner()

LARGE = {"vit_h_14", "vit_l_16", "regnet_y_128gf", "unet3d2016", "unet2015", "wavenet"}
"""Networks that take half of all the time; CONVCLI_LARGE=1 has them too."""
SMALL = ((64, 80), (96, 128), (8, 32, 48))
DEAD = (GRADIENTS, "no output depends on it")
"""WaveNet's last residual, which nothing reads."""
UNKNOWN = {"LSTM"}
"""Operators whose saved bytes are not known."""


@cache
def small(name: str) -> tuple[int, ...]:
    """Return a small input, channels first, that a bundled network takes."""
    channels, *size = convcli.profile(name).inputs[0].shape[1:]
    for smaller in SMALL:
        if len(smaller) == len(size) and len(ZOO[name].sizes) > 1:
            try:
                convcli.profile(name, input=(channels, *smaller))
            except ConvcliError:
                continue
            return (channels, *smaller)
    return (channels, *size)


@pytest.mark.parametrize("name", [name for name in ZOO if name not in LARGE or os.environ.get("CONVCLI_LARGE")])
def test_every_bundled_network_is_verified(name: str) -> None:
    found = convcli.verify(name, input=small(name), receptive_field=True)
    assert found.disagreements == ()
    assert dict(found.checked)[OUTPUT] == found.layers
    whys = {(SAVED, "its memory is not known"), (FLOPS, "torch's counter does not know it"), DEAD}
    assert {(kind, why) for kind, why, _ in found.skipped if kind != FIELDS} <= whys
    skipped = {layer for kind, _, layers in found.skipped if kind == SAVED for layer in layers}
    ops = {row.name: row.op for row in convcli.profile(name, input=small(name)).layers}
    assert {ops[layer] for layer in skipped} <= UNKNOWN
    check_fields(name, found, convcli.profile(name, input=small(name)))


def check_fields(name: str, found: Verification, report: Report) -> None:
    """Assert that receptive fields are compared, or said not to be for a reason that holds."""
    whys = {why: set(layers) for kind, why, layers in found.skipped if kind == FIELDS}
    fields = {row.name: row.receptive_field for row in report.layers if row.receptive_field}
    unknown = whys.pop(receptive_field.UNKNOWN, set())
    assert {layer for layer, field in fields.items() if field.kind == "unknown"} <= unknown
    assert all(fields[layer].kind in {"unknown", None} for layer in unknown)  # None: of which a global path sees all
    padded, spared = whys.pop(receptive_field.PADDED, set()), whys.pop(receptive_field.SPARED, set())
    assert padded <= {layer for layer, field in fields.items() if field.size or field.paths}
    assert set(whys) <= ({receptive_field.FADES, receptive_field.BEHIND} if name == "crnn" else set())
    assert dict(found.checked)[FIELDS] == len(fields) - len(unknown) - len(spared) - sum(map(len, whys.values()))
    assert fields == {} or dict(found.checked)[FIELDS] > 0


LAYERS = st.sampled_from([
    "Conv2d(8, 16, 3, padding=1)", "Conv2d(8, 8, 3, groups=8, bias=False)",
    "Conv2d(8, 4, (1, 3), stride=2, dilation=2)",
    "ConvTranspose2d(8, 4, 3, stride=2, output_padding=1)", "BatchNorm2d(8)", "GroupNorm(4, 8)", "LayerNorm([9, 11])",
    "InstanceNorm2d(8, affine=True)", "ReLU(inplace=True)", "GELU()", "SiLU(inplace=True)", "Hardswish()", "PReLU(8)",
    "MaxPool2d(2)", "AvgPool2d(3, stride=2, padding=1)", "AdaptiveAvgPool2d((3, 2))", "Upsample(scale_factor=2)",
    "Upsample(scale_factor=2, mode='bilinear')", "ZeroPad2d(1)", "ReflectionPad2d(2)", "Dropout(0.3)", "Softmax(1)",
    "x + relu(x)", "cat([x, x * 2], dim=1)", "x[:, :, 1:]", "x.permute(0, 2, 3, 1)", "flatten(x, 2)", "mean(x, dim=1)",
    "x * sigmoid(mean(x, dim=[2, 3], keepdim=True))", "Conv2d(_, 6, 1) | BatchNorm2d(_) | ReLU()",
    "exp(x)", "Linear(11, 5)",
])  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LAYERS, min_size=1, max_size=4), st.integers(1, 3))
def test_random_chains_are_verified(layers: list[str], batch: int) -> None:
    text = " | ".join(layer if "|" not in layer else f"({layer})" for layer in layers)
    try:
        found = convcli.verify(text, input=(8, 9, 11), batch=batch)
    except ConvcliError:  # they do not fit
        return
    assert found.disagreements == ()


@pytest.mark.parametrize(
    "layers",
    [
        "var(x, dim=1)", "std(x, dim=1, unbiased=False)", "var(x)", "squeeze(x)", "pow(2, x)", "pow(x, 2)",
        "drop_path(x, 0.1)", "stochastic_depth(x, 0.2, 'row')", "x / 2 - 1", "argmax(x, dim=1)", "chunk(x, 3, dim=1)",
        "normalize(x, dim=1)", "pad(x, [1, 1])", "clamp(x, 0, 1)", "stack([x, x], dim=1)", "roll(x, 1, 2)",
    ],
)  # fmt: skip
def test_functions_are_verified(layers: str) -> None:
    assert convcli.verify(f"ReLU() | ({layers})", input="3x4x4").disagreements == ()


def test_a_batch_norm_that_is_to_train_on_one_value_says_what_to_do() -> None:
    done = runner.invoke(app, ["verify", "conv 4 k3 | bn | gap | bn", "-i", "3x8x8", "--batch", "1"])
    assert (done.exit_code, "error[CV044]: `3` cannot train" in done.stderr) == (2, True)
    assert convcli.verify("conv 4 k3 | bn | gap | bn", input="3x8x8").good


def test_a_recurrent_network_has_its_batch_where_torch_has_it() -> None:
    assert convcli.profile("GRU(8, 16)", input="5x8", batch=7).batch == 7
    assert convcli.profile("LSTM(8, 4, batch_first=True)", input="5x8").batch == 1
    assert convcli.verify("GRU(8, 16) | Linear(16, 3)", input="5x8").batch == 2


def test_an_input_that_says_its_batch_has_it() -> None:
    assert convcli.verify("relu", input="1x3x8x8").batch == 1
    assert convcli.verify("relu", input="3x3x8x8").batch == 3
    assert convcli.verify("relu", input="3x8x8").batch == 2


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True, "a"])
def test_what_is_no_seed_is_a_wrong_question(seed: Any) -> None:
    for ask in (convcli.verify, convcli.build):
        with pytest.raises(ConvcliError, match="CV043"):
            ask("relu", input="3x4x4", seed=seed)


def test_an_input_that_says_its_batch_is_verified_with_it() -> None:
    assert convcli.verify("Conv2d(3, 16, 3, padding=1)", input="1x3x32x32").batch == 1


def test_a_single_layer_shows_the_shapes_of_its_gradients() -> None:
    done = runner.invoke(app, ["verify", "Conv2d(3, 16, 3, padding=1)", "-i", "1x3x32x32"])
    assert "after backward  weight.grad [16, 3, 3, 3]  bias.grad [16]" in done.stdout
    done = runner.invoke(app, ["verify", "conv 16 k3 | bn", "-i", "3x32x32", "--format", "json"])
    first = json.loads(done.stdout)["verification"]["gradients"][0]
    assert first == {"layer": "0", "weight": "weight", "shape": [16, 3, 3, 3]}


# ---- what is wrong is seen


def falsified(**changes: Any) -> list[tuple[str, str]]:
    """Verify a network of which one layer's row is not true; return what differs."""
    network, _ = read_model("conv 8 k3 | bn | relu | conv 4 k1")
    graph, findings = graph_of(network, sizes={"": (2, 3, 9, 9)}, batched=True)
    report = counted(graph, findings)
    first = report.layers[0]._replace(**changes)
    report = type(report)(*report._replace(layers=(first, *report.layers[1:])))
    return [(one.layer, one.kind) for one in verify(torch, graph, report).disagreements]


def test_a_true_report_has_no_disagreement() -> None:
    assert falsified() == []


def fields_of(layers: str, size: str) -> Verification:
    return convcli.verify(layers, input=size, receptive_field=True)


def test_a_wrong_window_is_named_with_both_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    right = convolution.sliding
    monkeypatch.setattr(convolution, "sliding", lambda k, s, p, d, b: right(k, s, p, d + 1, b))
    found = fields_of("relu | conv 4 k3 | relu", "1x16x16")
    assert {(one.layer, one.kind) for one in found.disagreements} == {("1", FIELDS), ("2", FIELDS)}
    first = found.disagreements[0]
    assert (first.ours, first.theirs) == (
        "unit 0, 0: height 0 to 4, width 0 to 4", "height 0 to 2, width 0 to 2",
    )  # fmt: skip


def test_a_size_that_is_not_what_moves_is_named() -> None:
    network, _ = read_model("conv 8 k3 | relu | conv 4 k3")
    graph, findings = graph_of(network, sizes={"": (2, 3, 16, 16)}, batched=True)
    report = counted(graph, findings)
    last = report.layers[-1]
    assert last.receptive_field is not None
    wrong = last._replace(receptive_field=last.receptive_field._replace(size=(5, 7)))
    report = report._replace(layers=(*report.layers[:-1], wrong))
    (first, *_) = verify(torch, graph, report, receptive_field=True).disagreements
    assert (first.layer, first.ours) == ("2", "unit 0, 0 by size, stride and start: height 0 to 4, width 0 to 6")
    assert first.theirs == "height 0 to 4, width 0 to 4"


def test_a_global_path_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.nn.AdaptiveAvgPool2d, "forward", lambda _, x: x[:, :, :1, :1])
    said = [(one.layer, one.ours, one.theirs) for one in fields_of("conv 4 k3 | gap", "1x16x16").disagreements]
    assert ("1", "a global path along height", "no unit sees all of it") in said


def test_what_cannot_be_compared_is_said() -> None:
    found = fields_of("conv 4 k3 p1 | flatten 2 | permute(x, [0, 2, 1]) | LSTM(4, 4, batch_first=True) | fc 2", "1x6x6")
    assert [(why, layers) for kind, why, layers in found.skipped if kind == FIELDS] == [
        (receptive_field.FADES, ("2",)), (receptive_field.BEHIND, ("3",)),
    ]  # fmt: skip
    assert dict(found.checked)[FIELDS] == 3
    padded = fields_of("conv 4 k7 p3", "1x4x4")
    assert [why for kind, why, _ in padded.skipped if kind == FIELDS] == [receptive_field.PADDED]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [({"output_shapes": ((2, 8, 7, 8),)}, OUTPUT), ({"params": 223}, "parameters"), ({"saved_bytes": 1}, SAVED)],
)
def test_a_number_that_is_not_torchs_is_named(changes: dict[str, Any], kind: str) -> None:
    assert falsified(**changes) == [("0", kind)]


def test_every_kind_is_compared() -> None:
    found = convcli.verify("conv 8 k3 | bn | relu", input="3x16x16")
    assert [kind for kind, count in found.checked if not count] == []
    assert [kind for kind, _ in found.checked] == list(KINDS)


def test_what_cannot_be_compared_says_why() -> None:
    found = convcli.verify("Linear(8, 4) | Bilinear(4, 4, 2)(x, x)", input="8")
    assert (FLOPS, "torch's counter does not know it", ("1",)) in found.skipped
    dead = convcli.verify("cat([x, x], dim=1)", input="3x4x4")
    assert dict(dead.checked)[GRADIENTS] == 0


def test_torchs_generator_is_left_as_it_is() -> None:
    before = torch.random.get_rng_state()
    convcli.verify("conv 8 k3 | dropout", input="3x16x16")
    assert torch.equal(before, torch.random.get_rng_state())


# ---- the command


def test_the_command_says_what_was_compared() -> None:
    done = runner.invoke(app, ["verify", "conv 8 k3 | bn | relu", "-i", "3x16x16", "--format", "json"])
    report = json.loads(done.stdout)["verification"]
    assert (done.exit_code, report["good"], report["batch"], report["layers"]) == (0, True, 2, 3)
    assert report["checked"][FLOPS] == 3


def test_a_network_with_mistakes_is_a_wrong_question() -> None:
    done = runner.invoke(app, ["verify", "Conv2d(4, 8, 3)", "-i", "3x16x16"])
    assert (done.exit_code, "error[CV202]" in done.stderr) == (2, True)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
sys.argv = ["convcli", "verify", "resnet50", "--batch", "4096"]
from convcli.__main__ import main
main()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux's")
def test_what_cannot_fit_is_refused_with_advice() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error[CV041]: a step of training with batch 4096 needs ")
    assert re.search(r"batch [\d,]+ fits: write `--batch \d+`", done.stderr)
