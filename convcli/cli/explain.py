"""`convcli explain`: what an error code means, with a wrong example and its repair."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from convcli.cli import completion, options
from convcli.cli.ops import Answer, show
from convcli.cli.output import Wanted
from convcli.explanations import Example, Explanation
from convcli.styled import NAME
from convcli.writers.explanation import explanation_page
from convcli.writers.simple_table import WRAP, Column, Page, Paragraph, Table

app = typer.Typer(rich_markup_mode=None, add_completion=False)


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
