"""Error codes: each is explained, and its examples are run."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from ruling import OPTIONAL, switch_on
from typer.testing import CliRunner

import convcli
from convcli import api
from convcli.__main__ import main
from convcli.cli.group import app
from convcli.explanations import EXPLANATIONS
from convcli.explanations.record import FILE
from convcli.rules.catalogue import RULES
from convcli.writers.explanation import LONGEST

runner = CliRunner()

SOURCES = Path(convcli.__file__).parent
CODE = re.compile(r"CV\d{3}")

EXITS = {
    **dict.fromkeys(("CV073", "CV085", "CV089", "CV090", "CV192", *(rule.code for rule in RULES)), 0),
    **{f"CV40{number}": 1 for number in range(1, 7)},
}
"""Warnings change no exit code, verdicts end with 1; everything else is a wrong question, 2."""

EXEMPLIFIED = [each for each in EXPLANATIONS if each.wrong]
by_code = pytest.mark.parametrize("explanation", EXEMPLIFIED, ids=lambda each: each.code)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run an example in an empty folder; return the exit code and the codes of all complaints."""

    def run(example):
        monkeypatch.chdir(tmp_path)
        if example.file:
            Path(FILE).write_text(example.file, encoding="utf-8")
        for name, text in example.beside:
            Path(name).write_text(text, encoding="utf-8")
        return run_command(shlex.split(example.command), monkeypatch, capsys)

    return run


def run_command(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return ended.value.code, set(re.findall(r"^(?:error|warning)\[(CV\d{3})\]", said.out + said.err, re.MULTILINE))


@pytest.fixture
def with_rule(request, monkeypatch):
    """Switch an explanation's rule on, if it is one that is off."""
    switch_on(monkeypatch, request.getfixturevalue("explanation").code)


@by_code
@pytest.mark.usefixtures("with_rule")
def test_a_wrong_example_gets_its_code_and_no_other(explanation, run):
    assert run(explanation.wrong) == (EXITS.get(explanation.code, 2), {explanation.code})


@by_code
@pytest.mark.usefixtures("with_rule")
def test_a_repaired_example_gets_no_complaint(explanation, run):
    assert run(explanation.right) == (0, set())


@by_code
def test_a_repair_is_small(explanation):
    assert explanation.wrong != explanation.right
    assert explanation.wrong.command.split()[:2] == explanation.right.command.split()[:2]


@pytest.mark.parametrize("explanation", [one for one in EXEMPLIFIED if one.code in OPTIONAL], ids=lambda one: one.code)
def test_a_rule_that_is_off_says_so_and_nothing_else(explanation, run):
    assert "is off until" in explanation.text
    assert run(explanation.wrong) == (0, set())


def test_our_own_bug_ends_with_its_code_and_70(monkeypatch, capsys):
    monkeypatch.setattr(api, "explain", lambda: 1 // 0)
    assert run_command(["convcli", "explain"], monkeypatch, capsys) == (70, {"CV999"})


def test_every_code_in_the_sources_is_explained_and_the_other_way_round():
    files = [path for path in SOURCES.rglob("*.py") if path.parent.name != "explanations"]
    used = {code for path in files for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert used == {each.code for each in EXPLANATIONS}


def test_codes_are_in_order_and_titles_differ():
    codes = [each.code for each in EXPLANATIONS]
    assert codes == sorted(set(codes))
    assert len({each.title for each in EXPLANATIONS}) == len(EXPLANATIONS)


@pytest.mark.parametrize("explanation", EXPLANATIONS, ids=lambda each: each.code)
def test_an_explanation_is_a_title_and_a_few_sentences(explanation):
    assert not explanation.title.endswith(".")
    assert explanation.text.endswith(".")
    assert len(explanation.text) <= 400


# ---- the command


def said(*arguments):
    """Return what a command writes to standard output; it must succeed."""
    result = runner.invoke(app, ["explain", *arguments])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_a_code_is_explained_with_a_wrong_example_and_its_repair():
    lines = said("CV221").splitlines()
    assert lines[0] == "CV221: padding='same' does not go with a stride"
    wrong, repaired = lines.index("wrong"), lines.index("repaired")
    assert lines[wrong + 1].strip() == """convcli shape 'Conv2d(3, 8, 3, stride=2, padding="same")' -i 3x32x32"""
    assert lines[repaired + 1].strip() == "convcli shape 'Conv2d(3, 8, 3, stride=2, padding=1)' -i 3x32x32"


def test_an_example_of_a_file_shows_the_file_and_the_command():
    text = said("CV109")
    assert "    # net.yaml\n    input: [3, 32, 32]\n" in text
    assert "    convcli profile net.yaml --max-size 20\n" in text


def test_without_a_code_all_are_listed():
    lines = said().splitlines()
    assert {f"{each.code}  {each.title}" for each in EXPLANATIONS} <= set(lines)


@pytest.mark.parametrize("spelling", ["cv202", "202", "error[CV202]", "[CV202]:"])
def test_a_code_may_be_written_as_it_is_remembered(spelling):
    assert said(spelling).startswith("CV202: ")


def test_an_unknown_code_is_a_wrong_question():
    result = runner.invoke(app, ["explain", "CV998"])
    assert result.exit_code == 2
    assert "error[CV010]: there is no error code `CV998`" in result.stderr


@pytest.mark.parametrize("code", ["CV103", "CV104"])
def test_long_lines_of_examples_are_shortened(code):
    assert max(map(len, said(code).splitlines())) <= LONGEST


def test_json_has_the_whole_example():
    (entry,) = json.loads(said("CV109", "--format", "json"))["codes"]
    assert entry["wrong"] == {
        "command": "convcli profile net.yaml --max-size 20",
        "file": "input: [3, 32, 32]\nlayers:\n  - Conv2d(3, 8, 3)\n",
        "beside": {},
    }


def test_our_own_bug_has_no_examples():
    assert "wrong" not in said("CV999").splitlines()


def test_an_explanation_is_no_table_to_write_as_csv():
    result = runner.invoke(app, ["explain", "CV202", "--format", "csv"])
    assert result.exit_code == 2
    assert "error[CV009]" in result.stderr
