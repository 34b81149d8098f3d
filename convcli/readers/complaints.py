"""What is wrong with a file, gathered: one mistake does not hide the others."""

from collections.abc import Collection, Iterable, Mapping
from itertools import islice

from convcli.diagnostics import SLIP, WARNING, ConvcliError, Diagnostic, suggestion
from convcli.layer.syntax import At
from convcli.readers.document import MOST_FINDINGS
from convcli.source import Source, Span

ALIKE = 0.8
"""How alike two names are of which one is a slip of the pen; files have many options that nobody here asks for."""
MOST_OPTIONS, LONGEST_OPTION = 1_000, 60
"""Options of one part of a file that are looked at, and letters of each; no tool has as many."""


def slips(given: Mapping[str, Span], asked: Collection[str], what: str) -> list[Diagnostic]:
    """Return a warning for each option that nobody asks for, and that is nearly one that is missing."""
    missing = {name: frozenset(name.casefold()) for name in asked if name not in given}
    found = []
    for name, span in islice(given.items(), MOST_OPTIONS):
        if name in asked or len(name) > LONGEST_OPTION:
            continue
        letters = frozenset(name.casefold())
        likely = [one for one, own in missing.items() if _may_be_alike(name, letters, one, own)]
        help = suggestion(name, likely, cutoff=ALIKE) if likely else ""
        if help:
            found.append(Diagnostic(SLIP, f"`{name[:40]}` is no option of {what}", span, help=help, level=WARNING))
    return found


def _may_be_alike(name: str, letters: frozenset[str], other: str, own: frozenset[str]) -> bool:
    """Say whether two names have letters enough in common: a look that costs little, files have many options."""
    least = ALIKE / 2 * (len(name) + len(other))
    return len(name) - len(letters - own) >= least and len(other) - len(own - letters) >= least


def in_order(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the mistakes of one file in the order of its lines."""
    return tuple(sorted(findings, key=lambda one: one.span.start if one.span else 0))


class Complaints:
    """The mistakes of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[Diagnostic] = []

    def complain(self, code: str, message: str, place: At | Span, help: str = "") -> None:
        """Keep a mistake; give up where there are more than anybody reads.

        Raises:
            ConvcliError: there are; it has them all.
        """
        span = place if isinstance(place, Span) else Span(self.source, *place)
        self.findings.append(Diagnostic(code, message, span, help=help))
        if len(self.findings) >= MOST_FINDINGS:
            raise ConvcliError(self.findings)

    def warn(self, found: Iterable[Diagnostic]) -> None:
        """Keep warnings; one that is known from another place is counted."""
        for one in found:
            same = (
                at for at, known in enumerate(self.findings) if (known.code, known.message) == (one.code, one.message)
            )
            place = next(same, None)
            if place is not None:
                known = self.findings[place]
                self.findings[place] = known._replace(repeats=known.repeats + 1)
            elif len(self.findings) < MOST_FINDINGS:
                self.findings.append(one)
