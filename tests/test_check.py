"""`convcli check`: which files, by which configuration, with which verdict and exit code."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import convcli
from convcli.checking.files import Patterns, collect
from convcli.checking.looking import has_layers
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError
from convcli.readers.bundled import FOLDER as BUNDLED

runner = CliRunner()

GOOD = "input: [3, 8, 8]\nlayers:\n  - conv: Conv2d(3, 4, 3)\n"
BROKEN = "input: [3, 8, 8]\nlayers:\n  - conv: Conv2d(4, 4, 3)\n"
PARAMS = 112


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a folder of our own, which is a repository, so that nothing above it counts."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str = GOOD) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def run(*arguments: str) -> tuple[int, str, str]:
    done = runner.invoke(app, ["check", *arguments])
    return done.exit_code, done.stdout, done.stderr


def status(*paths: str, **options: Any) -> dict[str, str]:
    return {verdict.title(): verdict.status for verdict in convcli.check(*paths, **options).verdicts}


# ---- exit codes


def test_a_good_file_is_0_a_broken_one_1_a_wrong_question_2() -> None:
    write("good.yaml")
    write("broken.yaml", BROKEN)
    write("wrong.yaml", GOOD + "check: {parms: 3}\n")
    assert run("good.yaml")[0] == 0
    assert run("broken.yaml")[0] == 1
    assert run("good.yaml", "--max-params", "111")[0] == 1
    assert run("wrong.yaml")[0] == 2
    assert run("missing.yaml")[0] == 2
    assert run("broken.yaml", "missing.yaml")[0] == 2
    assert run("good.yaml", "--max-params", "12 Mb")[0] == 2
    assert run("good.yaml", "--format", "xml")[0] == 2


def test_a_missing_file_is_said_and_the_others_are_judged() -> None:
    write("good.yaml")
    code, out, err = run("good.yaml", "missing.yaml")
    assert (code, "1 network checked: 1 good" in out) == (2, True)
    assert "error[CV001]: there is no file and no folder missing.yaml" in err


def test_an_empty_folder_is_a_wrong_question() -> None:
    Path("empty").mkdir()
    assert run("empty")[0] == 2


def test_a_warning_changes_no_exit_code_and_a_level_does() -> None:
    write("net.yaml", "input: [3, 8, 8]\nlayers:\n  - Conv2d(3, 4, 3)\n  - BatchNorm2d(4)\n")
    code, out, _ = run("net.yaml")
    assert (code, "warning[CV304]" in out, "1 with warnings" in out) == (0, True, True)
    write("convcli.toml", '[rules]\nbias-before-norm = "error"\n')
    code, out, _ = run("net.yaml")
    assert (code, "error[CV304]" in out, "1 failing" in out) == (1, True, True)
    write("convcli.toml", '[rules]\nCV304 = "off"\n')
    code, out, _ = run("net.yaml")
    assert (code, "CV304" in out, "1 good" in out) == (0, False, True)


# ---- files


def test_folders_are_searched_and_what_is_no_network_is_named() -> None:
    write("nets/a.yaml")
    write("nets/deep/b.yml")
    write("nets/blocks.yaml", "blocks:\n  B():\n    - ReLU()\n")
    write("nets/.hidden/c.yaml")
    write("nets/notes.txt")
    write("nets/node_modules/d.yaml")
    found = convcli.check("nets")
    assert [verdict.path for verdict in found.verdicts] == ["nets/a.yaml", "nets/deep/b.yml"]
    assert [(one.path, one.why) for one in found.skipped] == [("nets/blocks.yaml", "no `layers`")]
    assert "skipped nets/blocks.yaml: no `layers`" in run("nets", "-v")[1]


def test_a_file_that_is_named_is_judged_whatever_it_is() -> None:
    write("blocks.yaml", "blocks:\n  B():\n    - ReLU()\n")
    assert status("blocks.yaml") == {"blocks.yaml": "broken"}


def test_a_named_file_is_skipped_only_where_that_is_asked_for_and_then_it_is_named() -> None:
    write("convcli.toml", 'exclude = ["old.yaml"]\n')
    write("old.yaml", BROKEN)
    write("compose.yaml", "services: {}\n")
    assert status("old.yaml", "compose.yaml") == {"old.yaml": "broken", "compose.yaml": "broken"}
    code, out, _ = run("old.yaml", "compose.yaml", write("net.yaml"), "--skip-others")
    assert (code, "1 network checked: 1 good; 2 files skipped" in out) == (0, True)
    assert "skipped old.yaml: excluded\nskipped compose.yaml: no `layers`\n" in out
    assert "skipped compose.yaml: no `layers`\n" in run("compose.yaml", "--skip-others", "--format", "github")[1]
    assert run("broken.yaml", "--skip-others")[0] == 2
    assert run(write("broken.yaml", BROKEN), "--skip-others")[0] == 1


def test_a_file_that_is_meant_twice_is_judged_once() -> None:
    write("nets/a.yaml")
    assert status("nets", "nets/a.yaml") == {"nets/a.yaml": "good"}


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("a/*.yaml", {"a/x.yaml"}), ("a/**/*.yaml", {"a/x.yaml", "a/b/x.yaml", "a/b/c/x.yaml"}),
        ("**/x.yaml", {"x.yaml", "a/x.yaml", "a/b/x.yaml", "a/b/c/x.yaml"}),
        ("a", {"a/x.yaml", "a/b/x.yaml", "a/b/c/x.yaml"}),
        ("./a/b/", {"a/b/x.yaml", "a/b/c/x.yaml"}), ("*", {"x.yaml", "a/x.yaml", "a/b/x.yaml", "a/b/c/x.yaml"}),
        ("?/b/x.yaml", {"a/b/x.yaml"}), ("[!b]/x.yaml", {"a/x.yaml"}), ("x", set()), ("", set()),
        (".", {"x.yaml", "a/x.yaml", "a/b/x.yaml", "a/b/c/x.yaml"}),
        ("./", {"x.yaml", "a/x.yaml", "a/b/x.yaml", "a/b/c/x.yaml"}),
    ],
)  # fmt: skip
def test_patterns_of_paths(pattern: str, fits: set[str]) -> None:
    files = ["x.yaml", "a/x.yaml", "a/b/x.yaml", "a/b/c/x.yaml"]
    patterns = Patterns([pattern], Path.cwd())
    assert {name for name in files if patterns.match(Path(name))} == fits


def test_hostile_patterns_are_matched_at_once() -> None:
    start = time.process_time()
    assert not Patterns(["**/" * 500 + "z", "*a" * 500], Path.cwd()).match(Path("a/" * 60 + "b"))
    assert time.process_time() - start < 1


def test_what_is_excluded_is_left_out() -> None:
    write("nets/a.yaml")
    write("nets/old/b.yaml")
    found = collect(["nets"], ["nets/old"], Path.cwd())
    assert [str(path) for path in found.files] == ["nets/a.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "  input: [3, 8, 8]\n  layers:\n    - ReLU()\n", "--- {input: [3, 8, 8], layers: [ReLU()]}\n",
        "# a: b\n\n{input: [3, 8, 8], layers: [ReLU()]}\n", "input: [3, 8, 8]\rlayers:\r  - ReLU()\r",
        "input: [3, 8, 8]\n&a layers:\n  - ReLU()\n", '%YAML 1.2\n---\n# x\n{"layers": [ReLU()]}\n',
        "\ufeff---\n'layers' :\n  - ReLU()\n", "--- # {\nlayers:\n  - ReLU()\n",
        "  input: [3, 8, 8]\nlayers:\n  - ReLU()\n",
    ],
)  # fmt: skip
def test_networks_are_known_however_they_are_written(text: str) -> None:
    assert has_layers(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n", "services:\n  layers:\n    - a\n", "  a:\n    layers: 3\n", "# layers:\na: 1\n",
        "blocks: {layers: 1}\n", "mylayers: 3\n",
    ],
)  # fmt: skip
def test_what_has_no_layers_of_its_own_is_no_network(text: str) -> None:
    assert not has_layers(text)


def test_hostile_texts_are_looked_through_at_once() -> None:
    start = time.process_time()
    for part in ("#", " ", "\n", "--- ", "---\n", "&a ", "{", "!", "layers ", "# {\n", "\t"):
        has_layers(part * 100_000)
        has_layers("{" + part * 100_000)
    assert time.process_time() - start < 2


def test_folders_with_nothing_to_judge_are_a_wrong_question() -> None:
    write("nets/compose.yaml", "services: {}\n")
    code, _, err = run("nets")
    assert (code, "there is nothing to judge: 1 file skipped" in err, "-v" in err) == (2, True, True)
    assert "skipped nets/compose.yaml: no `layers`" in run("nets", "-v")[1]
    assert run("nets", write("net.yaml"))[0] == 0
    assert run("nets/compose.yaml", "--skip-others")[0] == 0  # a hook names what has changed


def test_what_is_no_regular_file_is_skipped_below_a_folder() -> None:
    write("nets/a.yaml")
    os.mkfifo("nets/pipe.yaml")
    found = convcli.check("nets")
    assert [one.path for one in found.verdicts] == ["nets/a.yaml"]
    assert [(one.path, one.why) for one in found.skipped] == [("nets/pipe.yaml", "no regular file")]


def test_a_huge_file_is_not_read_whole() -> None:
    write("nets/a.yaml")
    with Path(write("nets/huge.yaml", "a: 1\n")).open("r+b") as file:
        file.truncate(50 * 2**30)
    with Path(write("nets/large.yaml")).open("a") as file:
        file.write("#" * 1000)
    found = convcli.check("nets", max_size=500)
    assert [(one.path, one.why) for one in found.skipped] == [
        ("nets/huge.yaml", "no `layers` in its first 500 bytes, which is the limit")
    ]
    assert {one.path: [each.code for each in one.findings] for one in found.verdicts} == {
        "nets/a.yaml": [], "nets/large.yaml": ["CV109"],
    }  # fmt: skip


def test_a_link_that_leads_to_itself_is_said() -> None:
    write("nets/a.yaml")
    Path("nets/loop.yaml").symlink_to("loop.yaml")
    write("convcli.toml", 'exclude = ["nets/old"]\n[[files]]\npath = "nets/*"\n')
    assert status("nets") == {"nets/a.yaml": "good", "nets/loop.yaml": "broken"}
    assert run("nets/loop.yaml", "nets/a.yaml")[0] == 2


def test_a_file_is_judged_once_however_it_is_spelled() -> None:
    write("nets/a.yaml")
    Path("link.yaml").symlink_to("nets/a.yaml")
    same = ["nets/a.yaml", str(Path.cwd() / "nets/a.yaml"), "./nets/../nets/a.yaml", "link.yaml", "."]
    assert status(*same) == {"nets/a.yaml": "good"}
    write("nets/blocks.yaml", "blocks: {}\n")
    found = convcli.check("nets", "./nets", "nets/blocks.yaml")
    assert ([one.path for one in found.verdicts], found.skipped) == (["nets/a.yaml", "nets/blocks.yaml"], ())
    found = convcli.check("nets", "./nets/../nets/blocks.yaml", skip_others=True)
    assert [one.named for one in found.skipped] == [True]


def forbid(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Take the permission to look at what is called so; whoever runs the tests may be allowed everything."""
    real_stat, real_scandir, real_open = Path.stat, os.scandir, Path.open

    def guarded(real: Any) -> Any:
        def call(path: Any, *arguments: Any, **options: Any) -> Any:
            if name in Path(path).parts:
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *arguments, **options)

        return call

    monkeypatch.setattr(Path, "stat", guarded(real_stat))
    monkeypatch.setattr(os, "scandir", guarded(real_scandir))
    monkeypatch.setattr(Path, "open", guarded(real_open))


