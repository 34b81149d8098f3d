"""Python models whose code reads numbers: they are followed up to there, and what comes behind is not known."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner
from zoo.entry import torchvision

import convcli
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError
from convcli.rendered import Report

runner = CliRunner()
SOURCE = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3)
        self.b = nn.Conv2d(8, 4, 3)

    def forward(self, x):
        x = self.a(x)
        return self.b(x) if x.max() > 1 else x
"""
LIBRARY = torch.library.Library("convcli_tests", "DEF")
LIBRARY.define("only_with_numbers(Tensor x) -> Tensor")


class Reader(nn.Module):
    """A convolution, a function that reads numbers, and layers behind it."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Sequential(nn.Conv2d(4, 8, 1), nn.BatchNorm2d(8), nn.Linear(6, 5))
        self.head[2].bias.requires_grad_(requires_grad=False)
        self.gamma = nn.Parameter(torch.ones(4))
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.head(self.function(self.conv(x)) * self.gamma[:, None, None])


def _ahead(x: Any) -> Any:
    return x if x.mean() > 0 else -x


def _through_numpy(x: Any) -> Any:
    return torch.from_numpy(x.numpy())


def _sparse() -> torch.Tensor:
    return torch.sparse_coo_tensor(torch.tensor([[0], [1]]), torch.tensor([1.0]), (6, 6))


READERS: list[tuple[Callable[[Any], Any], str, str]] = [
    (_ahead, "reads numbers out of a tensor", "item"),
    (lambda x: x * x.sum().item(), "reads numbers out of a tensor", "item"),
    (lambda x: x[: int(x.sum())], "reads numbers out of a tensor", "item"),
    (lambda x: x * x.mean(0).tolist()[0], "reads numbers out of a tensor", "item"),
    (lambda x: torch.tensor(x.cpu().tolist()), "reads numbers out of a tensor", "item"),
    (lambda x: x if f"{x.mean():.3f}" else -x, "reads numbers out of a tensor", "item"),
    (lambda x: _sparse() @ x[0, 0].T, "`aten::mm` cannot tell", "aten::matmul"),
    (lambda x: _given(x) * 2, "`convcli_tests::given` cannot tell", "given"),
    (_through_numpy, "reads numbers out of a tensor", "item"),
    (lambda x: [x, -x][x.argmax()], "reads numbers out of a tensor", "item"),
    (lambda x: nn.functional.one_hot(x.long()), "reads numbers out of a tensor", "one_hot"),
    (lambda x: x[x > 0], "`torch.nonzero` cannot tell", "index"),
    (lambda x: torch.masked_select(x, x > 0), "`aten::masked_select` cannot tell", "masked_select"),
    (torch.unique, "`aten::_unique2` cannot tell", "_unique2"),
    (lambda x: torch.repeat_interleave(x, x[0, 0, 0].long(), 3), "reads numbers", "repeat_interleave"),
    (torch.ops.convcli_tests.only_with_numbers, "`convcli_tests::only_with_numbers` cannot", "only_with_numbers"),
]


@torch.library.custom_op("convcli_tests::given", mutates_args=())
def _given(x: torch.Tensor) -> torch.Tensor:
    return x.clone()


def _caught(x: Any) -> Any:
    try:
        return x if x.mean() > 0 else -x
    except RuntimeError:
        return x


def _caught_and_said_otherwise(x: Any) -> Any:
    try:
        return x[x > 0]
    except RuntimeError as error:
        message = "another error"
        raise ValueError(message) from error


def profiled(model: nn.Module, *shape: int) -> Report:
    """Count a model that ends in the open; its parameters are exact, its costs from below."""
    report = convcli.profile(model, input=shape)
    found = [one for one in report.findings if one.code == "CV068"]
    assert [(one.level, one.span is not None) for one in found] == [("warning", True)]
    assert (report.totals.params, report.totals.buffers, report.totals.trainable) == (
        sum(one.numel() for one in model.parameters()), sum(one.numel() for one in model.buffers()),
        sum(one.numel() for one in model.parameters() if one.requires_grad),
    )  # fmt: skip
    assert {"macs", "flops", "other_ops", "inference_peak_bytes", "training_bytes"} <= set(report.totals.unknown)
    assert "params" not in report.totals.unknown
    assert [(one.shape, one.name) for one in report.outputs] == [(None, _end(report))]
    assert report.failed is None
    return report


def _end(report: Report) -> str:
    return next(row.name for row in report.layers if row.output_shapes == (None,))


@pytest.mark.parametrize(("function", "words", "op"), READERS)
def test_behind_code_that_reads_numbers_nothing_is_known_but_weights(
    function: Callable[[Any], Any], words: str, op: str
) -> None:
    report = profiled(Reader(function), 1, 3, 8, 6)
    assert any(words in found.message for found in report.findings)
    assert report.totals.macs == 8 * 6 * 4 * 27  # of the convolution in front alone
    names = [row.name for row in report.layers]
    end = names.index(_end(report))
    behind = [(row.name, row.op, row.params, row.macs) for row in report.layers[end:]]
    assert behind == [
        (names[end], op, 0, None), ("gamma", "Unreached", 4, None),
        ("head.0", "Conv2d", 40, None), ("head.1", "BatchNorm2d", 16, 0), ("head.2", "Linear", 35, None),
    ]  # fmt: skip
    assert {one.op for one in report.uncounted} >= {op, "Conv2d", "BatchNorm2d", "Linear"}
    assert not any(found.code == "CV305" for found in report.findings)  # somebody behind may read it


def test_what_reads_an_input_before_all_layers_leaves_their_costs_open() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3))
    model.forward = lambda x: -x if x.sum() > 0 else x  # type: ignore[method-assign,assignment]
    report = profiled(model, 1, 3, 8, 8)
    assert [(row.op, row.params, row.macs) for row in report.layers] == [
        ("sum", 0, 0), ("gt", 0, 0), ("item", 0, None), ("Conv2d", 112, None),
    ]  # fmt: skip
    model.forward = lambda x: -x if x.tolist() else x  # type: ignore[method-assign,assignment]
    assert [row.macs for row in profiled(model, 1, 3, 8, 8).layers] == [None, None]


def test_attention_behind_is_one_layer_whose_costs_are_not_known() -> None:
    model = nn.ModuleDict({"encoder": nn.TransformerEncoderLayer(8, 2, 16)})
    model.encoder.self_attn.out_proj.bias.requires_grad_(requires_grad=False)
    model.forward = lambda x: model.encoder(x) if x.sum() > 0 else x  # type: ignore[method-assign,assignment]
    report = profiled(model, 5, 1, 8)
    assert [(row.op, row.params, row.macs) for row in report.layers if row.name.endswith("attn")] == [
        ("MultiheadAttention", 288, None)
    ]


def test_no_convention_of_other_tools_takes_what_is_behind_for_nothing() -> None:
    model = Reader(_ahead)
    for convention in ("fvcore", "thop", "ptflops-aten", "torch"):
        report = convcli.profile(model, input=(1, 3, 8, 6), convention=convention)
        cost = {row.name: row.cost for row in report.layers}
        assert (cost["head.0"], cost["head.2"], report.cost.known) == (None, None, False)
        assert cost["conv"] is not None
        assert cost["conv"] >= 8 * 6 * 4 * 27


@pytest.mark.parametrize(("function", "op"), [(_caught, "item"), (_caught_and_said_otherwise, "index")])
def test_a_model_that_catches_the_error_ends_there_all_the_same(function: Callable[[Any], Any], op: str) -> None:
    report = profiled(Reader(function), 1, 3, 8, 6)
    assert report.totals.macs == 8 * 6 * 4 * 27
    assert _end(report).endswith(op)
    assert ("head.0", None) in [(row.name, row.macs) for row in report.layers]


def test_an_operator_that_failed_before_is_not_taken_for_the_end() -> None:
    def tried(x: Any) -> Any:
        try:
            return torch.ops.aten.linalg_cross(x, x)
        except RuntimeError:
            return torch.from_numpy(x.numpy())

    assert _end(profiled(Reader(tried), 1, 3, 8, 6)).endswith("item")


def test_a_receptive_field_behind_is_compared_as_unknown() -> None:
    fields = convcli.diff(Reader(_ahead), Reader(torch.relu), input=(1, 3, 8, 6)).fields
    assert [field and (field.kind, field.size) for field in fields] == [("unknown", None), ("exact", (3, None))]


@pytest.mark.parametrize("move", [lambda x: x.cpu(), lambda x: x.to("cpu", torch.float16).to("cpu", torch.float32)])
def test_a_tensor_that_is_moved_to_another_device_needs_no_numbers(move: Callable[[Any], Any]) -> None:
    model = Reader(lambda x: move(x) * 2)
    report = convcli.profile(model, input=(1, 3, 8, 6))
    assert not any(found.code == "CV068" for found in report.findings)
    assert report.totals.macs == 8 * 6 * 4 * 27 + 8 * 6 * 8 * 4 + 8 * 8 * 6 * 5


def test_what_is_behind_is_not_known_where_a_layer_is_in_parts() -> None:
    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attend = nn.MultiheadAttention(8, 2)
            self.normed = nn.utils.parametrizations.weight_norm(nn.Linear(8, 8))

        def forward(self, x: Any) -> Any:
            return self.normed(self.attend(x, x, x)[0]) if x.mean() > 0 else x

    report = profiled(Attending(), 3, 8)
    rows = {row.name: (row.op, row.params, row.macs) for row in report.layers}
    assert rows["attend"] == ("MultiheadAttention", 288, None)
    assert rows["normed"] == ("Unreached", 8, None)
    assert rows["normed.parametrizations.weight"] == ("Unreached", 72, None)


def test_modules_under_vmap_are_counted() -> None:
    model = nn.Sequential(nn.Linear(6, 5))
    model.forward = torch.vmap(model[0])  # type: ignore[method-assign,assignment]
    report = convcli.profile(model, input=(4, 6))
    assert (report.totals.params, report.totals.macs) == (35, 4 * 6 * 5)


def test_nested_tensors_have_no_sizes() -> None:
    model = nn.Sequential(nn.Linear(6, 5))
    model.forward = lambda x: model[0](torch.nested.nested_tensor(list(x), layout=torch.jagged))  # type: ignore[method-assign,assignment]
    report = convcli.profile(model, input=(2, 4, 6))
    assert [(row.name, row.params, row.macs) for row in report.layers][-1] == ("0", 35, None)
    assert (report.totals.params, report.outputs[0].shape) == (35, None)


def test_convolutions_of_a_traced_module_are_counted() -> None:
    inner = torch.jit.trace(nn.Sequential(nn.Conv2d(3, 4, 3)), torch.zeros(1, 3, 8, 8))
    report = convcli.profile(nn.Sequential(inner), input=(1, 3, 8, 8))
    assert (report.totals.macs, report.totals.unknown) == (36 * 4 * 27, ())


def test_what_is_written_into_a_tensor_that_forward_has_made_is_its_output() -> None:
    def filled(x: Any) -> Any:
        out = torch.zeros(2, 3)
        out[0] = x.mean()
        return out

    model = nn.Sequential(nn.Conv2d(3, 4, 3))
    model.forward = lambda x: filled(model[0](x))  # type: ignore[method-assign,assignment]
    report = convcli.profile(model, input=(1, 3, 8, 8))
    assert [found.code for found in report.findings] == []


def test_errors_that_are_none_of_missing_numbers_stay_errors() -> None:
    def fails(_: Any) -> Any:
        message = "not on meta, and not today"
        raise ValueError(message)

    with pytest.raises(ConvcliError) as error:
        convcli.profile(Reader(fails), input=(1, 3, 8, 6))
    assert [found.code for found in error.value.diagnostics] == ["CV062"]


def test_the_command_ends_well_and_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("reading.py").write_text(SOURCE, "utf-8")
    done = runner.invoke(app, ["profile", "reading.py:Net", "-i", "3x8x8", "--format", "json"])
    answer = json.loads(done.stdout)
    (found,) = answer["findings"]
    assert (done.exit_code, found["code"], found["level"]) == (0, "CV068", "warning")
    assert (found["source"]["file"], found["source"]["line"]) == ("reading.py", 13)
    assert (answer["totals"]["params"], answer["totals"]["macs"]) == (516, None)
    assert answer["totals"]["at_least"]["macs"] == 36 * 8 * 27
    assert runner.invoke(app, ["check", "reading.py:Net", "-i", "3x8x8", "--max-params", "516"]).exit_code == 0
    assert runner.invoke(app, ["check", "reading.py:Net", "-i", "3x8x8", "--max-params", "515"]).exit_code == 1
    assert runner.invoke(app, ["check", "reading.py:Net", "-i", "3x8x8", "--max-macs", "1k"]).exit_code == 1
    for wanted in (["--min-receptive-field", "3"], ["--min-receptive-field", "4"]):
        done = runner.invoke(app, ["check", "reading.py:Net", "-i", "3x8x8", *wanted, "--format", "json"])
        assert (done.exit_code, "CV402" in done.stdout) == (1, True)
    for form in ("torch", "onnx", "yaml"):
        written = runner.invoke(app, ["convert", "reading.py:Net", "-i", "3x8x8", "--to", form, "-o", f"x.{form}"])
        assert (written.exit_code, Path(f"x.{form}").exists()) == (2, False)


DETECTORS = {
    "fcos_resnet50_fpn": 128.207, "retinanet_resnet50_fpn": 151.54, "retinanet_resnet50_fpn_v2": 152.238,
    "ssd300_vgg16": 34.858, "ssdlite320_mobilenet_v3_large": 0.583,
}  # fmt: skip
"""Detectors of one stage, and the billions of multiply-adds that torchvision publishes for an image of its size."""
IN_TWO_STAGES = ("fasterrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2")


@pytest.mark.parametrize("name", [*DETECTORS, *IN_TWO_STAGES])
def test_detectors_are_counted_up_to_the_choice_of_boxes(name: str) -> None:
    model = torchvision().get_model(name, weights=None, weights_backbone=None).eval()
    report = profiled(model, 1, 3, 224, 224)
    assert report.totals.macs * 2 == _flops_up_to_there(model)
    if name in DETECTORS:  # behind the choice of boxes there are no products
        assert round(report.totals.macs / 1e9, 3) == DETECTORS[name]
    else:
        assert any(row.op == "Linear" and row.macs is None and "roi_heads" in row.name for row in report.layers)


def _flops_up_to_there(model: nn.Module) -> int:
    with pytest.raises(Exception, match="meta"), FlopCounterMode(display=False) as counter:
        model.to("meta")(torch.empty((1, 3, 224, 224), device="meta"))
    return int(counter.get_total_flops())
