"""A check for GitHub Actions: commands that annotate lines, and the Markdown of the job's summary."""

import re
from collections import Counter
from pathlib import Path

from convcli.budgets.verdict import Check
from convcli.diagnostics import ERROR, WARNING
from convcli.human import counted
from convcli.styled import printable
from convcli.writers.check import check_markdown, summary
from convcli.writers.findings import HERE, Finding, findings_of, said, wrong_of

_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What moves the cursor or changes colours where a log is shown; GitHub has a code for the ends of lines alone."""

MOST = 10
"""Annotations of one level that GitHub shows for a step; further ones it drops without a word."""

ROOM = 1024 * 1024
"""Bytes that a step may write into the job's summary; GitHub refuses a longer one as a whole."""


def check_github(check: Check, root: Path) -> str:
    """Return the commands for a log, those that GitHub would not show as plain lines, and the verdict.

    Nothing that a file says begins a line, or is a command: a pull request may have written it.
    """
    commands, plain = [], []
    seen: Counter[str] = Counter()
    for finding in [*wrong_of(check, root), *findings_of(check, root)]:
        level = finding.found.level
        seen[level] += 1
        if seen[level] <= MOST:
            commands.append(_command(finding))
        else:
            plain.append(_plain(finding))
    left = [counted(seen[level] - MOST, level) for level in (ERROR, WARNING) if seen[level] > MOST]
    if left:
        plain.insert(0, f"without an annotation, since GitHub takes {MOST} of a level for each step: {', '.join(left)}")
    plain += [f"skipped {printable(one.path)}: {one.why}".replace("##[", "## [") for one in check.skipped if one.named]
    return "\n".join([*commands, *plain, summary(check)]) + "\n"


def _command(finding: Finding) -> str:
    """Return the command that annotates a place; over several lines GitHub takes no columns."""
    found, place = finding.found, finding.place
    fields: dict[str, str | int] = {}
    if place.path != HERE and not _CONTROL.search(place.path):  # the message names such a file, made harmless
        fields = {"file": place.path, "line": place.line, "endLine": place.end_line}
        if place.line == place.end_line and place.source:
            start, end = (place.units(place.line, column) for column in (place.column, place.end_column))
            fields |= {"col": start, "endColumn": max(start, end - 1)}
    fields["title"] = f"convcli {found.code}"
    settings = ",".join(f"{name}={_field(str(value))}" for name, value in fields.items())
    return f"::{found.level} {settings}::{_data(_where(finding) + said(found))}"


def _where(finding: Finding) -> str:
    """Return the place in words: the log shows no other."""
    place = finding.place
    return "" if place.path == HERE else f"{printable(place.path)}:{place.line}:{place.column}: "


def _plain(finding: Finding) -> str:
    found = finding.found
    line = f"  {found.level}: {_where(finding)}{found.code}: {said(found)}".replace("\n", "; ")
    return line.replace("##[", "## [")  # the older form of commands, which is understood anywhere in a line


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _field(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary_markdown(check: Check, room: int = ROOM) -> str:
    """Return the Markdown of the job's summary, in at most `room` bytes: what does not fit is counted."""
    page = check_markdown(check)
    most = len(page)
    while len(page.encode("utf-8", "replace")) > room and most:
        most //= 2
        page = check_markdown(check, most)
    return page if len(page.encode("utf-8", "replace")) <= room else ""
