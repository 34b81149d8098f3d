"""Receptive fields in reports: kinds, views, global paths, columns, JSON, formulas, and `convcli rf`."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import convcli
from convcli import api
from convcli.cli.group import app
from convcli.report import ReceptiveField

runner = CliRunner()


def fields(text: str, **options: Any) -> dict[str, ReceptiveField | None]:
    """Return the receptive field of each layer of a chain, or of a file."""
    return {layer.name: layer.receptive_field for layer in convcli.shape(text, **options).layers}


def field(text: str, size: str = "3x32x32") -> ReceptiveField:
    """Return the receptive field of the last layer of a chain."""
    found = list(fields(text, input=size).values())[-1]
    assert found is not None
    return found


def of_file(tmp_path: Path, text: str) -> dict[str, ReceptiveField | None]:
    path = tmp_path / "net.yaml"
    path.write_text(text)
    return {layer.name: layer.receptive_field for layer in api.profile(path).layers}


def said(*arguments: str) -> str:
    result = runner.invoke(app, list(arguments))
    assert result.exit_code == 0, result.stderr
    return result.stdout


# ---- the algebra


def test_a_chain_has_the_three_numbers_of_the_recurrence() -> None:
    found = field("Conv2d(3, 8, 7, 2, 3) | Conv2d(8, 8, 3, padding=2, dilation=2) | MaxPool2d(2)")
    assert found[:7] == ("exact", (17, 17), (4, 4), (-7, -7), False, None, None)


def test_each_axis_is_by_itself() -> None:
    found = field("Conv2d(3, 8, (3, 5), (1, 2), (0, 2))")
    assert (found.size, found.stride, found.start) == ((3, 5), (1, 2), (0, -2))


def test_one_and_three_axes() -> None:
    assert field("Conv1d(3, 8, 3, dilation=4)", "3x32").size == (9,)
    assert field("Conv3d(3, 8, (1, 3, 5))", "3x8x8x8").size == (1, 3, 5)


def test_behind_a_transposed_convolution_units_alternate() -> None:
    found = field("ConvTranspose1d(3, 8, 3, stride=2)", "3x32")
    assert (found.kind, found.size, found.stride, found.start) == ("envelope", (2,), ("1/2",), None)
    assert found.phases == ((1, ((-1, 2), (0, 1))),)


def test_a_unit_between_two_kernels_depends_on_nothing() -> None:
    assert field("ConvTranspose1d(3, 8, 1, stride=2)", "3x32").phases == ((1, ((0, 1), None)),)


def test_pixels_moved_to_channels_and_back_are_exact_again() -> None:
    found = field("PixelUnshuffle(2) | PixelShuffle(2)", "4x32x32")
    assert (found.kind, found.size, found.stride) == ("envelope", (2, 2), (1, 1))


BRANCHES = """
input: [4, 16]
layers:
  - wide: Conv1d(4, 4, 5, padding=2)
  - narrow: Conv1d(4, 4, 3, padding=1)(input)
  - both: wide + narrow
  - half: AvgPool1d(2)
  - quarter: interpolate(input, size=8) | Conv1d(4, 4, 1)
  - fifth: AdaptiveAvgPool1d(5)(both)
  - first: both[:, :, 0:5]
  - other: fifth + first
  - behind: Conv1d(4, 4, 3, padding=1)
"""


def test_branches_of_one_stride_are_joined_and_others_are_kept_apart(tmp_path: Path) -> None:
    found = of_file(tmp_path, BRANCHES)
    assert found["both"][:4] == ("exact", (5,), (1,), (-2,))
    assert found["other"][:4] == ("misaligned", None, None, None)
    assert [(path.size, path.stride) for path in found["other"].paths[0]] == [(8, "16/5"), (5, 1)]
    assert [(path.size, path.stride) for path in found["behind"].paths[0]] == [(15, "16/5"), (7, 1)]


GATE = """
input: [8, 32, 32]
layers:
  - body: Conv2d(8, 8, 3, padding=1)
  - gate: mean(x, (2, 3), keepdim=True) | Conv2d(8, 8, 1) | Sigmoid()
  - out: body * gate
