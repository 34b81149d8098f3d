"""The GitHub Action: its steps are run as GitHub runs them, on a pull request with real history."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = ACTION["runs"]["steps"]
SHELLS = [step["run"] for step in STEPS if "run" in step]

NET = "input: [3, 16, 16]\nlayers:\n  - conv: Conv2d(3, {}, 3)\n  - Conv2d({}, 4, 3)\n"
INSERTED = NET.format(8, 8).replace("layers:\n", "layers:\n  - first: Conv2d(3, 3, 3)\n")
GONE = "input: [4, 9]\nlayers:\n  - Linear(9, 3)\n  - Softmax(-1)\n"
BROKEN = NET.format(8, 9)
USER = "input: [3, 16, 16]\nuses: lib.yaml\nlayers:\n  - B()\n"
LIBRARY = "blocks:\n  B():\n    - Conv2d(3, {}, 3)\n"
HOSTILE = 'a "b" $(touch pwned) `touch pwned`; touch pwned\n::error::no%0A|<b>.yaml'
OTHER = "services: {}\n"

BEFORE = {
    "nets/inserted.yaml": NET.format(8, 8), "nets/gone.yaml": GONE, "nets/broken.yaml": NET.format(8, 8),
    "nets/old name.yaml": NET.format(8, 8), "nets/same.yaml": NET.format(8, 8), "nets/user.yaml": USER,
    "nets/lib.yaml": LIBRARY.format(4), "compose.yaml": OTHER, f"nets/{HOSTILE}": NET.format(8, 8),
    "nets/formatted.yaml": NET.format(8, 8),
}  # fmt: skip
AFTER = {
    "nets/inserted.yaml": INSERTED, "nets/broken.yaml": BROKEN, "nets/new name.yaml": NET.format(8, 8) + "  - ReLU()\n",
    "nets/lib.yaml": LIBRARY.format(5), "nets/new.yaml": NET.format(16, 16), "compose.yaml": OTHER + "volumes: {}\n",
    f"nets/{HOSTILE}": NET.format(4, 4), "nets/formatted.yaml": "# as it was\n" + NET.format(8, 8),
}  # fmt: skip


class Ran(NamedTuple):
    """What a run of the action left: its exit code, its log, the job's summary, its outputs."""

    code: int
    log: str
    summary: str
    outputs: dict[str, str]


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Make a repository with a pull request, as GitHub has it: the branch, and what its merge would be."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, {"README.md": "a project\n"}, "begin")
    commit(folder, BEFORE, "networks")
    git(folder, "checkout", "-qb", "change")
    (folder / "nets/gone.yaml").unlink()
    (folder / "nets/old name.yaml").unlink()
    commit(folder, AFTER, "change networks")
    git(folder, "checkout", "-q", "main")
    commit(folder, {"nets/same.yaml": INSERTED}, "the base moves on")
    git(folder, "checkout", "-q", "--detach", "main")
    git(folder, "merge", "-q", "--no-ff", "-m", "merge", "change")
    git(folder, "update-ref", "refs/pull/1/merge", "HEAD")
    git(folder, "checkout", "-q", "main")
    return folder


def clone(origin: Path, ref: str = "refs/pull/1/merge", depth: int | None = 1) -> Path:
    """Check a ref out as actions/checkout does."""
    folder = origin.parent / "work"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "remote", "add", "origin", f"file://{origin}")
    git(folder, "fetch", "-q", "--no-tags", *([f"--depth={depth}"] if depth else []), "origin", ref)
    git(folder, "checkout", "-q", "--detach", "FETCH_HEAD")
    return folder


