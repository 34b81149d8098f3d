"""`convcli inspect`: a look inside a network, in numbers and in pictures."""

from typing import Annotated, Any, Optional

import typer

from convcli.cli import completion, options, run_options
from convcli.cli.bar import Bar
from convcli.cli.ops import Answer, show
from convcli.cli.output import Wanted

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SCHEMA = "convcli/inspect/1"


More = Annotated[
    Optional[list[str]],
    typer.Argument(metavar="[PATH]...", help="More images, as a shell writes `--images *.png` out."),
]
Images = Annotated[
    Optional[list[str]], typer.Option("--images", metavar="PATH", help="Images, or folders of them, that flow in.")
]
Tensorboard = Annotated[
    Optional[str], typer.Option("--tensorboard", metavar="DIR", help="Pictures and distributions for TensorBoard.")
]
Grids = Annotated[Optional[str], typer.Option("--grids", metavar="DIR", help="Pictures as PNG files.")]
Layers = Annotated[
    Optional[list[str]],
    typer.Option("--layers", metavar="PATTERN", help="Layers to show: layer1, *.conv1. Default: five."),
]
Fold = Annotated[
    int, typer.Option("--fold", metavar="N", help="Channels of a picture, 3 or 1.", autocompletion=completion.fold)
]
Force = Annotated[bool, typer.Option("--force", help="Write where files are already.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="For weights, inputs and targets.")]
Repairs = Annotated[
    Optional[bool],
    typer.Option("--repairs/--no-repairs", help="Try the usual repairs too. Default: where nothing is written."),
]


@app.command()
def inspect(
    model: options.Model,
    more: More = None,
    images: Images = None,
    tensorboard: Tensorboard = None,
    grids: Grids = None,
    layers: Layers = None,
    fold: Fold = 3,
    force: Force = False,
    init: run_options.Init = None,
    seed: Seed = 0,
    repairs: Repairs = None,
    input: options.Input = None,
    batch: options.Batch = None,
    batched: options.Batched = None,
    variant: options.Variant = None,
    set: options.Set = None,
    arg: options.Arg = None,
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    from_format: options.From = None,
    format: options.Format = None,
    output: options.Output = None,
    color: options.Color = None,
) -> None:
    """Run a network with torch, forward and back, and look at every layer.

    Mean and variance of what each layer makes, what is left of the difference
    between two inputs, the norm of the gradient; where these vanish or explode,
    and what Kaiming's initialisation, batch norm and residuals do about it.
    With --grids or --tensorboard also pictures: inputs, feature maps, kernels.

    Examples:

    \b
      convcli inspect vgg11 -i 3x64x64 --init xavier_uniform
      convcli inspect resnet18 --images photos --grids out
      convcli inspect 'Conv2d(3, 6, 3)' -i 64x3x32x32 --tensorboard runs/conv
      convcli inspect net.yaml --images *.png --layers layer1 --tensorboard runs/net
    """

    def work() -> Answer:
        from convcli import api
        from convcli.cli.inspected import inspected_page
        from convcli.cli.inspected_json import inspected_dict
        from convcli.shapes import parse_inputs

        shown: dict[str, Any] = {"images": _images(images, more), "layers": layers or (), "fold": fold, "force": force}
        with Bar() as bar:
            found = api.inspect(
                options.called(model, arg),
                input=parse_inputs(input or []) or None, batch=batch, batched=batched, variant=variant,
                set=options.settings(set), init=init, seed=seed, repairs=repairs, max_layers=max_layers,
                max_size=max_size, from_format=from_format,
                grids=_folder(grids), tensorboard=_folder(tensorboard), progress=bar, **shown,
            )  # fmt: skip
        return inspected_page(found), inspected_dict(found)

    show(SCHEMA, work, Wanted(format, output, color), model)


def _images(images: Optional[list[str]], more: Optional[list[str]]) -> list[str]:
    """Return all images; a shell that writes out a pattern puts all but the first behind the model.

    Raises:
        ConvcliError: there are some behind the model, and none behind `--images`.
    """
    from convcli.diagnostics import ConvcliError, Diagnostic

    if more and not images:
        help = f"images stand behind `--images`: `--images {more[0]}`"
        raise ConvcliError([Diagnostic("CV010", f"`{more[0]}` is one argument too many", help=help)])
    return options.named([*(images or []), *(more or [])])


def _folder(name: Optional[str]) -> Optional[str]:
    return options.named([name])[0] if name is not None else None
