"""Where a check is written: which format where, files whole or not at all, and what CI is told."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from check_reports import check, commands, from_sarif
from typer.testing import CliRunner

from convcli import api
from convcli.budgets.verdict import Check
from convcli.cli.group import app
from convcli.diagnostics import Diagnostic
from convcli.writers.github import MOST, summary_markdown

GOOD = "input: [3, 8, 8]\nlayers:\n  - Conv2d(3, 4, 3)\n"
BAD = "input: [3, 8, 8]\nlayers:\n  - Conv2d(4, 4, 3)\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in the root of a repository with a good and a bad network, on nobody's CI."""
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY", "GITLAB_CI", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(*arguments: str) -> str:
    """Run a check whose question is wrong; return what it complains of."""
    done = CliRunner().invoke(app, ["check", *arguments])
    assert done.exit_code == 2, done.output
    return done.stderr


def kind(text: str) -> str:
    """Tell the format of a report."""
    signs = {"::": "github", "[\n": "gitlab", "[]": "gitlab", '{\n  "$schema"': "sarif", "<?xml": "junit",
             '{\n  "schema"': "json", "###": "markdown", "file,": "csv"}  # fmt: skip
    return next((format for start, format in signs.items() if text.startswith(start)), "table")


# ---- which format


@pytest.mark.parametrize(
    ("name", "format"),
    [("r.sarif", "sarif"), ("r.xml", "junit"), ("r.json", "json"), ("r.md", "markdown"), ("r.csv", "csv"),
     ("R.SARIF", "sarif"), ("r.txt", "table"), ("gitlab=r.json", "gitlab"), ("junit=report", "junit")],
)  # fmt: skip
def test_a_file_tells_its_format(name: str, format: str) -> None:
    check("bad.yaml", "-o", name)
    assert kind(Path(name.rpartition("=")[2]).read_text()) == format


def test_a_file_alone_takes_the_place_of_what_is_printed_and_one_with_a_format_stands_beside_it() -> None:
    assert check("bad.yaml", "-o", "r.json")[1] == ""
    assert kind(check("bad.yaml", "-o", "json=r.json")[1]) == "table"
    assert kind(check("bad.yaml", "-o", "json=r.json", "--format", "markdown")[1]) == "markdown"
    assert check("bad.yaml", "-o", "r.md", "-o", "json=r.json")[1] == ""


def test_a_file_may_have_an_equals_sign_in_its_name() -> None:
    check("bad.yaml", "-o", "./run=1.json")
    assert kind(Path("run=1.json").read_text()) == "json"
    assert "write `./run=1.json`" in complaint("bad.yaml", "-o", "run=1.json")


@pytest.mark.parametrize(
    ("environment", "asked", "format"),
    [
        ({}, (), "table"),
        ({}, ("--format", "auto"), "table"),
        ({"GITHUB_ACTIONS": "true"}, (), "github"),
        ({"GITHUB_ACTIONS": "true"}, ("--format", "auto"), "github"),
        ({"GITHUB_ACTIONS": "true"}, ("--format", "table"), "table"),
        ({"GITHUB_ACTIONS": "false"}, (), "table"),
        ({"GITLAB_CI": "true"}, (), "table"),
        ({"GITLAB_CI": "true"}, ("--format", "auto"), "gitlab"),
        ({"GITLAB_CI": "true", "GITHUB_ACTIONS": "true"}, ("--format", "auto"), "github"),
    ],
)
def test_who_runs_it_chooses_the_format(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], asked: tuple[str, ...], format: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert kind(check("bad.yaml", *asked)[1]) == format


