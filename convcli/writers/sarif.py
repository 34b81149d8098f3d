"""A check as SARIF 2.1.0, which code scanning and editors read.

SARIF asks for what it must not be told twice: rules stand once, with their help, and each result names
its rule. What is wrong with the question is no result but a notification, and `executionSuccessful` is
false then. Columns are counted in UTF-16 units, which is what most readers of SARIF assume, said or not.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from convcli import __version__
from convcli.budgets.verdict import Check
from convcli.diagnostics import ERROR, WARNING, Diagnostic
from convcli.explanations import EXPLANATIONS, Explanation
from convcli.rules.catalogue import OFF, RULES, WARN
from convcli.writers.explanation import explanation_page
from convcli.writers.findings import HERE, Finding, Place, findings_of, others, said, wrong_of
from convcli.writers.simple_table import page_lines, page_markdown

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
"""What paths begin at: the name that code scanning gives to the repository."""

FINGERPRINT = "convcliFinding/v1"
"""Not GitHub's own `primaryLocationLineHash`, which its uploader works out, and complains of another one."""


FAILS: dict[str, Any] = {"level": ERROR}
LEVELS: dict[str, dict[str, Any]] = {WARN: {"level": WARNING}, OFF: {"enabled": False, "level": WARNING}}
"""How rules are configured by default, by their levels; none fails unless a project says so."""


def check_sarif(check: Check, root: Path, code: int) -> str:
    """Return a check as SARIF; `code` is the exit code."""
    found, wrong = findings_of(check, root), wrong_of(check, root)
    rules = list(_rules([*found, *wrong]))
    index = {rule["id"]: at for at, rule in enumerate(rules)}
    driver = {"name": "convcli", "version": __version__, "semanticVersion": __version__, "rules": rules}
    invocation = {
        "executionSuccessful": not wrong,
        "exitCode": code,
        "toolConfigurationNotifications": [_notification(one, index) for one in wrong],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [invocation],
        "results": [_result(one, index, root) for one in found],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rules(findings: Iterable[Finding]) -> Iterator[dict[str, Any]]:
    """Give the rules that were broken, in the order of their codes."""
    codes = {one.found.code for one in findings}
    rules = {rule.code: rule for rule in RULES}
    for explanation in EXPLANATIONS:
        if explanation.code in codes:
            rule = rules.get(explanation.code)
            yield _rule(explanation, rule.slug if rule else explanation.title, LEVELS[rule.level] if rule else FAILS)


def _rule(explanation: Explanation, name: str, level: dict[str, Any]) -> dict[str, Any]:
    page = explanation_page(explanation)
    text = "\n".join("".join(piece for piece, _ in line).rstrip() for line in page_lines(page, None))
    return {
        "id": explanation.code,
        "name": name,
        "shortDescription": {"text": explanation.title},
        "fullDescription": {"text": explanation.text},
        "help": {"text": text, "markdown": page_markdown(page)},
        "defaultConfiguration": level,
    }


def _result(finding: Finding, index: dict[str, int], root: Path) -> dict[str, Any]:
    found = finding.found
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": index.get(found.code, -1),
        "level": found.level,
        "message": _message(said(found)),
        "locations": [_location(finding.place)],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
    }
    related: list[dict[str, Any]] = [
        {**_location(place), "message": _message(text)} for place, text in others(found, root)
    ]
    if related:
        result["relatedLocations"] = [{"id": at, **one} for at, one in enumerate(related, 1)]
    return result


def _notification(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    found: Diagnostic = finding.found
    notification: dict[str, Any] = {
        "descriptor": {"id": found.code, "index": index.get(found.code, -1)},
        "level": found.level,
        "message": _message(said(found)),
    }
    if finding.place.path != HERE:
        notification["locations"] = [_location(finding.place)]
    return notification


def _message(text: str) -> dict[str, str]:
    """Return a message; `heads[0](x)` in it would be a link to `x`."""
    return {"text": re.sub(r"\[([^\[\]]*)\]\(", r"\\[\1\\](", text)}


def _location(place: Place) -> dict[str, Any]:
    region = {
        "startLine": place.line,
        "startColumn": place.units(place.line, place.column),
        "endLine": place.end_line,
        "endColumn": place.units(place.end_line, place.end_column),
    }
    return {"physicalLocation": {"artifactLocation": _artifact(place.path), "region": region}}


def _artifact(path: str) -> dict[str, str]:
    """Return a path as a URI, the bytes that no text has included."""
    uri = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": ROOT}