def act(folder: Path, event: str = "pull_request", **inputs: str) -> Ran:
    """Run the last step of the action with the environment that GitHub sets."""
    temp = folder.parent / "temp"
    temp.mkdir(exist_ok=True)
    if not (temp / "convcli").exists():
        (temp / "convcli").symlink_to(sys.prefix)  # what the step before installs
    files = {name: temp / name for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    for file in files.values():
        file.write_text("", "utf-8")
    step = STEPS[-1]
    inputs = {name: given["default"] for name, given in ACTION["inputs"].items()} | inputs
    env = {name: substituted(text, inputs) for name, text in step["env"].items()}
    env |= {name: str(file) for name, file in files.items()}
    env |= {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(folder), "GITHUB_ACTION_PATH": str(ROOT)}
    env |= {"RUNNER_TEMP": str(temp), "GITHUB_EVENT_NAME": event, "PATH": os.environ["PATH"], "HOME": str(temp)}
    env |= {"GITHUB_BASE_REF": "main"} if event == "pull_request" else {"GITHUB_BASE_REF": ""}
    env |= {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], env=env, text=True, check=False,
        cwd=folder / inputs["working-directory"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    told = files["GITHUB_OUTPUT"].read_text("utf-8")
    outputs = dict(re.findall(r"^(.+)<<(?:end-.+)\n(.*)\nend-.+$", told, re.MULTILINE))
    return Ran(done.returncode, done.stdout, files["GITHUB_STEP_SUMMARY"].read_text("utf-8"), outputs)


def substituted(text: str, inputs: dict[str, str]) -> str:
    name = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text)
    assert name is not None
    return inputs[name[1]]


# ---- a pull request


def test_a_pull_request_is_checked_and_compared_from_a_clone_of_one_commit(origin: Path) -> None:
    folder = clone(origin)
    ran = act(folder, **{"sarif-file": "out.sarif"})
    assert ran.code == 1
    assert re.search(r"^::error file=nets/broken\.yaml,line=4,.*CV202", ran.log, re.MULTILINE)
    assert ran.summary.startswith("### 8 networks checked: 7 good, 1 broken; 2 files skipped\n")
    assert "### Compared with <code>main</code>" in ran.summary
    found = re.findall(r"^\*\*`\w+:nets/(.*)` → `nets/(.*)`\*\*: (.*)$", ran.summary, re.MULTILINE)
    assert {(before, after, text.partition(":")[0]) for before, after, text in found} == {
        ("inserted.yaml", "inserted.yaml", "1 layer added"), ("gone.yaml", "gone.yaml", "removed"),
        ("old name.yaml", "new name.yaml", "1 layer added"), ("new.yaml", "new.yaml", "new"),
        ("user.yaml", "user.yaml", "1 layer edited"),
    }  # fmt: skip
    assert "The same as before: <code>nets/formatted.yaml</code>\n" in ran.summary
    assert "<code>nets/broken.yaml</code> cannot be compared: <code>error[CV202]" in ran.summary
    assert "same.yaml" not in ran.summary.partition("### Compared")[2]
    assert ran.outputs["good"] == "false"
    assert ran.outputs["sarif-file"] == str(folder / "out.sarif")
    assert json.loads((folder / "out.sarif").read_text("utf-8"))["version"] == "2.1.0"
    assert Path(ran.outputs["summary-file"]).read_text("utf-8") == ran.summary


def test_one_layer_inserted_at_the_top_is_one_layer_added(origin: Path) -> None:
    summary = act(clone(origin), paths="nets/inserted.yaml").summary
    assert re.findall(r"^\| (added|removed|edited|changed|moved|renamed) \| `(.*?)`", summary, re.MULTILINE) == [
        ("added", "first")
    ]
    assert "| parameters | 516 | 600 | +84 | +16.3 % |" in summary


def test_names_of_files_are_never_run_and_give_no_commands(origin: Path) -> None:
    folder = clone(origin)
    ran = act(folder)
    assert not list(folder.rglob("pwned"))
    assert not re.search(r"^::error::no", ran.log, re.MULTILINE)
    assert r"\n::error::no%0A|<b>.yaml: cannot be compared" in ran.log
    assert "touch pwned&#96;" in ran.summary
    assert "<b>.yaml" not in ran.summary.partition("### Compared")[2]


def test_inputs_are_never_run(origin: Path) -> None:
    folder = clone(origin)
    evil = "'; touch pwned; $(touch pwned)\n`touch pwned`"
    for name in ("paths", "config", "args", "diff-args", "base", "sarif-file"):
        act(folder, **{name: evil})
    assert not list(folder.parent.rglob("pwned"))


@pytest.mark.parametrize("depth", [1, 2, None])
@pytest.mark.parametrize("ref", ["refs/pull/1/merge", "change"])
def test_a_base_is_found_however_much_was_fetched(origin: Path, ref: str, depth: int | None) -> None:
    ran = act(clone(origin, ref, depth))
    assert "### Compared with <code>main</code>" in ran.summary
    assert "warning title=convcli::" not in ran.log
    assert "same.yaml" not in ran.summary.partition("### Compared")[2]  # the base changed it, and not the branch


def test_a_base_that_cannot_be_found_is_said_and_changes_no_verdict(origin: Path) -> None:
    folder = clone(origin)
    git(folder, "remote", "set-url", "origin", "file:///nowhere")
    ran = act(folder, paths="nets/same.yaml")
    assert (ran.code, ran.outputs["good"]) == (0, "true")
    assert "::warning title=convcli::no comparison with the base: " in ran.log
    assert "No comparison with the base: <code>" in ran.summary
    assert "`fetch-depth: 0`" in ran.log


def test_histories_with_nothing_in_common_are_not_compared(origin: Path) -> None:
    git(origin, "checkout", "-q", "--orphan", "alone")
    git(origin, "commit", "-qm", "alone")
    ran = act(clone(origin, "alone"))
    assert "refs/heads/main and this commit have no commit in common" in ran.summary


# ---- other events, other inputs


def test_a_push_is_checked_and_compared_with_what_is_asked_for(origin: Path) -> None:
    folder = clone(origin, depth=None)
    assert "Compared" not in act(folder, "push").summary
    assert "`nets/inserted.yaml`**: 1 layer added" in act(folder, "push", base="HEAD^1").summary
    assert "cannot be found" not in act(folder, "push", base="main").summary


def test_without_diff_nothing_is_compared(origin: Path) -> None:
    assert "Compared" not in act(clone(origin), diff="false").summary


def test_a_folder_to_work_in_is_where_paths_begin(origin: Path) -> None:
    ran = act(clone(origin), paths="inserted.yaml\ngone.yaml", **{"working-directory": "nets"})
    assert ran.code == 2
    ran = act(origin.parent / "work", paths="inserted.yaml\nuser.yaml", **{"working-directory": "nets"})
    assert (ran.code, ran.summary.count("\n**`")) == (0, 2)


def test_options_and_the_lock_reach_the_check(origin: Path) -> None:
    folder = clone(origin)
    assert act(folder, paths="nets/same.yaml", args="--max-params '100'").code == 1
    assert act(folder, paths="nets/same.yaml", locked="true").code == 1
    assert act(folder, paths="nets/same.yaml", config="no.toml").code == 2
    assert act(folder, paths="nets/same.yaml").code == 0


@pytest.mark.parametrize("wrong", [{"locked": "yes"}, {"diff": "no"}, {"args": "'"}, {"paths": "nowhere"}])
def test_a_wrong_input_is_2_and_never_a_silent_no(origin: Path, wrong: dict[str, str]) -> None:
    ran = act(clone(origin), **{"paths": "nets/same.yaml", **wrong})
    assert ran.code == 2
    assert ran.log.startswith("::error ")


def test_a_new_variant_cannot_be_compared_and_the_others_are(origin: Path) -> None:
    folder = clone(origin)
    text = "input: [3, 16, 16]\nvars: {c: 9}\nvariants: {wide: {c: 16}}\nlayers:\n  - Conv2d(3, c, 3)\n"
    (folder / "nets/same.yaml").write_text(text, "utf-8")
    summary = act(folder, paths="nets/same.yaml").summary
    assert "<code>nets/same.yaml (wide)</code> cannot be compared: <code>error[CV005]" in summary
    assert "`nets/same.yaml`**: " in summary


def test_a_summary_stays_short_enough_for_a_comment(origin: Path) -> None:
    folder = clone(origin)
    for number in range(120):
        (folder / f"nets/{number}.yaml").write_text(BROKEN, "utf-8")
        (folder / f"nets/x{number}.yaml").write_text(INSERTED, "utf-8")
    git(folder, "add", "-A")
    ran = act(folder)
    text = Path(ran.outputs["summary-file"]).read_text("utf-8")
    assert len(text) < 65_536
    assert re.search(r"And \d+ more, for which there is no room here", text)
    assert "x119.yaml" in ran.summary


# ---- the file itself


def test_every_input_is_used_described_and_documented() -> None:
    text, page = (ROOT / "action.yml").read_text("utf-8"), (ROOT / "docs" / "integrations.md").read_text("utf-8")
    used = set(re.findall(r"\binputs\.([\w-]+)", text))
    assert used == set(ACTION["inputs"])
    for name, given in {**ACTION["inputs"], **ACTION["outputs"]}.items():
        assert given["description"]
        assert f"| `{name}` |" in page


def test_every_variable_is_read() -> None:
    scripts = "".join(SHELLS) + "".join(path.read_text("utf-8") for path in (ROOT / "integrations").glob("*.py"))
    for step in STEPS:
        for name in step.get("env", {}):
            assert name in scripts or re.search(rf"""\(["']{name.removeprefix("CONVCLI_")}["']""", scripts)


def test_every_output_is_set() -> None:
    script = (ROOT / "integrations" / "github.py").read_text("utf-8")
    for name, given in ACTION["outputs"].items():
        assert given["value"] == f"${{{{ steps.check.outputs.{name} }}}}"
        assert f'output("{name}"' in script


@pytest.mark.parametrize("shell", SHELLS)
def test_shell_is_valid_and_nothing_is_pasted_into_it(shell: str) -> None:
    assert subprocess.run(["bash", "-n"], input=shell, text=True, check=False).returncode == 0
    assert "${{" not in shell


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from strings(inner)
    else:
        yield str(node)


def test_actions_of_others_are_of_a_version() -> None:
    used = [text for text in strings(STEPS) if re.match(r"[\w-]+/[\w-]+@", text)]
    assert used
    assert all(re.search(r"@v\d+$", text) for text in used)
