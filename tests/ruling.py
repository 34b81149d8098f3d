"""Rules that are off unless somebody asks for them, switched on for tests of what they say."""

import pytest

from convcli.rules import judge
from convcli.rules.catalogue import OFF, RULES, WARN

OPTIONAL = {rule.code: rule.slug for rule in RULES if rule.level == OFF}
"""Those rules."""


def switch_on(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let rules, by slug or code, warn by default: the command line has no option for that."""
    rules = tuple(rule._replace(level=WARN) if {rule.code, rule.slug} & {*names} else rule for rule in RULES)
    monkeypatch.setattr(judge, "RULES", rules)
