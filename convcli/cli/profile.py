"""`convcli profile`: the whole table of a network."""

from typing import Any

import typer

from convcli.cli import options
from convcli.cli.output import OF_BYTES, Wanted
from convcli.cli.run_options import answer_run, with_run_options
from convcli.writers.view import View

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
@with_run_options
def profile(
    model: options.Model,
    input: options.Input = None,
    batch: options.Batch = None,
    batched: options.Batched = None,
    variant: options.Variant = None,
    set: options.Set = None,
    arg: options.Arg = None,
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
    versus: options.Versus = None,
    device_spec: options.DeviceSpec = None,
    train: options.Train = False,
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    from_format: options.From = None,
    quiet: options.Quiet = False,
    color: options.Color = None,
    run: Any = None,
) -> None:
    """The whole table of a network: sizes, parameters, MACs, layer by layer and in total.

    Examples:

    \b
      convcli profile resnet50
      convcli profile net.yaml --depth 2
      convcli profile net.yaml --top 10 --columns name,op,macs,share
      convcli profile net.yaml --columns name,op,saved,alive --batch 32 --optimizer adam
      convcli profile net.yaml --variant small --set num_classes=10 -i 3x320x320
      convcli profile net.yaml --format json -o net.json
      convcli profile resnet50 --convention fvcore
      convcli profile resnet50 --versus thop
      convcli profile resnet50 --device-spec h100-sxm --dtype float16
      convcli profile net.yaml --columns name,op,read,written,intensity
      cat net.yaml | convcli profile - --format markdown
      convcli profile "net.py:Net(num_classes=10)" -i 3x224x224
      convcli profile net.py:Net --arg num_classes=10 -i 3x224x224
      convcli profile net.py:Net -i image=1x3x224x224 -i ids=int64:1x128 --train
      convcli profile torchvision.models:resnet18 -i 3x224x224
      convcli profile exported.pt2
    """
    from convcli import api
    from convcli.shapes import parse_inputs

    wanted = Wanted(format, output, color, View(columns, depth, sort, top))
    answer_run(
        lambda progress: api.profile(
            options.called(model, arg), input=parse_inputs(input or []) or None, batch=batch, batched=batched,
            variant=variant, set=options.settings(set), dtype=dtype, optimizer=optimizer or "sgd", amp=amp,
            max_layers=max_layers, max_size=max_size, from_format=from_format, convention=convention,
            versus=versus, receptive_fields=wanted.shows("rf"), warnings=not quiet,
            roofline=wanted.shows(*OF_BYTES, always=("csv", "json") if run else ("csv",)), device_spec=device_spec,
            train=train, run=run, progress=progress,
        ),
        wanted, model, run=run, device=device_spec is not None,
    )  # fmt: skip
