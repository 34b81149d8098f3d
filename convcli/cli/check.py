"""`convcli check`: the verdict on files and folders, for CI."""

import sys
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Optional

import typer

from convcli.checked import Check
from convcli.cli import ci, completion, options
from convcli.cli.bar import Bar
from convcli.cli.ended import Tidy
from convcli.cli.output import GOOD, WRONG_QUESTION, Wanted, complain, put
from convcli.cli.outputs import Output, Targets, chosen_outputs
from convcli.diagnostics import ConvcliError, Diagnostic

app = typer.Typer(rich_markup_mode=None, add_completion=False)

BAD_VERDICT = 1

BUDGETS = {
    "--max-params": "params: <= {}", "--max-macs": "macs: <= {}", "--max-flops": "flops: <= {}",
    "--max-memory": "memory.inference: <= {}", "--min-receptive-field": "receptive_field: >= {}",
    "--output-shape": "output: {}",
}  # fmt: skip
"""Options that are budgets, in the words of files."""

Paths = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Network files, folders of them, and Python models: net.py:Net.")
]
Variants = Annotated[
    Optional[list[str]], typer.Option("--variant", metavar="NAME", help="Only these variants; else all.")
]
Dtype = Annotated[Optional[str], typer.Option("--dtype", metavar="TYPE", help="The type, for bytes.")]
MaxParams = Annotated[Optional[str], typer.Option("--max-params", metavar="N", help="At most: 12M.")]
MaxMacs = Annotated[Optional[str], typer.Option("--max-macs", metavar="N", help="At most: 2G.")]
MaxFlops = Annotated[Optional[str], typer.Option("--max-flops", metavar="N", help="At most: 4G.")]
MaxMemory = Annotated[Optional[str], typer.Option("--max-memory", metavar="SIZE", help="Alive at inference: 100MiB.")]
MinReceptiveField = Annotated[
    Optional[str], typer.Option("--min-receptive-field", metavar="N", help="At least: 224, or 224x224.")
]
OutputShape = Annotated[
    Optional[str], typer.Option("--output-shape", metavar="SHAPE", help="Exactly, without the batch: 1000.")
]
Configuration = Annotated[
    Optional[str], typer.Option("--config", metavar="FILE", help="The configuration; else the nearest one.")
]
Jobs = Annotated[Optional[int], typer.Option("--jobs", "-j", metavar="N", min=1, help="Processes; as many as useful.")]
Locked = Annotated[bool, typer.Option("--locked", help="Compare with convcli.lock too.")]
SkipOthers = Annotated[
    bool, typer.Option("--skip-others", help="Skip named files too that are no networks, and name them.")
]
Baseline = Annotated[
    Optional[str],
    typer.Option(
        "--baseline", metavar="MODEL", help="Time each against this network; main: is its own file in that revision.",
        autocompletion=completion.revision,
    ),
]  # fmt: skip
MaxLatency = Annotated[
    Optional[str], typer.Option("--max-latency", metavar="RATIO", help="Times as long as the baseline: 1.05.")
]
Init = Annotated[bool, typer.Option("--init", help="Write budgets into files that have none.")]
Slack = Annotated[Optional[str], typer.Option("--slack", metavar="SHARE", help="What --init adds: 5%, if not given.")]
Format = Annotated[
    Optional[str],
    typer.Option(
        "--format", "-f", metavar="FORMAT", help="table, json, markdown, csv, sarif, junit, github, gitlab or auto.",
        autocompletion=completion.check_format,
    ),
]  # fmt: skip
Outputs = Annotated[
    Optional[list[str]],
    typer.Option(
        "--output", "-o", metavar="[FORMAT=]FILE",
        help="Write here; FORMAT=FILE beside what is printed, and more than once.",
        autocompletion=completion.check_output,
    ),
]  # fmt: skip
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Name the files that are skipped, and why.")]


@app.command()
def check(
    paths: Paths,
    input: options.Input = None,
    batch: options.Batch = None,
    variant: Variants = None,
    arg: options.Arg = None,
    dtype: Dtype = None,
    max_params: MaxParams = None,
    max_macs: MaxMacs = None,
    max_flops: MaxFlops = None,
    max_memory: MaxMemory = None,
    min_receptive_field: MinReceptiveField = None,
    output_shape: OutputShape = None,
    configuration: Configuration = None,
    jobs: Jobs = None,
    locked: Locked = False,
    skip_others: SkipOthers = False,
    baseline: Baseline = None,
    max_latency: MaxLatency = None,
    init: Init = False,
    slack: Slack = None,
    verbose: Verbose = False,
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    from_format: options.From = None,
    format: Format = None,
    output: Outputs = None,
    color: options.Color = None,
) -> None:
    """The verdict on network files: each is resolved, and held against its budgets and the rules.

    Budgets stand under `check:` in the files, in pyproject.toml or convcli.toml,
    or are given here. Exit code 1: a file fails; 2: the question is wrong.
    On GitHub the report annotates lines; --format auto also knows GitLab.

    Examples:

    \b
      convcli check configs/
      convcli check net.yaml --max-params 12M --max-macs 2G
      convcli check configs/ --init --slack 10%
      convcli check net.py:Net --arg num_classes=10 -i 3x224x224 --max-params 12M
      convcli check configs/ --locked
      convcli check net.yaml --baseline main: --max-latency 1.05
      convcli check configs/ --output sarif=out.sarif --output junit=out.xml
      convcli check configs/ --format markdown
    """
    limits = (max_params, max_macs, max_flops, max_memory, min_receptive_field, output_shape)
    how = {"input": input, "batch": batch, "dtype": dtype, "configuration": configuration, "jobs": jobs,
           "skip_others": skip_others, "max_layers": max_layers, "max_size": max_size,
           "from_format": from_format}  # fmt: skip
    if init:
        from convcli.cli.check_init import show_init

        others = {**_limits(limits), "--variant": variant or None, "--arg": arg or None, "--locked": locked or None,
                  "--baseline": baseline}  # fmt: skip
        show_init(paths, how, slack, Wanted(format, None, color), output or [], others)
    else:
        more = {"variants": variant or None, "locked": locked, "baseline": baseline, "max_latency": max_latency}
        _verdict(
            lambda bar: _asked(paths, arg, how | more | {"progress": bar}, _limits(limits), slack),
            [*paths, configuration or ""], format, output or [], verbose=verbose, color=color,
        )  # fmt: skip