def test_what_may_not_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    write("nets/a.yaml")
    write("nets/secret/b.yaml")
    forbid(monkeypatch, "secret")
    code, out, err = run("nets/a.yaml", "nets/secret/b.yaml")
    assert (code, "1 good" in out) == (2, True)
    assert "error[CV001]: nets/secret/b.yaml cannot be read: Permission denied" in err
    code, out, err = run("nets")
    assert (code, "1 good" in out) == (2, True)
    assert "error[CV001]: the folder nets/secret cannot be read: Permission denied" in err


@pytest.mark.parametrize("name", ["pyproject.toml", "convcli.toml"])
def test_a_configuration_that_may_not_be_read_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write("net.yaml")
    write(name, "[tool.convcli]\n" if name == "pyproject.toml" else "")
    forbid(monkeypatch, name)
    code, _, err = run("net.yaml")
    assert (code, f"error[CV001]: {name} cannot be read: Permission denied" in err) == (2, True)


def test_a_working_folder_that_is_gone_is_said() -> None:
    net, configuration = (
        str(Path(write(name, text)).resolve()) for name, text in (("n.yaml", GOOD), ("convcli.toml", ""))
    )
    script = (
        "import os, shutil, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')\n"
        "from convcli.cli.group import app; app()"
    )
    for more in ([], ["--config", configuration]):
        done = subprocess.run(
            [sys.executable, "-c", script, "check", net, *more], capture_output=True, text=True, check=False
        )
        assert (done.returncode, "error[CV001]: the folder that this was started in is no more" in done.stderr) == (
            2,
            True,
        )


