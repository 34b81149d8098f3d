"""The group of all commands: a command's file is imported, and its options are built, when it is named.

Building 14 commands with 14 options each at every start costs a quarter of the whole start.
"""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS: dict[str, str] = {
    "shape": "Output size, weights, parameters and MACs of layers.",
    "profile": "The whole table of a network.",
    "check": "The verdict on network files, for CI.",
    "lock": "Write down what networks add up to.",
    "diff": "Two networks side by side: what changed, and what it costs.",
    "rf": "Questions about receptive fields.",
    "solve": "Backwards: the largest batch for a memory.",
    "convert": "A network in another format.",
    "verify": "Every number held against torch.",
    "device": "What this machine can do, measured.",
    "inspect": "A look inside a network: statistics through depth, pictures.",
    "ops": "The catalogue of operators, and the short words.",
    "models": "The bundled networks.",
    "explain": "What an error code means, with an example and its repair.",
    "schema": "The JSON Schema of network files, for editors.",
}
"""The commands in the order of the help, with a line for each."""


class LazyGroup(TyperGroup):
    """Knows the names of its commands, and loads the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        command = get_command(import_module(f"convcli.cli.{cmd_name}").app)
        command.name, command.short_help = cmd_name, COMMANDS[cmd_name]
        return command


app = typer.Typer(
    cls=LazyGroup,
    name="convcli",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from convcli import __version__

        typer.echo(f"convcli {__version__}")
        raise typer.Exit


@app.callback()
def convcli(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Sizes, parameters, FLOPs and receptive fields of convolutional networks, from their text, at once.

    \b
      convcli shape conv 64 k7 s2 p3 -i 3x224x224
      convcli profile resnet50
    """
