"""Pictures of a box on the tensor that holds it: in characters for a terminal, and as SVG."""

from convcli.receptive_field.question import Box, Extent

COLUMNS, ROWS = 48, 20
"""The largest drawing, in characters; a character is about twice as high as wide."""
INSIDE, OUTSIDE = "█", "."
PIXELS = 420
"""The longer side of the picture."""


def drawing(box: Box) -> str | None:
    """Draw a box in characters, along the last two axes; None where there is no box to draw."""
    if box.extents is None or not box.extents:
        return None
    *_, high, wide = (Extent("", 1, 0, 0, 1), *box.extents)
    columns, rows = min(2 * wide.size, COLUMNS), 1
    if high.size > 1:
        rows = max(1, min(high.size, round(columns * high.size / wide.size / 2)))
        if rows > ROWS:
            columns, rows = max(1, round(columns * ROWS / rows)), ROWS
    lines = []
    for row in range(rows):
        inside = _touches(high, row, rows)
        lines.append("".join(INSIDE if inside and _touches(wide, at, columns) else OUTSIDE for at in range(columns)))
    return "\n".join(lines)


def _touches(extent: Extent, cell: int, cells: int) -> bool:
    """Say whether a cell of the drawing has a position of the box."""
    first = 0 if extent.first is None else extent.first
    last = extent.size - 1 if extent.last is None else extent.last
    return first * cells < (cell + 1) * extent.size and (last + 1) * cells > cell * extent.size


def svg(box: Box, title: str) -> str:
    """Return a picture of a box on the tensor that holds it."""
    from html import escape

    flat = Extent("", 1, 0, 0, 1)
    *_, high, wide = (flat, *(box.extents or (flat,)))
    scale = PIXELS / max(high.size, wide.size)
    width, height = wide.size * scale, max(high.size * scale, 24)
    left, top = 96, 56
    parts = [f'<rect x="{left}" y="{top}" width="{width:.1f}" height="{height:.1f}" fill="#eef2f7" stroke="#556"/>']
    if box.extents is not None:
        x, w = _span(wide, scale)
        y, h = _span(high, height / high.size)
        parts.append(
            f'<rect x="{left + x:.1f}" y="{top + y:.1f}" width="{w:.1f}" height="{h:.1f}" '
            'fill="#2b7bba" fill-opacity="0.55" stroke="#1b4f7a"/>'
        )
        parts.append(_text(left + x + w / 2, top + height + 18, _range(wide), "middle"))
        if high is not flat and high.axis:
            parts.append(_text(left - 8, top + y + h / 2 + 4, _range(high), "end"))
    parts.append(_text(left, 24, escape(title), "start", 15))
    sizes = " x ".join(str(extent.size) for extent in box.extents or ())
    more = "; global paths see all of it" if box.whole else ""
    parts.append(_text(left, 43, escape(f"{box.tensor}: {sizes}{more}"), "start"))
    total = f'width="{left + width + 40:.0f}" height="{top + height + 40:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {total} font-family="sans-serif">\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _span(extent: Extent, scale: float) -> tuple[float, float]:
    if extent.first is None or extent.last is None:
        return 0, extent.size * scale
    return extent.first * scale, (extent.last + 1 - extent.first) * scale


def _range(extent: Extent) -> str:
    return "all" if extent.first is None else f"{extent.first} to {extent.last}"


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="#223">{text}</text>'
