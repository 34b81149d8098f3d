"""One network file for each kind of mistake, and exactly what `convcli profile` says of it.

`mistakes/NAME.yaml` begins with a comment: the lines at fault, and what is wrong. Beside it lies
`mistakes/NAME.out`, the whole of standard error. After a wanted change of a message,

    CONVCLI_REWRITE=1 pytest tests/test_mistakes.py

writes the files anew; read the difference like prose before it is committed.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from convcli.__main__ import main

FOLDER = Path(__file__).parent / "mistakes"
FILES = sorted(FOLDER.glob("*.yaml"))
REWRITE = bool(os.environ.get("CONVCLI_REWRITE"))
WRONG_QUESTION = 2

NOT_YET: dict[str, str] = {
    "argument_is_a_layer": "does not say which argument, what it takes, nor where the layer belongs",
    "assignment": "does not say how a tensor is named",
    "beyond_ascii": "`floor` is a bad guess for `Foo`",
    "block_arguments_too_many": "1 is no plural, and the arguments are not named",
    "division_leaves_a_fraction": "nothing to type",
    "merge_of_three_sizes": "two branches are called `add`",
    "name_inside_a_scope": "the advice is no expression: the scope is missing",
    "name_of_self": "nothing to type",
    "output_padding_too_large": "points at the whole layer; nothing to type",
    "several": "`conv`, a short word, is a bad guess beside layers called conv1 to conv3",
    "short_word_letter": "points at the whole layer",
    "variable_is_a_layer": "nothing to type, and a second message that calls the layer a list",
}
"""Messages that are not good enough yet: the `.out` file holds a proposal, the reason stands here."""

WITHOUT_A_PLACE = {"no_input"}
"""Mistakes of a whole file."""

IN_A_PROCESS_OF_THEIR_OWN = ("several", "import", "tag", "block_contains_itself")


class Answer(NamedTuple):
    """How the program ended, and what it wrote."""

    code: object
    out: str
    errors: str


def cases() -> list[object]:
    """List all mistakes; those whose message is to become better are expected to fail."""
    found: list[object] = []
    for path in FILES:
        waits = NOT_YET.get(path.stem)
        marks = [pytest.mark.xfail(strict=True, reason=waits)] if waits else []
        found.append(pytest.param(path, id=path.stem, marks=marks))
    return found


@pytest.fixture
def profile(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run `convcli profile` on a file of this folder, in this process."""

    def run(path: Path) -> Answer:
        monkeypatch.chdir(FOLDER)
        monkeypatch.setattr(sys, "argv", ["convcli", "profile", path.name])
        with pytest.raises(SystemExit) as ended:
            main()
        return Answer(ended.value.code, *capsys.readouterr())

    return run


def lines_at_fault(path: Path) -> list[int]:
    """Read the lines that a file says are wrong from its first line."""
    words = path.read_text(encoding="utf-8").partition(":")[0]
    return [int(number) for number in re.findall(r"\d+", words)]


def lines_named(errors: str) -> list[int]:
    """Read the lines that messages point at, in their order."""
    found = re.findall(r"^ *--> [^:]+:(\d+):\d+$", errors, re.MULTILINE)
    return [int(number) for number in dict.fromkeys(found)]


@pytest.mark.skipif(not REWRITE, reason="only where CONVCLI_REWRITE asks for it")
def test_rewrite(profile) -> None:
    for path in FILES:
        if path.stem not in NOT_YET:
            path.with_suffix(".out").write_text(profile(path).errors, encoding="utf-8")


@pytest.mark.parametrize("path", cases())
def test_a_mistake_is_explained(path: Path, profile) -> None:
    answer = profile(path)
    assert path.with_suffix(".out").read_text(encoding="utf-8") == answer.errors
    assert answer.code == WRONG_QUESTION


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_message_names_the_lines_at_fault(path: Path) -> None:
    assert lines_at_fault(path) == lines_named(path.with_suffix(".out").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_which_lines_are_wrong(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert re.match(r"# Lines? \d+(, \d+)*: \S", first) or path.stem in WITHOUT_A_PLACE


def test_there_is_a_file_for_each_message_and_a_message_for_each_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.out")} == {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_message_is_plain_text_of_bearable_length(path: Path) -> None:
    text = path.with_suffix(".out").read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.splitlines())
    assert "Traceback" not in text
    assert str(FOLDER.parent.parent) not in text
    assert max(map(len, text.splitlines())) <= 200


@pytest.mark.parametrize("name", IN_A_PROCESS_OF_THEIR_OWN)
def test_the_program_itself_ends_well(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "convcli", "profile", f"{name}.yaml"],
        cwd=FOLDER, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == WRONG_QUESTION
    assert done.stderr.startswith("error[CV")
    assert "Traceback" not in done.stderr
