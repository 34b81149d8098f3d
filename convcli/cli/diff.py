"""`convcli diff`: two networks side by side."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from convcli.cli import completion, options
from convcli.cli.bar import Bar
from convcli.cli.diff_stored import are_stored, show_stored
from convcli.cli.output import INTERRUPTED, OF_BYTES, Wanted, _deliver, chosen_format, complain, exit_of
from convcli.cli.run_options import was_interrupted, with_run_options
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.running.ask import Progress
from convcli.writers.view import View

if TYPE_CHECKING:
    from convcli.compared import Comparison

app = typer.Typer(rich_markup_mode=None, add_completion=False)

DIFFERS = 1


A = Annotated[
    str,
    typer.Argument(
        metavar="A", help="A network as for `profile`, or REV:path, a file in a revision of git.",
        autocompletion=completion.revision,
    ),
]  # fmt: skip
B = Annotated[
    str,
    typer.Argument(
        metavar="B", help="The other one; it may be the same file in another revision.",
        autocompletion=completion.revision,
    ),
]  # fmt: skip
VariantA = Annotated[
    Optional[str],
    typer.Option("--variant-a", metavar="NAME", help="The variant of A alone.", autocompletion=completion.variant),
]
VariantB = Annotated[
    Optional[str],
    typer.Option("--variant-b", metavar="NAME", help="The variant of B alone.", autocompletion=completion.variant_b),
]
SetA = Annotated[
    Optional[list[str]],
    typer.Option(
        "--set-a", metavar="NAME=VALUE", help="Replace a variable of A alone.", autocompletion=completion.setting
    ),
]
SetB = Annotated[
    Optional[list[str]],
    typer.Option(
        "--set-b", metavar="NAME=VALUE", help="Replace a variable of B alone.", autocompletion=completion.setting_b
    ),
]
All = Annotated[bool, typer.Option("--all", help="A row for each layer, and every total.")]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit with 1 where something differs.")]


@app.command()
@with_run_options
def diff(
    before: A,
    after: B,
    input: options.Input = None,
    batch: options.Batch = None,
    batched: options.Batched = None,
    variant: options.Variant = None,
    variant_a: VariantA = None,
    variant_b: VariantB = None,
    set: options.Set = None,
    set_a: SetA = None,
    set_b: SetB = None,
    format: options.Format = None,
    output: options.Output = None,
    columns: options.Columns = None,
    all: All = False,
    exit_code: ExitCode = False,
    dtype: options.Dtype = "float32",
    optimizer: options.Optimizer = None,
    amp: options.Amp = False,
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    from_format: options.From = None,
    color: options.Color = None,
    run: Any = None,
) -> None:
    """Two networks side by side: what was added, removed, edited, moved, renamed, and what that costs.

    Layers that differ only because others do are one row; a list that was
    numbered anew differs in nothing. A file that REV lacks makes the other new.
    With --run both are timed in turns. Two reports that `profile --run` wrote
    as .json are compared by their times.

    Examples:

    \b
      convcli diff vgg16 vgg16_bn
      convcli diff HEAD:net.yaml net.yaml
      convcli diff main:configs/net.yaml HEAD:configs/net.yaml --format markdown
      convcli diff net.yaml net.yaml --variant-b small
      convcli diff resnet50 resnet50 --set-b num_classes=10 --exit-code
      convcli diff resnet18 resnet34 --run
      convcli diff old.json new.json
    """
    from convcli import comparing
    from convcli.shapes import parse_inputs

    wanted = Wanted(format, output, color, View(columns))
    if from_format is None and are_stored(before, after):
        show_stored(before, after, wanted, max_size)
        return

    def work(progress: Progress) -> "Comparison":
        return comparing.diff(
            before, after, input=parse_inputs(input or []) or None, batch=batch, batched=batched, variant=variant,
            variant_before=variant_a, variant_after=variant_b, set=options.settings(set),
            set_before=options.settings(set_a), set_after=options.settings(set_b), dtype=dtype,
            optimizer=optimizer or "sgd", amp=amp, max_layers=max_layers, max_size=max_size, from_format=from_format,
            run=run, progress=progress,
            roofline=wanted.shows(*OF_BYTES, always=("csv",)),
        )  # fmt: skip

    _answer(work, wanted, (before, after), all_layers=all, exit_code=exit_code)


def _answer(
    work: Callable[[Progress], "Comparison"],
    wanted: Wanted,
    models: tuple[str, str],
    *,
    all_layers: bool,
    exit_code: bool,
) -> None:
    """Print the comparison, or what is wrong; with `exit_code` the exit tells whether something differs."""
    errors: tuple[Diagnostic, ...] = ()
    found: Comparison | None = None
    text = None
    asked, wanted = wanted, wanted._replace(output=None)  # until it is clear that no network lies there
    try:
        format = chosen_format(asked, *models)
        wanted = asked
        found, errors = _compared(work)
        if found is not None:
            text = _text(found, format, wanted, all_layers=all_layers)
    except ConvcliError as error:
        errors, found = error.diagnostics, None
    if found is None and wanted.format == "json":
        text = _no_answer(errors)
    if text is not None:
        _deliver(text, wanted)
    if errors:
        complain(errors, color=wanted.color)
        raise typer.Exit(exit_of(errors))
    if found is not None and was_interrupted(found.times and found.times.timings):
        raise typer.Exit(INTERRUPTED)
    if found and exit_code:
        raise typer.Exit(DIFFERS)


def _compared(work: Callable[[Progress], "Comparison"]) -> tuple["Comparison | None", tuple[Diagnostic, ...]]:
    """Do the work; the second result is what cut it short."""
    try:
        with Bar() as bar:
            return work(bar), ()
    except ConvcliError as error:
        return error.report, error.diagnostics


def _no_answer(errors: tuple[Diagnostic, ...]) -> str:
    from convcli.writers.json_diff import SCHEMA
    from convcli.writers.simple_table import document

    return document(SCHEMA, {"status": None}, errors)


def _text(found: "Comparison", format: str, wanted: Wanted, *, all_layers: bool) -> Any:
    from convcli.writers.diff_cells import diff_columns

    keys = wanted.view.columns
    diff_columns(found, keys)  # one that does not exist is a mistake, even where no layer is shown
    if format == "json":
        from convcli.writers.json_diff import comparison_json

        return comparison_json(found)
    if format == "table":
        from convcli.writers.diff_table import diff_lines
        from convcli.writers.screen import terminal_width

        width = None if wanted.output else terminal_width(sys.stdout)
        return diff_lines(found, keys, all_layers=all_layers, width=width)
    from convcli.writers.diff_text import diff_csv, diff_markdown

    return diff_csv(found, keys) if format == "csv" else diff_markdown(found, keys, all_layers=all_layers)
