"""A check as GitLab's code quality report, which merge requests show beside the lines."""

import json
from pathlib import Path
from typing import Any

from convcli.budgets.verdict import Check
from convcli.diagnostics import ERROR
from convcli.rules.catalogue import RULES
from convcli.writers.findings import Finding, findings_of, said, wrong_of

NO_JUDGEMENT, FAILS, WARNS = "critical", "major", "minor"
"""GitLab has five severities, from `info` to `blocker`."""


def check_gitlab(check: Check, root: Path) -> str:
    """Return a check as a list of issues; GitLab compares fingerprints to tell which are new."""
    names = {rule.code: rule.slug for rule in RULES}
    issues = [_issue(one, names, FAILS if one.found.level == ERROR else WARNS) for one in findings_of(check, root)]
    issues += [_issue(one, names, NO_JUDGEMENT) for one in wrong_of(check, root)]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _issue(finding: Finding, names: dict[str, str], severity: str) -> dict[str, Any]:
    found, place = finding.found, finding.place
    return {
        "description": f"{found.code}: {said(found)}",
        "check_name": names.get(found.code, found.code),
        "fingerprint": finding.fingerprint,
        "severity": severity,
        "location": {"path": place.path, "lines": {"begin": place.line, "end": place.end_line}},
    }