@pytest.mark.parametrize("pattern", [".", "./"])
def test_a_dot_in_the_configuration_is_all_below_its_folder(pattern: str) -> None:
    write("convcli.toml", f'[[files]]\npath = "{pattern}"\ncheck = {{params = {PARAMS - 1}}}\n')
    write("net.yaml")
    write("nets/a.yaml")
    assert status(".") == {"net.yaml": "over", "nets/a.yaml": "over"}


# ---- in Python


def test_a_verdict_is_true_where_all_is_well_and_prints_what_the_command_prints() -> None:
    write("good.yaml")
    write("broken.yaml", BROKEN)
    found = convcli.check(".")
    assert not found
    assert [bool(verdict) for verdict in found.verdicts] == [False, True]
    assert f"{found}\n" == run(".")[1]
    assert str(found.verdicts[0]).endswith("1 network checked: 1 broken")
    assert found.to_dict() == json.loads(run(".", "--format", "json")[1])
    assert "error[CV001]: there is no file and no folder nowhere" in str(convcli.check("nowhere"))


# ---- budgets, from the most general to the most special


def test_a_later_place_replaces_an_earlier_one_for_the_same_metric() -> None:
    variants = "variants: {big: {c: 8, check: {params: 224}}, other: {c: 5}}\nvars: {c: 4}\n"
    file = GOOD.replace("4, 3", "c, 3") + variants + f"check: {{params: {PARAMS}, layers: 1}}\n"
    write("net.yaml", file)
    assert status("net.yaml") == {"net.yaml": "good", "net.yaml (big)": "good", "net.yaml (other)": "over"}
    write("convcli.toml", "[check]\nparams = 5\nbuffers = 1\n")
    assert status("net.yaml", variants=["big"]) == {"net.yaml (big)": "over"}
    write("convcli.toml", "[check]\nparams = 5\nbuffers = 0\n")
    assert status("net.yaml", variants=["big"]) == {"net.yaml (big)": "good"}
    assert status("net.yaml", variants=["big"], budgets={"params": 3}) == {"net.yaml (big)": "over"}