# ---- files, whole or not at all


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("no/such/r.sarif", "no/such/r.sarif cannot be written: No such file or directory"),
        ("sarif=.", "`.` is a folder"),
        ("sarif=", "an output without a file"),
        ("sarif=good.yaml", "`good.yaml` would overwrite a file that is read"),
        ("sarif=unread.yaml", "`unread.yaml` would overwrite a file that is read"),
        ("sarif=network", "`network` would overwrite a file that is read"),
        ("sarif=convcli.toml", "`convcli.toml` would overwrite a file that is read"),
        ("sarif=link", "`link` would overwrite a file that is read"),
        ("serif=r.sarif", "did you mean `sarif`?"),
        ("report", "`report` does not tell its format"),
        ("report.pdf", "`report.pdf` does not tell its format"),
    ],
)
def test_what_cannot_be_written_is_said_before_any_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch, output: str, said: str
) -> None:
    files = {"unread.yaml": GOOD, "network": GOOD, "convcli.toml": "", "old.xml": "old"}
    for name, text in files.items():
        Path(name).write_text(text)
    Path("link").symlink_to("good.yaml")
    monkeypatch.setattr(api, "check", lambda *_, **__: pytest.fail("there was work"))
    before = sorted(folder.iterdir())
    assert said in complaint("good.yaml", "network", "-o", "junit=old.xml", "-o", output)
    assert sorted(folder.iterdir()) == before
    assert {name: Path(name).read_text() for name in files} == files


def test_one_file_is_not_written_twice() -> None:
    assert "`./r.out` would be written twice" in complaint("good.yaml", "-o", "sarif=r.out", "-o", "junit=./r.out")


def test_a_file_that_is_protected_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("r.xml").write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    assert "Permission denied" in complaint("good.yaml", "-o", "r.xml")


def test_where_one_file_fails_none_is_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from convcli.cli import outputs

    def full(text: object, out: object, **_: object) -> None:
        if str(text).startswith("<?xml"):
            raise OSError(28, "No space left on device")
        whole(text, out, color=False)

    whole = outputs.put
    monkeypatch.setattr(outputs, "put", full)
    Path("r.sarif").write_text("old")
    done = CliRunner().invoke(app, ["check", "bad.yaml", "-o", "sarif=r.sarif", "-o", "junit=r.xml"])
    assert done.exit_code == 2
    assert "r.xml cannot be written: No space left on device" in done.stderr
    assert "CV202" in done.stdout  # what was found is not lost
    assert sorted(path.name for path in folder.iterdir()) == [".git", "bad.yaml", "good.yaml", "r.sarif"]
    assert Path("r.sarif").read_text() == "old"


def test_a_folder_that_goes_away_is_no_crash(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_: object, **__: object) -> Check:
        Path("r.xml").mkdir()
        return Check((), (), ())

    monkeypatch.setattr(api, "check", work)
    assert "r.xml cannot be written: Is a directory" in complaint("good.yaml", "-o", "r.xml")
    assert not list(folder.glob(".convcli*"))


def test_a_crash_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> Check:
        raise KeyboardInterrupt

    Path("r.sarif").write_text("old")
    monkeypatch.setattr(api, "check", crash)
    before = sorted(folder.iterdir())
    CliRunner().invoke(app, ["check", "bad.yaml", "-o", "r.sarif", "-o", "r.xml"])
    assert sorted(folder.iterdir()) == before
    assert Path("r.sarif").read_text() == "old"


def test_a_file_is_replaced_whole_and_keeps_who_may_read_it() -> None:
    Path("real.sarif").write_text("x" * 100_000)
    Path("real.sarif").chmod(0o640)
    Path("link.sarif").symlink_to("real.sarif")
    check("bad.yaml", "-o", "link.sarif")
    assert list(from_sarif(Path("real.sarif").read_text())) == [("bad.yaml", 3, "CV202")]
    assert Path("link.sarif").is_symlink()
    assert stat.S_IMODE(Path("real.sarif").stat().st_mode) == 0o640


def test_a_new_file_gets_the_usual_rights() -> None:
    Path("usual").touch()
    check("bad.yaml", "-o", "r.sarif")
    assert Path("r.sarif").stat().st_mode == Path("usual").stat().st_mode


def test_a_device_is_written_to() -> None:
    assert check("bad.yaml", "-o", f"sarif={os.devnull}")[0] == 1
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_wrong_configuration_is_written_too() -> None:
    Path("convcli.toml").write_text("[rules]\nnothing = 'warn'\n")
    assert "CV415" in complaint("good.yaml", "-o", "sarif=r.sarif", "-o", "gitlab=r.json")
    assert json.loads(Path("r.json").read_text())[0]["location"] == {
        "path": "convcli.toml", "lines": {"begin": 2, "end": 2},
    }  # fmt: skip


def test_init_has_one_output() -> None:
    done = CliRunner().invoke(app, ["check", "good.yaml", "--init", "-o", "r.json"])
    assert (done.exit_code, kind(Path("r.json").read_text())) == (0, "json")


