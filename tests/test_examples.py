"""The examples: each is run, with each of its variants and each of the commands in its head."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import convcli
from convcli.asking import read_model
from convcli.document import Mapping, Scalar, Sequence

ROOT = Path(__file__).parent.parent
EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("*.yaml"))}

FIGURES = {
    "audio": ("1x12", 51_324, 49_920_576),
    "branches": ("1x128x56x56", 79_152, 246_063_104),
    "classifier": ("1x10", 288_746, 38_634_752),
    "detector": ("1x75x32x32 1x75x16x16 1x75x8x8", 1_668_907, 386_822_144),
    "phone": ("1x1000", 1_680_106, 122_902_560),
    "segmenter": ("1x19x256x256", 1_927_603, 9_256_828_928),
    "text_line": ("1x64x97", 529_729, 133_971_968),
    "two_inputs": ("1x40", 387_656, 214_589_440),
}
"""Output, parameters, MACs."""

COMMANDS = [
    (name, command[1])
    for name, path in EXAMPLES.items()
    for command in re.finditer(r"^#   convcli (.*)$", path.read_text("utf-8"), re.MULTILINE)
]
THOUSANDS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}

by_name = pytest.mark.parametrize("name", EXAMPLES)


def test_every_example_is_run() -> None:
    assert list(FIGURES) == list(EXAMPLES)


@by_name
def test_an_example_has_its_figures(name: str) -> None:
    report = convcli.profile(EXAMPLES[name])
    outputs = " ".join("x".join(map(str, tensor.shape or ())) for tensor in report.outputs)
    assert FIGURES[name] == (outputs, report.totals.params, report.totals.macs)
    assert (report.findings, [found for found in report.uncounted if found.missing != ("memory",)]) == ((), [])


@by_name
def test_an_example_keeps_the_budgets_that_it_states(name: str) -> None:
    network, _ = read_model(EXAMPLES[name])
    for variant in [None, *network.variants]:
        totals = convcli.profile(EXAMPLES[name], variant=variant and variant.name).totals
        for metric, most in budgets(variant.check if variant else network.check).items():
            assert getattr(totals, metric) <= most


def budgets(check: Mapping | None) -> dict[str, float]:
    """Return the upper limits of a `check`, metric by metric."""
    found = {}
    for metric, budget in check.items if check else ():
        if isinstance(budget, Mapping):
            ((key, value),) = budget.items
            assert key.text == "max"
            assert isinstance(value, Scalar)
            number, unit = re.fullmatch(r"([\d.]+)(\w?)", value.text).groups()
            found[metric.text] = float(number) * THOUSANDS[unit]
    return found


@by_name
def test_an_example_has_the_output_that_it_states(name: str) -> None:
    stated = [node for key, node in read_model(EXAMPLES[name])[0].check.items if key.text == "output"]
    shapes = [list(tensor.shape[1:]) for tensor in convcli.profile(EXAMPLES[name]).outputs]
    for node in stated:
        assert isinstance(node, Sequence)
        assert [[int(size.text) for size in node.items]] == shapes
    assert stated or shapes[1:]


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_a_command_in_the_head_of_an_example_works(name: str, command: str) -> None:
    assert f"examples/{name}.yaml" in command
    line = [sys.executable, "-m", "convcli", *shlex.split(command)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@by_name
def test_an_example_opens_with_what_it_shows_and_how_to_run_it(name: str) -> None:
    lines = EXAMPLES[name].read_text("utf-8").splitlines()
    assert lines[1].startswith("# Shows: ")
    assert lines[3].startswith(f"#   convcli profile examples/{name}.yaml")


@by_name
def test_an_example_fits_on_a_screen(name: str) -> None:
    lines = EXAMPLES[name].read_text("utf-8").splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 110


@by_name
def test_the_readme_of_the_examples_names_each(name: str) -> None:
    assert f"({name}.yaml)" in (ROOT / "examples" / "README.md").read_text("utf-8")
