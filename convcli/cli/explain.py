"""`convcli explain`: what an error code means, with a wrong example and its repair."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from convcli.cli import completion, options
from convcli.cli.ops import Answer, show
from convcli.cli.output import Wanted
from convcli.explanations import Example, Explanation
from convcli.explanations.record import FILE
from convcli.styled import NAME
from convcli.writers.simple_table import WRAP, Code, Column, Heading, Page, Paragraph, Table

app = typer.Typer(rich_markup_mode=None, add_completion=False)

LONGEST = 100
"""Longer lines of examples are shown by their ends."""


@app.command()
def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE]", help="As messages show it: CV202; all without it.", autocompletion=completion.code
        ),
    ] = None,
    format: options.Format = None,
    output: options.Output = None,
    color: options.Color = None,
) -> None:
    """What an error code means, with a wrong example and its repair.

    Examples:

    \b
      convcli explain CV202
      convcli explain
    """
    from convcli import api

    def work() -> Answer:
        chosen = (api.explain(code),) if code else api.explain()
        page = explanation_page(chosen[0]) if code else codes_page(chosen)
        return page, {"codes": [explanation_dict(each) for each in chosen]}

    show("convcli/explain/1", work, Wanted(format, output, color))


def codes_page(explanations: Iterable[Explanation]) -> Page:
    """Return the table of all codes."""
    rows = tuple((each.code, each.title) for each in explanations)
    hint = "`convcli explain CV202` says more about one, with an example and its repair."
    return Table((Column("code", role=NAME), Column("what it means", WRAP)), rows), Paragraph(hint)


def explanation_page(explanation: Explanation) -> Page:
    """Return what a code means, and its examples."""
    blocks: list[Any] = [Heading(f"{explanation.code}: {explanation.title}"), Paragraph(explanation.text)]
    for title, example in (("wrong", explanation.wrong), ("repaired", explanation.right)):
        if example is not None:
            blocks += [Heading(title, 2), *example_blocks(example)]
    return tuple(blocks)


def example_blocks(example: Example) -> Page:
    """Return an example's files, if it has any, and its command."""
    files = [Code(f"# {name}\n{shortened(text)}", "toml") for name, text in example.beside]
    if example.file:
        files.insert(0, Code(f"# {FILE}\n{shortened(example.file)}", "yaml"))
    return (*files, Code(shortened(example.command), "sh"))


def shortened(text: str) -> str:
    """Cut the middle out of lines that are too long."""
    return "\n".join(line if len(line) <= LONGEST else f"{line[:60]} ... {line[-30:]}" for line in text.split("\n"))


def explanation_dict(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as a plain dictionary."""
    return {
        "code": explanation.code,
        "title": explanation.title,
        "text": explanation.text,
        "wrong": _example_dict(explanation.wrong),
        "right": _example_dict(explanation.right),
    }


def _example_dict(example: Example | None) -> dict[str, Any] | None:
    if example is None:
        return None
    return {
        "command": example.command,
        "file": example.file or None,
        "beside": dict(example.beside),
    }
