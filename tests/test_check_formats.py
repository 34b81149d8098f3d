"""A check in every format: each finding on its line, valid for those who read it, whatever names there are."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from check_reports import READERS, check, commands, from_sarif, marked, results
from junit_schema import mistakes_of as mistakes_of_junit
from sarif_schema import mistakes_of

GOOD = """\
name: good{at}
input: [3, 32, 32]
layers:
  - conv: Conv2d(3, {at}, 3, padding=1)
  - relu: ReLU()
check:
  output: [{at}, 32, 32]
"""

BROKEN = {
    "wrong_channels.yaml": """\
input: [3, 32, 32]
blocks:
  Stem(planes):
    - Conv2d(4, planes, 3)  # CV202
layers:
  - Stem(8)
""",
    "unknown_operator.yaml": """\
input: [3, 32, 32]

layers:
  - conv: Conv2d(3, 8, 3)
  - pool: MaxPol2d(2)  # CV201
""",
    "open_parenthesis.yaml": """\
input: [3, 32, 32]
layers:
  - ReLU()
  - Conv2d(3, 8, 3    # CV101
  - fc: Linear(11, 10)
""",
    "deep/no_yaml.yaml": """\
input: [3, 32, 32]
layers:
  - ReLU()
\t- ReLU()  # CV111
""",
    "deep/no_layers_key.yaml": """\
inputs: {image: [3, 32, 32]}
layer:  # CV110
  - ReLU()
layers:
  - Conv2d(3, 8, kernel=3)  # CV212
""",
}

OVER = {
    "over_params.yaml": """\
input: [3, 32, 32]
layers:
  - Conv2d(3, 8, 3)
check:
  output: [8, 30, 30]
  params: <= 200  # CV401
""",
    "over_in_a_variant.yaml": """\
input: [3, 32, 32]
vars: {width: 8}
variants:
  wide:
    width: 64
    check:
      macs: {max: 1M}  # CV401
layers:
  - Conv2d(3, width, 3)
check: {macs: <= 200k}
""",
    "over/many_macs.yaml": """\
input: [3, 64, 64]
layers:
  - stem: Conv2d(3, 8, 3)
""",
}

CONFIGURATION = """\
[[files]]
path = "nets/over/*.yaml"

[files.check]
macs = "<= 100k"  # CV401
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in the root of a repository, on nobody's CI."""
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY", "GITLAB_CI", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.fixture
def repository(folder: Path) -> Path:
    """Make twenty networks: five broken, each in another way, three over budget, twelve good."""
    good = {f"good/{at}.yaml": GOOD.format(at=at) for at in range(1, 13)}
    write(folder / "nets", {**good, **BROKEN, **OVER})
    write(folder, {"convcli.toml": CONFIGURATION})
    assert len(list((folder / "nets").rglob("*.yaml"))) == 20
    return folder


@pytest.mark.parametrize("format", READERS)
def test_every_finding_stands_on_its_line(repository: Path, format: str) -> None:
    code, text = check("nets", "--format", format)
    assert code == 1
    places = [(path.replace(f"{repository}/", ""), line, code) for path, line, code in READERS[format](text)]
    assert sorted(places) == marked(repository)
    assert len(places) == 9


@pytest.mark.usefixtures("repository")
def test_one_look_writes_all_formats() -> None:
    outputs = [f"{format}=out.{format}" for format in (*READERS, "csv")]
    code, text = check("nets", *(f"--output={output}" for output in outputs))
    assert (code, text) == (1, check("nets")[1])
    for format in (*READERS, "csv"):
        assert Path(f"out.{format}").read_text("utf-8") == check("nets", "--format", format)[1]


EMOJI = "🦊"
HOSTILE = "nets/%0A, x::y:z <&>\"'`|[a](b)\n##[error]é\x1b[31m\x01 🦊\\n.yaml"
SCENES: dict[str, tuple[int, dict[str, str], tuple[str, ...]]] = {
    "good": (0, {"net.yaml": GOOD.format(at=4)}, ("net.yaml",)),
    "broken": (1, {"net.yaml": BROKEN["wrong_channels.yaml"]}, ("net.yaml",)),
    "over": (1, {"net.yaml": OVER["over_in_a_variant.yaml"]}, ("net.yaml",)),
    "over an option": (1, {"net.yaml": GOOD.format(at=4)}, ("net.yaml", "--max-params", "10")),
    "warned": (0, {"net.yaml": "input: [3, 9, 9]\nlayers:\n  - Conv2d(3, 4, 3, stride=2, bias=True)\n"
                   "  - MaxPool2d(3)\n"}, ("net.yaml",)),
    "no network": (0, {"a/net.yaml": "nothing: here\n"}, ("a/net.yaml", "--skip-others")),
    "no network in a folder": (2, {"a/net.yaml": "nothing: here\n"}, ("a",)),
    "no file": (2, {"net.yaml": GOOD.format(at=4)}, ("net.yaml", "missing.yaml")),
    "a wrong budget": (2, {"net.yaml": GOOD.format(at=4) + "  paramz: 3\n"}, ("net.yaml",)),
    "a wrong configuration": (2, {"net.yaml": GOOD.format(at=4), "convcli.toml": "[rules]\nnothing = 'warn'\n"},
                              ("net.yaml",)),
    "a hostile name": (1, {HOSTILE: f'input: [3, 9, 9]\nlayers:\n  - {{cat: ["{EMOJI}", Conv2d(4, 8, 3)]}}\n'},
                       ("nets",)),
    "a hostile message": (1, {"net.yaml": 'input: [3, 9, 9]\nlayers:\n  - "Con<&>v\\x07%0A::error::\\n]]>🦊(3)"\n'},
                          ("net.yaml",)),
}  # fmt: skip
scenes = pytest.mark.parametrize("scene", SCENES)


def played(scene: str, folder: Path, *more: str) -> str:
    """Set a scene, check it, and return what was printed."""
    expected, files, arguments = SCENES[scene]
    write(folder, files)
    code, text = check(*arguments, *more)
    assert code == expected
    return text


@scenes
@pytest.mark.parametrize("format", [*READERS, "csv", "auto"])
def test_no_format_changes_the_exit_code(folder: Path, scene: str, format: str) -> None:
    played(scene, folder, "--format", format)


@scenes
def test_sarif_is_valid(folder: Path, scene: str) -> None:
    assert mistakes_of(json.loads(played(scene, folder, "--format", "sarif"))) == []


@pytest.mark.parametrize(
    "wrong",
    ['"ruleId"', '"startLine": 4', '"uri"', '"level": "error"', '"message"', '"version": "2.1.0"', '"ruleIndex": 0'],
)
def test_sarif_that_is_not_valid_would_be_found(folder: Path, wrong: str) -> None:
    text = played("broken", folder, "--format", "sarif")
    changed = text.replace(wrong, f"{wrong.partition(': ')[0]}: -1" if ": " in wrong else '"other"', 1)
    assert changed != text
    assert mistakes_of(json.loads(changed)) != []


@scenes
def test_junit_is_valid(folder: Path, scene: str) -> None:
    text = played(scene, folder, "--format", "junit")
    assert mistakes_of_junit(text) == []
    root = ET.fromstring(text.encode())
    cases = list(root.iter("testcase"))
    assert cases
    assert int(root.get("tests", "")) == len(cases)
    assert int(root.get("failures", "")) == len(list(root.iter("failure")))
    assert int(root.get("errors", "")) == len(list(root.iter("error")))
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(set(names)) == len(names)


@scenes
def test_gitlab_gets_issues_with_paths_below_the_repository(folder: Path, scene: str) -> None:
    issues = json.loads(played(scene, folder, "--format", "gitlab"))
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not issue["location"]["path"].startswith(("/", "./"))
        assert issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert bool(issues) == (scene not in ("good", "no network"))


@scenes
def test_github_gets_commands_that_say_what_they_mean(folder: Path, scene: str) -> None:
    for one in commands(played(scene, folder, "--format", "github")):
        assert one["level"] in ("error", "warning")
        assert set(one) <= {"level", "file", "line", "endLine", "col", "endColumn", "title", "message"}
        assert "file" not in one or Path(one["file"]).is_file()


def test_a_hostile_name_comes_through(folder: Path) -> None:
    (command,) = commands(played("a hostile name", folder, "--format", "github"))[:1]
    assert "file" not in command  # GitHub has no code for its control characters
    assert "\x1b" not in command["message"]
    harmless = HOSTILE.replace("\x1b", "").replace("\x01", "")
    Path(harmless).write_text(Path(HOSTILE).read_text())
    assert {one.get("file") for one in commands(check("nets", "--format", "github")[1])} == {None, harmless}
    Path(harmless).unlink()
    _, sarif = check("nets", "--format", "sarif")
    assert {path for path, _, _ in from_sarif(sarif)} == {HOSTILE}
    _, gitlab = check("nets", "--format", "gitlab")
    assert {issue["location"]["path"] for issue in json.loads(gitlab)} == {HOSTILE}
    _, page = check("nets", "--format", "markdown")
    assert all(line.startswith(("|", "#")) for line in page.splitlines() if line)


def test_a_name_that_is_no_text_comes_through(folder: Path) -> None:
    name = b"n\xff\xfe.yaml"
    Path(folder / name.decode("utf-8", "surrogateescape")).write_text(BROKEN["unknown_operator.yaml"])
    outputs = [f"--output={format}=out.{format}" for format in (*READERS, "csv")]
    assert check(".", *outputs)[0] == 1
    for format in READERS:
        Path(f"out.{format}").read_text("utf-8")
    place = results(Path("out.sarif").read_text("utf-8"))[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "n%FF%FE.yaml"


# ---- what SARIF says beyond places


def test_columns_are_utf_16_units_and_end_behind_the_last_sign(folder: Path) -> None:
    line = f'  - {{cat: ["{EMOJI}", Conv2d(4, 8, 3)]}}'
    write(folder, {"net.yaml": f"input: [3, 9, 9]\nlayers:\n{line}\n"})
    _, text = check("net.yaml", "--format", "sarif")
    assert json.loads(text)["runs"][0]["columnKind"] == "utf16CodeUnits"
    units = line.encode("utf-16-le")
    shown = []
    for one in results(text):
        region = one["locations"][0]["physicalLocation"]["region"]
        shown.append(units[2 * region["startColumn"] - 2 : 2 * region["endColumn"] - 2].decode("utf-16-le"))
    assert EMOJI in shown
    assert "8" in shown


def test_fingerprints_stay_when_lines_are_inserted_and_limits_move(repository: Path) -> None:
    def prints() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in results(check("nets", "--format", "sarif")[1]):
            found.setdefault(one["ruleId"], []).extend(one["partialFingerprints"].values())
        return found

    before = prints()
    for path in (repository / "nets").rglob("*.yaml"):
        text = path.read_text("utf-8").replace("<= 200  #", "<= 111  #")
        path.write_text(f"# a line more\n# and another\n{text}", "utf-8")
    assert prints() == before


def test_calls_and_what_is_related_are_locations_too(folder: Path) -> None:
    (one,) = results(played("broken", folder, "--format", "sarif"))
    (related,) = one["relatedLocations"]
    assert related["message"]["text"] == "called here"
    assert related["physicalLocation"]["region"]["startLine"] == 6


def test_rules_stand_once_with_their_help_and_level(repository: Path) -> None:
    write(repository, {"nets/warned.yaml": "input: [3, 8, 8]\nlayers:\n  - Conv2d(3, 4, 3, stride=2)\n"})
    (run,) = json.loads(check("nets", "--format", "sarif")[1])["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert list(rules) == sorted({one["ruleId"] for one in run["results"]})
    assert rules["CV301"]["name"] == "dropped-pixels"
    assert rules["CV301"]["defaultConfiguration"] == {"level": "warning"}
    assert "MaxPool2d(2, ceil_mode=True)" in rules["CV301"]["help"]["markdown"]
    assert rules["CV401"]["defaultConfiguration"] == {"level": "error"}


def test_a_wrong_question_is_a_notification_with_its_place(folder: Path) -> None:
    (run,) = json.loads(played("a wrong configuration", folder, "--format", "sarif"))["runs"]
    (call,) = run["invocations"]
    (note,) = call["toolConfigurationNotifications"]
    assert (call["executionSuccessful"], call["exitCode"], run["results"]) == (False, 2, [])
    assert note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "convcli.toml"
    assert note["locations"][0]["physicalLocation"]["region"]["startLine"] == 2


def test_a_text_in_brackets_is_no_link(folder: Path) -> None:
    write(folder, {"net.yaml": "input: [3, 8, 8]\nlayers:\n  - 'heads[0](x)'\n"})
    texts = [one["message"]["text"] for one in results(check("net.yaml", "--format", "sarif")[1])]
    assert not any("[0](" in text for text in texts)


# ---- what JUnit is made of


def test_junit_has_a_case_for_each_budget_and_rule(folder: Path) -> None:
    text = played("over", folder, "--format", "junit")
    suites = ET.fromstring(text.encode())
    shown = {
        suite.get("name"): [(case.get("name"), [one.tag for one in case]) for case in suite] for suite in suites
    }  # fmt: skip
    assert shown == {
        "net.yaml": [("resolves", []), ("macs", [])],
        "net.yaml (wide)": [("resolves", []), ("macs", ["failure"])],
    }


def test_a_warning_is_the_output_of_a_case_that_passes(folder: Path) -> None:
    suites = ET.fromstring(played("warned", folder, "--format", "junit").encode())
    (case,) = [case for case in suites.iter("testcase") if case.get("name") == "dropped-pixels"]
    assert [one.tag for one in case] == ["system-out"]


def test_nothing_to_judge_is_one_case_that_passes(folder: Path) -> None:
    suites = ET.fromstring(played("no network", folder, "--format", "junit").encode())
    assert [(case.get("name"), len(case)) for case in suites.iter("testcase")] == [("nothing to judge", 0)]


def test_a_wrong_question_is_an_error_not_a_failure(folder: Path) -> None:
    suites = ET.fromstring(played("no file", folder, "--format", "junit").encode())
    assert (suites.get("failures"), suites.get("errors")) == ("0", "1")