def _limits(values: Iterable[Optional[str]]) -> dict[str, Optional[str]]:
    """Return the options that are budgets, by name."""
    return dict(zip(BUDGETS, values, strict=True))


def _asked(
    paths: list[str],
    arg: Optional[list[str]],
    how: dict[str, Any],
    given: dict[str, Optional[str]],
    slack: Optional[str],
) -> Check:
    from convcli import api
    from convcli.shapes import parse_inputs

    if slack is not None:
        help = "add `--init`, which writes budgets, or leave it out"
        raise ConvcliError([Diagnostic("CV010", "`--slack` has no meaning without `--init`", help=help)])
    how |= {"input": parse_inputs(how["input"] or []) or None, "budgets": _budgets(given)}
    models = [options.called(path, arg) for path in options.named(paths)]
    return api.check(*models, **how)


def _budgets(given: dict[str, Optional[str]]) -> dict[str, str]:
    """Return the budgets that options give, by metric.

    Raises:
        ConvcliError: one is empty, as from a variable of the shell that is not set: it would bound nothing.
    """
    empty = [name for name, text in given.items() if text is not None and not text.strip()]
    if empty:
        help = "write a number behind it, or leave it out"
        raise ConvcliError([Diagnostic("CV411", f"`{name}` is empty", help=help) for name in empty])
    lines = (BUDGETS[name].format(text).partition(": ") for name, text in given.items() if text is not None)
    return {metric: budget for metric, _, budget in lines}


def _verdict(
    work: Callable[[Bar], Check], read: list[str], format: Optional[str], outputs: list[str], *,
    verbose: bool, color: Optional[bool],
) -> None:  # fmt: skip
    """Do the work, write what came of it, and end with the exit code."""
    from convcli.writers.screen import terminal_width

    chosen = [Output("json" if format == "json" else "table")]
    found = Check((), (), ())
    try:
        chosen = chosen_outputs(format, outputs)
        with Tidy(), Targets(chosen, read) as targets:
            found = _worked(work)
            targets.write(lambda name: check_text(found, name, None, verbose=verbose))
    except ConvcliError as error:
        found = found._replace(wrong=(*found.wrong, *error.diagnostics))
    first = chosen[0]
    if first.path is None:  # standard output comes first
        put(check_text(found, first.format, terminal_width(sys.stdout), verbose=verbose), sys.stdout, color=color)
        if first.format == "github":
            ci.summarize(found, color=color)
    if found.wrong and first != Output("github"):  # it has annotations, and reads what standard error shows too
        complain(found.wrong, color=color)
    if code := exit_code(found):
        raise typer.Exit(code)


def _worked(work: Callable[[Bar], Check]) -> Check:
    """Do the work; a question that cannot be answered is an answer too, and is written like one."""
    try:
        with Bar() as bar:
            return work(bar)
    except ConvcliError as error:
        return Check((), (), error.diagnostics)


def exit_code(found: Check) -> int:
    """Return the exit code, which no format changes."""
    return WRONG_QUESTION if found.wrong else GOOD if found.good else BAD_VERDICT


def check_text(found: Check, format: str, width: Optional[int], *, verbose: bool) -> Any:
    """Return a check in a format: a text, or lines with roles."""
    from convcli.writers import check as written

    if format == "json":
        from convcli.writers.json_check import check_json

        return check_json(found)
    if format in ("csv", "markdown"):
        return (written.check_csv if format == "csv" else written.check_markdown)(found)
    if format == "sarif":
        from convcli.writers.sarif import check_sarif

        return check_sarif(found, ci.root(), exit_code(found))
    if format == "junit":
        from convcli.writers.junit import check_junit

        return check_junit(found, ci.root())
    if format == "github":
        from convcli.writers.github import check_github

        return check_github(found, ci.root())
    if format == "gitlab":
        from convcli.writers.gitlab import check_gitlab

        return check_gitlab(found, ci.root())
    return written.check_lines(found, width, verbose=verbose)
