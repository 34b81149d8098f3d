"""Small networks as text, and what comes of them: what the tests of the language have in common."""

from typing import Any

from convcli.asking import report_of
from convcli.readers.network_file import read_network
from convcli.report import LayerReport, Report
from convcli.source import Source


def net(*layers: str, input: str | None = "[3, 32, 32]", head: str = "") -> str:
    """Write a network file; a layer may have several lines, of which all but the first are indented."""
    start = f"input: {input}\n" if input else ""
    return start + head + "layers:\n" + "".join(f"  - {layer}\n" for layer in layers)


def attempt(text: str, **options: Any) -> Report:
    """Work out a network file, whatever is wrong with it."""
    return report_of(read_network(Source("net.yaml", text)), **options)


def report(text: str, **options: Any) -> Report:
    """Work out a network file that has no mistakes."""
    found = attempt(text, **options)
    assert [] == [f"{one.code} {one.message}" for one in found.findings]
    return found


def mistakes(text: str, **options: Any) -> list[tuple[str, int]]:
    """Return code and line of everything that is wrong with a network file."""
    return [(one.code, one.span.line if one.span else 0) for one in attempt(text, **options).findings]


def messages(text: str, **options: Any) -> str:
    """Return what is said of a network file, with labels and advice."""
    return "\n".join(f"{one.message} {one.label} {one.help}" for one in attempt(text, **options).findings)


def names(text: str, **options: Any) -> list[str]:
    """Return the name of every row."""
    return [row.name for row in report(text, **options).layers]


def modules(text: str, **options: Any) -> list[str | None]:
    """Return the module of every row."""
    return [row.module for row in report(text, **options).layers]


def texts(text: str, **options: Any) -> list[str]:
    """Return every row's operator as a user would write it."""
    return [row.text for row in report(text, **options).layers]


def shape(text: str, **options: Any) -> tuple[int | None, ...] | None:
    """Return the shape of the first output."""
    return report(text, **options).outputs[0].shape


def row(text: str, name: str, **options: Any) -> LayerReport:
    """Return the row of this name."""
    return next(one for one in report(text, **options).layers if one.name == name)


def edges(text: str, **options: Any) -> dict[str, tuple[str, ...]]:
    """Return which rows, or inputs, each row reads."""
    return {one.name: one.inputs for one in report(text, **options).layers}
