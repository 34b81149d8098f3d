"""Diagnostics for people: the message, the place with the line it stands on, and what to type."""

from convcli.diagnostics import Diagnostic, clipped, where
from convcli.source import Span
from convcli.styled import DIM, ERROR, HELP, PLAIN, TITLE, WARNING, Line, pad, printable, width_of

LONGEST = 160
"""Signs of a line that is shown, where the width of the screen is not known."""
LEAST = 20
"""The same, however narrow it is."""
SHOWN = 20
"""How many diagnostics are written out; the others are counted."""


CALLS = 4
"""How many of the calls that led to a place are shown."""


def diagnostic_lines(
    findings: "tuple[Diagnostic, ...]", most: int | None = SHOWN, width: int | None = None
) -> list[Line]:
    """Return the lines of several diagnostics, of no more than `most`, and how many there are.

    Of a line of a file that is wider than `width` a stretch around the place in question is shown.
    """
    lines: list[Line] = []
    for found in findings[:most]:
        lines += [*_one(found, width), []]
    if most is not None and len(findings) > most:
        lines.append([(f"and {len(findings) - most:,} more", DIM)])
    return lines


def _one(found: Diagnostic, width: int | None) -> list[Line]:
    role = ERROR if found.level == "error" else WARNING
    lines: list[Line] = [[(f"{found.level}[{found.code}]", role), (f": {clipped(found.message)}", TITLE)]]
    margin = 1
    if found.span is not None:
        margin = len(str(found.span.line))
        lines += _place(found.span, found.label, role, margin, "-->", width)
        calls = tuple(call for call in dict.fromkeys(found.via) if call != found.span)
        for call in calls[:CALLS]:
            lines.append([(" " * margin + " = ", DIM), (f"called at {where(call)}: {_short(call.text())}", PLAIN)])
        if calls[CALLS:]:
            lines.append([(" " * margin + " = ", DIM), (f"and {len(calls) - CALLS} calls further out", PLAIN)])
    elif found.label:
        lines.append([(f"  {found.label}", PLAIN)])
    if found.repeats:
        lines.append(
            [
                (" " * margin + " = ", DIM),
                (f"and in {found.repeats:,} more {'call' if found.via else 'place'}{'s' * (found.repeats > 1)}", PLAIN),
            ]
        )
    for span, text in found.related:
        if span is None:
            lines.append([(" " * margin + " = ", DIM), (text, PLAIN)])
        else:
            lines += _place(span, text, DIM, margin, "::>", width)
    if found.help:
        first, *more = clipped(found.help).split("\n")
        lines.append([(" " * margin + " = ", DIM), (f"help: {first}", HELP)])
        lines += [[(" " * margin + "   " + line, HELP)] for line in more]
    return lines


def _place(span: Span, label: str, role: str, margin: int, arrow: str, width: int | None) -> list[Line]:
    """Return the place, its line, and a mark below the text in question."""
    source = span.source
    number, column = source.position(span.start)
    text = source.line(number).replace("\t", " ")
    length = max(1, min(span.end - span.start, len(text) - column + 1))
    longest = LONGEST if width is None else max(LEAST, width - margin - len(" | "))
    cut = max(0, column - 1 - longest // 2) if len(text) > longest else 0
    shown = printable(text[cut : cut + longest])
    before = width_of(shown[: column - 1 - cut])
    marks = "^" * max(1, width_of(shown[column - 1 - cut : column - 1 - cut + length]))
    blank = " " * margin
    return [
        [(f"{blank}{arrow} ", DIM), (where(span), PLAIN)],
        [(f"{blank} |", DIM)],
        [(f"{pad(str(number), margin, right=True)} | ", DIM), (shown, PLAIN)],
        [(f"{blank} | ", DIM), (" " * before + marks + (f" {clipped(label)}" if label else ""), role)],
        [(f"{blank} |", DIM)],
    ]


def _short(text: str) -> str:
    first = printable(text.split("\n", maxsplit=1)[0])
    return first if len(first) <= 60 else first[:59] + "…"
