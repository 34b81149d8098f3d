"""The options of a run, spelled once: `with_run_options` adds them to a command, which gets a `Run` or None."""

from collections.abc import Callable
from typing import Annotated, Any, Optional

import typer

from convcli.cli import completion
from convcli.cli.bar import Bar
from convcli.cli.output import INTERRUPTED, Wanted, answer, expect_folder
from convcli.running.ask import Progress

Device = Annotated[
    str,
    typer.Option(
        "--device", metavar="DEVICE", help="Where it runs: cpu, cuda, cuda:1, mps, auto.",
        autocompletion=completion.run_device,
    ),
]  # fmt: skip
Init = Annotated[
    Optional[str],
    typer.Option(
        "--init", metavar="NAME", help="How weights begin: kaiming_normal, ...; as torch does without it.",
        autocompletion=completion.init,
    ),
]  # fmt: skip
Malloc = Annotated[
    str,
    typer.Option("--malloc", metavar="HOW", help="tuned: glibc keeps what is freed; system: it is left alone."),
]

OPTIONS: dict[str, tuple[Any, Any]] = {
    "run": (Annotated[bool, typer.Option("--run", help="Build it with torch, and time every layer in place.")], False),
    "quick": (Annotated[bool, typer.Option("--quick", help="One process of a second instead of three of two.")], False),
    "device": (Device, "cpu"),
    "backward": (Annotated[bool, typer.Option("--backward", help="Time forward and backward, in training.")], False),
    "channels_last": (Annotated[bool, typer.Option("--channels-last", help="Lay tensors channels last.")], False),
    "both_layouts": (
        Annotated[bool, typer.Option("--both-layouts", help="Whole passes in the other layout too.")],
        False,
    ),
    "compile": (Annotated[bool, typer.Option("--compile", help="Whole passes under torch.compile too.")], False),
    "cuda_graph": (Annotated[bool, typer.Option("--cuda-graph", help="Replays of a CUDA graph too.")], False),
    "threads": (
        Annotated[
            Optional[int], typer.Option("--threads", metavar="N", help="Threads of torch, if not its own number.")
        ],
        None,
    ),
    "seconds": (
        Annotated[Optional[float], typer.Option("--seconds", metavar="S", help="How long each process measures (2).")],
        None,
    ),
    "cold": (Annotated[bool, typer.Option("--cold", help="Flush the caches before each layer.")], False),
    "init": (Init, None),
    "seed": (Annotated[int, typer.Option("--seed", metavar="N", help="For weights, inputs and order.")], 0),
    "malloc": (Malloc, "tuned"),
}


def with_run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of a run; its parameter `run` gets a `Run`, or None without `--run`."""
    from inspect import Parameter, signature

    def wrapped(**given: Any) -> None:
        asked = {name: given.pop(name) for name in OPTIONS}
        command(run=_run(asked, step=given.get("optimizer") is not None), **given)

    own = [one for name, one in signature(command).parameters.items() if name != "run"]
    more = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=one, annotation=kind) for name, (kind, one) in OPTIONS.items()
    ]
    wrapped.__doc__, wrapped.__name__ = command.__doc__, command.__name__
    wrapped.__signature__ = signature(command).replace(parameters=[*own, *more])  # type: ignore[attr-defined]
    kept = {name: kind for name, kind in command.__annotations__.items() if name != "run"}
    wrapped.__annotations__ = {**kept, **{name: kind for name, (kind, _) in OPTIONS.items()}}
    return wrapped


def answer_run(
    work: Callable[[Progress], Any], wanted: Wanted, *read: str, run: Any = None, device: bool = False
) -> None:
    """Do the work, with a bar where it is a run, and print its report.

    What would keep the report from being shown is found before anything is run: a column that does not
    exist (`device` says whether one has been named), a folder that does not.

    Raises:
        typer.Exit: with the exit code, if it is not 0: that of an interrupt too, after what was measured so far.
    """
    ended = []

    def watched() -> Any:
        if run is not None:
            from convcli.writers.columns import expect_columns

            expect_columns(wanted.view.columns, wanted.view.sort, device=device)
            expect_folder(wanted.output)
        with Bar() as bar:
            report = work(bar)
        ended.append(report.timings)
        return report

    answer(watched, wanted, *read)
    if any(map(was_interrupted, ended)):
        raise typer.Exit(INTERRUPTED)


def was_interrupted(timings: Any) -> bool:
    """Say whether a run was cut short by Ctrl-C."""
    if timings is None:
        return False
    from convcli.running.processes import INTERRUPTED as ENDED

    return bool(timings.ended == ENDED)


def _run(asked: dict[str, Any], *, step: bool) -> Any:
    """Return the run that is asked for.

    Raises:
        typer.BadParameter: an option of a run is used without `--run`.
    """
    if asked.pop("run"):
        from convcli.timing.wanted import Run

        return Run(step=step, **asked)
    stray = [name for name, value in asked.items() if value != OPTIONS[name][1]]
    if stray:
        option = "--" + stray[0].replace("_", "-")
        raise typer.BadParameter(f"{option} is for a run: add --run")
    return None
