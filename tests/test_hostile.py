"""Hostile inputs: each is refused with a sentence, within a second and 300 MB, in a process of its own."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import hostile_inputs
import pytest

LIMITED = Path(__file__).parent / "limited.py"
ADDRESS_SPACE = 600 * 2**20
RESIDENT = 300 * 2**20
SECONDS = 1.0
NOISE = 1.5
"""CPU seconds of the same work differ by as much where several processes share a core."""
LAST_SECOND = 3
"""After as many CPU seconds the process is ended, as a runaway."""
WRONG_QUESTION = 2
LONGEST_OUTPUT = 20_000


class Answer(NamedTuple):
    """How a process ended, and what that took."""

    code: int
    seconds: float
    resident: int
    out: bytes
    errors: bytes

    @property
    def text(self) -> str:
        """All that was written."""
        return (self.out + self.errors).decode("utf-8")


def run(arguments: list[str | bytes], folder: Path, stdin: bytes = b"") -> Answer:
    """Run the program in a process of its own, with limits."""
    with tempfile.NamedTemporaryFile() as note:
        limits = [note.name, str(ADDRESS_SPACE), str(LAST_SECOND)]
        program = [sys.executable, str(LIMITED), *limits, sys.executable, "-m", "convcli", *arguments]
        done = subprocess.run(program, cwd=folder, input=stdin, capture_output=True, check=True, timeout=60)
        code, seconds, resident = note.read().split()
    return Answer(int(code), float(seconds), int(resident), done.stdout, done.stderr)


@pytest.fixture(scope="session")
def start_up(tmp_path_factory: pytest.TempPathFactory) -> float:
    """CPU seconds of a file with one layer, which every run needs at least."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "net.yaml").write_text(hostile_inputs.layers("ReLU()"))
    answers = [run(["profile", "net.yaml"], folder) for _ in range(3)]
    assert [0] * 3 == [answer.code for answer in answers]
    return max(answer.seconds for answer in answers)


def everything_huge() -> list[str]:
    """Give all arguments of all operators huge values, in a process of its own; return what goes wrong."""
    program = Path(__file__).parent / "huge_arguments.py"
    with tempfile.NamedTemporaryFile() as note:
        limited = [sys.executable, str(LIMITED), note.name, str(ADDRESS_SPACE), "60"]
        done = subprocess.run([*limited, sys.executable, str(program)], capture_output=True, text=True, check=True)
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


def judge(answer: Answer, start_up: float) -> None:
    """Assert that a question was refused well."""
    assert "Traceback" not in answer.text
    assert answer.code == WRONG_QUESTION, answer.text[:300]
    assert answer.errors.startswith(b"error[CV")
    assert not [sign for sign in answer.text if not (sign.isprintable() or sign == "\n")]
    assert len(answer.text) <= LONGEST_OUTPUT
    assert answer.seconds - start_up <= SECONDS * NOISE
    assert answer.resident <= RESIDENT


@pytest.fixture(scope="module")
def huge() -> list[str]:
    """All that goes wrong with huge arguments."""
    return everything_huge()


def test_huge_arguments_get_an_answer_or_a_refusal(huge: list[str]) -> None:
    assert [] == [line for line in huge if not line.endswith(": a dimension past 2^63 - 1")]


def test_no_dimension_passes_the_limit_of_torch(huge: list[str]) -> None:
    assert [] == huge


@pytest.mark.parametrize("text", ["(" * 40_000, "-" * 60_000 + "1", "[" * 65_000])
def test_hostile_layers_are_refused(text: str, tmp_path: Path, start_up: float) -> None:
    judge(run(["shape", text], tmp_path), start_up)


