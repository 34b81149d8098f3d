"""No command writes its report over a file that is read."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from convcli.cli.group import app

NET = "input: [3, 8, 8]\nlayers:\n  - Conv2d(3, 4, 3)\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a folder with networks, a lock and a configuration, and names that lead to them."""
    files = {"net.yaml": NET, "other.yml": NET, "network": NET, "convcli.lock": "[networks]\n", "convcli.toml": ""}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "link.json").symlink_to("net.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("output", ["net.yaml", "./network", "link.json", "other.yml", "convcli.lock", "convcli.toml"])
@pytest.mark.parametrize(
    "command",
    ["profile NET", "rf NET", "verify NET", "solve batch NET --memory 1GiB", "solve size NET", "diff NET NET",
     "diff resnet18 NET", "lock NET", "lock . network", "check NET --init", "check . network --init"],
)  # fmt: skip
def test_what_is_read_is_never_overwritten(folder: Path, command: str, output: str) -> None:
    before = {path.name: path.read_text() for path in folder.iterdir()}
    arguments = command.replace("NET", "network" if output == "./network" else "net.yaml").split()
    for format in ("json", "table"):
        done = CliRunner().invoke(app, [*arguments, "--format", format, "-o", output])
        assert done.exit_code == 2, done.output
        assert f"error[CV009]: `{output}` would overwrite a file that is read" in done.stderr
        assert {path.name: path.read_text() for path in folder.iterdir()} == before
        assert (format == "json") == done.stdout.startswith("{")


def test_a_configuration_of_any_name_is_read(folder: Path) -> None:
    (folder / "budgets").write_text("")
    done = CliRunner().invoke(app, ["lock", "net.yaml", "--config", "budgets", "-f", "json", "-o", "budgets"])
    assert (done.exit_code, (folder / "budgets").read_text()) == (2, "")


def test_a_new_file_may_have_any_suffix_and_a_network_may_be_copied(folder: Path) -> None:
    assert CliRunner().invoke(app, ["profile", "net.yaml", "-f", "json", "-o", "new.yaml"]).exit_code == 0
    assert CliRunner().invoke(app, ["models", "resnet18", "-o", "mine.yaml"]).exit_code == 0
    assert "layers:" in (folder / "mine.yaml").read_text()


@pytest.mark.parametrize("command", ["models resnet18", "models", "schema", "ops"])
@pytest.mark.parametrize("output", ["net.yaml", "link.json", "convcli.lock", "convcli.toml"])
def test_what_another_command_reads_is_not_overwritten(folder: Path, command: str, output: str) -> None:
    before = {path.name: path.read_text() for path in folder.iterdir()}
    done = CliRunner().invoke(app, [*command.split(), "-o", output])
    assert done.exit_code == 2
    assert f"error[CV009]: `{output}` would overwrite a file that is read" in done.stderr
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert CliRunner().invoke(app, ["schema", "-o", "convcli.schema.json"]).exit_code == 0
    assert CliRunner().invoke(app, ["schema", "-o", "convcli.schema.json"]).exit_code == 0
