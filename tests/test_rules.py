"""Rules: what they find and what they let pass, where it shows, and how it is switched off."""

import json
import re
from pathlib import Path

import pytest
from reading import attempt, net
from typer.testing import CliRunner

import convcli
from convcli.cli.group import app
from convcli.explanations import EXPLANATIONS
from convcli.ops.catalogue import names
from convcli.rules import judge
from convcli.rules.catalogue import RULES

runner = CliRunner()
PAGE = Path(__file__).parent.parent / "docs" / "rules.md"
DOUBLE = "Conv2d(3, 8, 3) | ReLU() | ReLU()"


SLUGS = {rule.code: rule.slug for rule in RULES}


def found(*layers: str, input: str = "[3, 32, 32]", head: str = "", on: str = "") -> list[tuple[str, int]]:
    """Return slug and line of all warnings; `on` is a rule that is off by default."""
    findings = attempt(net(*layers, input=input, head=head), warnings=True, levels=warn(on)).findings
    return [(SLUGS[one.code], one.span.line if one.span else 0) for one in findings]


def said(*layers: str, input: str = "[3, 32, 32]", head: str = "", on: str = "") -> str:
    """Return what one warning says; `on` is a rule that is off by default."""
    (one,) = attempt(net(*layers, input=input, head=head), warnings=True, levels=warn(on)).findings
    return f"{one.message}; {one.label}; {one.help}"


def warn(slug: str) -> dict[str, str]:
    """Return the levels with which a rule warns."""
    return {rule.code: "warn" for rule in RULES if rule.slug == slug}


# ---- the table


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_a_rule_has_a_code_of_its_own_and_is_explained(rule) -> None:
    assert [each.title for each in EXPLANATIONS if each.code == rule.code] == [rule.title]
    assert f"docs/rules.md#{rule.slug}" in next(each.text for each in EXPLANATIONS if each.code == rule.code)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_a_rule_names_operators_that_exist(rule) -> None:
    assert rule.ops <= set(names())


def test_the_page_has_a_section_for_each_rule_in_their_order() -> None:
    titles = re.findall(r"^## (.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [title for title in titles if title in {rule.slug for rule in RULES}] == [rule.slug for rule in RULES]
    assert [rule.code for rule in RULES] == sorted({rule.code for rule in RULES})


EXAMPLES = {
    section.partition("\n")[0]: re.findall(r"^```yaml\n# (wrong|right)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    for section in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
}
"""The files that the page shows, by section."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_the_page_shows_a_file_that_trips_the_rule_and_one_that_does_not(rule) -> None:
    shown = dict(EXAMPLES[rule.slug])
    codes = {
        kind: {one.code for one in attempt(text, warnings=True, levels=warn(rule.slug)).findings}
        for kind, text in shown.items()
    }
    assert codes == {"wrong": {rule.code}, "right": set()}


# ---- where it shows


def test_a_warning_stands_behind_the_table_and_changes_no_exit_code() -> None:
    result = runner.invoke(app, ["shape", DOUBLE, "-i", "3x32x32"])
    assert result.exit_code == 0
    assert result.stderr.startswith("warning[CV308]: `2` changes nothing")
    assert "warning" not in result.stdout


def test_json_has_it_under_findings() -> None:
    result = runner.invoke(app, ["shape", DOUBLE, "-i", "3x32x32", "--format", "json"])
    (one,) = json.loads(result.stdout)["findings"]
    assert (one["code"], one["level"], one["source"]["column"]) == ("CV308", "warning", 28)


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_says_nothing_and_looks_at_nothing(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "judge", lambda *_: pytest.fail("nobody asked"))
    result = runner.invoke(app, ["shape", DOUBLE, "-i", "3x32x32", option])
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_library_has_warnings_in_its_report_unless_told_otherwise() -> None:
    assert [one.level for one in convcli.shape(DOUBLE, input="3x32x32").findings] == ["warning"]
    assert convcli.shape(DOUBLE, input="3x32x32", warnings=False).findings == ()
    assert convcli.profile("vgg11_bn", warnings=False).findings == ()


def test_a_report_with_warnings_is_whole() -> None:
    report = convcli.shape(DOUBLE, input="3x32x32")
    assert report.failed is None
    assert report.totals.unknown == ()


@pytest.mark.parametrize("command", [["rf"], ["solve", "batch", "--memory", "8GiB"]], ids=" ".join)
def test_other_questions_are_not_about_the_architecture(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "judge", lambda *_: pytest.fail("nobody asked"))
    result = runner.invoke(app, [*command, DOUBLE, "-i", "3x32x32"])
    assert (result.exit_code, result.stderr) == (0, "")


def test_after_an_error_nothing_is_said_of_the_architecture() -> None:
    findings = attempt(net("Conv2d(3, 8, 3)", "ReLU()", "ReLU()", "Conv2d(9, 8, 3)"), warnings=True).findings
    assert [one.code for one in findings] == ["CV202"]


def test_without_a_size_only_what_is_certain_is_said() -> None:
    assert found("Conv2d(3, 8, 3, stride=2)", "ReLU() | ReLU()", input=None) == [("repeated-activation", 3)]


# ---- once for each line


BLOCK = "blocks:\n  Block(planes):\n    - Conv2d(_, planes, 3, padding=1)\n    - BatchNorm2d(_)\n"


def test_a_block_that_is_built_again_and_again_gets_one_warning() -> None:
    (one,) = attempt(net("Block(8)", "Block(16) * 15", head=BLOCK), warnings=True).findings
    assert one.message.startswith("the bias of `0.0` does nothing")
    assert one.label == "8 parameters for nothing, 248 in all 16 such layers"
    assert (one.repeats, one.span.line, len(one.via)) == (15, 4, 1)


def test_of_very_many_places_the_last_are_counted() -> None:
    findings = attempt(net("Conv2d(3, 8, 1)", *["ReLU()"] * 150), warnings=True).findings
    assert len(findings) == judge.MOST_PLACES
    assert sum(1 + one.repeats for one in findings) == 149


def test_warnings_come_in_the_order_of_the_file() -> None:
    layers = "Conv2d(3, 8, 3)", "BatchNorm2d(8)", "MaxPool2d(4)", "ReLU() | ReLU()"
    assert found(*layers) == [("bias-before-norm", 3), ("dropped-pixels", 5), ("repeated-activation", 6)]


# ---- activations


@pytest.mark.parametrize(
    "layers",
    ["relu(relu(x))", "ReLU() | ReLU(inplace=True)", "ReLU() | relu(x)", "ReLU6() | ReLU6()", "abs(abs(x))"],
)
def test_an_activation_after_itself_is_found(layers: str) -> None:
    assert found("Conv2d(3, 8, 3)", layers) == [("repeated-activation", 4)]


@pytest.mark.parametrize(
    "layers",
    ["ReLU() | ReLU6()", "GELU() | GELU()", "Hardtanh(-1, 1) | Hardtanh(-2, 1)", "ReLU() | MaxPool2d(2) | ReLU()",
     "LeakyReLU() | LeakyReLU()", "ReLU() | Dropout() | ReLU()"],
)  # fmt: skip
def test_other_activations_in_a_row_are_let_pass(layers: str) -> None:
    assert found("Conv2d(3, 8, 3)", layers) == []
