"""`convcli schema`: the JSON Schema of network files, for editors."""

from typing import Annotated, Optional

import typer

from convcli.cli.output import WRONG_QUESTION, Wanted, _deliver, chosen_format, complain
from convcli.diagnostics import ConvcliError

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def schema(
    output: Annotated[
        Optional[str], typer.Option("--output", "-o", metavar="FILE", help="Write here, not to standard output.")
    ] = None,
) -> None:
    """The JSON Schema of network files: editors complete keys and operators with it, and show their help.

    A network file says in its first line where the schema lies:

    \b
      # yaml-language-server: $schema=convcli.schema.json

    Examples:

    \b
      convcli schema -o convcli.schema.json
      convcli schema | python -m json.tool
    """
    from convcli.network_schema import schema_text

    wanted = Wanted("json", output)
    try:
        chosen_format(wanted)
    except ConvcliError as error:
        complain(error.diagnostics)
        raise typer.Exit(WRONG_QUESTION) from None
    _deliver(schema_text(), wanted)
