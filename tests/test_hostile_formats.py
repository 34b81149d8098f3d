"""The same kinds of hostile input for every format: each is refused with a sentence, within a second and 300 MB."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hostile.cases import DIALECTS, cases, dialect
from hostile.kinds import KINDS
from test_hostile import LONGEST_OUTPUT, NOISE, RESIDENT, SECONDS, WRONG_QUESTION

from convcli.readers import formats

CHILD = Path(__file__).parent / "hostile" / "child.py"
LEAST_KINDS = 40
NAMES = [one.name for one in DIALECTS]
Row = dict[str, Any]


def told(name: str, folder: Path) -> tuple[list[Row], list[str]]:
    """Ask about all cases of a format; return what came of each, and the cases that a process did not survive."""
    rows: list[Row] = []
    died: list[str] = []
    left = ["good", *cases(dialect(name))]
    while left:
        place = folder / str(len(died))
        place.mkdir()
        command = [sys.executable, str(CHILD), name, str(place), *left]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        rows += [line for line in lines if "code" in line]
        begun = lines[-1]["case"] if lines else left[0]
        if done.returncode:
            died.append(f"{begun}: the process ended with {done.returncode}: {done.stderr[-500:]}")
        left = left[left.index(begun) + 1 :]
    return rows, died


def faults(row: Row, expected: int, least: int = 0) -> list[str]:
    """Return what is wrong with the answer to a case; `least` are the bytes that any answer takes."""
    text = row["out"] + row["errors"]
    refused = expected == WRONG_QUESTION
    found = {
        f"ends with {row['code']} and not with {expected}": row["code"] != expected,
        "shows a traceback": "Traceback" in text or "CV999" in text,
        "gives no reason": refused and not row["errors"].startswith("error[CV"),
        "shows what a terminal would act on": any(not (sign.isprintable() or sign == "\n") for sign in text),
        f"says {row['size']:,} signs": refused and row["size"] > LONGEST_OUTPUT,
        f"takes {row['seconds']:.2f} s": row["seconds"] > SECONDS * NOISE,
        f"takes {row['resident'] >> 20} MB": row["resident"] - least > RESIDENT,
        f"leaves {row['left']}": bool(row["left"]),
        "is no JSON with `--format json`": not row["strict"],
    }
    return [f"{row['case']}: {what}: {row['errors'][:200]}" for what, is_so in found.items() if is_so]


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_is_answered_well(name: str, tmp_path: Path) -> None:
    one = dialect(name)
    if not one.bare:
        pytest.importorskip("torch")
    rows, wrong = told(name, tmp_path)
    good, *others = rows
    least = 0 if one.bare else good["resident"]
    wrong += faults(good, 0, least)
    for row in others:
        wrong += faults(row, 0 if row["case"] in one.answered else WRONG_QUESTION, least)
    assert wrong == []
    assert {row["case"] for row in others} == set(cases(one))


@pytest.mark.parametrize("name", NAMES)
def test_no_format_lacks_a_kind_without_a_reason(name: str) -> None:
    one = dialect(name)
    assert set(one.absent) <= set(KINDS)
    assert set(one.answered) <= set(cases(one))
    assert all(len(reason) > 10 for reason in (*one.absent.values(), *one.answered.values()))
    assert len(cases(one)) >= LEAST_KINDS


def test_every_format_that_is_read_is_tried() -> None:
    assert set(formats.names()) <= {name.partition("-")[0] for name in NAMES}


def test_every_kind_is_a_kind_of_some_format() -> None:
    assert [kind for kind in KINDS if all(kind in one.absent for one in DIALECTS)] == []


FINE: Row = {
    "case": "a case", "code": 2, "out": "", "errors": "error[CV001]: why", "size": 17, "seconds": 0.1,
    "resident": 50 * 2**20, "left": [], "strict": True,
}  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    [
        {"code": 0}, {"code": 70}, {"errors": "error[CV999]: a bug"}, {"errors": "Traceback"}, {"errors": ""},
        {"out": "\x1b[31m"}, {"size": LONGEST_OUTPUT + 1}, {"seconds": 1.6}, {"resident": RESIDENT + 1},
        {"left": ["gone"]}, {"strict": False},
    ],
)  # fmt: skip
def test_an_answer_that_is_not_well_would_be_found(fault: Row) -> None:
    assert faults(FINE, WRONG_QUESTION) == []
    assert faults({**FINE, **fault}, WRONG_QUESTION) != []
