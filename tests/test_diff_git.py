"""`REV:path`: networks out of a repository with real commits."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

import convcli
from convcli.cli.completion import revision
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError
from convcli.readers.sides import split_revision

runner = CliRunner()

LAYERS = ["Conv2d(3, 16, 3, padding=1)", "BatchNorm2d(16)", "ReLU()", "Conv2d(16, 16, 3, padding=1)", "ReLU()"]


def text(*layers: str, head: str = "") -> str:
    return f"input: [3, 32, 32]\n{head}layers:\n" + "".join(f"  - {layer}\n" for layer in layers)


def git(*arguments: str) -> str:
    plain = {"PATH": os.environ["PATH"], "HOME": str(Path.cwd()), "GIT_CONFIG_NOSYSTEM": "1"}
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *who, *arguments], env=plain, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(files: dict[str, str], message: str = "a change") -> None:
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content, encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", message)


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch):
    """Be in a repository with one commit of one network."""
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    git("init", "-q")
    commit({"configs/net.yaml": text(*LAYERS)})
    return tmp_path


def said(*arguments: str, code: int = 0) -> str:
    result = runner.invoke(app, ["diff", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def refused(*arguments: str) -> str:
    result = runner.invoke(app, ["diff", *arguments])
    assert result.exit_code == 2
    return result.stderr


def test_a_layer_inserted_at_the_top_is_one_added_layer_and_the_changed_totals() -> None:
    commit({"configs/net.yaml": text("Conv2d(3, 3, 3, padding=1)", *LAYERS)})
    head, layers, totals = said("HEAD~1:configs/net.yaml", "HEAD:configs/net.yaml", "--exit-code", code=1).split("\n\n")
    assert head.splitlines() == [
        "HEAD~1:configs/net.yaml -> HEAD:configs/net.yaml",
        "1 layer added: parameters +84 (+3.0 %), MACs +82.9 k (+3.0 %)",
    ]
    assert [line.split() for line in layers.splitlines()[1:]] == [
        ["added", "0", "Conv2d(3,", "3,", "3,", "padding=1)", "1x3x32x32", "+84", "+82,944"]
    ]
    labels = [line.split("  ")[0] for line in totals.splitlines()]
    assert labels[:2] == ["total", "layers"]
    assert {"parameters", "MACs", "receptive field"} <= set(labels)
    assert "output" not in labels


def test_a_working_file_is_compared_with_a_commit() -> None:
    Path("configs/net.yaml").write_text(text(*LAYERS, "Tanh()"))
    found = convcli.diff("HEAD:configs/net.yaml", "configs/net.yaml")
    assert ["added"] == [layer.change for layer in found.layers]


def test_a_branch_and_a_tag_are_revisions() -> None:
    git("tag", "-a", "v1", "-m", "first")
    commit({"configs/net.yaml": text(*LAYERS, "Tanh()")})
    assert convcli.diff("v1:configs/net.yaml", "main:configs/net.yaml").status == "changed"


def test_a_file_that_the_base_lacks_is_new() -> None:
    commit({"configs/other.yaml": text(*LAYERS)})
    found = convcli.diff("HEAD~1:configs/other.yaml", "configs/other.yaml")
    assert ("new", {"added"}, 5) == (found.status, {layer.change for layer in found.layers}, len(found.layers))
    assert said("HEAD~1:configs/other.yaml", "configs/other.yaml").splitlines()[1].startswith("new: 5 layers, ")


def test_new_totals_have_no_before() -> None:
    commit({"configs/b.yaml": text(*LAYERS)})
    document = json.loads(said("HEAD~1:configs/b.yaml", "HEAD:configs/b.yaml", "--format", "json"))
    total = document["totals"]["params"]
    assert (total["before"], total["after"], total["difference"]) == (None, 2800, None)


@pytest.mark.parametrize("after", ["HEAD:configs/net.yaml", "configs/net.yaml"])
def test_a_file_that_is_gone_is_removed(after: str) -> None:
    git("rm", "-q", "configs/net.yaml")
    git("commit", "-qm", "gone")
    assert convcli.diff("HEAD~1:configs/net.yaml", after).status == "removed"


def test_another_file_that_is_gone_is_a_mistake() -> None:
    assert "error[CV001]" in refused("HEAD:configs/net.yaml", "configs/nat.yaml")


def test_a_file_that_neither_has_is_a_mistake() -> None:
    assert "there is neither HEAD:no.yaml nor HEAD:no.yaml" in refused("HEAD:no.yaml", "HEAD:no.yaml")


@pytest.mark.parametrize("other", ["resnet18", "configs/net.yaml", "HEAD:configs/net.yaml"])
def test_a_mistyped_path_is_said_to_be_what_is_wrong(other: str) -> None:
    message = refused("HEAD:configs/nets.yaml", other)
    assert "error[CV001]: `HEAD` is there, and has no file `configs/nets.yaml`" in message
    assert "did you mean `configs/net.yaml`?" in message
    assert "`git ls-tree --name-only HEAD configs`" in refused("HEAD:configs/resnet.yaml", "resnet18")


def test_a_mistyped_revision_is_said_to_be_what_is_wrong() -> None:
    message = refused("haed:configs/net.yaml", "configs/net.yaml")
    assert "error[CV030]: git knows no revision `haed`" in message
    assert "`git fetch --all`" in message
    assert "shallow" not in message


def test_a_shallow_clone_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit({"configs/net.yaml": text(*LAYERS, "Tanh()")})
    git("clone", "-q", "--depth=1", f"file://{tmp_path}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    message = refused("HEAD~1:configs/net.yaml", "configs/net.yaml").replace("\n", " ")
    assert "this clone is shallow" in message
    assert "`git fetch --unshallow`" in message
    assert "`git fetch --depth=1 origin v2`" in refused("origin/v2:configs/net.yaml", "configs/net.yaml")


def test_messages_of_git_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / ".git" / "config").write_text("[core\n")
    message = refused("HEAD:configs/net.yaml", "configs/net.yaml")
    assert "error[CV031]: git gives no answer, exit code 128" in message
    assert "bad config" not in message
    assert "says why" in message


def test_a_renamed_file_is_compared_by_both_names() -> None:
    git("mv", "configs/net.yaml", "configs/other.yaml")
    git("commit", "-qm", "renamed")
    assert said("HEAD~1:configs/net.yaml", "HEAD:configs/other.yaml", "--exit-code").splitlines()[1] == "no difference"


def test_a_revision_that_does_not_exist_is_a_mistake() -> None:
    assert "error[CV030]: git knows no revision `nowhere`" in refused("nowhere:configs/net.yaml", "configs/net.yaml")


@pytest.mark.parametrize("name", ["--output=x:net.yaml", "-p:net.yaml"])
def test_a_revision_that_looks_like_an_option_is_refused(name: str, repository: Path) -> None:
    assert "error[CV030]" in refused("--", name, "configs/net.yaml")
    assert not (repository / "x").exists()


def test_a_folder_is_no_network() -> None:
    assert "HEAD:configs is a folder, not a file" in refused("HEAD:configs", "configs/net.yaml")


def test_outside_of_a_repository_is_a_mistake(tmp_path_factory, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert "error[CV031]: there is no git repository here" in refused("HEAD:net.yaml", "resnet18")


def test_without_git_is_a_mistake(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "error[CV031]: git is not installed" in refused("HEAD:configs/net.yaml", "resnet18")


def test_a_path_begins_at_the_root_or_in_the_working_directory(monkeypatch) -> None:
    monkeypatch.chdir("configs")
    for path in ("configs/net.yaml", "net.yaml", "./net.yaml", "../configs/net.yaml"):
        assert convcli.diff(f"HEAD:{path}", "net.yaml").status == "unchanged"


def test_a_path_out_of_the_repository_is_refused() -> None:
    assert "leads out of the repository" in refused("HEAD:../net.yaml", "configs/net.yaml")


# ---- what `uses` names

USED = "blocks:\n  Body(width):\n    - Conv2d(_, width, {kernel}, padding='same')\n    - ReLU()\n"


def test_what_a_file_uses_is_read_from_its_revision() -> None:
    net = text("Body(8)", head="uses: [common/blocks.yaml]\n")
    commit({"configs/net.yaml": net, "configs/common/blocks.yaml": USED.format(kernel=3)})
    commit({"configs/common/blocks.yaml": USED.format(kernel=5)})
    Path("configs/common/blocks.yaml").write_text("this is no network file")
    found = convcli.diff("HEAD~1:configs/net.yaml", "HEAD:configs/net.yaml")
    assert [("kernel_size", (3, 3), (5, 5))] == [tuple(one) for one in found.layers[0].arguments]


def test_a_used_file_that_a_revision_lacks_is_a_mistake_at_its_name() -> None:
    commit({"configs/net.yaml": text("ReLU()", head="uses: [gone.yaml]\n")})
    message = refused("HEAD:configs/net.yaml", "resnet18")
    assert "there is no file HEAD:configs/gone.yaml" in message
    assert "--> HEAD:configs/net.yaml:2:8" in message


def test_a_used_file_above_the_repository_is_refused() -> None:
    commit({"configs/net.yaml": text("ReLU()", head="uses: [../../etc/passwd]\n")})
    assert "error[CV108]" in refused("HEAD:configs/net.yaml", "resnet18")


def test_mistakes_name_the_revision() -> None:
    commit({"configs/net.yaml": text("Conv2d(4, 8, 3)")})
    assert "--> HEAD:configs/net.yaml:3:5" in refused("HEAD:configs/net.yaml", "HEAD~1:configs/net.yaml")


# ---- what strangers commit


def test_a_large_file_is_refused_before_it_is_read() -> None:
    commit({"configs/net.yaml": text(*LAYERS) + "#" * 3 * 2**20})
    assert "error[CV109]: HEAD:configs/net.yaml has 3,1" in refused("HEAD:configs/net.yaml", "resnet18")
    said("HEAD:configs/net.yaml", "HEAD~1:configs/net.yaml", "--max-size", str(2**22))


def test_deep_nesting_is_refused() -> None:
    commit({"configs/net.yaml": "[" * 10_000})
    assert "error[CV111]" in refused("HEAD:configs/net.yaml", "resnet18")


@pytest.mark.parametrize(("data", "words"), [(b"\xff\xfe\x00", "is UTF-16"), (b"a: \xff\n", "no UTF-8")])
def test_bytes_that_are_no_text_are_refused(data: bytes, words: str) -> None:
    Path("configs/net.yaml").write_bytes(data)
    git("commit", "-qam", "bytes")
    assert words in refused("HEAD:configs/net.yaml", "resnet18")


def test_a_link_is_followed_within_the_revision_and_not_out_of_it() -> None:
    Path("link.yaml").symlink_to("configs/net.yaml")
    Path("out.yaml").symlink_to("/etc/hostname")
    commit({})
    assert convcli.diff("HEAD:link.yaml", "HEAD:configs/net.yaml").status == "unchanged"
    assert "is no file of this repository" in refused("HEAD:out.yaml", "resnet18")


def test_no_filter_no_hook_and_no_monitor_runs(repository: Path) -> None:
    (repository / "trap").write_text("#!/bin/sh\ntouch sprung\ncat\n")
    (repository / "trap").chmod(0o755)
    trap = str(repository / "trap")
    for key in ("core.fsmonitor", "filter.x.smudge", "diff.x.textconv", "core.pager", "diff.external"):
        git("config", key, trap)
    Path(".gitattributes").write_text("*.yaml filter=x diff=x\n")
    convcli.diff("HEAD:configs/net.yaml", "HEAD:configs/net.yaml")
    assert not (repository / "sprung").exists()


def test_a_name_with_a_line_end_is_refused() -> None:
    with pytest.raises(ConvcliError) as raised:
        convcli.diff("HEAD:a\nHEAD:configs/net.yaml", "resnet18")
    assert ["CV030"] == [found.code for found in raised.value.diagnostics]


def test_what_lies_beside_a_file_is_read_in_the_same_revision() -> None:
    config = json.dumps({"model_type": "mobilenet_v1", "depth_multiplier": 0.25})
    commit({"model/config.json": config, "model/preprocessor_config.json": '{"size": 64}'})
    commit({"model/preprocessor_config.json": '{"size": 96}'})
    Path("model/preprocessor_config.json").write_text('{"size": 128}')
    found = convcli.diff("HEAD~1:model/config.json", "HEAD:model/config.json")
    assert [side.inputs[0].shape for side in (found.before, found.after)] == [(1, 3, 64, 64), (1, 3, 96, 96)]


def test_what_the_revision_lacks_is_not_looked_for_on_disk() -> None:
    commit({"config.json": json.dumps({"model_type": "mobilenet_v1", "depth_multiplier": 0.25})})
    Path("preprocessor_config.json").write_text('{"size": 128}')
    assert "error[CV007]" in refused("HEAD:config.json", "config.json")


# ---- what is a revision

R = ("HEAD", "a.yaml")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HEAD:a.yaml", R), ("HEAD~1:b/a.yaml", ("HEAD~1", "b/a.yaml")),
        ("origin/main:a.yaml", ("origin/main", "a.yaml")),
        ("main@{1}:a.yaml", ("main@{1}", "a.yaml")), ("HEAD^:a (1).yaml", ("HEAD^", "a (1).yaml")),
        ("C:\\net.yaml", None), ("c:/net.yaml", None), ("x[:, 0]", None), ("Conv2d(3, 8, 3)[:, 0:1]", None),
        ("conv 8 k3 | x[:, 1]", None), ("resnet18", None), ("-", None), (":a.yaml", None), ("HEAD:", None),
        ("net.yaml", None),
    ],
)  # fmt: skip
def test_what_is_taken_for_a_revision(name: str, expected: tuple[str, str] | None) -> None:
    assert split_revision(name) == expected


def test_a_file_that_exists_is_a_file() -> None:
    Path("HEAD:net.yaml").write_text(text("Tanh()"))
    assert convcli.diff("HEAD:net.yaml", "HEAD:net.yaml").after.layers[0].op == "Tanh"


def test_files_of_a_revision_are_proposed() -> None:
    assert ["HEAD:configs/"] == revision("HEAD:")
    assert ["HEAD:configs/net.yaml"] == revision("HEAD:configs/n")
    assert [] == revision("nowhere:")
    assert "resnet18" in revision("resnet1")
