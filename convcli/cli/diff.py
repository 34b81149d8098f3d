"""`convcli diff`: two networks side by side."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from convcli.cli import completion, options
from convcli.cli.output import WRONG_QUESTION, Wanted, _deliver, chosen_format, complain
from convcli.diagnostics import ConvcliError, Diagnostic
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
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    color: options.Color = None,
) -> None:
    """Two networks side by side: what was added, removed, edited, moved, renamed, and what that costs.

    Layers that differ only because others do are one row; a list that was
    numbered anew differs in nothing. A file that REV lacks makes the other new.

    Examples:

    \b
      convcli diff vgg16 vgg16_bn
      convcli diff HEAD:net.yaml net.yaml
      convcli diff main:configs/net.yaml HEAD:configs/net.yaml --format markdown
      convcli diff net.yaml net.yaml --variant-b small
      convcli diff resnet50 resnet50 --set-b num_classes=10 --exit-code
    """
    from convcli import comparing
    from convcli.shapes import parse_inputs

    wanted = Wanted(format, output, color, View(columns))

    def work() -> "Comparison":
        return comparing.diff(
            before, after, input=parse_inputs(input or []) or None, batch=batch, batched=batched, variant=variant,
            variant_before=variant_a, variant_after=variant_b, set=options.settings(set),
            set_before=options.settings(set_a), set_after=options.settings(set_b), dtype=dtype,
            max_layers=max_layers, max_size=max_size,
            roofline=wanted.shows("read", "written", "intensity", always=("csv",)),
        )  # fmt: skip

    _answer(work, wanted, (before, after), all_layers=all, exit_code=exit_code)


def _answer(
    work: Callable[[], "Comparison"], wanted: Wanted, models: tuple[str, str], *, all_layers: bool, exit_code: bool
) -> None:
    """Print the comparison, or what is wrong; with `exit_code` the exit tells whether something differs."""
    errors: tuple[Diagnostic, ...] = ()
    differs = False
    asked, wanted = wanted, wanted._replace(output=None)  # until it is clear that no network lies there
    try:
        format = chosen_format(asked, *models)
        wanted = asked
        found = work()
        differs = bool(found)
        text = _text(found, format, wanted, all_layers=all_layers)
    except ConvcliError as error:
        errors = error.diagnostics
        text = _no_answer(errors) if wanted.format == "json" else None
    if text is not None:
        _deliver(text, wanted)
    if errors:
        complain(errors, color=wanted.color)
        raise typer.Exit(WRONG_QUESTION)
    if differs and exit_code:
        raise typer.Exit(DIFFERS)


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