def test_a_variant_that_does_not_exist_is_broken() -> None:
    write("net.yaml")
    assert status("net.yaml", variants=["huge"]) == {"net.yaml (huge)": "broken"}


def test_a_broken_budget_points_at_its_own_line() -> None:
    write("net.yaml", GOOD + "check:\n  layers: 1\n  params: {max: 100}\n")
    (found,) = convcli.check("net.yaml").verdicts[0].findings
    assert found.span is not None
    assert (found.span.source.name, found.span.line, found.span.column) == ("net.yaml", 6, 3)
    assert found.message == "params: 112 is 12 (12 %) over 100"


def test_a_budget_of_the_configuration_names_the_file_that_breaks_it() -> None:
    write("net.yaml")
    write("convcli.toml", "[check]\nparams = 100\n")
    (found,) = convcli.check("net.yaml").verdicts[0].findings
    assert found.message == "net.yaml: params: 112 is 12 (12 %) more than 100"
    assert found.span is not None
    assert (found.span.source.name, found.span.line) == ("convcli.toml", 2)


def test_the_divisor_is_that_of_solve_size() -> None:
    write("net.yaml", (BUNDLED / "unet.yaml").read_text("utf-8").partition("\ncheck:")[0] + "\n")
    assert status("net.yaml", budgets={"divisible_by": 16})["net.yaml"] == "good"
    assert status("net.yaml", budgets={"divisible_by": {"max": 8}})["net.yaml"] == "over"


def test_every_bundled_file_keeps_its_promises() -> None:
    found = convcli.check(BUNDLED, jobs=2)
    assert [verdict.title() for verdict in found.verdicts if verdict.status not in ("good", "warned")] == []
    assert len(found.verdicts) > 100
    assert all(one.good for verdict in found.verdicts for one in verdict.judgements)


# ---- the configuration

TOML = """\
[tool.other]
check = 3

[tool.convcli]
input = "3x16x16"
exclude = ["old"]

[tool.convcli.check]
params = "<= 200"

[[tool.convcli.files]]
path = ["nets/*.yaml", "more"]
batch = 2
check = { macs = "<= 1M", "conv" = { params = 112 } }
rules = { gridding = "off" }
"""


