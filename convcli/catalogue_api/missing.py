"""What is said when a catalogue lacks what was asked for."""

from collections.abc import Iterable
from typing import NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic, suggestion


def refuse_unknown(code: str, kind: str, name: str, known: Iterable[str], otherwise: str) -> NoReturn:
    """Raise that there is no `kind` of this name, with the known name that was probably meant."""
    help = suggestion(name, known, otherwise)
    raise ConvcliError([Diagnostic(code, f"there is no {kind} `{name[:80]}`", help=help)])
