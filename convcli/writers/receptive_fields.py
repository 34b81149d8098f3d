"""Receptive fields in tables: `19x19`, `<=203x203`, `all`; and the sentence below a table."""

from typing import Literal

from convcli.report import ReceptiveField, Report
from convcli.styled import DIM, WARNING, Line

PREFIX, FIELD = "rf", "receptive_field"
"""The beginning of the columns' keys, and the name of the field that they show."""

Part = Literal["size", "stride", "start"]

PARTS: tuple[Part, ...] = ("size", "stride", "start")
JOINTS: dict[Part, str] = {"size": "x", "stride": "x", "start": ","}
MARK = "!"
"""Stands behind a receptive field that is larger than the input."""


def shown(field: ReceptiveField | None, part: Part) -> str:
    """Write a part of a receptive field for a table's cell."""
    if field is None:
        return ""
    text = plain(field, part)
    if text is None:
        return "?" if field.kind == "unknown" else "mixed" if field.kind == "misaligned" else ""
    if part != "size":
        return text
    text = f"<={text}" if field.kind == "envelope" else text
    text = f"{text} + all" if field.whole and field.kind else text
    return f"{text} {MARK}" if field.exceeds else text


def plain(field: ReceptiveField | None, part: Part) -> str | None:
    """Write a part without any mark, None where there is no such number."""
    if field is None:
        return None
    if part == "size" and field.whole and field.kind is None:
        return "all"
    values = getattr(field, part)
    if values is None:
        return None
    return JOINTS[part].join("-" if value is None else str(value) for value in values)


def order(field: ReceptiveField | None, part: Part) -> float | None:
    """Return a number to sort by: the area; what sees all comes before everything else."""
    if field is None or field.kind == "unknown":
        return None
    if field.kind is None:
        return float("inf") if part == "size" else None
    values = getattr(field, part)
    if values is None:
        return None
    numbers = [number(value) for value in values if value is not None]
    if part == "start":
        return sum(numbers)
    total = 1.0
    for one in numbers:
        total *= one
    return total


def number(value: int | str) -> float:
    """Return the number that a stride is."""
    above, _, below = str(value).partition("/")
    return int(above) / int(below or 1)


def first_lines(report: Report) -> list[Line]:
    """Return the sentence on the first layer whose receptive field exceeds the input, if there is one."""
    for layer in report.layers:
        field = layer.receptive_field
        if field is not None and field.exceeds:
            sizes = {tensor.name: tensor.shape for tensor in report.inputs}[field.input]
            axes = len(field.size or field.paths or ())
            size = f", {shown(field, 'size').rstrip(MARK + ' ')} of" if field.size else " of"
            of = "x".join(map(str, (sizes or ())[-axes:]))
            text = f"receptive field larger than the input, first at {layer.name}{size} {of}"
            return [[(f"{MARK} ", WARNING), (text, DIM)]]
    return []
