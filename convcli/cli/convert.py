"""`convcli convert`: a network in another format."""

import sys
from collections.abc import Callable
from typing import Annotated, Any, Optional

import typer

from convcli.cli import completion, options
from convcli.cli.output import WRONG_QUESTION, complain, put, would_overwrite
from convcli.cli.outputs import Output, Targets
from convcli.diagnostics import ConvcliError, Diagnostic

app = typer.Typer(rich_markup_mode=None, add_completion=False)


Cost = Annotated[
    Optional[str],
    typer.Option(
        "--cost", metavar="COST", help="Colour boxes by macs, params or memory.", autocompletion=completion.cost
    ),
]

Init = Annotated[bool, typer.Option("--init", help="Fill the weights of an ONNX file; else they are inputs.")]


@app.command()
def convert(
    model: options.Model,
    to: Annotated[
        Optional[str],
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="torch, yaml, onnx, mermaid, dot or svg.",
            autocompletion=completion.conversion,
        ),
    ] = None,
    output: Annotated[
        Optional[str], typer.Option("--output", "-o", metavar="FILE", help="Write here; the suffix tells the format.")
    ] = None,
    depth: options.Depth = None,
    cost: Cost = None,
    init: Init = False,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE where it exists.")] = False,
    input: options.Input = None,
    batch: options.Batch = None,
    batched: options.Batched = None,
    variant: options.Variant = None,
    set: options.Set = None,
    arg: options.Arg = None,
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    from_format: options.From = None,
    color: options.Color = None,
) -> None:
    """Write a network in another format: PyTorch source, a network file, ONNX, a diagram.

    What a format cannot keep is said on standard error. A file that exists
    is replaced with --force only, the network itself never.

    Examples:

    \b
      convcli convert resnet50 --to torch
      convcli convert net.yaml -o net.py
      convcli convert 'conv 8 k3 | bn | relu' -i 3x32x32 --to yaml
      convcli convert resnet50 -o resnet50.onnx --init
      convcli convert net.yaml -o net.svg --cost macs --depth 2
      convcli convert net.yaml --to mermaid
    """
    from convcli import api
    from convcli.shapes import parse_inputs

    def work(format: str) -> Any:
        return api.convert(
            options.called(model, arg), format, input=parse_inputs(input or []) or None, batch=batch, batched=batched,
            variant=variant, set=options.settings(set), depth=depth, cost=cost, init=init, max_layers=max_layers,
            max_size=max_size, from_format=from_format,
        )  # fmt: skip

    try:
        deliver(work, to, output, model, force=force, color=color)
    except ConvcliError as error:
        complain(error.diagnostics, color=color)
        raise typer.Exit(WRONG_QUESTION) from None


def deliver(
    work: Callable[[str], Any], to: Optional[str], output: Optional[str], model: str, *, force: bool,
    color: Optional[bool],
) -> None:  # fmt: skip
    """Do the work, write its text, and say what could not be kept.

    Raises:
        ConvcliError: there is no such format, the file may not be written, or the work cannot be done.
    """
    from convcli.converting import BYTES, expect_suffix, format_of

    format = to or format_of(output)
    expect_suffix(format, output)
    if output is None and format in BYTES:
        help = f"name a file: `-o net.{format}`"
        raise ConvcliError([Diagnostic("CV079", f"`{format}` is no text to be shown", help=help)])
    expect_free(output, model, force=force)
    converted = work(format)
    if output is None:
        put(converted.text, sys.stdout)
    else:
        with Targets([Output(format, output)], (), force=True) as targets:
            targets.write(lambda _: converted.data or converted.text)
    complain(converted.findings, color=color)


def expect_free(output: Optional[str], model: str, *, force: bool) -> None:
    """Refuse a file that would be lost.

    Raises:
        ConvcliError: it is the network, or exists and may not be replaced.
    """
    from os.path import realpath
    from pathlib import Path

    if output is None or not Path(output).is_file():
        return
    if realpath(output) == realpath(model):
        raise would_overwrite(output)
    if not force:
        help = "`--force` replaces it"
        raise ConvcliError([Diagnostic("CV071", f"`{output}` is there already", help=help)])