@pytest.mark.parametrize(
    "arguments",
    [
        ["shape", b"\xff\xfe()"],
        ["shape", "Foo('\x1b[31m')"],
        ["profile", b"\xff.yaml"],
        ["profile", "resnet18", "-i", "9" * 5_000],
        ["profile", "resnet18", "--set", "num_classes=9**9**9"],
        ["profile", "resnet18", "--set", f"num_classes={'(' * 30_000}"],
    ],
    ids=["bytes", "an escape", "a name of bytes", "digits", "a power", "brackets"],
)
def test_a_hostile_question_is_refused(arguments: list[str | bytes], tmp_path: Path, start_up: float) -> None:
    judge(run(arguments, tmp_path), start_up)


@pytest.mark.parametrize(
    "arguments",
    [
        ["profile", "\x1b[31m.yaml"],
        ["profile", "resnet18", "--variant", "\x1b[31m"],
        ["profile", "resnet18", "--set", "\x1b[31m=1"],
        ["profile", "resnet18", "--format", "\x1b[31m"],
        ["profile", "resnet18", "-i", "\x1b[31m"],
        ["profile", "\x1b[31m"],
    ],
    ids=["a file", "a variant", "a variable", "a format", "a size", "a network"],
)
def test_an_option_never_reaches_the_terminal_raw(
    arguments: list[str | bytes], tmp_path: Path, start_up: float
) -> None:
    judge(run(arguments, tmp_path), start_up)


def test_a_command_never_reaches_the_terminal_raw(tmp_path: Path, start_up: float) -> None:
    judge(run(["\x1b[31m"], tmp_path), start_up)


def test_an_input_of_many_sizes_is_refused(tmp_path: Path, start_up: float) -> None:
    judge(run(["profile", "resnet18", "-i", "x".join("1" * 20_000)], tmp_path), start_up)


def test_a_name_never_reaches_the_terminal_raw_in_a_good_report(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text('name: "\\e[31mred"\n' + hostile_inputs.layers("ReLU()"))
    answer = run(["profile", "net.yaml"], tmp_path)
    assert "\x1b" not in answer.text
    assert answer.code == 0


def test_markup_is_shown_as_it_is_also_in_colour(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(hostile_inputs.layers("'Foo(\"[bold red]a[/]\")'"))
    assert "[bold red]a[/]" in run(["profile", "net.yaml", "--color"], tmp_path).text


def test_standard_input_is_read_up_to_the_limit(tmp_path: Path, start_up: float) -> None:
    judge(run(["profile", "-"], tmp_path, b"#" * (3 * 2**20)), start_up)


def test_a_larger_limit_is_kept(tmp_path: Path, start_up: float) -> None:
    (tmp_path / "net.yaml").write_text(hostile_inputs.layers("Foo()") + "#" * (3 * 2**20))
    answer = run(["profile", "net.yaml", "--max-size", "4000000"], tmp_path)
    judge(answer, start_up)
    assert "there is no operator or block `Foo`" in answer.text


def test_files_that_use_each_other_twice_are_read_once(tmp_path: Path, start_up: float) -> None:
    for level in range(25):
        for side in "ab":
            used = f"uses: [f{level + 1}a.yaml, f{level + 1}b.yaml]\n" if level < 24 else ""
            (tmp_path / f"f{level}{side}.yaml").write_text(f"{used}vars: {{v{level}{side}: 1}}\n")
    (tmp_path / "net.yaml").write_text("uses: [f0a.yaml, f0b.yaml]\n" + hostile_inputs.layers("Foo()"))
    judge(run(["profile", "net.yaml"], tmp_path), start_up)


def test_files_that_use_each_other_in_a_long_row_are_refused(tmp_path: Path, start_up: float) -> None:
    for at in range(400):
        (tmp_path / f"f{at}.yaml").write_text(f"uses: [f{at + 1}.yaml]\nvars: {{v{at}: 1}}\n")
    (tmp_path / "net.yaml").write_text("uses: [f0.yaml]\n" + hostile_inputs.layers("Foo()"))
    judge(run(["profile", "net.yaml"], tmp_path), start_up)