def test_a_configuration_holds_for_the_files_that_its_patterns_name() -> None:
    write("pyproject.toml", TOML)
    write("nets/a.yaml", "layers:\n  - conv: Conv2d(3, 4, 3)\n")
    write("more/deep/b.yaml")
    write("c.yaml")
    write("old/d.yaml", BROKEN)
    found = {verdict.path: verdict for verdict in convcli.check(".").verdicts}
    assert sorted(found) == ["c.yaml", "more/deep/b.yaml", "nets/a.yaml"]
    assert [one.budget.name() for one in found["nets/a.yaml"].judgements] == ["params", "macs", "conv: params"]
    assert [one.budget.name() for one in found["c.yaml"].judgements] == ["params"]
    assert found["nets/a.yaml"].inputs[0].shape == (2, 3, 16, 16)
    assert found["more/deep/b.yaml"].inputs[0].shape == (2, 3, 8, 8)


def test_the_nearest_configuration_counts_up_to_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    write("convcli.toml", "[check]\nparams = 1\n")
    write("inner/net.yaml")
    monkeypatch.chdir("inner")
    assert status("net.yaml") == {"net.yaml": "over"}
    write("pyproject.toml", "[tool.convcli.check]\nparams = 112\n")
    assert status("net.yaml") == {"net.yaml": "good"}
    write("pyproject.toml", "[project]\nname = 'x'\n")
    assert status("net.yaml") == {"net.yaml": "over"}
    Path(".git").mkdir()
    assert status("net.yaml") == {"net.yaml": "good"}


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ('[check]\nparms = "<= 3"\n', "CV410", 2, 1),
        ('[check]\nparams = "<= 12 Mb"\n', "CV411", 2, 10),
        ('[check]\nparams = {max = 3, level = "fatal"}\n', "CV413", 2, 10),
        ("chek = {params = 3}\n", "CV412", 1, 1),
        ('[rules]\ngriding = "off"\n', "CV415", 2, 1),
        ('[rules]\ngridding = "loud"\n', "CV413", 2, 12),
        ('[[files]]\npath = "nowhere/*.yaml"\n', "CV416", 2, 8),
        ('[[files]]\npath = "../*.yaml"\n', "CV416", 2, 8),
        ("[[files]]\ncheck = {params = 3}\n", "CV412", 1, 1),
        ("batch = 0\n", "CV412", 1, 9),
        ('batch = "' + "9" * 5000 + '"\n', "CV412", 1, 9),
        ('dtype = "foo"\n', "CV412", 1, 9),
        ('optimizer = "lion"\n', "CV412", 1, 13),
        ("input = [3, [1], 32]\n", "CV412", 1, 9),
        ("input = []\n", "CV412", 1, 9),
        ('files = ["a.yaml"]\n', "CV412", 1, 9),
        ("[files]\npath = 3\n", "CV412", 1, 1),
        ('[check]\nlayers = 1\n[check."c[12]"]\nparms = 2\n', "CV410", 4, 1),
        ('amp = "yes"\n', "CV412", 1, 7),
        ("check = 3\n", "CV412", 1, 9),
        ("a = [1,\n", "CV414", 1, 8),
        ("a = 1\na = 2\n", "CV414", 2, 6),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_2_with_its_place(text: str, code: str, line: int, column: int) -> None:
    write("net.yaml")
    write("convcli.toml", text)
    exit_code, _, err = run("net.yaml")
    assert exit_code == 2
    assert f"error[{code}]" in err
    assert f"--> convcli.toml:{line}:{column}\n" in err


@pytest.mark.parametrize("text", [
    "[check]\nparams = " + "9" * 5000, "[check]\nparams = 0x" + "f" * 5000, ".".join("a" * 3000) + " = 1",
    "[" + ".".join("a" * 3000) + "]",
])  # fmt: skip
def test_hostile_toml_is_a_wrong_question(text: str) -> None:
    write("net.yaml")
    write("convcli.toml", f"{text}\n")
    exit_code, _, err = run("net.yaml")
    assert (exit_code, "error[CV41" in err) == (2, True)


@pytest.mark.parametrize("text", [
    '[tool]\nconvcli.check.params = "<= 1"\n', '[tool]\nconvcli = {check = {params = "<= 1"}}\n',
    '[ tool . convcli . check ]\nparams = "<= 1"\n', '[tool."convcli".check]\nparams = "<= 1"\n',
    'tool.convcli.check.params = "<= 1"\n',
])  # fmt: skip
def test_a_pyproject_may_spell_its_tables_in_any_way(text: str) -> None:
    write("net.yaml")
    write("pyproject.toml", text)
    assert status("net.yaml") == {"net.yaml": "over"}


