"""`convcli rf`: questions about receptive fields."""

from typing import Annotated, Any, Optional

import typer

from convcli import human
from convcli.cli import options
from convcli.cli.ops import Answer, show
from convcli.cli.output import Wanted
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.receptive_field.question import Answer as Told
from convcli.receptive_field.question import Box, Extent, axis_names
from convcli.report import LayerReport, Path, Phases, ReceptiveField
from convcli.styled import DIM, NAME, NUMBER
from convcli.writers import boxes, receptive_fields
from convcli.writers.json_fields import field_dict
from convcli.writers.simple_table import CUT, Code, Column, Heading, Page, Paragraph, Table

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SCHEMA = "convcli/rf/1"


@app.command()
def rf(
    model: options.Model,
    layer: Annotated[Optional[str], typer.Option("--layer", metavar="NAME", help="Only this layer.")] = None,
    unit: Annotated[
        Optional[str],
        typer.Option("--unit", metavar="Y,X", help="What of the input this unit of the layer depends on, exactly."),
    ] = None,
    pixel: Annotated[
        Optional[str], typer.Option("--pixel", metavar="Y,X", help="Which units see this position of the input.")
    ] = None,
    input: options.Input = None,
    batched: options.Batched = None,
    variant: options.Variant = None,
    set: options.Set = None,
    arg: options.Arg = None,
    format: options.Format = None,
    output: options.Output = None,
    max_layers: options.MaxLayers = None,
    max_size: options.MaxSize = None,
    from_format: options.From = None,
    color: options.Color = None,
) -> None:
    """Questions about receptive fields: the layers in order, one unit, one position of the input.

    Without --layer, --unit asks the last layer whose units have a place on the
    input. Units at the border see less than others; padding is left out.
    A file that ends in .svg gets a picture.

    Examples:

    \b
      convcli rf resnet50
      convcli rf unet --layer dec1.up
      convcli rf resnet18 --layer layer2.0.conv1 --unit 10,12
      convcli rf resnet18 --pixel 100,100
      convcli rf resnet18 --layer layer3 --unit 7,7 -o rf.svg
    """
    picture = bool(output and output.lower().endswith(".svg") and format is None)

    def work() -> Answer:
        from convcli import api
        from convcli.shapes import parse_inputs

        told = api.rf(
            options.called(model, arg),
            layer=layer, unit=_place(unit, "--unit"), pixel=_place(pixel, "--pixel"), middle=picture,
            input=parse_inputs(input or []) or None, batched=batched, variant=variant, set=options.settings(set),
            max_layers=max_layers, max_size=max_size, from_format=from_format,
        )  # fmt: skip
        return boxes.svg(told.boxes[0], title(told)) if picture else page(told), fields(told)

    show(SCHEMA, work, Wanted("table" if picture else format, output, color), model)


def _place(text: Optional[str], option: str) -> Optional[tuple[int, ...]]:
    if text is None:
        return None
    parts = text.replace("x", ",").split(",")
    if not all(part.strip().isdecimal() for part in parts):
        help = "write a number from 0 on for each axis, `10,12`"
        raise ConvcliError([Diagnostic("CV013", f"`{option} {text}` is no place", help=help)])
    return tuple(map(int, parts))


# ---- pages

_LAYERS = (
    Column("layer", role=NAME), Column("operator", CUT, role=DIM), Column("output"),
    Column("size", right=True, role=NUMBER), Column("stride", right=True, role=NUMBER),
    Column("start", right=True, role=NUMBER),
)  # fmt: skip
_EXTENTS = (
    Column("in", role=NAME), Column("axis"), Column("first", right=True, role=NUMBER),
    Column("last", right=True, role=NUMBER), Column("positions", right=True, role=NUMBER),
    Column("of", right=True, role=DIM),
)  # fmt: skip
_PHASES = (
    Column("axis"), Column("unit", role=NAME), Column("start", right=True, role=NUMBER),
    Column("size", right=True, role=NUMBER),
)  # fmt: skip
CONVENTION = (
    "Unit i of a layer depends on the input from start + i * stride, `size` positions wide; padding counts, as "
    "positions below 0 or past the input. `--unit` says what units at the border see."
)


def page(told: Told) -> Page:
    """Return the answer for people."""
    if told.unit is not None or told.pixel is not None:
        return _boxes(told)
    layers = [one for one in told.report.layers if told.layer in (None, one.name)]
    rows = tuple(_row(one) for one in layers)
    blocks: list[Any] = [Table(_LAYERS, rows)]
    if told.layer is not None and layers[0].receptive_field:
        blocks += _phases(layers[0].receptive_field)
    first = (
        [] if told.layer else ["".join(text for text, _ in line) for line in receptive_fields.first_lines(told.report)]
    )
    return (*blocks, *map(Paragraph, (*first, CONVENTION)))


