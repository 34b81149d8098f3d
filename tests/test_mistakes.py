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

WITHOUT_A_PLACE = {"no_input"}
"""Mistakes of a whole file."""

IN_A_PROCESS_OF_THEIR_OWN = ("several", "import", "tag", "block_contains_itself")


by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


class Answer(NamedTuple):
    """How the program ended, and what it wrote."""

    code: object
    out: str
    errors: str


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
        path.with_suffix(".out").write_text(profile(path).errors, encoding="utf-8")


@by_file
def test_a_mistake_is_explained(path: Path, profile) -> None:
    answer = profile(path)
    assert path.with_suffix(".out").read_text(encoding="utf-8") == answer.errors
    assert answer.code == WRONG_QUESTION


@by_file
def test_a_message_names_the_lines_at_fault(path: Path) -> None:
    assert lines_at_fault(path) == lines_named(path.with_suffix(".out").read_text(encoding="utf-8"))


@by_file
def test_a_file_says_which_lines_are_wrong(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert re.match(r"# Lines? \d+(, \d+)*: \S", first) or path.stem in WITHOUT_A_PLACE


def test_there_is_a_file_for_each_message_and_a_message_for_each_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.out")} == {path.stem for path in FILES}


@by_file
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
