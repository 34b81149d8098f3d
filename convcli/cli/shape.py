"""`convcli shape`: a layer or a chain of layers."""

from typing import Annotated, Any

import typer

from convcli.cli import options
from convcli.cli.output import OF_BYTES, Wanted
from convcli.cli.run_options import answer_run, with_run_options
from convcli.writers.view import View

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(context_settings={"ignore_unknown_options": True})
@with_run_options
def shape(
    layers: Annotated[list[str], typer.Argument(metavar="LAYERS...", help="Layers as in PyTorch, or in short words.")],
    input: options.Input = None,
    batch: options.Batch = None,
    batched: options.Batched = None,
    explain: Annotated[bool, typer.Option("--explain", help="Write out each formula with its numbers.")] = False,
    format: options.Format = None,
    output: options.Output = None,
    depth: options.Depth = None,
    columns: options.Columns = None,
    sort: options.Sort = None,
    top: options.Top = None,
    dtype: options.Dtype = "float32",
    optimizer: options.Optimizer = None,
    amp: options.Amp = False,
    convention: options.Convention = "macs",
    device_spec: options.DeviceSpec = None,
    max_layers: options.MaxLayers = None,
    quiet: options.Quiet = False,
    color: options.Color = None,
    run: Any = None,
) -> None:
    """Output size, weights, parameters and MACs of a layer or a chain of layers.

    A single layer is answered in one line, a chain by a table. Without -i
    the answer is what can be known without a size.

    Examples:

    \b
      convcli shape 'Conv2d(3, 64, 7, stride=2, padding=3)' -i 3x224x224
      convcli shape conv 64 k7 s2 p3 -i 3x224x224
      convcli shape 'conv 64 k3 p1 | bn | relu | maxpool 2' -i 32x3x64x64
      convcli shape 'Linear(512, 10)' --explain -i 512
      convcli shape 'ConvTranspose2d(64, 32, 2, stride=2)' -i 64x28x28 --convention thop
      convcli shape 'Conv2d(64, 64, 3)' -i 64x56x56 --device-spec peak=989T,bandwidth=3.35TB/s
      convcli shape 'LSTM(40, 128, num_layers=2)'
    """
    from convcli import api
    from convcli.shapes import parse_inputs

    wanted = Wanted(format, output, color, View(columns, depth, sort, top), explain)
    answer_run(
        lambda progress: api.shape(
            *layers, input=parse_inputs(input or []) or None, batch=batch, batched=batched, dtype=dtype,
            optimizer=optimizer or "sgd", amp=amp, max_layers=max_layers, formulas=explain, convention=convention,
            receptive_fields=wanted.shows("rf"), warnings=not quiet,
            roofline=wanted.shows(*OF_BYTES, always=("csv", "json") if run else ("csv",)), device_spec=device_spec,
            run=run, progress=progress,
        ),
        wanted,
        run=run,
        device=device_spec is not None,
    )  # fmt: skip
