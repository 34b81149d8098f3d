"""The lock, and the first budgets: what is written, and what is seen afterwards."""

import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import convcli
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError

runner = CliRunner()

NET = """\
input: [3, 16, 16]
vars: {width: 8}
layers:
  - conv: Conv2d(3, width, 3)
  - relu: ReLU()
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a repository of our own with a network in it."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NET, encoding="utf-8")
    return tmp_path


def edit(old: str, new: str, name: str = "net.yaml") -> None:
    text = Path(name).read_text("utf-8")
    assert old in text
    Path(name).write_text(text.replace(old, new), "utf-8")


def found(*paths: str) -> list[str]:
    return [one.code for verdict in convcli.check(*paths, locked=True).verdicts for one in verdict.findings]


# ---- the lock


def test_a_lock_is_sorted_and_has_a_number_a_line() -> None:
    Path("a.yaml").write_text(NET.replace("8}", "4}"), "utf-8")
    update = convcli.lock(".")
    assert (update.path, update.networks, update.added) == ("convcli.lock", 2, ("a.yaml", "net.yaml"))
    lines = Path("convcli.lock").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("[")] == ['["a.yaml"]', '["net.yaml"]']
    assert "params = 224" in lines
    assert 'outputs = "1x8x14x14"' in lines
    before = Path("convcli.lock").read_bytes()
    convcli.lock(".")
    assert Path("convcli.lock").read_bytes() == before


def test_what_is_locked_passes_and_a_changed_kernel_is_caught() -> None:
    convcli.lock("net.yaml")
    assert found("net.yaml") == []
    edit("width, 3)", "width, 5)")
    (verdict,) = convcli.check("net.yaml", locked=True).verdicts
    (moved,) = verdict.findings
    assert (verdict.status, moved.code) == ("over", "CV404")
    assert "params 224 -> 608" in [one.text for one in moved.related]
    assert moved.span is not None
    assert moved.span.text() == '["net.yaml"]'
    assert convcli.lock("net.yaml").moved == ("net.yaml",)
    assert found("net.yaml") == []


def test_a_rename_that_changes_no_number_passes() -> None:
    convcli.lock("net.yaml")
    edit("width", "planes")
    edit("conv:", "stem:")
    assert found("net.yaml") == []


def test_without_locked_the_lock_does_not_count() -> None:
    convcli.lock("net.yaml")
    edit("width, 3)", "width, 5)")
    assert convcli.check("net.yaml").good


def test_a_new_file_is_missed_and_a_file_that_is_gone_too() -> None:
    convcli.lock("net.yaml")
    Path("net.yaml").rename("other.yaml")
    assert sorted(found(".")) == ["CV405", "CV406"]
    assert found("other.yaml") == ["CV405"]
    update = convcli.lock(".")
    assert (update.added, update.removed) == (("other.yaml",), ("net.yaml",))
    assert found(".") == []


def test_a_variant_has_an_entry_of_its_own() -> None:
    edit("layers:", "variants: {wide: {width: 16}}\nlayers:")
    assert convcli.lock("net.yaml").added == ("net.yaml", "net.yaml#wide")
    edit("wide: {width: 16}", "wide: {width: 16}, huge: {width: 32}")
    assert found("net.yaml") == ["CV405"]
    edit("wide: {width: 16}, ", "")
    assert sorted(found("net.yaml")) == ["CV405", "CV406"]


def test_entries_of_other_files_stay() -> None:
    Path("sub").mkdir()
    Path("sub/a.yaml").write_text(NET, "utf-8")
    convcli.lock(".")
    edit("width, 3)", "width, 5)")
    assert convcli.lock("sub").moved == ()
    assert found("sub") == []
    assert found("net.yaml") == ["CV404"]


def test_a_broken_file_is_not_locked_and_nothing_is_written() -> None:
    Path("broken.yaml").write_text(NET.replace("Conv2d(3", "Conv2d(4"), "utf-8")
    with pytest.raises(ConvcliError) as broken:
        convcli.lock(".")
    assert [one.code for one in broken.value.diagnostics] == ["CV202"]
    assert sorted(path.name for path in Path().iterdir()) == [".git", "broken.yaml", "net.yaml"]
    assert runner.invoke(app, ["lock", "."]).exit_code == 2


def test_what_is_not_known_is_locked_as_a_bound() -> None:
    Path("net.yaml").write_text(
        "input: [3, 8, 8]\nlayers:\n  - LPPool2d(2, 2)\n  - FractionalMaxPool2d(2, output_size=2)\n"
    )
    convcli.lock("net.yaml")
    assert found("net.yaml") == []


@pytest.mark.parametrize("text", ["params = 3\n", '["net.yaml"]\n', '["net.yaml"]\nparams = [3]\n', "<<<<<<< HEAD\n"])
def test_a_file_that_is_no_lock_is_a_wrong_question_and_is_kept(text: str) -> None:
    Path("convcli.lock").write_text(text, "utf-8")
    assert runner.invoke(app, ["check", "net.yaml", "--locked"]).exit_code == 2
    assert runner.invoke(app, ["lock", "net.yaml"]).exit_code == 2
    assert Path("convcli.lock").read_text("utf-8") == text


def test_the_lock_stands_beside_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("convcli.toml").write_text("", "utf-8")
    Path("sub").mkdir()
    Path("sub/a b.yaml").write_text(NET, "utf-8")
    monkeypatch.chdir("sub")
    convcli.lock("a b.yaml")
    assert '["sub/a b.yaml"]' in Path("../convcli.lock").read_text("utf-8")
    assert found("a b.yaml") == []


def lost(*paths: str, **options: Any) -> list[tuple[str, str | None]]:
    verdicts = convcli.check(*paths, locked=True, **options).verdicts
    return [(one.path, one.variant) for one in verdicts if "CV406" in [each.code for each in one.findings]]


def test_only_what_is_judged_is_held_against_the_lock() -> None:
    edit("layers:", "variants: {wide: {width: 16}, huge: {width: 32}}\nlayers:")
    Path("old.yaml").write_text(Path("net.yaml").read_text("utf-8"), "utf-8")
    convcli.lock(".")
    assert convcli.check("net.yaml", locked=True, variants=["wide"]).good
    Path("old.yaml").unlink()
    assert lost(".", variants=["wide"]) == [("old.yaml", "wide")]
    assert lost(".") == [("old.yaml", None), ("old.yaml", "huge"), ("old.yaml", "wide")]
    edit(", huge: {width: 32}", "")
    assert lost("net.yaml") == [("net.yaml", "huge")]
    edit("vars:", "vars")
    assert lost("net.yaml") == []
    assert not convcli.check("net.yaml", locked=True).good


def test_a_sign_between_file_and_variant_may_be_in_either() -> None:
    text = Path("net.yaml").read_text("utf-8").replace("layers:", "variants: {wide: {width: 16}}\nlayers:")
    Path("a#b.yaml").write_text(text, "utf-8")
    convcli.lock(".")
    Path("a#b.yaml").write_text(NET, "utf-8")
    assert lost("a#b.yaml") == [("a#b.yaml", "wide")]
    Path("a#b.yaml").unlink()
    assert lost(".") == [("a#b.yaml", None), ("a#b.yaml", "wide")]
    assert convcli.lock(".").removed == ("a#b.yaml", "a#b.yaml#wide")


def test_entries_outside_of_a_folder_are_none_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("sub/deep").mkdir(parents=True)
    for name in ("sub/convcli.toml", "sub/in.yaml", "sub/deep/in.yaml"):
        Path(name).write_text(NET if name.endswith("yaml") else "", "utf-8")
    monkeypatch.chdir("sub")
    convcli.lock(".", "../net.yaml")
    assert lost(".") == []
    assert convcli.lock(".").removed == ()
    Path("../net.yaml").unlink()
    assert (lost("."), lost("..")) == ([], [("../net.yaml", None)])
    monkeypatch.chdir("deep")
    assert lost(".") == []
    Path("in.yaml").rename("other.yaml")
    assert lost(".") == [("in.yaml", None)]


@pytest.mark.parametrize("option", [{"input": (3, 8, 8)}, {"batch": 2}, {"dtype": "float16"}])
def test_what_changes_all_numbers_cannot_be_held_against_the_lock(option: dict[str, Any]) -> None:
    convcli.lock("net.yaml")
    (name,) = option
    with pytest.raises(ConvcliError, match=f"the lock has the numbers without `--{name}`"):
        convcli.check("net.yaml", locked=True, **option)
    assert runner.invoke(app, ["check", "net.yaml", "--locked", "--batch", "2"]).exit_code == 2
    Path("convcli.toml").write_text("batch = 2\n", "utf-8")
    convcli.lock("net.yaml")
    assert found("net.yaml") == []


def test_a_name_that_is_no_text_is_refused_and_nothing_is_written() -> None:
    odd = os.fsdecode(b"b\xff.yaml")
    Path(odd).write_text(NET, "utf-8")
    done = runner.invoke(app, ["lock", "."])
    assert (done.exit_code, "the name of b\\udcff.yaml is no UTF-8" in done.stderr) == (2, True)
    assert sorted(path.name for path in Path().iterdir()) == sorted([".git", odd, "net.yaml"])


@pytest.mark.parametrize("text", ["params = 3\n", "<<<<<<< HEAD\n"])
def test_a_file_that_is_no_lock_is_to_be_deleted_first(text: str) -> None:
    Path("convcli.lock").write_text(text, "utf-8")
    for arguments in (["check", "net.yaml", "--locked"], ["lock", "net.yaml"]):
        assert "delete convcli.lock, then `convcli lock`" in runner.invoke(app, arguments).stderr
    Path("convcli.lock").unlink()
    assert convcli.lock("net.yaml").added == ("net.yaml",)


# ---- the first budgets


def test_budgets_are_written_behind_what_is_there_and_hold() -> None:
    (written,) = convcli.check_init("net.yaml", slack="10%")
    text = Path("net.yaml").read_text("utf-8")
    assert text.startswith(NET)
    assert written.budgets == (
        "output: [8, 14, 14]", "params: {max: 247}", "macs: {max: 46.6k}", "memory.inference: {max: 16.8 KiB}",
    )  # fmt: skip
    assert convcli.check("net.yaml").good
    edit("width: 8", "width: 9")
    assert not convcli.check("net.yaml").good


def test_a_file_that_has_budgets_or_is_broken_is_left_alone() -> None:
    Path("has.yaml").write_text(NET + "check: {}\n", "utf-8")
    Path("broken.yaml").write_text(NET.replace("Conv2d(3", "Conv2d(4"), "utf-8")
    Path("flow.yaml").write_text("{input: [3, 8, 8], layers: [ReLU()]}\n", "utf-8")
    before = {path.name: path.read_bytes() for path in Path().glob("*.yaml")}
    written = {one.path: one.why for one in convcli.check_init(".")}
    assert written == {
        "broken.yaml": "it does not resolve", "flow.yaml": "nothing can be added at its end",
        "has.yaml": "it has a `check:`", "net.yaml": "",
    }  # fmt: skip
    after = {path.name: path.read_bytes() for path in Path().glob("*.yaml")}
    assert [name for name in before if before[name] != after[name]] == ["net.yaml"]


def test_the_variants_of_a_file_keep_its_budgets() -> None:
    edit("layers:", "variants: {wide: {width: 16}}\nlayers:")
    convcli.check_init("net.yaml")
    assert [verdict.status for verdict in convcli.check("net.yaml").verdicts] == ["good", "good"]


def test_a_slack_that_is_none_is_a_wrong_question() -> None:
    assert runner.invoke(app, ["check", "net.yaml", "--init", "--slack", "much"]).exit_code == 2
    assert Path("net.yaml").read_text("utf-8") == NET


def test_the_mode_of_a_file_stays() -> None:
    Path("net.yaml").chmod(0o640)
    convcli.check_init("net.yaml")
    assert Path("net.yaml").stat().st_mode & 0o777 == 0o640


# ---- writing in place


def test_a_link_stays_and_what_it_leads_to_is_written() -> None:
    Path("sub").mkdir()
    Path("net.yaml").rename("sub/real.yaml")
    Path("net.yaml").symlink_to("sub/real.yaml")
    convcli.check_init("net.yaml")
    assert Path("net.yaml").is_symlink()
    assert "check:" in Path("sub/real.yaml").read_text("utf-8")
    assert sorted(path.name for path in Path("sub").iterdir()) == ["real.yaml"]


def test_the_owner_of_a_file_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    monkeypatch.setattr(os, "chown", lambda _, *owner: given.append(owner))
    convcli.check_init("net.yaml")
    there = Path("net.yaml").stat()
    assert given == [(there.st_uid, there.st_gid)]


@pytest.mark.parametrize("arguments", [["lock", "net.yaml"], ["check", "net.yaml", "--init"]])
def test_what_is_read_only_is_not_replaced(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    convcli.lock("net.yaml")
    edit("width: 8", "width: 9")
    before = {path.name: path.read_bytes() for path in Path().glob("*.*") if path.is_file()}
    monkeypatch.setattr(os, "access", lambda *_: False)
    done = runner.invoke(app, arguments)
    assert (done.exit_code, "cannot be written: it is read-only" in done.stderr) == (2, True)
    assert before == {path.name: path.read_bytes() for path in Path().glob("*.*") if path.is_file()}


@pytest.mark.parametrize("ends", ["", "\n", "\n\n\n\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_is_there_stays_to_the_byte(mark: str, end: str, ends: str) -> None:
    before = (mark + (NET.rstrip("\n") + ends).replace("\n", end)).encode()
    Path("net.yaml").write_bytes(before)
    assert convcli.check_init("net.yaml")[0].budgets
    after = Path("net.yaml").read_bytes()
    added = after.removeprefix(before).decode()
    assert after.startswith(before)
    assert added.replace(end, "") == "".join(added.splitlines())
    assert f"{end}{end}check:" in after.decode()
    assert convcli.check("net.yaml").verdicts[0].judgements


def test_the_limit_of_a_file_holds_for_its_budgets_too() -> None:
    Path("net.yaml").write_text(NET + "#" * (2 * 2**20), "utf-8")
    assert convcli.check_init("net.yaml")[0].why == "it does not resolve"
    assert convcli.check_init("net.yaml", max_size=2**22)[0].budgets


def test_no_budget_is_written_where_one_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("other.yaml").write_text(NET, "utf-8")
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "other.yaml")
    with pytest.raises(ConvcliError, match=r"other\.yaml cannot be written"):
        convcli.check_init(".")
    assert Path("net.yaml").read_text("utf-8") == NET
