"""`convcli convert`: formats, files, and what is said beside them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import convcli
from convcli.cli import completion
from convcli.cli.group import app
from convcli.converting import BYTES, FORMATS

NET = "name: net\ninput: [3, 8, 8]\nlayers:\n  - conv: Conv2d(3, 4, 3)\n  - type: ReLU()\n"
BEGINNINGS = {
    "torch": '"""net: ',
    "yaml": "name: net\n",
    "mermaid": "%% net\nflowchart TD\n",
    "dot": 'digraph "net" {\n',
    "svg": "<svg ",
    "onnx": "\x08\x0a\x12\x07convcli",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a folder with a network."""
    (tmp_path / "net.yaml").write_text(NET)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, code: int = 0):
    """Run the command, which must end with a code."""
    result = CliRunner().invoke(app, ["convert", *arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.mark.parametrize("format", [one for one in FORMATS if one not in BYTES])
def test_every_format_is_written_to_standard_output(format: str) -> None:
    assert run("net.yaml", "--to", format).stdout.startswith(BEGINNINGS[format])


@pytest.mark.parametrize(("suffix", "format"), [(s, name) for name, (suffixes, _) in FORMATS.items() for s in suffixes])
def test_a_suffix_tells_the_format(folder: Path, suffix: str, format: str) -> None:
    assert run("net.yaml", "-o", f"new{suffix.upper()}").stdout == ""
    assert (folder / f"new{suffix.upper()}").read_text(errors="replace").startswith(BEGINNINGS[format])


def test_what_is_asked_for_counts_more_than_the_suffix(folder: Path) -> None:
    run("net.yaml", "--to", "dot", "-o", "net.txt")
    assert (folder / "net.txt").read_text().startswith("digraph")


@pytest.mark.parametrize("output", ["there.py", "there.yaml"])
def test_a_file_that_is_there_is_replaced_by_force_only(folder: Path, output: str) -> None:
    (folder / output).write_text("mine")
    assert "error[CV071]" in run("net.yaml", "-o", output, code=2).stderr
    assert (folder / output).read_text() == "mine"
    run("net.yaml", "-o", output, "--force")
    assert (folder / output).read_text() != "mine"


@pytest.mark.parametrize("output", ["net.yaml", "./net.yaml", "link.yaml"])
def test_the_network_itself_is_never_replaced(folder: Path, output: str) -> None:
    (folder / "link.yaml").symlink_to("net.yaml")
    assert "error[CV009]" in run("net.yaml", "-o", output, "--force", code=2).stderr
    assert (folder / "net.yaml").read_text() == NET


def test_nothing_is_left_of_a_file_that_could_not_be_made(folder: Path) -> None:
    (folder / "bad.yaml").write_text("input: [3, 8, 8]\nlayers:\n  - Conv2d(4, 4, 3)\n")
    assert "error[CV202]" in run("bad.yaml", "-o", "bad.py", code=2).stderr
    assert "error[CV009]" in run("net.yaml", "-o", "no/such/folder.py", code=2).stderr
    assert sorted(path.name for path in folder.iterdir()) == ["bad.yaml", "net.yaml"]


def test_a_pipe_gets_the_file_and_nothing_else() -> None:
    result = run("net.yaml", "--to", "torch")
    compile(result.stdout, "net.py", "exec")
    assert "warning[CV073]: `type` is called `type_`" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["net.yaml"], "CV070"), (["net.yaml", "--to", "onxn"], "CV070"), (["net.yaml", "-o", "net.zip"], "CV070"),
        (["net.yaml", "--to", "svg", "--cost", "time"], "CV072"), (["none.yaml", "--to", "svg"], "CV001"),
        (["conv 8 k3", "--to", "svg"], "CV007"), (["net.yaml", "--to", "yaml", "-o", "model.py"], "CV070"),
        (["net.yaml", "--to", "torch", "--depth", "2"], "CV072"),
        (["net.yaml", "--to", "yaml", "--cost", "macs"], "CV072"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_explained(arguments: list[str], code: str) -> None:
    result = run(*arguments, code=2)
    assert f"error[{code}]" in result.stderr
    assert result.stdout == ""


def test_size_variant_and_variables_are_those_of_the_question() -> None:
    assert "input: [3, 64, 64]" in run("resnet18", "--to", "yaml", "-i", "3x64x64").stdout
    assert "nn.Linear(512, 10)" in run("resnet18", "--to", "torch", "--set", "num_classes=10").stdout
    variant = run("resnet18", "--variant", "resnet34", "--to", "yaml").stdout
    assert variant.partition("\n")[2] == run("resnet34", "--to", "yaml").stdout.partition("\n")[2]


def test_formats_and_costs_are_completed() -> None:
    assert completion.conversion("") == ["torch", "yaml", "onnx", "mermaid", "dot", "svg"]
    assert completion.cost("m") == ["macs", "memory"]


def test_the_library_returns_the_text_and_what_could_not_be_kept() -> None:
    converted = convcli.convert("net.yaml", "torch")
    assert str(converted) == converted.text
    assert [found.code for found in converted.findings] == ["CV073"]


def test_torch_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    assert run("resnet18", "--to", "torch").stdout.startswith('"""resnet18')
