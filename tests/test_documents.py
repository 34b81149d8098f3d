"""Documents say what is true: their commands are run, their Python is run, and the output compared.

How a page marks what is run stands in CONTRIBUTING.md. With CONVCLI_REWRITE=1 a page that says
something else is rewritten, to be read like any other change.
"""

import doctest
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import convcli

ROOT = Path(__file__).parent.parent
GENERATED = "<!-- Written by"
PAGES = {
    path.relative_to(ROOT).as_posix(): path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md"))
    if not path.read_text("utf-8").startswith(GENERATED)  # docs/generate.py has run their examples
}
MODULES = ["convcli", *(found.name for found in pkgutil.walk_packages(convcli.__path__, "convcli."))]

FENCE = re.compile(
    r"^```(?P<kind>\w*)(?: title=\"(?P<title>[\w./-]+)\")?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
COMMAND = re.compile(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE)
ELISION = "...\n"
"""A line of an output that stands for any number of lines."""

KINDS = {"console", "python", "yaml", "json", "text", "sh", "toml", "diff"}

by_page = pytest.mark.parametrize("page", PAGES)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a folder that has the examples, as the repository has."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@by_page
def test_a_page_shows_what_its_commands_say(page: str, folder: Path) -> None:
    text = PAGES[page].read_text("utf-8")
    now = rerun(text, folder)
    assert "CV999" not in now, "a bug is mended, not documented"
    if os.environ.get("CONVCLI_REWRITE"):
        PAGES[page].write_text(now, "utf-8")
    else:
        assert text == now


def rerun(text: str, folder: Path) -> str:
    """Return a page with its outputs as they are now; blocks with a title are files for the commands behind them."""

    def block(found: re.Match[str]) -> str:
        put_down(found, folder)
        if found["kind"] != "console":
            return found[0]
        return f"```console\n{COMMAND.sub(command, found['body'])}```"

    def command(found: re.Match[str]) -> str:
        output = run(found["command"], folder)
        return f"$ {found['command']}\n{found['output'] if agrees(found['output'], output) else output}"

    return FENCE.sub(block, text)


def put_down(block: re.Match[str], folder: Path) -> None:
    """Write a block with a title into its file."""
    if block["title"]:
        (folder / block["title"]).parent.mkdir(parents=True, exist_ok=True)
        (folder / block["title"]).write_text(block["body"], "utf-8")


def run(command: str, folder: Path) -> str:
    """Run a command line, and return all that it prints, as a pipe sees it."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    plain = {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=plain, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def agrees(expected: str, found: str) -> bool:
    """Compare two outputs; a line `...` of the expected one stands for any lines."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", expected, flags=re.MULTILINE)]
    return re.fullmatch(r"(?:.*\n)*?".join(parts), found) is not None


@by_page
def test_a_page_marks_all_its_blocks(page: str) -> None:
    text = PAGES[page].read_text("utf-8")
    assert {found["kind"] for found in FENCE.finditer(text)} <= KINDS
    assert text.count("```") == 2 * len(FENCE.findall(text))


@by_page
def test_a_page_has_no_command_that_is_not_run(page: str) -> None:
    blocks = [found for found in FENCE.finditer(PAGES[page].read_text("utf-8")) if found["kind"] == "sh"]
    assert len(blocks) == (2 if page == "README.md" else 0)


def test_the_readme_installs_with_one_line_and_tests_with_another() -> None:
    first, second = (b["body"] for b in FENCE.finditer(PAGES["README.md"].read_text("utf-8")) if b["kind"] == "sh")
    assert [first.count("\n"), second.count("\n")] == [1, 1]
    assert "convcli profile" in first
    assert "pytest" in second


@by_page
def test_a_page_has_python_that_works(page: str, folder: Path) -> None:
    found = list(FENCE.finditer(PAGES[page].read_text("utf-8")))
    for block in found:
        put_down(block, folder)
    blocks = [block["body"] for block in found if block["kind"] == "python" and not block["title"]]
    assert all(">>> " in block for block in blocks), "Python is written as a session, with its answers"
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, page, 0)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example).failed == 0


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.usefixtures("folder")
def test_a_docstring_has_examples_that_work(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0


def test_the_examples_in_docstrings_are_found() -> None:
    found = doctest.DocTestFinder().find(importlib.import_module("convcli.api"))
    assert {"convcli.api", "convcli.api.shape", "convcli.api.profile"} <= {test.name for test in found if test.examples}


@by_page
def test_the_links_of_a_page_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", PAGES[page].read_text("utf-8"))
    assert [link for link in links if not (PAGES[page].parent / link).exists()] == []


@pytest.mark.parametrize(
    ("output", "agrees_"),
    [
        ("a\nb\nc\n", True),
        ("a\n...\n", True),
        ("...\nc\n", True),
        ("a\n...\nb\nc\n", True),
        ("a\nb\n", False),
        ("a\n", False),
    ],
)
def test_three_dots_stand_for_any_lines(output: str, agrees_: bool) -> None:
    assert agrees(output, "a\nb\nc\n") == agrees_


def test_a_wrong_output_would_be_found(tmp_path: Path) -> None:
    page = "```console\n$ echo one\ntwo\n$ echo three\n```\n"
    assert rerun(page, tmp_path) == "```console\n$ echo one\none\n$ echo three\nthree\n```\n"


def test_a_block_with_a_title_is_a_file(tmp_path: Path) -> None:
    page = '```yaml title="a.yaml"\nname: a\n```\n\n```console\n$ cat a.yaml\nname: a\n```\n'
    assert rerun(page, tmp_path) == page