def test_a_pyproject_that_only_names_us_is_no_configuration_and_a_wrong_one_is_said() -> None:
    write("net.yaml")
    write("pyproject.toml", '[project]\ndependencies = ["convcli"]  # tool.convcli\n')
    assert status("net.yaml") == {"net.yaml": "good"}
    write("pyproject.toml", "[tool]\nconvcli = 5\n")
    assert run("net.yaml")[0] == 2
    write("pyproject.toml", "[[tool.convcli]]\n")
    assert run("net.yaml")[0] == 2


def test_a_type_that_there_is_not_is_a_wrong_question() -> None:
    write("net.yaml")
    assert run("net.yaml", "--dtype", "foo")[0] == 2


def test_all_mistakes_of_a_configuration_are_said_at_once() -> None:
    write("net.yaml")
    write("convcli.toml", 'chek = 1\n[check]\nparms = 3\nmacs = "12 Mb"\n[rules]\ngriding = "off"\n')
    with pytest.raises(ConvcliError) as wrong:
        convcli.check("net.yaml")
    assert [found.code for found in wrong.value.diagnostics] == ["CV412", "CV410", "CV411", "CV415"]


# ---- what is printed


def test_json_has_everything_and_is_there_after_an_error_too() -> None:
    write("net.yaml", GOOD + "check: {params: 100, layers: 1}\n")
    code, out, _ = run("net.yaml", "--format", "json")
    report = json.loads(out)
    assert (code, report["schema"], report["good"]) == (1, "convcli/check/1", False)
    (network,) = report["networks"]
    assert network["totals"]["params"] == 112
    assert [(one["metric"], one["value"], one["good"]) for one in network["budgets"]] == [
        ("params", 112, False), ("layers", 1, True),
    ]  # fmt: skip
    code, out, _ = run("missing.yaml", "--format", "json")
    assert (code, [found["code"] for found in json.loads(out)["findings"]]) == (2, ["CV001"])


def test_markdown_pastes_into_a_pull_request() -> None:
    write("net.yaml", GOOD + "check: {params: 100}\n")
    out = run("net.yaml", "--format", "markdown")[1]
    assert out.startswith("### 1 network checked: 1 failing\n")
    assert "| `net.yaml:4` | error\\[CV401] params: 112 is 12 (12 %) more than 100 |" in out


def test_csv_has_a_line_for_each_budget() -> None:
    write("net.yaml", GOOD + "check: {params: 100, layers: 1}\n")
    lines = run("net.yaml", "--format", "csv")[1].splitlines()
    assert lines[1:] == ["net.yaml,,over,params,100,error,112,True,False", "net.yaml,,over,layers,1,error,1,True,True"]


def test_what_variants_have_in_common_is_said_once() -> None:
    write("net.yaml", BROKEN + "variants: {a: {}, b: {}}\n")
    assert run("net.yaml")[1].count("error[CV202]") == 1


@pytest.mark.parametrize("variants", ["", "variants: {a: {}}\n"])
def test_a_network_whose_own_check_is_wrong_is_not_shown_as_good(variants: str) -> None:
    write("net.yaml", GOOD + "check: {parms: 12}\n" + variants)
    code, said = run("net.yaml")[:2]
    assert code == 2
    assert "1 good" not in said
    assert "✗ net.yaml" in said
    assert {verdict.status for verdict in convcli.check("net.yaml").verdicts} == {"broken"}


# ---- many files


def test_several_processes_give_the_same_verdict() -> None:
    for number in range(12):
        write(f"nets/{number:02}.yaml", BROKEN if number % 5 == 0 else GOOD)
    one, many = convcli.check("nets", jobs=1), convcli.check("nets", jobs=2)
    assert [(v.path, v.status) for v in one.verdicts] == [(v.path, v.status) for v in many.verdicts]
    assert run("nets", "-j", "2")[1] == run("nets", "-j", "1")[1]


def test_a_check_needs_neither_rich_nor_torch() -> None:
    write("net.yaml")
    code = (
        "import sys; sys.argv = ['convcli', 'check', 'net.yaml']\n"
        "from convcli.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'rich', 'torch', 'tomllib', 'multiprocessing', 'concurrent'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