"""


def test_a_global_path_is_kept_apart_from_the_local_ones(tmp_path: Path) -> None:
    found = of_file(tmp_path, GATE)
    assert found["gate.1"][:5] == (None, None, None, None, True)
    assert found["out"][:5] == ("exact", (3, 3), (1, 1), (-1, -1), True)


def test_a_linear_layer_over_the_width_is_global_along_the_width_alone() -> None:
    found = field("Conv2d(3, 8, 3, padding=1) | Linear(32, 5)")
    assert (found.kind, found.size, found.start, found.whole) == ("exact", (3, None), (-1, None), True)


def test_pooling_a_single_position_is_no_global_path() -> None:
    found = field("Conv2d(3, 8, 3, stride=32) | AdaptiveAvgPool2d(1)")
    assert (found.size, found.whole) == ((3, 3), False)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Flatten(2) | unflatten(x, 2, (30, 30))", (3, 3)),
        ("permute(x, 0, 2, 3, 1) | LayerNorm(8) | permute(x, 0, 3, 1, 2)", (3, 3)),
        ("reshape(x, (1, 8, 15, 2, 30)) | reshape(x, (1, 8, 30, 30))", (3, 3)),
        ("GroupNorm(2, 8) | softmax(x, 1)", (3, 3)),
        ("x[:, :, 2:20:2, 1:] | center_crop(x, 4)", (3, 3)),
        ("reshape(x, (1, 8, 15, 2, 30)) | mean(x, 3)", (4, 3)),
        ("unfold(x, 3) | fold(x, 30, 3)", (7, 7)),
    ],
)
def test_views_that_keep_an_axis_keep_its_receptive_field(text: str, size: tuple[int, int]) -> None:
    found = field(f"Conv2d(3, 8, 3) | {text}")
    assert (found.kind, found.size, found.whole) in (("exact", size, False), ("envelope", size, False))


WINDOWS = """
input: [96, 56, 56]
layers:
  - permute(x, 0, 2, 3, 1) | reshape(x, (8, 7, 8, 7, 96)) | permute(x, 0, 2, 1, 3, 4) | reshape(x, (64, 49, 96))
  - attention: MultiheadAttention(96, 3, batch_first=True)
  - reshape(x, (8, 8, 7, 7, 96)) | permute(x, 0, 2, 1, 3, 4) | reshape(x, (1, 56, 56, 96))
  - image: permute(x, 0, 3, 1, 2)
"""


def test_attention_in_windows_sees_its_window(tmp_path: Path) -> None:
    found = of_file(tmp_path, WINDOWS)["image"]
    assert (found.kind, found.size, found.stride, found.whole) == ("envelope", (7, 7), (1, 1), False)
    assert found.phases[0] == (7, tuple((0, 7) for _ in range(7)))


HANDMADE = """
input: [8, 12, 12]
layers:
  - conv: Conv2d(8, 8, 3) | flatten(x, 2) | transpose(x, 1, 2)
  - heads: reshape(x, (1, 100, 2, 4)) | permute(x, 0, 2, 1, 3)
  - turned: transpose(heads, 2, 3)
  - scores: matmul(heads, turned)
  - seen: softmax(x, -1)
  - mixed: matmul(seen, heads) | permute(x, 0, 2, 1, 3)
  - out: reshape(x, (1, 100, 8))
"""


def test_attention_by_hand_sees_all_positions(tmp_path: Path) -> None:
    found = of_file(tmp_path, HANDMADE)
    assert (found["scores"].kind, found["scores"].whole) == ("unknown", False)
    assert {found[name][:5] for name in ("seen", "mixed.permute", "out")} == {(None, None, None, None, True)}


def test_scores_within_windows_are_not_taken_for_scores_of_all(tmp_path: Path) -> None:
    before, _ = WINDOWS.split("  - attention: MultiheadAttention(96, 3, batch_first=True)\n")
    scores = "  - scores: matmul(x, transpose(x, 1, 2))\n  - seen: softmax(x, -1)\n"
    found = of_file(tmp_path, before + scores)["seen"]
    assert (found.kind, found.whole) == ("unknown", False)


@pytest.mark.parametrize("text", ["cat([x, x], dim=2)", "FractionalMaxPool2d(2, output_size=8)", "tile(x, 1, 1, 2, 1)"])
def test_what_is_not_followed_is_unknown_and_said_to_be(text: str) -> None:
    report = convcli.shape(f"Conv2d(3, 8, 3) | {text} | ReLU()", input="3x32x32")
    assert [layer.receptive_field.kind for layer in report.layers] == ["exact", "unknown", "unknown"]
    assert [(lacks.layers, lacks.missing) for lacks in report.uncounted] == [
        ((report.layers[1].name,), ("receptive_field",))
    ]
    assert [line["receptive_field"] is None for line in report.to_dict()["layers"]] == [False, True, True]


def test_tokens_that_are_looked_up_have_positions() -> None:
    found = field("Embedding(100, 8) | transpose(x, 1, 2) | Conv1d(8, 8, 5)", "32")
    assert (found.size, found.stride) == ((5,), (1,))


TWO = """
inputs: {image: [3, 32, 32], depth: [1, 16, 16]}
layers:
  - a: Conv2d(3, 8, 3, stride=2, padding=1)(image)
  - b: Conv2d(1, 8, 5, padding=2)(depth)
  - both: a + b
