"""What `convcli inspect` says to people."""

import math
from typing import Any

from convcli.bench.inside.judge import EXPLODES, HOLDS, VANISHES
from convcli.bench.inside.record import Figures, Inspection, Passed, Repair, Row, Verdict
from convcli.human import counted, show_shape
from convcli.styled import DIM, NAME, NUMBER
from convcli.writers.simple_table import CUT, DROP, WRAP, Column, Heading, Page, Paragraph, Table

_ROWS = (
    Column("layer", CUT, role=NAME), Column("operator", DROP, role=DIM), Column("mean", right=True, role=NUMBER),
    Column("variance", right=True, role=NUMBER), Column("signal", right=True, role=NUMBER),
    Column("gradient", right=True, role=NUMBER), Column("of note", WRAP),
)  # fmt: skip
_REPAIRS = (
    Column("repair", role=NAME),
    Column("layers", right=True),
    Column("signal left", WRAP),
    Column("gradient left", WRAP),
)
_PICTURES = (
    Column("pictures", role=NAME), Column("of", CUT), Column("shown", right=True), Column("size"),
    Column("file", WRAP),
)  # fmt: skip
NOISE = 1e-10
"""A mean whose square is less than this part of the variance is what rounding left of 0."""
SATURATED = 0.5
"""The part of values near a bound that is worth a word."""
WORDS = (
    "signal: what is left of the difference between two inputs, as a deviation; gradient: the norm of the loss's "
    "gradient by what the layer makes."
)


def inspected_page(found: Inspection) -> Page:
    """Return statistics, verdicts, what repairs do, and what was written."""
    page: list[Any] = [Heading(f"{found.network}: {_headline(found.passed)}"), Paragraph(_how(found))]
    page.append(_statistics(found.passed))
    page.append(Paragraph(WORDS))
    page += [Paragraph(text) for text in _verdicts(found.passed)]
    if found.repairs:
        page.append(Table(_REPAIRS, (("as it is", "", *_both(found.passed)), *map(_repair, found.repairs))))
        page += [Paragraph(text) for repair in found.repairs for text in _left(repair)]
    if found.written:
        page.append(Table(_PICTURES, tuple(
            (one.kind, one.layer, f"{one.shown} of {one.pictures:,}", show_shape(one.shape), one.file or "")
            for one in found.written
        )))  # fmt: skip
    if found.log is not None:
        page.append(Paragraph(f"TensorBoard's log: `{found.log}`"))
    page += [Paragraph(f"left out: {one.path}: {one.why}") for one in found.unread]
    return tuple(page)


def _statistics(passed: Passed) -> Table:
    """Return a row for each layer, and a column for what is worth a word, if anything is."""
    rows = tuple(_row(row) for row in passed.rows)
    if any(row[-1] for row in rows):
        return Table(_ROWS, rows)
    return Table(_ROWS[:-1], tuple(row[:-1] for row in rows))


def _headline(passed: Passed) -> str:
    parts = [
        f"the {name} {_kind(verdict)}" for name, verdict in (("signal", passed.signal), ("gradient", passed.gradient))
    ]
    return ", ".join(parts)


def _kind(verdict: Verdict) -> str:
    return "is not known" if verdict.kind is None else verdict.kind


def _how(found: Inspection) -> str:
    flows = "random numbers" if found.images is None else counted(found.images, "image")
    begins = f"weights by {found.init}" if found.init else "weights as torch begins"
    return f"batch {found.batch}, {flows}, {begins}, seed {found.seed}, torch {found.torch}"


def _row(row: Row) -> tuple[str, ...]:
    norm = "" if row.gradient is None else number(row.gradient.norm)
    signal = "" if row.signal is None else number(row.signal)
    return (row.name, row.text, *_moments(row.values), signal, norm, _note(row))


def _moments(values: Figures | None) -> tuple[str, str]:
    """Write mean and variance, empty where there are none."""
    if values is None:
        return "", ""
    if values.mean is None or values.std is None:
        return "?", "?"
    variance = values.std**2
    rounding = 0 < values.mean**2 < NOISE * variance
    return "~0" if rounding else number(values.mean), number(variance)


def _note(row: Row) -> str:
    values = row.values
    if values is not None and values.finite < values.number:
        return f"{values.number - values.finite:,} of {values.number:,} not finite"
    if row.saturated is not None and row.saturated >= SATURATED:
        return f"{row.saturated:.0%} saturated"
    if values is not None and values.zeros == values.number:
        return "all zero"
    return ""


def number(value: float | None) -> str:
    """Write three digits of a number; `?` for one that is not known."""
    if value is None or not math.isfinite(value):
        return "?"
    if value == 0:
        return "0"
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e4 else f"{value:.2e}"


def _verdicts(passed: Passed) -> list[str]:
    """Say where something vanishes or explodes."""
    said = []
    for name, verdict, way in (("signal", passed.signal, "from there on"), ("gradient", passed.gradient, "and before")):
        if verdict.kind in (VANISHES, EXPLODES):
            left = (
                "; what arrives is not finite" if verdict.ratio is None else f"; {number(verdict.ratio)} of it arrives"
            )
            said.append(f"The {name} {verdict.kind} at `{verdict.layer}` {way}{left}.")
    return said


def _both(passed: Passed) -> tuple[str, str]:
    return _short(passed.signal), _short(passed.gradient)


def _short(verdict: Verdict) -> str:
    if verdict.kind is None:
        return "?"
    at = "" if verdict.kind == HOLDS else f" at {verdict.layer}"
    return f"{verdict.kind}{at}: {number(verdict.ratio)}"


def _repair(repair: Repair) -> tuple[str, ...]:
    if repair.passed is None:
        return repair.name, "none", "-", "-"
    return repair.name, f"{len(repair.places):,}" if repair.places else "all", *_both(repair.passed)


def _left(repair: Repair) -> list[str]:
    """Say why a repair was not tried, and which layers it leaves as they are."""
    why = f"{repair.name}: {repair.why}" if repair.why else f"{repair.name} leaves out"
    parts = [f"{counted(len(names), 'layer')} {why}" for why, names in repair.left]
    return [f"{why}{': ' * bool(parts)}{', '.join(parts)}."] if repair.why or parts else []
