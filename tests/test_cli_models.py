"""`convcli models`: the bundled networks, listed, and each one's file."""

import json

import pytest
from typer.testing import CliRunner

import convcli
from convcli import api
from convcli.cli.group import app
from convcli.cli.models import models_page
from convcli.readers.bundled import FOLDER, bundled_names
from convcli.writers.simple_table import table_lines

runner = CliRunner()


def said(*arguments):
    """Return what a command writes to standard output; it must succeed."""
    result = runner.invoke(app, ["models", *arguments])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def listed(*arguments):
    return [entry["name"] for entry in json.loads(said(*arguments, "--format", "json"))["models"]]


def test_every_network_is_listed_with_its_figures():
    lines = [line.split() for line in said().splitlines()]
    assert set(bundled_names()) <= {line[0] for line in lines if line}
    assert ["resnet50", "resnet", "1x3x224x224", "25,557,032", "4,089,184,256"] in [line[:5] for line in lines]


def test_a_row_ends_with_its_source():
    (row,) = [line for line in said().splitlines() if line.startswith("resnet50")]
    assert row.endswith('"Deep Residual Learning for Image Recognition", CVPR 2016, table 1.')


def test_the_list_says_how_it_counts():
    assert said().splitlines()[-1] == "MACs: multiply-accumulates, bias excluded, batch 1; params: each weight once."


@pytest.mark.parametrize(("width", "has_source"), [(80, False), (100, False), (140, True), (200, True)])
def test_the_list_fits_a_screen_and_has_sources_where_there_is_room(width, has_source):
    table, _ = models_page(api.models())
    lines = ["".join(text for text, _ in line).rstrip() for line in table_lines(table, width)]
    assert max(map(len, lines)) <= width
    assert ("source" in lines[0]) == has_source


def test_nothing_but_the_list_is_written_where_there_is_no_terminal():
    assert runner.invoke(app, ["models"]).stderr == ""


def test_a_filter_keeps_the_names_with_its_text():
    assert listed("--filter", "DenseNet") == ["densenet121", "densenet161", "densenet169", "densenet201"]


def test_a_filter_that_nothing_passes_says_so():
    assert said("--filter", "zzz") == "No bundled network has such a name.\n"


@pytest.mark.parametrize(("column", "first"), [("params", "vgg19_bn"), ("macs", "vgg19"), ("name", "vgg11")])
def test_the_list_is_sorted_by_a_column(column, first):
    assert listed("--filter", "vgg", "--sort", column)[0] == first


def test_a_column_that_does_not_exist_is_a_wrong_question():
    result = runner.invoke(app, ["models", "--sort", "parms"])
    assert result.exit_code == 2
    assert "error[CV008]" in result.stderr
    assert "did you mean `params`?" in result.stderr


def test_a_network_is_printed_as_its_file_stands():
    assert said("resnet50") == (FOLDER / "resnet.yaml").read_text(encoding="utf-8")


def test_a_variant_is_named_beside_its_file():
    assert "--variant resnet50" in runner.invoke(app, ["models", "resnet50"]).stderr
    assert runner.invoke(app, ["models", "resnet18"]).stderr == ""


def test_a_printed_network_can_be_profiled(tmp_path):
    file = tmp_path / "mine.yaml"
    said("mobilenet_v2", "-o", str(file))
    assert convcli.profile(file).totals.params == 3_504_872


def test_a_printed_network_that_uses_others_can_be_profiled_beside_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    notes = runner.invoke(app, ["models", "yolov3", "-o", "mine.yaml"]).stderr.splitlines()
    commands = [note.partition(": convcli ")[2].split() for note in notes]
    assert [command[-1] for command in commands] == ["darknet53.yaml", "darknet_residual.yaml"]
    for command in commands:
        said(*command[1:])
    assert convcli.profile("mine.yaml").totals.params == 61_949_149


def test_json_has_a_network_s_figures_and_its_text():
    (entry,) = json.loads(said("resnet34", "--format", "json"))["models"]
    text = entry.pop("text")
    assert text.startswith("# ResNet")
    assert entry == {
        "name": "resnet34",
        "family": "resnet",
        "file": "resnet.yaml",
        "variant": "resnet34",
        "description": text.splitlines()[0].removeprefix("# "),
        "source": text.splitlines()[1].removeprefix("# Source: "),
        "uses": [],
        "inputs": [[1, 3, 224, 224]],
        "outputs": [[1, 1000]],
        "params": 21_797_672,
        "macs": 3_663_761_408,
    }


def test_markdown_has_a_network_s_file_as_code():
    assert "```yaml\n# U-Net" in said("unet", "--format", "markdown")


def test_csv_has_plain_numbers():
    assert "\nresnet50,resnet,1x3x224x224,25557032,4089184256," in said("--format", "csv")


def test_a_misspelt_name_gets_a_suggestion_and_exit_2():
    result = runner.invoke(app, ["models", "resnet-50"])
    assert result.exit_code == 2
    assert "error[CV001]: there is no bundled network `resnet-50`" in result.stderr
    assert "did you mean `resnet50`?" in result.stderr


def test_the_library_returns_what_the_command_prints():
    assert [entry.name for entry in api.models()] == listed()
