"""What a check has found, with places as continuous integration wants them: below the repository, and stable."""

from collections import Counter
from collections.abc import Iterator
from os.path import normpath
from pathlib import Path, PurePath
from typing import Any

from convcli.budgets.verdict import Check, Verdict
from convcli.diagnostics import Diagnostic, clipped
from convcli.record import Record
from convcli.source import Source, Span
from convcli.styled import printable

HERE = "."
"""The path of what belongs to no file."""


class Place(Record):
    """A stretch of a file; columns count characters, and `end_column` is one past the last.

    `path` begins at the repository's root, or is absolute where the file lies outside of it; `source`
    is None where only the file is known, and the place is its first line.
    """

    path: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1
    source: Source | None = None

    def units(self, line: int, column: int) -> int:
        """Return a column of this file counted in UTF-16 units, as editors and browsers count."""
        before = self.source.line(line)[: column - 1] if self.source else ""
        return len(before.encode("utf-16-le", "surrogatepass")) // 2 + 1


class Finding(Record):
    """A diagnostic, its place, what of its network was judged, and what stays the same when lines move."""

    found: Diagnostic
    place: Place
    fingerprint: str


def each_finding(check: Check) -> list[tuple[Verdict, Diagnostic]]:
    """Return everything that was found, of all networks, in order; of variants what they have in common once."""
    found: dict[tuple[Any, ...], tuple[Verdict, Diagnostic]] = {}
    for verdict in check.verdicts:
        for diagnostic in verdict.findings:
            span = diagnostic.span
            place = verdict.path if span is None else (span.source.name, span.start)
            found.setdefault((diagnostic.code, diagnostic.message, place), (verdict, diagnostic))
    return list(found.values())


def findings_of(check: Check, root: Path) -> list[Finding]:
    """Return what was found in networks; what has no place in a file stands on the first line of its network."""
    return list(_numbered((one, place_of(one.span, root, verdict.file or verdict.path), _of(verdict, one, root))
                          for verdict, one in each_finding(check)))  # fmt: skip


def wrong_of(check: Check, root: Path) -> list[Finding]:
    """Return what is wrong with the question; what has no place belongs to no file."""
    return list(_numbered((one, place_of(one.span, root, HERE), "") for one in check.wrong))


def place_of(span: Span | None, root: Path, otherwise: str) -> Place:
    """Return the place of a span; a text that is no file, such as an option, stands for the file `otherwise`."""
    if span is None or span.source.name.startswith("<"):
        return Place(path_below(root, otherwise) if otherwise != HERE else HERE)
    (line, column), (end_line, last) = span.source.position(span.start), span.last()
    end_column = min(last, len(span.source.line(end_line))) + 1
    if end_line == line:
        end_column = max(end_column, column)
    return Place(path_below(root, span.source.name), line, column, end_line, end_column, span.source)


def path_below(root: Path, name: str) -> str:
    """Return a path as seen from the repository's root, with slashes; an absolute one where it lies elsewhere."""
    path = PurePath(normpath(Path.cwd() / name))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def said(found: Diagnostic) -> str:
    """Return all that a diagnostic says, over several lines: the message, what is there, what to type."""
    more = [f"and in {found.repeats:,} more place{'s' * (found.repeats > 1)}"] if found.repeats else []
    help = [f"help: {clipped(found.help)}"] if found.help else []
    related = [text for span, text in found.related if span is None]
    lines = "\n".join(filter(None, (clipped(found.message), clipped(found.label), *more, *related, *help)))
    return "\n".join(map(printable, lines.split("\n")))


def others(found: Diagnostic, root: Path) -> Iterator[tuple[Place, str]]:
    """Give the other places that matter to a diagnostic, and what is there: calls, and what is related."""
    calls = [(call, "called here") for call in dict.fromkeys(found.via) if call != found.span]
    for span, text in (*calls, *found.related):
        place = place_of(span, root, HERE)
        if place.source:
            yield place, text


def _of(verdict: Verdict, found: Diagnostic, root: Path) -> str:
    """Name the budget that a complaint is of, since one line may be a budget of many networks."""
    for judgement in verdict.judgements:
        if judgement.found == found:
            return "\n".join((path_below(root, verdict.path), verdict.variant or "", judgement.budget.name()))
    return ""


def _numbered(found: Iterator[tuple[Diagnostic, Place, str]]) -> Iterator[Finding]:
    """Give each its fingerprint: of its code, its file, its budget or else its line's text, its number among equals."""
    from hashlib import sha256

    seen: Counter[str] = Counter()
    for diagnostic, place, budget in found:
        text = budget or (place.source.line(place.line).strip() if place.source else diagnostic.message)
        key = f"{diagnostic.code}\n{place.path}\n{text}"
        seen[key] += 1
        yield Finding(diagnostic, place, sha256(f"{key}\n{seen[key]}".encode("utf-8", "replace")).hexdigest()[:32])
