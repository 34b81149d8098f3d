"""`convcli solve batch` and `convcli.solve_batch`: the largest batch, and what weighs most where none fits."""

import json
import sys
from pathlib import Path

import pytest

import convcli
from convcli.__main__ import main
from convcli.shapes import parse_bytes

GIB = 2**30


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the program in this process; return its exit code and both of its outputs."""

    def run(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["convcli", *arguments])
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        return code or 0, said.out, said.err

    return run


def needed(batch: int, *, train: bool, **options: object) -> int:
    """Return what the report of a batch says."""
    totals = convcli.profile("resnet18", batch=batch, **options).totals
    return totals.training_bytes if train else totals.weights_bytes + totals.inference_peak_bytes


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("options", [{}, {"optimizer": "adam", "amp": True}, {"dtype": "float16"}], ids=str)
@pytest.mark.parametrize("memory", [GIB // 2, GIB + 12_345, 80 * GIB])
def test_the_largest_batch_fits_and_one_more_does_not(train: bool, options: dict[str, object], memory: int) -> None:
    found = convcli.solve_batch("resnet18", memory=memory, train=train, **options)
    assert needed(found.batch, train=train, **options) == found.needed_bytes <= memory
    assert needed(found.batch + 1, train=train, **options) == found.next_bytes > memory


def test_where_nothing_fits_the_heaviest_tensors_are_named() -> None:
    found = convcli.solve_batch("vgg16", memory="1GiB", train=True, optimizer="adam")
    assert (found.batch, found.heaviest[0].name) == (0, "classifier.0")
    assert found.heaviest[0].bytes == 4 * 4 * (25088 * 4096 + 4096)  # weight, gradient, and two numbers of state
    assert [heavy.needed_with_half for heavy in found.heaviest] == [
        found.needed_bytes - heavy.bytes // 2 for heavy in found.heaviest
    ]


def test_where_nothing_fits_at_inference_an_activation_can_be_the_heaviest() -> None:
    found = convcli.solve_batch("unet", memory="100MiB")
    assert (found.batch, found.heaviest[0].kind) == (0, "activation")


def test_an_operator_without_a_rule_makes_the_batch_a_bound(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("input: [10, 8]\nlayers:\n  - LSTM(8, 4, batch_first=True)\n  - Linear(4, 2)\n")
    assert convcli.solve_batch(file, memory="1MiB", train=True).at_most
    assert not convcli.solve_batch(file, memory="1MiB").at_most
    assert set(convcli.profile(file).totals.unknown) == {"saved_for_backward_bytes", "training_bytes"}


def test_the_answer_in_sentences(program) -> None:
    code, out, _ = program("solve", "batch", "resnet18", "--memory", "1GiB", "--train")
    assert (code, out.partition("\n")[0]) == (0, "resnet18: batch 45")


def test_nothing_that_fits_is_exit_code_1(program) -> None:
    code, out, _ = program("solve", "batch", "resnet18", "--memory", "10MiB", "--format", "json")
    solution = json.loads(out)["solution"]
    assert (code, solution["batch"], len(solution["heaviest"])) == (1, 0, 3)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("resnet18", "--memory", "8gigs"), "CV021"),
        (("resnet18", "--memory", "8GiB", "--optimizer", "lion"), "CV020"),
        (("resnet18", "--memory", "8GiB", "-i", "4x3x64x64"), "CV002"),
    ],
)
def test_a_wrong_question_is_exit_code_2(program, arguments: tuple[str, ...], says: str) -> None:
    code, _, errors = program("solve", "batch", *arguments)
    assert (code, says in errors) == (2, True)


def test_solve_knows_its_questions(program) -> None:
    assert "batch" in program("solve", "--help")[1]
    assert program("solve", "btch")[0] == 2


@pytest.mark.parametrize(
    ("text", "number"), [("8GiB", 8 * GIB), ("24 GB", 24 * 10**9), ("1.5KiB", 1536), ("1000", 1000), ("1_000B", 1000)]
)
def test_numbers_of_bytes(text: str, number: int) -> None:
    assert parse_bytes(text) == number


@pytest.mark.parametrize("text", ["", "GiB", "8 gigs", "-1GB", "1..5GB", "1e9", "½GiB"])
def test_what_is_no_number_of_bytes(text: str) -> None:
    with pytest.raises(convcli.ConvcliError):
        parse_bytes(text)


ONE = "input: [3, 8, 8]\nlayers:\n  - Conv2d(3, 4, 3)\n  - reshape(x, [1, 144])\n  - Linear(144, 10)\n"


def test_a_network_that_takes_one_sample_alone_has_batch_1(tmp_path: Path, program) -> None:
    (tmp_path / "one.yaml").write_text(ONE)
    found = convcli.solve_batch(tmp_path / "one.yaml", memory="1GiB")
    assert (found.batch, found.next_bytes) == (1, None)
    assert convcli.solve_batch(tmp_path / "one.yaml", memory=100).batch == 0
    code, said, _ = program("solve", "batch", str(tmp_path / "one.yaml"), "--memory", "1GiB")
    assert code == 0
    assert said.splitlines()[2].startswith("`1` sample takes")
    assert "the network takes no more" in said


@pytest.mark.parametrize(("memory", "batch"), [("1GiB", 146), ("1MiB", 0)])
def test_the_answer_is_a_row_of_csv(program, memory: str, batch: int) -> None:
    _, said, _ = program("solve", "batch", "resnet18", "--memory", memory, "--format", "csv")
    head, row = (line.split(",") for line in said.splitlines())
    found = dict(zip(head, row, strict=True))
    assert (found["network"], found["batch"], found["train"], found["optimizer"]) == (
        "resnet18",
        str(batch),
        "false",
        "",
    )
