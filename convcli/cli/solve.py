"""`convcli solve`: questions asked backwards. Each question is a command of its own."""

from typing import Annotated, Any, Optional

import typer

from convcli import human
from convcli.cli import completion, options
from convcli.cli.bar import Bar
from convcli.cli.ops import Answer, show
from convcli.cli.output import Wanted, chosen_format
from convcli.solving.batch import BatchSolution
from convcli.styled import NAME
from convcli.writers.simple_table import WRAP, Column, Heading, Page, Paragraph, Table

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

SCHEMA = "convcli/solve/1"
DOES_NOT_FIT = 1


@app.callback()
def solve() -> None:
    """Backwards: the largest batch for a memory, the input sizes that work.

    Examples:

    \b
      convcli solve batch resnet50 --memory 8GiB --train
      convcli solve size unet --near 500x375
    """


@app.command()
def batch(
    model: options.Model,
    memory: Annotated[str, typer.Option("--memory", metavar="SIZE", help="What there is: 8GiB, 24GB, 512MiB.")],
    train: Annotated[bool, typer.Option("--train", help="For a step of training; else for inference.")] = False,
    optimizer: options.Optimizer = None,
    amp: options.Amp = False,
    input: options.Input = None,
    variant: options.Variant = None,
    set: options.Set = None,
    arg: options.Arg = None,
    dtype: options.Dtype = "float32",
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    format: options.Format = None,
    output: options.Output = None,
    color: options.Color = None,
) -> None:
    """The largest batch that a memory holds; where not even one sample fits, what weighs most.

    The numbers are those of `convcli profile`: tensors, without workspaces,
    fragmentation and what the device itself takes. Exit code 1: nothing fits.

    Examples:

    \b
      convcli solve batch resnet50 --memory 8GiB
      convcli solve batch resnet50 --memory 8GiB --train --optimizer adam --amp
      convcli solve batch net.yaml --memory 512MiB -i 3x640x640 --format json
    """
    from convcli import api
    from convcli.shapes import parse_inputs

    found: list[BatchSolution] = []
    wanted = Wanted(format, output, color)

    def work() -> Answer:
        found.append(
            api.solve_batch(
                options.called(model, arg), memory=memory, train=train, optimizer=optimizer or "sgd", amp=amp,
                input=parse_inputs(input or []) or None, variant=variant, set=options.settings(set), dtype=dtype,
                max_layers=max_layers, max_size=max_size,
            )
        )  # fmt: skip
        page = batch_csv if chosen_format(wanted) == "csv" else batch_page
        return page(found[0]), {"solution": batch_dict(found[0])}

    show(SCHEMA, work, wanted, model)
    if not found[0].batch:
        raise typer.Exit(DOES_NOT_FIT)


@app.command()
def size(
    model: options.Model,
    near: Annotated[
        Optional[str], typer.Option("--near", metavar="SIZE", help="List the nearest sizes: 500x375, or 500 for all.")
    ] = None,
    input: options.Input = None,
    input_name: Annotated[
        Optional[str],
        typer.Option(
            "--input-name",
            metavar="NAME",
            help="Of several inputs the only one that changes its size.",
            autocompletion=completion.input_name,
        ),
    ] = None,
    variant: options.Variant = None,
    set: options.Set = None,
    arg: options.Arg = None,
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    format: options.Format = None,
    output: options.Output = None,
    color: options.Color = None,
) -> None:
    """The input sizes that a network takes, and those of which it loses no pixels at a border.

    For every size of each axis, exactly: n = r mod d, or ranges. Several inputs
    change in proportion, unless --input-name says which one. Exit code 1: no
    size works.

    Examples:

    \b
      convcli solve size unet
      convcli solve size unet --near 500x375
      convcli solve size inception_v3 --near 300 --format json
      convcli solve size 'Conv2d(3, 8, 4, stride=4) | PixelUnshuffle(2)'
    """
    from convcli import api
    from convcli.cli import solve_size
    from convcli.shapes import parse_inputs

    works: list[bool] = []
    wanted = Wanted(format, output, color)

    def work() -> Answer:
        with Bar() as bar:
            found = api.solve_size(
                options.called(model, arg),
                near=near, input=parse_inputs(input or []) or None, input_name=input_name, variant=variant,
                set=options.settings(set), max_layers=max_layers, max_size=max_size, progress=bar,
            )  # fmt: skip
        works.append(found.works())
        page = solve_size.csv_page if chosen_format(wanted) == "csv" else solve_size.size_page
        return page(found), {"solution": solve_size.size_dict(found)}

    show(SCHEMA, work, wanted, model)
    if not works[0]:
        raise typer.Exit(DOES_NOT_FIT)


def batch_page(found: BatchSolution) -> Page:
    """Return the answer in sentences, and the tensors that weigh most where nothing fits."""
    there = human.bytes_(found.memory_bytes)
    how = f"a step of {found.optimizer}" if found.train else "inference"
    how += f", {found.dtype}" + (f" with products in {found.amp}" if found.amp else "")
    needed = human.bytes_(found.needed_bytes)
    more = (
        "the network takes no more" if found.next_bytes is None else f"one more takes {human.bytes_(found.next_bytes)}"
    )
    leaves_out = "Tensors alone: workspaces, fragmentation and what the device itself takes come on top."
    at_most = " Some layers are not counted, so it is no more than a bound." if found.at_most else ""
    if found.batch:
        samples = "`1` sample takes" if found.batch == 1 else f"`{found.batch}` samples take"
        text = f"{samples} {needed} of {there}, {more} ({how}).{at_most}"
        return Heading(f"{found.network}: batch {found.batch}"), Paragraph(f"{text} {leaves_out}")
    fixed = human.bytes_(found.fixed_bytes)
    text = f"One sample takes {needed} of {there}, {fixed} of it whatever the batch ({how}).{at_most} {leaves_out}"
    rows = tuple(
        (heavy.name, heavy.kind, human.bytes_(heavy.bytes), human.bytes_(heavy.needed_with_half))
        for heavy in found.heaviest
    )
    columns = (Column("weighs most", WRAP, role=NAME), Column("what it is"), Column("bytes", right=True),
               Column("needed with half of it", right=True))  # fmt: skip
    return Heading(f"{found.network}: not even one sample fits"), Paragraph(text), Table(columns, rows)


def batch_csv(found: BatchSolution) -> Page:
    """Return the answer as a table of one row, with plain numbers."""
    import json

    row = {name: value for name, value in batch_dict(found).items() if name != "heaviest"}
    cells = tuple("" if value is None else json.dumps(value).strip('"') for value in row.values())
    return (Table(tuple(map(Column, row)), (cells,)),)


def batch_dict(found: BatchSolution) -> dict[str, Any]:
    """Return the answer as a plain dictionary."""
    return {
        "network": found.network,
        "memory_bytes": found.memory_bytes,
        "train": found.train,
        "optimizer": found.optimizer if found.train else None,
        "amp": found.amp,
        "dtype": found.dtype,
        "batch": found.batch,
        "needed_bytes": found.needed_bytes,
        "next_bytes": found.next_bytes,
        "fixed_bytes": found.fixed_bytes,
        "at_most": found.at_most,
        "heaviest": [
            {"name": name, "kind": kind, "bytes": size, "needed_with_half": less}
            for name, kind, size, less in found.heaviest
        ],
    }
