"""A check as JUnit XML, as test reports of Jenkins, GitLab and others are read.

A network is a suite. Its cases are `resolves`, one for each budget, and one for each rule that found
something; a warning is the output of a case that passes. The names stay the same when a limit or a
line moves. The schema that Jenkins checks against has no places of cases: they stand in the texts.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from convcli.budgets.record import Judgement
from convcli.budgets.verdict import BROKEN, Check, Verdict
from convcli.diagnostics import ERROR, Diagnostic, clipped
from convcli.record import Record
from convcli.rules.catalogue import RULES
from convcli.writers.findings import HERE, path_below, place_of, said

QUESTION = "convcli check"
"""The suite of what is wrong with the question, and of nothing at all."""

_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


class Case(Record):
    """A test case: what it is called, and what was found; `kind` is "failure" or "error"."""

    name: str
    found: tuple[Diagnostic, ...] = ()
    kind: str = "failure"

    @property
    def fails(self) -> bool:
        """Whether something of it is no mere warning."""
        return any(one.level == ERROR for one in self.found)


def check_junit(check: Check, root: Path) -> str:
    """Return a check as JUnit XML."""
    suites = [
        (_title(verdict, root), path_below(root, verdict.file or verdict.path), _cases(verdict))
        for verdict in check.verdicts
    ]
    if check.wrong:
        suites.append((QUESTION, "", [Case(clipped(one.message), (one,), "error") for one in check.wrong]))
    if not suites:
        suites.append((QUESTION, "", [Case("nothing to judge")]))
    cases = [case for _, _, inner in suites for case in inner]
    head = f"<testsuites{_attributes(name=QUESTION, **_counts(cases))}>"
    lines = [line for name, path, inner in suites for line in _suite(name, path, inner, root)]
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *lines, "</testsuites>"]) + "\n"


def _title(verdict: Verdict, root: Path) -> str:
    return verdict._replace(path=path_below(root, verdict.path)).title()


def _cases(verdict: Verdict) -> list[Case]:
    """Return the cases of a network; one that cannot be resolved has no budgets to judge."""
    if verdict.status == BROKEN:
        return [Case("resolves", verdict.findings)]
    judged = [one.found for one in verdict.judgements]
    rest = [found for found in verdict.findings if found not in judged]
    budgets = [Case(one.budget.name(), _of(one)) for one in verdict.judgements]
    names = {rule.code: rule.slug for rule in RULES}
    rest.sort(key=lambda found: found.code)
    rules = [Case(names.get(code, code), tuple(found)) for code, found in groupby(rest, lambda found: found.code)]
    return [Case("resolves"), *budgets, *rules]


def _of(judgement: Judgement) -> tuple[Diagnostic, ...]:
    return (judgement.found,) if judgement.found else ()


def _suite(name: str, path: str, cases: list[Case], root: Path) -> Iterator[str]:
    """Give the lines of a suite."""
    more = {"file": path} if path else {}
    yield f"  <testsuite{_attributes(name=name, **_counts(cases), skipped='0', **more)}>"
    for case in cases:
        start = f"    <testcase{_attributes(name=case.name, classname=name)}"
        if not case.found:
            yield f"{start}/>"
            continue
        text = _text("\n\n".join(_written(found, path or HERE, root) for found in case.found))
        first = next((found for found in case.found if found.level == ERROR), case.found[0])
        what = _attributes(message=clipped(first.message), type=first.code)
        inner = f"<{case.kind}{what}>{text}</{case.kind}>" if case.fails else f"<system-out>{text}</system-out>"
        yield f"{start}>\n      {inner}\n    </testcase>"
    yield "  </testsuite>"


def _counts(cases: Iterable[Case]) -> dict[str, str]:
    kinds = [case.kind if case.fails else "" for case in cases]
    return {"tests": str(len(kinds)), "failures": str(kinds.count("failure")), "errors": str(kinds.count("error"))}


def _written(found: Diagnostic, path: str, root: Path) -> str:
    """Write a diagnostic behind its place, as compilers do."""
    place = place_of(found.span, root, path)
    where = "" if place.path == HERE else f"{place.path}:{place.line}:{place.column}: "
    return f"{where}{found.level}[{found.code}]: {said(found)}"


def _attributes(**values: str) -> str:
    return "".join(f' {name}="{_text(value, quoted=True)}"' for name, value in values.items())


def _text(text: str, *, quoted: bool = False) -> str:
    """Escape a text; characters that XML cannot have are replaced. A line end inside of quotes needs a reference."""
    clean = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
    return "".join(_ESCAPES.get(sign, sign) if quoted or sign not in "\n\t" else sign for sign in clean)
