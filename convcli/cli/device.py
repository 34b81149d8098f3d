"""`convcli device`: what this machine can do."""

import time
from collections.abc import Iterator
from typing import Annotated, Any, Optional

import typer

from convcli import human
from convcli.cli import completion, options
from convcli.cli.bar import Bar
from convcli.cli.ops import Answer, show
from convcli.cli.output import Wanted, complain
from convcli.diagnostics import WARNING, ConvcliError, Diagnostic
from convcli.styled import NAME
from convcli.timing.record import Ceilings
from convcli.timing.written import ceilings_dict
from convcli.writers.simple_table import Column, Facts, Heading, Page, Paragraph, Table

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SCHEMA = "convcli/device/1"
SHARED = ("device", "hardware", "torch", "threads", "flags", "flops", "bandwidth", "in_place")
"""What is written as in the report of a run."""

COLUMNS = (
    Column("ceiling", role=NAME), Column("of"), Column("measured", right=True), Column("unit"),
    Column("ridge FLOP/B", right=True),
)  # fmt: skip
PRODUCTS = {"matmul": "matrix product", "conv": "convolution"}


@app.command()
def device(
    device: Annotated[
        str,
        typer.Option(
            "--device", metavar="NAME", help="cpu, cuda or cuda:1.", autocompletion=completion.measured_device
        ),
    ] = "cpu",
    dtype: Annotated[
        Optional[str],
        typer.Option(
            "--dtype",
            metavar="TYPE",
            help="Only this type: float32, float64, float16 or bfloat16.",
            autocompletion=completion.dtype,
        ),
    ] = None,
    threads: Annotated[
        Optional[int],
        typer.Option("--threads", metavar="N", min=1, help="Threads of torch, its own number if left out."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure anew, and keep that.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Measure anew, and keep nothing.")] = False,
    format: options.Format = None,
    output: options.Output = None,
    color: options.Color = None,
) -> None:
    """What this machine can do, measured with torch: products, bandwidths, the smallest calls.

    It takes some seconds, most of them to import torch; then it is kept, for
    this machine, this torch and these threads. A machine that is busy with
    other work is not measured: exit code 2. Without torch: exit code 2.

    Examples:

    \b
      convcli device
      convcli device --threads 1 --dtype float32
      convcli device --fresh --format json
      convcli profile resnet18 --device-spec this
    """
    from convcli.asking import expect_dtype
    from convcli.bench.known import Known, known_ceilings

    found: list[Known] = []

    def work() -> Answer:
        if dtype is not None:
            expect_dtype(dtype)
        with Bar() as bar:
            known = known_ceilings(
                device, dtype=dtype, threads=threads, fresh=fresh or no_cache, keep=not no_cache, progress=bar
            )
        found.append(known)
        shown = only(known.ceilings, dtype)
        return device_page(shown, kept=known.kept), {"ceilings": device_dict(shown, kept=known.kept)}

    show(SCHEMA, work, Wanted(format, output, color))
    if found[0].in_the_way is not None:
        complain((not_kept(found[0].in_the_way),), color=color)


def only(ceilings: Ceilings, dtype: Optional[str]) -> Ceilings:
    """Return ceilings with one type.

    Raises:
        ConvcliError: the device does not multiply numbers of this type.
    """
    if dtype is None:
        return ceilings
    if dtype not in ceilings.flops:
        message = f"torch does not multiply {dtype} on `{ceilings.device}`"
        raise ConvcliError([Diagnostic("CV046", message, help=f"it multiplies {', '.join(ceilings.flops)}")])
    return ceilings._replace(flops={dtype: ceilings.flops[dtype]})


def not_kept(why: str) -> Diagnostic:
    """Return the warning that what was measured cannot be kept."""
    from convcli.machine.stored import path

    help = "remove it, or set XDG_CACHE_HOME to another folder"
    return Diagnostic("CV047", f"the ceilings are not kept in {path()}: {why}", level=WARNING, help=help)


def device_page(ceilings: Ceilings, *, kept: bool) -> Page:
    """Return what was measured, and where."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(ceilings.measured_at))
    facts = [
        ("device", (f"{ceilings.device}, {human.counted(ceilings.threads, 'thread')}, torch {ceilings.torch}",)),
        ("settings", (", ".join(f"{name} {value}" for name, value in ceilings.flags.items()),)),
        ("measured", (when + ", kept since; `--fresh` measures anew" * kept,)),
    ]
    text = (
        "Products are of large matrices and of a 3x3 convolution, copies read one half of their working set and write "
        "the other; in place is what is written over as it is read. Where a layer has fewer operations for each byte "
        "than the ridge, memory bounds it."
    )
    return Heading(ceilings.hardware), Facts(tuple(facts)), Table(COLUMNS, tuple(_rows(ceilings))), Paragraph(text)


def _rows(ceilings: Ceilings) -> Iterator[tuple[str, ...]]:
    memory = ceilings.bandwidth[-1][1]
    for dtype, kinds in ceilings.flops.items():
        for kind, rate in kinds.items():
            yield PRODUCTS[kind], dtype, *_scaled(human.rate(rate, "FLOP/s")), human.decimals(rate / memory)
    for name, points in (("copy within", ceilings.bandwidth), ("in place", ceilings.in_place)):
        for size, rate in points:
            yield name, human.bytes_(size), *_scaled(human.rate(rate, "B/s")), ""
    for name, seconds in ceilings.dispatch.items():
        yield "smallest call", name, *_scaled(human.seconds(seconds)), ""


def _scaled(text: str) -> tuple[str, str]:
    value, _, unit = text.partition(" ")
    return value, unit


def device_dict(ceilings: Ceilings, *, kept: bool) -> dict[str, Any]:
    """Return the same for machines, with all digits."""
    found, memory = ceilings_dict(ceilings), ceilings.bandwidth[-1][1]
    return {
        **{name: found[name] for name in SHARED},
        "ridge": {dtype: max(rates.values()) / memory for dtype, rates in ceilings.flops.items()},
        "dispatch_seconds": found["dispatch"],
        "measured_at": ceilings.measured_at,
        "kept": kept,
    }
