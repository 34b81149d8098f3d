"""One record for every complaint, and the exception that carries them.

ConvcliError            something was wrong with the question; holds the diagnostics
Refusal                 an operator's own "no", before it is known where in a file that is
"""

from collections.abc import Iterable, Mapping
from typing import Any

from convcli.record import Record
from convcli.source import Span

ERROR, WARNING = "error", "warning"
SLIP = "CV192"
"""The code of an option in another tool's file that is nearly one of its options; the file is read without it."""


class Related(Record):
    """Another place that matters to a diagnostic, and what is there."""

    span: Span | None
    text: str


class Diagnostic(Record):
    """What was found, where, what was expected, and what to type.

    `message` alone must make sense; `label` stands under the marked text; `help` says what to
    type; `via` are the places of the calls that led there, the innermost first; `cause` is what
    somebody else's code raised.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    help: str = ""
    level: str = ERROR
    related: tuple[Related, ...] = ()
    via: tuple[Span, ...] = ()
    repeats: int = 0
    cause: BaseException | None = None


LONGEST = 300
"""Characters of a message; what a user wrote may stand in it, and may be of any length."""

LONGEST_LINES, LONGEST_LINE = 1_200, 120
"""Characters of a message of several lines, and of each."""

LONGEST_LIST = 8
"""Names in a message."""

MOST_NAMES = 1_000
"""Names among which the one is looked for that was meant; each takes some microseconds, for each mistake."""


def clipped(text: str) -> str:
    """Cut the middle out of a text that nobody would read to its end; a list of short lines is kept."""
    lines = text.split("\n")
    if len(text) <= LONGEST_LINES and len(lines) > 1 and max(map(len, lines)) <= LONGEST_LINE:
        return text
    return text if len(text) <= LONGEST else f"{text[: LONGEST * 2 // 3]} … {text[-LONGEST // 3 :]}"


def where(span: Span) -> str:
    """Return the place of a text, `net.yaml:3:5`."""
    line, column = span.source.position(span.start)
    return f"{clipped(span.source.name)}:{line}:{column}"


class ConvcliError(Exception):
    """Raised when a question cannot be answered; `diagnostics` say why, in order of place.

    `report` holds what could be worked out up to the first mistake, or None. As a text it says what `convcli` prints,
    without the lines of files; what somebody else's code raised is its cause.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic], report: Any = None) -> None:
        self.diagnostics = tuple(diagnostics)
        self.report = report
        super().__init__("; ".join(f"[{d.code}] {d.message}" for d in self.diagnostics))
        self.__cause__ = next((found.cause for found in self.diagnostics if found.cause is not None), None)

    def __str__(self) -> str:
        return "\n".join(map(_said, self.diagnostics))


def _said(found: Diagnostic) -> str:
    lines = [f"{found.level}[{found.code}]: {clipped(found.message)}"]
    if found.span is not None:
        lines.append(f" --> {where(found.span)}{f'  {clipped(found.label)}' if found.label else ''}")
    if found.help:
        lines.append(f"  = help: {clipped(found.help)}")
    return "\n".join(lines)


class Refusal(Exception):
    """An operator refuses its arguments or its inputs.

    Attributes:
        code: the error's code, `CV202`.
        argument: the name of the argument that is at fault, if it is one.
        instead: the value that this argument would have to have.
        found: the value that it has.
        accepts: the input shape that the operator would have taken, so that reading can go on.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        help: str = "",
        argument: str | None = None,
        instead: object = None,
        found: object = None,
        accepts: tuple[int, ...] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.argument = argument
        self.instead = instead
        self.found = found
        self.accepts = accepts


class Findings:
    """Collects diagnostics; the same complaint at the same place is counted, not repeated."""

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], Diagnostic] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add(self, found: Diagnostic) -> None:
        """Keep a diagnostic, or count it where it is known already."""
        span = found.span
        key = (found.code, span and (id(span.source), span.start), found.message if span is None else "")
        known = self._found.get(key)
        self._found[key] = known._replace(repeats=known.repeats + 1) if known else found

    def in_order(self) -> tuple[Diagnostic, ...]:
        """Return all, sorted by their place within each source."""
        first_seen: dict[int, int] = {}
        for found in self._found.values():
            if found.span:
                first_seen.setdefault(id(found.span.source), len(first_seen))

        def place(found: Diagnostic) -> tuple[int, int]:
            return (first_seen[id(found.span.source)], found.span.start) if found.span else (-1, 0)

        return tuple(sorted(self._found.values(), key=place))

    def errors(self) -> tuple[Diagnostic, ...]:
        """Return those that are errors, in order."""
        return tuple(d for d in self.in_order() if d.level == ERROR)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` was most likely meant to be, or None."""
    found = _guesses(word, known, 0.6)
    return found[0] if len(found) == 1 else None


def suggestion(
    word: str, known: Iterable[str], more: str = "", *, cutoff: float = 0.6, written: Mapping[str, str] | None = None
) -> str:
    """Return what to say of a word that is not known: which was meant, if one was, and `more`.

    `written` says how known words are written, if not as they are. A digit is no slip of the pen:
    where there are `conv1` and `conv2`, neither is nearer to `conv9` than the other.
    """
    found = [written[name] if written else name for name in _guesses(word, known, cutoff)]
    if len(found) > 1:
        return f"there are {listed(found)}" + f"; {more}" * bool(more)
    return f"did you mean `{found[0]}`? {more}".rstrip() if found else more


def listed(names: Iterable[str]) -> str:
    """Write names one after the other, not more than anybody reads."""
    shown = [f"`{name}`" for name in names]
    return ", ".join(shown[:LONGEST_LIST]) + ", ..." * bool(shown[LONGEST_LIST:])


def _guesses(word: str, known: Iterable[str], cutoff: float) -> list[str]:
    """Return the nearest known word, or all that differ from `word` in nothing but their numbers.

    Of very many words only the last are looked at, and what is longer than any name is near to none.
    """
    from difflib import get_close_matches  # only errors need it

    if len(word) > LONGEST:
        return []
    names = list(dict.fromkeys(list(known)[-MOST_NAMES:]))
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(name.casefold(), name)
    if word.casefold() in folded:
        return [folded[word.casefold()]]
    numbered = [name for name in names if _without_numbers(name) == _without_numbers(word)]
    if numbered and _without_numbers(word):
        return numbered
    close = get_close_matches(word, names, 1, cutoff) or get_close_matches(word.casefold(), list(folded), 1, cutoff)
    return [folded.get(close[0], close[0])] if close else []


def _without_numbers(word: str) -> str:
    """Return what a word has beside its numbers: `conv` for `conv1`, and for `Conv2d` too."""
    text = word.casefold()
    text = text[:-1] if text[-2:-1].isdigit() and text[-1] == "d" else text
    return "".join(sign for sign in text if not sign.isdigit())