"""


def test_several_inputs_have_their_own(tmp_path: Path) -> None:
    found = of_file(tmp_path, TWO)["both"]
    assert (found.input, found.size, found.stride) == ("image", (3, 3), (2, 2))
    assert [(other.input, other.size, other.stride) for other in found.others] == [("depth", (5, 5), (1, 1))]


def test_without_a_size_a_chain_has_its_receptive_field() -> None:
    assert [f.size for f in fields("Conv2d(3, 8, 3) | Conv2d(8, 8, 3)").values()] == [(3, 3), (5, 5)]


def test_long_periods_of_many_resizes_end_in_a_table() -> None:
    found = field("interpolate(x, size=31) | pad(x, [1, 1]) | interpolate(x, size=29)", "3x32")
    assert (found.kind, found.size, found.stride, found.phases) == ("envelope", (1,), ("1056/899",), None)


# ---- published sizes

LAST_LOCAL = {
    "alexnet": 195, "vgg16": 212, "mobilenet_v1": 315, "inception_v3": 1311,
    "resnet18": 435, "resnet50": 427, "resnet101": 971, "resnet152": 1451,
}  # fmt: skip
"""Araujo, Norris, Sim, Distill 2019; of ResNets torchvision's variant, whose stride is in the 3x3 convolution."""


@pytest.mark.parametrize(("name", "size"), LAST_LOCAL.items())
def test_published_receptive_fields(name: str, size: int) -> None:
    found = [layer.receptive_field for layer in api.profile(name).layers]
    assert [one.size for one in found if one and one.size][-1] == (size, size)


def test_resnet50_with_its_stride_in_the_first_convolution_as_in_the_paper(tmp_path: Path) -> None:
    text = api.models("resnet50").text
    head, _, block = text.partition("- conv1: Conv2d(_, width, 1, bias=False)")
    block = block.replace("Conv2d(_, width, 3, stride,", "Conv2d(_, width, 3, 1,", 1)
    path = tmp_path / "v1.yaml"
    path.write_text(f"{head}- conv1: Conv2d(_, width, 1, stride, bias=False){block}")
    found = [layer.receptive_field for layer in api.profile(path, variant="resnet50").layers]
    assert [one.size for one in found if one and one.size][-1] == (483, 483)


# ---- how it is shown


def test_the_columns_and_the_sentence_below_them() -> None:
    text = said("profile", "resnet18", "--columns", "name,rf,rf_stride,rf_start")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "conv1 7x7 2x2 -3,-3" in lines
    assert "conv1 243x243 ! 32x32 -121,-121" in lines
    assert "avgpool all" in lines
    assert "! receptive field larger than the input, first at layer4.0.conv1, 243x243 of 224x224" in lines


def test_the_usual_table_says_nothing_of_receptive_fields() -> None:
    assert "receptive" not in said("profile", "resnet18")


def test_layers_are_sorted_by_their_receptive_field() -> None:
    text = said("profile", "resnet18", "--sort", "rf", "--columns", "name,rf", "--format", "csv")
    sizes = [line.rpartition(",")[2] for line in text.splitlines()[1:]]
    assert sizes[:4] == ["all", "all", "all", "435x435"]
    assert sizes[-1] == "7x7"


def test_json_has_the_fields_of_the_format() -> None:
    layers = json.loads(said("profile", "resnet18", "--format", "json"))["layers"]
    found = next(layer["receptive_field"] for layer in layers if layer["name"] == "layer1.0.conv1")
    assert found == {
        "kind": "exact", "size": [19, 19], "stride": [4, 4], "start": [-9, -9], "global": False, "phases": None,
        "paths": None, "exceeds_input": False,
    }  # fmt: skip


