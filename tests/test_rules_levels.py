"""Levels of rules: what is off is not looked at, and an error of a rule is no mistake of the file."""

import pytest
from reading import attempt, net
from test_rules import DOUBLE

import convcli
from convcli.asking import report_of, whole
from convcli.diagnostics import ConvcliError
from convcli.readers.bundled import bundled_names
from convcli.readers.text import read_layers
from convcli.report import Report
from convcli.rules import catalogue, judge, repeated_activation
from convcli.rules.catalogue import RULES

REPEATED = "CV308"
OFF_BY_DEFAULT = {"strided-1x1", "tensor-cores", "unproductive-layer"}
ALL = {rule.code: "warn" for rule in RULES}


def judged(**levels: str) -> Report:
    """Return the report of an activation that follows itself."""
    return report_of(read_layers([DOUBLE]), sizes={"": (3, 32, 32)}, warnings=True, levels=levels)


def test_these_rules_are_off_unless_somebody_asks() -> None:
    assert {rule.slug for rule in RULES if rule.level == "off"} == OFF_BY_DEFAULT
    assert {rule.level for rule in RULES} == {"warn", "off"}


@pytest.mark.parametrize(("level", "said"), [("error", ["error"]), ("warn", ["warning"]), ("off", [])])
def test_a_finding_has_the_level_of_its_rule(level: str, said: list[str]) -> None:
    assert [one.level for one in judged(CV308=level).findings] == said


def test_levels_of_other_rules_change_nothing() -> None:
    assert [one.level for one in judged(CV301="error", CV304="off").findings] == ["warning"]


def test_a_rule_that_is_off_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeated_activation, "find", lambda _: pytest.fail("nobody asked"))
    when = {rule.code: rule._replace(when=lambda *_: pytest.fail("nobody asked")) for rule in RULES}
    monkeypatch.setattr(judge, "RULES", tuple(when[r.code] if r.code == REPEATED else r for r in RULES))
    assert judged(CV308="off").findings == ()


def test_an_error_of_a_rule_is_no_mistake_of_the_file() -> None:
    report = judged(CV308="error")
    assert report.failed is None
    assert report.totals.unknown == ()
    assert len(report.layers) == 3
    assert [one.name for one in report.outputs] == ["2"]
    assert whole(report) is report


def test_a_mistake_of_the_file_still_raises_and_is_all_that_is_raised() -> None:
    report = attempt(net("ReLU()", "ReLU()", "Conv2d(9, 8, 3)"), warnings=True, levels={REPEATED: "error"})
    assert report.failed is not None
    with pytest.raises(ConvcliError) as raised:
        whole(report)
    assert [one.code for one in raised.value.diagnostics] == ["CV202"]


@pytest.mark.parametrize("name", bundled_names())
def test_every_rule_can_look_at_every_bundled_network(name: str) -> None:
    """With all rules on, networks are judged to their end, and nothing is found twice at one place."""
    from convcli.asking import read_model

    network, variant = read_model(name)
    findings = report_of(network, variant=variant, warnings=True, levels=ALL).findings
    places = [(one.code, one.span, one.message) for one in findings]
    assert len(places) == len(set(places))
    assert {one.code for one in convcli.profile(name).findings} <= {one.code for one in findings}


def test_a_new_rule_would_have_to_be_listed_in_order() -> None:
    assert catalogue.RULES[-1].slug == "wrong-ignore", "it looks at what the others have left unused"
