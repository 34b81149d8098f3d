"""The program as a whole: its help, and commands that do not exist."""

import sys

import pytest

from convcli.__main__ import main
from convcli.cli.group import COMMANDS


@pytest.fixture
def convcli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the program in this process; return its exit code and both of its outputs."""

    def run(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["convcli", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("prof", "profile"),
        ("profle", "profile"),
        ("resnet50", "convcli profile resnet50"),
        ("my.yaml", "convcli profile my.yaml"),
    ],
)
def test_a_command_that_does_not_exist_gets_a_suggestion(convcli, word: str, meant: str) -> None:
    code, out, errors = convcli(word)
    assert (code, out) == (2, "")
    assert errors == f"error[CV010]: no such command '{word}'\n  = help: did you mean `{meant}`?\n\n"


def test_a_word_that_is_like_no_command_is_sent_to_the_help(convcli) -> None:
    assert "`convcli --help` shows the options" in convcli("zzzzzz")[2]


def test_the_help_says_in_a_line_what_each_command_does(convcli) -> None:
    lines = convcli("--help")[1].splitlines()
    for name, text in COMMANDS.items():
        assert f"  {name:<9}{text}" in lines


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_examples(convcli, command: str) -> None:
    code, out, _ = convcli(command, "--help")
    assert code == 0
    assert f"\n    convcli {command}" in out.partition("Examples:")[2]


@pytest.mark.parametrize("command", ["profile", "shape", "diff"])
def test_the_help_says_what_each_option_of_a_run_does(convcli, command: str) -> None:
    out = " ".join(convcli(command, "--help")[1].split())
    assert "--run Build it with torch" in out
    assert "--seconds S How long each process measures" in out
    assert "--no-run" not in out