# ---- where paths begin


@pytest.mark.parametrize("root", ["git", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_paths_begin_at_the_repository(folder: Path, monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "net.yaml").write_text(BAD)
    monkeypatch.chdir(inner)
    if root != "git":
        (folder / ".git").rmdir()
        monkeypatch.setenv(root, str(folder))
    for name in ("net.yaml", "../b/./net.yaml", str(inner / "net.yaml"), "."):
        assert [path for path, _, _ in from_sarif(check(name, "--format", "sarif")[1])] == ["a/b/net.yaml"]
        assert commands(check(name, "--format", "github")[1])[0]["file"] == "a/b/net.yaml"


def test_a_file_elsewhere_has_its_whole_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "work").mkdir()
    (folder / ".git").rename(folder / "work" / ".git")
    monkeypatch.chdir(folder / "work")
    (one,) = json.loads(check("../bad.yaml", "--format", "sarif")[1])["runs"][0]["results"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": f"file://{folder}/bad.yaml"}


# ---- GitHub's limits


def test_what_is_wrong_is_annotated_and_said_nowhere_else() -> None:
    Path("convcli.toml").write_text("[rules]\nnothing = 'warn'  # ##[set-env name=A]\n")
    done = CliRunner().invoke(app, ["check", "good.yaml", "--format", "github"])
    assert [(one["file"], one["line"]) for one in commands(done.stdout)] == [("convcli.toml", "2")]
    assert done.stderr == ""


@pytest.fixture
def many(folder: Path) -> Path:
    """Make a network with 25 mistakes, each on a line of its own."""
    path = folder / "many.yaml"
    path.write_text("input: [3, 8, 8]\nlayers:\n" + "".join(f"  - Wrong{at}()\n" for at in range(25)))
    return path


def test_github_shows_ten_of_a_level_and_the_log_has_the_others(many: Path) -> None:
    _, text = check(many.name, "--format", "github")
    assert [int(one["line"]) for one in commands(text)] == list(range(3, 3 + MOST))
    assert "without an annotation, since GitHub takes 10 of a level for each step: 15 errors\n" in text
    assert [line.split(":")[2] for line in text.splitlines() if line.startswith("  error")] == [
        str(line) for line in range(3 + MOST, 28)
    ]


def test_the_job_gets_a_summary(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("summary.md").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    check("bad.yaml", "--format", "github")
    assert Path("summary.md").read_text() == "before\n" + check("bad.yaml", "--format", "markdown")[1]
    check("bad.yaml")
    assert Path("summary.md").read_text().count("###") == 1


def test_a_summary_that_cannot_be_written_changes_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/such/summary.md")
    done = CliRunner().invoke(app, ["check", "good.yaml", "--format", "github"])
    assert done.exit_code == 0
    assert "the job's summary cannot be written: No such file or directory" in done.stderr


@pytest.mark.parametrize("room", [0, 100, 1_000, 5_000, 100_000])
def test_a_summary_fits_into_its_room_and_counts_the_rest(room: int) -> None:
    wrong = tuple(Diagnostic("CV001", f"there is no file {at}") for at in range(1_000))
    page = summary_markdown(Check((), (), wrong), room)
    assert len(page.encode()) <= room
    shown = page.count("CV001")
    assert shown == 1_000 or not page or f"and {1_000 - shown:,} more" in page
    assert bool(page) == (room > 100)


def test_over_several_lines_there_are_no_columns() -> None:
    Path("net.yaml").write_text("input: [3, 8, 8]\nlayers:\n  - >-\n    Conv2d(4,\n    4, 3)\n")
    (one,) = commands(check("net.yaml", "--format", "github")[1])
    assert (one["line"], one["endLine"], "col" in one, "endColumn" in one) == ("4", "5", False, False)


# ---- the program itself


def test_a_terminal_gets_a_table_on_github_too() -> None:
    script = (
        "import os, pty, sys\n"
        "code = pty.spawn([sys.executable, '-m', 'convcli', 'check', 'bad.yaml', '--no-color'])\n"
        "sys.exit(os.waitstatus_to_exitcode(code))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "GITHUB_ACTIONS": "true"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "error[CV202]" in done.stdout
    assert "::error" not in done.stdout