def _row(layer: LayerReport) -> tuple[str, ...]:
    field = layer.receptive_field
    parts = (receptive_fields.shown(field, part) for part in receptive_fields.PARTS)
    return (layer.name, layer.text, human.show_shape(layer.output_shapes[0]), *parts)


def _phases(field: ReceptiveField) -> list[Any]:
    """Return the table of an envelope's phases, or of misaligned branches; equal axes are one."""
    axes = field.phases or field.paths or ()
    names = axis_names(len(axes))
    if len(axes) > 1 and len(set(axes)) == 1:
        axes, names = axes[:1], ("each",)
    rows: list[tuple[str, ...]] = []
    paths: list[tuple[str, ...]] = []
    for name, axis in zip(names, axes, strict=True):
        if isinstance(axis, Phases):
            rows += [(name, *_phase(axis, at)) for at in range(len(axis.units))]
        elif axis is not None:
            paths += [(name, *_path(path)) for path in axis]
    tables = ((_PHASES, rows), (_PATHS, paths))
    return [Table(columns, tuple(found)) for columns, found in tables if found]


def _phase(axis: Phases, at: int) -> tuple[str, str, str]:
    """Write what each unit `period * q + at` depends on."""
    own = axis.units[at]
    turn = f"{len(axis.units)} q + {at}"
    return (turn, f"{own[0]} + {axis.step} q", str(own[1])) if own else (turn, "nothing", "0")


_PATHS = (
    Column("axis"), Column("size", right=True, role=NUMBER), Column("stride", right=True, role=NUMBER),
    Column("start", right=True, role=NUMBER),
)  # fmt: skip


def _path(path: Path) -> tuple[str, str, str]:
    return str(path.size), str(path.stride), "" if path.start is None else str(path.start)


def title(told: Told) -> str:
    """Return what was asked, in words."""
    if told.pixel is not None:
        return f"{told.report.name}: units that see position {', '.join(map(str, told.pixel))}"
    return f"{told.report.name}: unit {', '.join(map(str, told.unit or ()))} of {told.layer}"


def _boxes(told: Told) -> Page:
    blocks: list[Any] = [Heading(title(told))]
    if told.pixel is not None:
        blocks.append(_seeing(told))
    else:
        blocks.append(Table(_EXTENTS, tuple(row for box in told.boxes for row in _extents(box))))
    if len(told.boxes) == 1 and (picture := boxes.drawing(told.boxes[0])):
        blocks.append(Code(picture))
    if any(box.whole for box in told.boxes):
        blocks.append(Paragraph(_GLOBAL_UNIT if told.unit is not None else _GLOBAL_PIXEL))
    if not all(box.exact for box in told.boxes):
        blocks.append(Paragraph("There are too many paths to follow each by itself; the true extents may be smaller."))
    return tuple(blocks)


_GLOBAL_UNIT = "Global paths, which see the whole input, are left out."
_GLOBAL_PIXEL = "`+ all`: through global paths every unit of the layer sees every position."


def _seeing(told: Told) -> Table:
    """Return a row for each layer: which of its units see the position, along each axis."""
    names = axis_names(len(told.pixel or ()))
    columns = (Column("layer", role=NAME), *(Column(name, right=True, role=NUMBER) for name in names), Column(""))
    rows = []
    for box in told.boxes:
        spans = [_span(one) for one in box.extents] if box.extents else ["none"] * len(names)
        rows.append((box.tensor, *spans, "+ all" if box.whole else ""))
    return Table(columns, tuple(rows))


def _span(one: Extent) -> str:
    return f"{one.first} to {one.last} of {one.size}" if one.first is not None else f"all {one.size}"


def _extents(box: Box) -> list[tuple[str, ...]]:
    if box.extents is None:
        return [(box.tensor, "", "none", "none", "0", "")]
    return [
        (box.tensor, one.axis, *(("all", "all", str(one.size)) if one.first is None else
                                 (str(one.first), str(one.last), str(one.positions))), str(one.size))
        for one in box.extents
    ]  # fmt: skip


# ---- for machines


def fields(told: Told) -> dict[str, Any]:
    """Return the answer as plain dictionaries."""
    return {
        "network": {"name": told.report.name, "source": told.report.source, "variant": told.report.variant},
        "layer": told.layer,
        "unit": told.unit,
        "pixel": told.pixel,
        "boxes": [_box_dict(box) for box in told.boxes],
        "layers": [
            {"name": one.name, "op": one.op, "output_shape": one.output_shapes[0],
             "receptive_field": field_dict(one.receptive_field)}
            for one in told.report.layers
            if told.layer in (None, one.name)
        ],
    }  # fmt: skip


def _box_dict(box: Box) -> dict[str, Any]:
    extents = box.extents and [
        {"axis": one.axis, "size": one.size, "first": one.first, "last": one.last, "positions": one.positions}
        for one in box.extents
    ]
    return {"in": box.tensor, "extents": extents, "global": box.whole, "exact": box.exact}