def test_json_of_phases_of_paths_and_of_several_inputs(tmp_path: Path) -> None:
    report = convcli.shape("ConvTranspose1d(3, 8, 1, stride=2)", input="3x32").to_dict()
    assert report["layers"][0]["receptive_field"]["phases"] == [{"step": 1, "units": [{"start": 0, "size": 1}, None]}]
    path = tmp_path / "net.yaml"
    path.write_text(BRANCHES)
    found = api.profile(path).to_dict()["layers"][-1]["receptive_field"]
    assert [[one["stride"] for one in row] for row in found["paths"]] == [["16/5", 1]]
    path.write_text(TWO)
    found = api.profile(path).to_dict()["layers"][-1]["receptive_field"]
    assert (found["input"], [other["input"] for other in found["others"]]) == ("image", ["depth"])


def test_formulas_write_the_recurrence_out() -> None:
    text = said("shape", "Conv2d(3, 8, 7, 2, 3) | Conv2d(8, 8, 3, dilation=2)", "-i", "3x64x64", "--explain")
    assert "= 7 + (3 - 1) * 2 * 2 = 15" in text
    assert "rf_in + (kernel_size - 1) * dilation * rf_stride_in" in text


def test_the_library_leaves_them_out_where_it_is_told_to() -> None:
    assert convcli.profile("lenet5", receptive_fields=False).layers[0].receptive_field is None


# ---- convcli rf


def test_a_unit_at_the_border_sees_what_padding_leaves() -> None:
    answer = convcli.rf("resnet18", layer="layer2.0.conv1", unit=(2, 20))
    assert [(one.first, one.last, one.positions) for one in answer.boxes[0].extents] == [(0, 41, 42), (135, 185, 51)]


def test_holes_of_dilation_are_not_counted() -> None:
    answer = convcli.rf("Conv1d(1, 1, 3, dilation=4)", input="1x32", unit=(5,))
    assert [(one.first, one.last, one.positions) for one in answer.boxes[0].extents] == [(5, 13, 3)]


def test_who_sees_a_position_of_the_input() -> None:
    answer = convcli.rf("Conv1d(1, 1, 3, padding=1) | MaxPool1d(2)", input="1x32", pixel=(7,))
    assert [(box.extents[0].first, box.extents[0].last) for box in answer.boxes] == [(6, 8), (3, 4)]


def test_without_a_layer_the_last_one_with_places_is_asked() -> None:
    assert convcli.rf("resnet18", unit=(3, 3)).layer == "layer4.1.out"


@pytest.mark.parametrize("format", ["table", "json", "markdown", "csv"])
@pytest.mark.parametrize("question", [[], ["--layer", "relu", "--unit", "3,4"], ["--pixel", "10,10"]])
def test_every_question_in_every_format(format: str, question: list[str]) -> None:
    text = said("rf", "Conv2d(3, 8, 3) | ReLU()", "-i", "3x32x32", *question, "--format", format) if not question or (
        question[0] != "--layer"
    ) else said("rf", "resnet18", *question, "--format", format)  # fmt: skip
    assert text
    if format == "json":
        assert json.loads(text)["schema"] == "convcli/rf/1"


def test_the_picture_is_svg(tmp_path: Path) -> None:
    path = tmp_path / "rf.svg"
    said("rf", "resnet18", "--layer", "layer2.0.conv1", "-o", str(path))
    text = path.read_text()
    assert text.startswith("<svg ")
    assert "unit 14, 14 of layer2.0.conv1" in text


@pytest.mark.parametrize(
    ("question", "code", "words"),
    [
        (["--layer", "layer1.0.conv3"], "CV012", "there are `layer1.0.conv1`"),
        (["--unit", "7,7"], "CV013", "0 to 6 along the height"),
        (["--unit", "7"], "CV013", "has 2 numbers, found 1"),
        (["--unit", "a,b"], "CV013", "`--unit a,b` is no place"),
        (["--layer", "fc", "--unit", "1"], "CV013", "global paths see all of it"),
        (["--pixel", "224,0"], "CV013", "has no position 224, 0"),
    ],
)
def test_questions_that_cannot_be_answered(question: list[str], code: str, words: str) -> None:
    result = runner.invoke(app, ["rf", "resnet18", *question])
    assert result.exit_code == 2
    assert f"error[{code}]" in result.stderr
    assert words in result.stderr
