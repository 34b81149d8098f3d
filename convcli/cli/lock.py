"""`convcli lock`: what networks add up to, written down."""

from typing import Annotated, Any, Optional

import typer

from convcli import human
from convcli.checking.lock import LockUpdate
from convcli.cli import options
from convcli.cli.bar import Bar
from convcli.cli.ended import Tidy
from convcli.cli.ops import Answer, show
from convcli.cli.output import Wanted
from convcli.writers.simple_table import Facts, Heading, Page

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SCHEMA = "convcli/lock/1"


@app.command()
def lock(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Network files, and folders of them.")],
    configuration: Annotated[
        Optional[str], typer.Option("--config", metavar="FILE", help="The configuration; else the nearest one.")
    ] = None,
    jobs: Annotated[
        Optional[int], typer.Option("--jobs", "-j", metavar="N", min=1, help="Processes; as many as useful.")
    ] = None,
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    format: options.Format = None,
    output: options.Output = None,
    color: options.Color = None,
) -> None:
    """Write the totals and sizes of network files into convcli.lock, for `convcli check --locked`.

    Commit the lock: a change of a number then shows in review. Entries of other
    files stay. Where a file is broken nothing is written, exit code 2.

    Examples:

    \b
      convcli lock configs/
      convcli check configs/ --locked
    """
    from convcli import api

    def work() -> Answer:
        with Tidy(), Bar() as bar:
            found = api.lock(
                *options.named(paths),
                configuration=configuration,
                jobs=jobs,
                max_layers=max_layers,
                max_size=max_size,
                progress=bar,
            )
        return lock_page(found), {"lock": lock_dict(found)}

    show(SCHEMA, work, Wanted(format, output, color), *paths, configuration or "")


def lock_page(found: LockUpdate) -> Page:
    """Return what became of the lock."""
    rows = [("new", found.added), ("moved", found.moved), ("gone", found.removed)]
    facts = tuple((label, names) for label, names in rows if names)
    heading = Heading(f"{found.path}: {human.counted(found.networks, 'network')}{'' if facts else ', nothing moved'}")
    return (heading, Facts(facts)) if facts else (heading,)


def lock_dict(found: LockUpdate) -> dict[str, Any]:
    """Return the same for machines."""
    return {
        "path": found.path,
        "networks": found.networks,
        "added": list(found.added),
        "moved": list(found.moved),
        "removed": list(found.removed),
    }
