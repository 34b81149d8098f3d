"""pre-commit's hooks, GitLab's job and the pages that show them: run as those who read them would."""

import json
import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
JOB = yaml.safe_load((ROOT / "integrations" / "gitlab.yml").read_text("utf-8"))["convcli"]
PAGE = (ROOT / "docs" / "integrations.md").read_text("utf-8")
PASTED = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]

GOOD = "input: [3, 8, 8]\nlayers:\n  - conv: Conv2d(3, 4, 3)\n"
BROKEN = "input: [3, 8, 8]\nlayers:\n  - conv: Conv2d(4, 4, 3)\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a repository of our own."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str = GOOD) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def run(*command: str, **more: str) -> tuple[int, str]:
    """Run a command with the convcli that is tested in front of others."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "GITLAB_", "CI"))}
    done = subprocess.run(
        command, env={**env, "PATH": path, **more}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, encoding="utf-8",
    )  # fmt: skip
    return done.returncode, done.stdout


# ---- pre-commit


def hook(id: str, *files: str, **changed: Any) -> tuple[int, str]:
    """Run a hook as pre-commit does: its entry, its arguments, and the files that it is for."""
    settings = {"args": [], "pass_filenames": True, **HOOKS[id], **changed}
    named = files if settings["pass_filenames"] else ()
    return run(*shlex.split(settings["entry"]), *settings["args"], *named)


def test_a_hook_judges_networks_and_names_what_it_skips() -> None:
    files = [write("a.yaml"), write("compose.yaml", "services: {}\n"), write("b 'c' \"d\".yml")]
    code, out = hook("convcli-check", *files)
    assert (code, "skipped compose.yaml: no `layers`\n2 networks checked: 2 good" in out) == (0, True)
    assert hook("convcli-check", "compose.yaml")[0] == 0
    code, out = hook("convcli-check", *files, write("broken.yaml", BROKEN))
    assert (code, "error[CV202]" in out) == (1, True)


def test_the_hook_of_the_lock_takes_all_there_is_or_what_its_arguments_name() -> None:
    write("nets/a.yaml")
    write("other/b.yaml")
    run("convcli", "lock", "nets")
    assert hook("convcli-lock", "nets/a.yaml")[0] == 1
    assert hook("convcli-lock", args=["nets"])[0] == 0
    write("nets/a.yaml", GOOD.replace("3)", "5)"))
    code, out = hook("convcli-lock", args=["nets"])
    assert (code, "error[CV404]: nets/a.yaml has moved" in out) == (1, True)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("a/b.yaml", True), ("B.YML", True), ("convcli.lock", True), ("a/pyproject.toml", True), ("convcli.toml", True),
     ("poetry.lock", False), ("a.yaml.md", False), ("notconvcli.toml", False)],
)  # fmt: skip
def test_the_hook_of_the_lock_runs_where_a_number_may_have_moved(name: str, wanted: bool) -> None:
    assert bool(re.search(HOOKS["convcli-lock"]["files"], name)) == wanted


# ---- GitLab


def job(**variables: str) -> int:
    """Run the job's script, whose shell is a plain one."""
    told = {"GITLAB_CI": "true", "CI_PROJECT_DIR": str(Path.cwd()), **variables}
    return run("sh", "-ec", "\n".join(JOB["script"]), **told)[0]


def test_the_job_writes_its_reports_whatever_the_verdict_is() -> None:
    write("nets/broken one.yaml", BROKEN)
    write("good.yaml")
    reports = JOB["artifacts"]["reports"]
    for variables, code in (({}, 1), ({"CONVCLI_PATHS": "good.yaml"}, 0), ({"CONVCLI_PATHS": "nowhere"}, 2)):
        assert job(**variables) == code
        issues = json.loads(Path(reports["codequality"]).read_text("utf-8"))
        cases = ET.parse(reports["junit"]).getroot()
        assert (len(issues) == 0, cases.get("failures") == "0" == cases.get("errors")) == (code == 0, code == 0)
    assert JOB["artifacts"]["when"] == "always"


def test_paths_of_the_job_are_lines_and_nothing_is_expanded() -> None:
    write("nets/broken one.yaml", BROKEN)
    write("good.yaml")
    assert job(CONVCLI_PATHS="good.yaml\nnets/broken one.yaml") == 1
    assert job(CONVCLI_PATHS="*.yaml") == 2
    assert job(CONVCLI_PATHS="good.yaml", CONVCLI_ARGS="--max-params 5") == 1
    assert job(CONVCLI_PATHS="$(touch pwned)", CONVCLI_ARGS="`touch pwned` ;touch pwned") == 2
    assert not Path("pwned").exists()


def test_shell_of_the_job_is_valid() -> None:
    for line in (*JOB["before_script"], *JOB["script"]):
        assert subprocess.run(["sh", "-n"], input=line, text=True, check=False).returncode == 0


# ---- what the page has to paste


def test_workflows_give_the_action_inputs_that_it_has() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    workflows = [pasted for pasted in PASTED if isinstance(pasted, dict) and "jobs" in pasted]
    ours = [
        step for workflow in workflows for job in workflow["jobs"].values() for step in job["steps"]
        if step.get("uses", "").startswith("OWNER/convcli@")
    ]  # fmt: skip
    assert len(ours) == len(workflows) == 2
    assert {name for step in ours for name in step["with"]} <= set(action["inputs"])
    used = {name for workflow in workflows for name in re.findall(r"steps\.networks\.outputs\.([\w-]+)", str(workflow))}
    assert used <= set(action["outputs"])


def test_the_defaults_on_the_page_are_those_of_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    for name, given in action["inputs"].items():
        default = f" `{given['default']}` " if given["default"] else " "
        assert f"| `{name}` |{default}|" in PAGE


def test_hooks_and_variables_on_the_page_are_those_that_there_are() -> None:
    (config,) = (pasted for pasted in PASTED if isinstance(pasted, dict) and "repos" in pasted)
    (gitlab,) = (pasted for pasted in PASTED if isinstance(pasted, dict) and "include" in pasted)
    assert {hook["id"] for repo in config["repos"] for hook in repo["hooks"]} == set(HOOKS)
    read = set(re.findall(r"\bCONVCLI_\w+", str(JOB)))
    assert set(gitlab["variables"]) <= read
    assert all(f"| `{name}` |" in PAGE for name in read)
