"""What is wrong with a file, gathered: one mistake does not hide the others."""

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer.syntax import At
from convcli.readers.document import MOST_FINDINGS
from convcli.source import Source, Span


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
