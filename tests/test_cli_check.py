"""Options of `convcli check` that do not go together, or say nothing: a wrong question, never one dropped."""

from pathlib import Path

import pytest
from test_cli_streams import folder, shell
from typer.testing import CliRunner

from convcli.cli.check import BUDGETS
from convcli.cli.group import app

__all__ = ["folder"]


def complaint(*arguments: str) -> str:
    """Run a command whose question is wrong; return what it complains of."""
    before = {path.name: path.read_text() for path in Path().iterdir()}
    done = CliRunner().invoke(app, [*arguments])
    assert done.exit_code == 2, done.output
    assert {path.name: path.read_text() for path in Path().iterdir()} == before
    return done.stderr


@pytest.mark.parametrize("text", ["", " "])
@pytest.mark.parametrize("option", BUDGETS)
def test_an_empty_budget_is_no_budget_that_always_holds(option: str, text: str) -> None:
    assert f"error[CV411]: `{option}` is empty" in complaint("check", "good.yaml", option, text)


@pytest.mark.parametrize("command", [["check"], ["check", "--init"], ["lock"]])
def test_an_empty_path_is_not_this_folder(command: list[str]) -> None:
    assert "error[CV001]: a path is empty" in complaint(*command, "good.yaml", "")


@pytest.mark.parametrize("more", [[], ["--init"]])
def test_a_size_that_is_none_is_a_wrong_question(more: list[str]) -> None:
    assert "error[CV002]: `x` is no size" in complaint("check", "good.yaml", "--input", "x", *more)


@pytest.mark.parametrize(
    "others",
    [["--max-params", "12M"], ["--output-shape", ""], ["--variant", "small"], ["--locked"],
     ["--max-macs", "2G", "--locked"]],
)  # fmt: skip
def test_init_refuses_what_it_does_not_heed(others: list[str]) -> None:
    said = complaint("check", "good.yaml", "--init", *others)
    for name in (other for other in others if other.startswith("--")):
        assert f"error[CV010]: `{name}` has no meaning with `--init`" in said


def test_init_has_one_output() -> None:
    said = complaint("check", "good.yaml", "--init", "-o", "r.json", "-o", "r.csv")
    assert "`--init` has one output, and not 2" in said


def test_slack_is_for_init() -> None:
    assert "error[CV010]: `--slack` has no meaning without `--init`" in complaint("check", "good.yaml", "--slack", "5%")


def test_a_format_is_not_written_into_several_files() -> None:
    said = complaint("check", "good.yaml", "-o", "r.json", "-o", "r.csv", "-f", "sarif")
    assert "`--format sarif` is for one file, and there are 2 without a format" in said
    done = CliRunner().invoke(app, ["check", "good.yaml", "-f", "sarif", "-o", "r.out", "-o", "json=r.json"])
    assert done.exit_code == 0


# ---- pipes and devices


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("convcli check bad.yaml -o csv=/dev/stdout -o /dev/null -f json | head -n 1; exit ${PIPESTATUS[0]}", 1),
        ("convcli check bad.yaml -o csv=/dev/stderr -o /dev/null -f json 2>&1 >/dev/null | cat; exit ${PIPESTATUS[0]}",
         1),
        ("convcli check good.yaml -o json=r.json -o csv=>(cat >&2) >/dev/null; code=$?; wait $!; exit $code", 0),
    ],
)  # fmt: skip
def test_a_pipe_is_written_to(command: str, code: int) -> None:
    done = shell(command)
    assert done.returncode == code
    assert (done.stdout + done.stderr).startswith("file,")


def test_a_pipe_that_nobody_reads_changes_no_exit_code() -> None:
    done = shell("convcli profile good.yaml -f csv -o /dev/stdout | true; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) == (0, "")
    done = shell("convcli check bad.yaml -o csv=/dev/stdout -o /dev/null -f json | true; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) == (1, "")


# ---- names of files


def test_a_control_character_in_a_name_reaches_no_log(folder: Path) -> None:
    (folder / "\x1b[31mnet.yaml").write_text("layers: [Wrong()]\n")
    for format in ("github", "table"):
        out = shell(f"convcli check . --format {format}").stdout
        assert "net.yaml" in out
        assert "\x1b" not in out


def test_a_command_to_type_is_quoted(folder: Path) -> None:
    (folder / "a b.yaml").write_text((folder / "good.yaml").read_text())
    shell("convcli lock good.yaml")
    out = shell("convcli check 'a b.yaml' --locked").stdout
    assert "`convcli lock 'a b.yaml'`" in out
