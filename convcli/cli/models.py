"""`convcli models`: the bundled networks."""

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from convcli import human
from convcli.catalogue_api.networks import ModelEntry
from convcli.cli import completion, options
from convcli.cli.ops import Answer, show
from convcli.cli.output import SUFFIXES, Wanted, put
from convcli.styled import DIM, NAME, NUMBER
from convcli.writers.simple_table import CUT, DROP, Code, Column, Facts, Heading, Page, Paragraph, Table

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def models(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="One of them, to see its file; all without it.", autocompletion=completion.bundled
        ),
    ] = None,
    filter: Annotated[
        str | None, typer.Option("--filter", metavar="TEXT", help="Only names and families with this text.")
    ] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="COLUMN", help="Order by name, family, params or macs.")
    ] = None,
    format: options.Format = None,
    output: options.Output = None,
    color: options.Color = None,
) -> None:
    """The bundled networks with their parameters and MACs, or the file of one.

    The file is a good start for a network of your own.

    Examples:

    \b
      convcli models
      convcli models --filter resnet --sort macs
      convcli models resnet50
      convcli models resnet50 -o mine.yaml
    """
    from convcli import api

    wanted = Wanted(format, output, color)
    if name is None:
        show("convcli/models/1", lambda: _listed(filter, sort), wanted)
    elif format is None and not (output and output.lower().endswith(tuple(SUFFIXES))):
        show("convcli/models/1", lambda: _file(api.models(name)), wanted._replace(format="table"))
    else:
        show("convcli/models/1", lambda: _record(api.models(name)), wanted)


def _listed(filter: str | None, sort: str | None) -> Answer:
    from convcli import api

    entries = api.models(filter=filter, sort=sort)
    return models_page(entries), {"models": [model_dict(entry) for entry in entries]}


def _file(entry: ModelEntry) -> Answer:
    from convcli import api

    used = [(other, api.models(other).file.name) for other in entry.uses]
    notes = [f"the file uses {file}, which belongs beside it: convcli models {other} -o {file}" for other, file in used]
    if entry.variant:
        notes.append(f"{entry.name} is a variant in this file: convcli profile FILE --variant {entry.variant}")
    for note in notes:
        put([[("note: ", DIM), (note, DIM)]], sys.stderr)
    return entry.text, {}


def _record(entry: ModelEntry) -> Answer:
    return model_page(entry), {"models": [{**model_dict(entry), "text": entry.text}]}


_COLUMNS = (
    Column("name", role=NAME), Column("family", CUT, role=DIM, least=6), Column("input"),
    Column("params", right=True, role=NUMBER), Column("MACs", right=True, role=NUMBER),
    Column("source", DROP, least=24),
)  # fmt: skip
CONVENTION = "MACs: multiply-accumulates, bias excluded, batch 1; params: each weight once."


def models_page(entries: Iterable[ModelEntry]) -> Page:
    """Return the table of networks."""
    rows = tuple(
        (e.name, e.family, shapes(e.inputs), human.exact(e.params), human.exact(e.macs), e.origin) for e in entries
    )
    if not rows:
        return (Paragraph("No bundled network has such a name."),)
    return Table(_COLUMNS, rows), Paragraph(CONVENTION)


def model_page(entry: ModelEntry) -> Page:
    """Return a network's figures and its file."""
    figures = (
        ("source", (entry.origin,)),
        ("input", (shapes(entry.inputs),)),
        ("output", (shapes(entry.outputs),)),
        ("params", (human.exact(entry.params),)),
        ("MACs", (human.exact(entry.macs),)),
    )
    text = (Paragraph(entry.description), Facts(figures), Paragraph(CONVENTION))
    return (Heading(entry.name), *text, Code(entry.text, "yaml"))


def shapes(shapes: Iterable[tuple[int | None, ...] | None]) -> str:
    """Write the sizes of a network's inputs or outputs."""
    return " and ".join(map(human.show_shape, shapes))


def model_dict(entry: ModelEntry) -> dict[str, Any]:
    """Return a network as a plain dictionary."""
    return {
        "name": entry.name,
        "family": entry.family,
        "file": entry.file.name,
        "variant": entry.variant,
        "description": entry.description,
        "source": entry.origin,
        "uses": entry.uses,
        "inputs": entry.inputs,
        "outputs": entry.outputs,
        "params": entry.params,
        "macs": entry.macs,
    }
