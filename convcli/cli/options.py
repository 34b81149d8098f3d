"""The options that commands share: spelled once, the same everywhere."""

from typing import Annotated, Optional

import typer

from convcli.cli import completion

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A network file, - for standard input, a bundled network, layers, net.py:Net, a .pt2 or .onnx file.",
        autocompletion=completion.model,
    ),
]
Input = Annotated[
    Optional[list[str]],
    typer.Option("--input", "-i", metavar="SHAPE", help="Size that flows in: 3x224x224, 32x3x224x224, name=3x224x224."),
]
Batch = Annotated[Optional[int], typer.Option("--batch", metavar="N", help="Batch, where the input has none.")]
Batched = Annotated[
    Optional[bool],
    typer.Option("--batched/--unbatched", help="Whether the input has a batch, if its length leaves it open."),
]
Variant = Annotated[
    Optional[str],
    typer.Option("--variant", metavar="NAME", help="One of the file's variants.", autocompletion=completion.variant),
]
Set = Annotated[
    Optional[list[str]],
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Replace a variable: --set num_classes=10.",
        autocompletion=completion.setting,
    ),
]  # fmt: skip
Arg = Annotated[
    Optional[list[str]],
    typer.Option("--arg", metavar="NAME=VALUE", help="An argument for a Python model: --arg num_classes=10."),
]
Train = Annotated[bool, typer.Option("--train", help="Call a Python model as in training, else as in evaluation.")]
Format = Annotated[
    Optional[str],
    typer.Option(
        "--format", "-f", metavar="FORMAT", help="table, json, csv or markdown.",
        autocompletion=completion.format,
    ),
]  # fmt: skip
Output = Annotated[
    Optional[str], typer.Option("--output", "-o", metavar="FILE", help="Write here; the suffix tells the format.")
]
Depth = Annotated[Optional[int], typer.Option("--depth", metavar="N", min=1, help="Fold scopes deeper than this.")]
Columns = Annotated[
    Optional[str],
    typer.Option(
        "--columns", metavar="A,B", help="Columns to show: name,op,macs; +flops adds to the usual.",
        autocompletion=completion.columns,
    ),
]  # fmt: skip
Sort = Annotated[
    Optional[str],
    typer.Option(
        "--sort",
        metavar="COLUMN",
        help="Order layers by a column, largest first.",
        autocompletion=completion.one_column,
    ),
]
Top = Annotated[
    Optional[int], typer.Option("--top", metavar="N", min=1, help="Only the first N layers, by MACs or --sort.")
]
Dtype = Annotated[
    str,
    typer.Option(
        "--dtype", metavar="TYPE", help="float32, float64, float16 or bfloat16, for bytes.",
        autocompletion=completion.dtype,
    ),
]  # fmt: skip
Optimizer = Annotated[
    Optional[str],
    typer.Option(
        "--optimizer", metavar="NAME", help="sgd, momentum, adam or adamw: for memory; with --run, time whole steps.",
        autocompletion=completion.optimizer,
    ),
]  # fmt: skip
Amp = Annotated[bool, typer.Option("--amp", help="Mixed precision: products in half precision.")]
Convention = Annotated[
    str,
    typer.Option(
        "--convention", metavar="NAME", help="Count as another tool does: torch, fvcore, thop, ptflops, ...",
        autocompletion=completion.convention,
    ),
]  # fmt: skip
Versus = Annotated[
    Optional[str],
    typer.Option(
        "--versus", metavar="NAME", help="From our number to another tool's: each rule, and where it matters.",
        autocompletion=completion.other_convention,
    ),
]  # fmt: skip
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No warnings about the architecture.")]
DeviceSpec = Annotated[
    Optional[str],
    typer.Option(
        "--device-spec", metavar="SPEC", help="Bounds on a device: this, h100-sxm, or peak=989T,bandwidth=3.35TB/s.",
        autocompletion=completion.device,
    ),
]  # fmt: skip
Color = Annotated[Optional[bool], typer.Option("--color/--no-color", help="Colour, or none; NO_COLOR is respected.")]
From = Annotated[
    Optional[str],
    typer.Option(
        "--from", metavar="FORMAT", help="Format of the file, if its name and content do not tell: keras, ...",
        autocompletion=completion.source_format,
    ),
]  # fmt: skip
MaxLayers = Annotated[
    Optional[int], typer.Option("--max-layers", metavar="N", min=1, help="Limit of layers (100,000).")
]
MaxSize = Annotated[
    Optional[int], typer.Option("--max-size", metavar="BYTES", min=1, help="Limit of a file's size (2 MiB).")
]


def named(paths: list[str]) -> list[str]:
    """Return paths as they are named.

    Raises:
        ConvcliError: one is empty, as from a variable of the shell that is not set: it would be this folder.
    """
    from convcli.diagnostics import ConvcliError, Diagnostic

    if not all(paths):
        raise ConvcliError([Diagnostic("CV001", "a path is empty", help="write `.` for the current folder")])
    return paths


def called(model: str, texts: Optional[list[str]]) -> str:
    """Return a model with the values of `--arg` among its arguments.

    Raises:
        ConvcliError: it is no Python model, or one has no `=`.
    """
    if not texts:
        return model
    from convcli.readers.python_name import with_arguments

    return with_arguments(model, texts)


def settings(texts: Optional[list[str]]) -> dict[str, str]:
    """Read the values of `--set`.

    Raises:
        ConvcliError: one has no `=`.
    """
    from convcli.diagnostics import ConvcliError, Diagnostic

    found = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConvcliError([Diagnostic("CV004", f"`--set {text}` sets nothing", help="write `--set name=value`")])
        found[name.strip()] = value
    return found
