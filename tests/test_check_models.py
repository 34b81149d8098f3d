"""`convcli check` of Python models: named, judged like files, and never found below a folder."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import convcli
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError

pytest.importorskip("torch")
runner = CliRunner()

FILE = """
from torch import nn

class Net(nn.Module):
    def __init__(self, features=256):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(features, 10)

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))
"""
SIZE = ["-i", "3x10x10"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "checkednets.py").write_text(FILE, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "checkednets", raising=False)
    return tmp_path


def answered(*args: str) -> tuple[int, dict[str, Any]]:
    result = runner.invoke(app, ["check", *args, "--format", "json"])
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize("name", ["checkednets.py:Net", "checkednets:Net"])
@pytest.mark.parametrize(("most", "code", "status"), [("3k", 0, "good"), ("1k", 1, "over")])
def test_a_model_is_held_against_budgets(name: str, most: str, code: int, status: str) -> None:
    found, answer = answered(name, *SIZE, "--max-params", most)
    (network,) = answer["networks"]
    assert (found, network["status"], network["path"], network["totals"]["params"]) == (code, status, name, 2682)


def test_arguments_are_given_to_models_only(folder: Path) -> None:
    code, answer = answered("checkednets.py:Net", "--arg", "features=64", *SIZE)
    assert (code, answer["networks"][0]["findings"][0]["code"]) == (1, "CV062")
    (folder / "net.yaml").write_text("input: [3, 8, 8]\nlayers: [ReLU()]\n")
    assert answered("net.yaml", "--arg", "features=64")[0] == 2


def test_the_configuration_has_budgets_and_the_size_of_the_file(folder: Path) -> None:
    (folder / "convcli.toml").write_text(
        'input = "3x10x10"\n[[files]]\npath = "checkednets.py"\ncheck = {params = "<= 1k", divisible_by = 4}\n'
    )
    code, answer = answered("checkednets.py:Net")
    assert (code, [one["code"] for one in answer["networks"][0]["findings"]]) == (1, ["CV401", "CV402"])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("checkednets.py:Nut", "CV060"), ("gone.py:Net", "CV060"), ("checkednets:Net(depth=1)", "CV061"),
        ("gone.nets:Net", "CV001"),
    ],
)  # fmt: skip
def test_a_model_that_there_is_not_is_a_wrong_question(name: str, code: str) -> None:
    found, answer = answered(name, *SIZE)
    assert (found, answer["networks"], [one["code"] for one in answer["findings"]]) == (2, [], [code])


def test_a_folder_has_no_models(folder: Path) -> None:
    (folder / "net.yaml").write_text("input: [3, 8, 8]\nlayers: [ReLU()]\n")
    assert [one["path"] for one in answered(".")[1]["networks"]] == ["net.yaml"]


def test_what_has_no_place_stands_in_the_models_file() -> None:
    result = runner.invoke(app, ["check", "checkednets:Net", *SIZE, "--max-params", "1k", "--format", "sarif"])
    (found,) = json.loads(result.stdout)["runs"][0]["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("checkednets.py")


def test_a_revision_is_no_baseline_of_a_model() -> None:
    with pytest.raises(ConvcliError, match="Python model"):
        convcli.check("checkednets.py:Net", input=(3, 10, 10), baseline="main:")


def test_budgets_are_not_written_into_python(folder: Path) -> None:
    (written,) = convcli.check_init("checkednets.py:Net", input=(3, 10, 10))
    assert (written.budgets, "configuration" in written.why) == ((), True)
    assert (folder / "checkednets.py").read_text() == FILE
