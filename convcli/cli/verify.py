"""`convcli verify`: every static number held against torch."""

from typing import Annotated, Any

import typer

from convcli.bench.verify import Verification
from convcli.cli import options
from convcli.cli.bar import Bar
from convcli.cli.ops import Answer, show
from convcli.cli.output import OUR_BUG, Wanted
from convcli.human import counted
from convcli.styled import ERROR, NAME
from convcli.writers.simple_table import WRAP, Column, Heading, Page, Paragraph, Table

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SCHEMA = "convcli/verify/1"
SHOWN = 3
"""Layers that are named; the others are counted."""


@app.command()
def verify(
    model: options.Model,
    input: options.Input = None,
    batch: options.Batch = None,
    batched: options.Batched = None,
    variant: options.Variant = None,
    set: options.Set = None,
    arg: options.Arg = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="For weights and inputs.")] = 0,
    receptive_field: Annotated[
        bool, typer.Option("--receptive-field", help="Compare receptive fields too, of some units of each layer.")
    ] = False,
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    from_format: options.From = None,
    format: options.Format = None,
    output: options.Output = None,
    color: options.Color = None,
) -> None:
    """Build a network with torch, and hold every number of its profile against the real one.

    Sizes, weights, parameters, FLOPs, what autograd saves, the shape of each
    gradient, layer by layer, with batch 2 if none is given. A difference is a
    bug of convcli, exit code 70. Without torch: exit code 2.

    Examples:

    \b
      convcli verify resnet18
      convcli verify net.yaml -i 3x64x64 --batch 4
      convcli verify mobilenet_v2 --receptive-field -i 3x512x512
      convcli verify 'LazyConv2d(8, 3) | BatchNorm2d(_)' -i 3x32x32
    """
    from convcli import api
    from convcli.shapes import parse_inputs

    found: list[Verification] = []

    def work() -> Answer:
        with Bar() as bar:
            found.append(
                api.verify(
                    options.called(model, arg),
                    input=parse_inputs(input or []) or None, batch=batch, batched=batched, variant=variant,
                    set=options.settings(set), seed=seed, receptive_field=receptive_field,
                    max_layers=max_layers, max_size=max_size, from_format=from_format, progress=bar,
                )
            )  # fmt: skip
        return verify_page(found[0]), {"verification": verify_dict(found[0])}

    show(SCHEMA, work, Wanted(format, output, color), model)
    if not found[0].good:
        raise typer.Exit(OUR_BUG)


def verify_page(found: Verification) -> Page:
    """Return what was compared, what was not and why, and what differs."""
    wrong = {kind: sum(one.kind == kind for one in found.disagreements) for kind, _ in found.checked}
    rows = tuple(
        (kind, f"{count:,}", "all" if not wrong[kind] else f"{wrong[kind]:,} differ") for kind, count in found.checked
    )
    said = "every number is torch's" if found.good else f"{counted(len(found.disagreements), 'number')} differ"
    text = f"{counted(found.layers, 'layer')}, batch {found.batch}, torch {found.torch}"
    page: list[Any] = [Heading(f"{found.network}: {said}"), Paragraph(text)]
    page.append(Table((Column("what", role=NAME), Column("compared", right=True), Column("equal")), rows))
    if found.layers == 1 and found.gradients:
        named = "  ".join(f"{name}.grad {list(shape)}" for _, name, shape in found.gradients)
        page.append(Paragraph(f"after backward  {named}"))
    if found.skipped:
        heads = (Column("not compared", role=NAME), Column("why"), Column("layers", WRAP))
        page.append(Table(heads, tuple((kind, why, _named(names)) for kind, why, names in found.skipped)))
    if found.disagreements:
        columns = (Column("layer", role=ERROR), Column("what"), Column("ours", WRAP), Column("torch's", WRAP))
        page.append(Table(columns, tuple(tuple(one) for one in found.disagreements)))
        page.append(Paragraph("This is a bug of convcli: please report it, with the command and the file."))
    return tuple(page)


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if names[SHOWN:] else "")


def verify_dict(found: Verification) -> dict[str, Any]:
    """Return the same for machines."""
    return {
        "network": found.network,
        "torch": found.torch,
        "layers": found.layers,
        "batch": found.batch,
        "good": found.good,
        "checked": dict(found.checked),
        "gradients": [{"layer": layer, "weight": name, "shape": list(shape)} for layer, name, shape in found.gradients],
        "skipped": [{"what": kind, "why": why, "layers": list(names)} for kind, why, names in found.skipped],
        "disagreements": [
            {"layer": one.layer, "what": one.kind, "ours": one.ours, "torch": one.theirs} for one in found.disagreements
        ],
    }
