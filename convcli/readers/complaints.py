"""What is wrong with a file, gathered: one mistake does not hide the others."""

from collections.abc import Collection, Iterable, Mapping

from convcli.diagnostics import SLIP, WARNING, ConvcliError, Diagnostic, suggestion
from convcli.layer.syntax import At
from convcli.readers.document import MOST_FINDINGS
from convcli.source import Source, Span

ALIKE = 0.8
"""How alike two names are of which one is a slip of the pen; files have many options that nobody here asks for."""


def slips(given: Mapping[str, Span], asked: Collection[str], what: str) -> list[Diagnostic]:
    """Return a warning for each option that nobody asks for, and that is nearly one that is missing."""
    missing = [name for name in asked if name not in given]
    found = []
    for name, span in given.items():
        help = suggestion(name, missing, cutoff=ALIKE) if missing and name not in asked else ""
        if help:
            message = f"`{name[:40]}` is no option of {what}"
            found.append(Diagnostic(SLIP, message, span, help=help, level=WARNING))
    return found


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
