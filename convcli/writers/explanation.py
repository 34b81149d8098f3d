"""What an error code means, as a page: for `convcli explain`, for the documentation, and for SARIF's help."""

from typing import Any

from convcli.explanations.record import FILE, Example, Explanation
from convcli.writers.simple_table import Code, Heading, Page, Paragraph

LONGEST = 100
"""Longer lines of examples are shown by their ends."""


def explanation_page(explanation: Explanation) -> Page:
    """Return what a code means, and its examples."""
    blocks: list[Any] = [Heading(f"{explanation.code}: {explanation.title}"), Paragraph(explanation.text)]
    for title, example in (("wrong", explanation.wrong), ("repaired", explanation.right)):
        if example is not None:
            blocks += [Heading(title, 2), *example_blocks(example)]
    return tuple(blocks)


def example_blocks(example: Example) -> Page:
    """Return an example's files, if it has any, and its command."""
    files = [Code(f"# {name}\n{_shortened(text)}", "toml") for name, text in example.beside]
    if example.file:
        files.insert(0, Code(f"# {FILE}\n{_shortened(example.file)}", "yaml"))
    return (*files, Code(_shortened(example.command), "sh"))


def _shortened(text: str) -> str:
    """Cut the middle out of lines that are too long."""
    return "\n".join(line if len(line) <= LONGEST else f"{line[:60]} ... {line[-30:]}" for line in text.split("\n"))
