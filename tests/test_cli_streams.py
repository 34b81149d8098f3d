"""Standard streams that are closed, full, or that nobody reads: no crash, and the exit code of the answer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = "input: [3, 8, 8]\nlayers:\n  - Conv2d(3, 4, 3)\n"
BAD = "input: [3, 8, 8]\nlayers:\n  - Conv2d(4, 4, 3)\n"
QUESTIONS = [("check good.yaml", 0), ("check bad.yaml", 1), ("check good.yaml --max-params x", 2)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a folder with a good and a bad network."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in which `convcli` is the program."""
    program = f'convcli() {{ "{sys.executable}" -m convcli "$@"; }}\n'
    return subprocess.run(["bash", "-c", program + command], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("command", "code"), QUESTIONS)
def test_a_closed_stream_is_the_null_device(command: str, code: int, closed: str) -> None:
    null = closed.replace("&-", "/dev/null")
    done, silent = shell(f"convcli {command} {closed}"), shell(f"convcli {command} {null}")
    assert (done.returncode, done.stdout, done.stderr) == (code, silent.stdout, silent.stderr)


def test_no_file_gets_the_number_of_a_closed_stream(folder: Path) -> None:
    assert shell("convcli check bad.yaml -o json=r.json >&- 2>&-").returncode == 1
    text = (folder / "r.json").read_text()
    assert shell("convcli check bad.yaml --format json").stdout == text


def test_a_closed_input_is_an_empty_one() -> None:
    done, empty = shell("convcli profile - <&-"), shell("convcli profile - </dev/null")
    assert (done.returncode, done.stderr) == (2, empty.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("command", ["profile resnet18", "check good.yaml", "check bad.yaml", "--help", "schema"])
def test_a_full_disk_is_said_in_a_sentence(command: str) -> None:
    done = shell(f"convcli {command} >/dev/full")
    assert done.returncode == 2
    assert done.stderr.endswith("error[CV009]: standard output cannot be written: No space left on device\n\n")
    assert "CV999" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize(("command", "code"), QUESTIONS)
def test_a_full_standard_error_changes_no_exit_code(command: str, code: int) -> None:
    assert shell(f"convcli {command} 2>/dev/full").returncode == code


@pytest.mark.parametrize("environment", [{}, {"PYTHONUNBUFFERED": "1"}])
@pytest.mark.parametrize(("command", "code"), [*QUESTIONS, ("profile resnet152 -f json", 0), ("--help", 0)])
def test_a_reader_that_went_away_changes_no_exit_code(command: str, code: int, environment: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "convcli", *command.split()], env={**os.environ, **environment},
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert ("error[" in done.stderr) == (code == 2)  # a verdict is all on standard output
