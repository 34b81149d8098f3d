"""`convcli solve size`: the answer in words, and as fields."""

from typing import Any

from convcli.human import show_shape
from convcli.input_sizes.sizes import Range, Sizes
from convcli.quantity import Shape
from convcli.solving.size import Near, SizeSolution
from convcli.styled import NAME
from convcli.writers.simple_table import WRAP, Column, Heading, Page, Paragraph, Table

MOST_RANGES = 6
"""Ranges that are written out; the rest is counted."""

_AXES = (Column("axis", role=NAME), Column("works", WRAP), Column("loses nothing", WRAP))


def size_page(found: SizeSolution) -> Page:
    """Return the answer for people."""
    if not found.works():
        return Heading(f"{found.network}: no size found that works"), Paragraph(_no_size(found))
    rows = tuple((axis.name, in_words(axis.works), in_words(axis.lossless)) for axis in found.axes)
    page: Page = (Heading(f"{found.network}: {headline(found)}"), Table(_AXES, rows))
    if found.near is not None:
        page = (*page, _near_table(found.near))
    return (*page, Paragraph(" ".join(_remarks(found))))


def headline(found: SizeSolution) -> str:
    """Say what matters most: by what a size must be divisible."""
    divisors = found.divisible_by()
    if any(axis.works.tried for axis in found.axes):
        return "only some sizes were tried"
    if None in divisors:
        return "not every size works"
    needed = [f"{axis.name} by {by}" for axis, by in zip(found.axes, divisors, strict=True) if by != 1]
    if not needed:
        return "no size has to be divisible"
    if len(needed) == len(found.axes) and len(set(divisors)) == 1:
        return f"divisible by {divisors[0]}"
    return f"divisible: {', '.join(needed)}"


def in_words(sizes: Sizes) -> str:
    """Write a set of sizes: `multiples of 16`, `n = 11 mod 32, from 75 on`, `224 to 255`."""
    ranges = _ranges(sizes.ranges)
    if sizes.tried is not None:
        return f"{ranges or 'none'} (of {_range(sizes.tried)}, which were tried)"
    if sizes.divisor is None:
        return ranges or "none"
    rule, first = _rule(sizes)
    if first is not None:
        rule += f", from {first} on" if sizes.divisor > 1 else f"{first} and larger"
    elif sizes.divisor == 1:
        rule = "any"
    return f"{ranges}; {rule}" if ranges else rule


def csv_page(found: SizeSolution) -> Page:
    """Return a row for each axis and what holds of its sizes, in numbers."""
    titles = (
        "axis",
        "sizes",
        "divisor",
        "residues",
        "from",
        "ranges",
        "smallest",
        "largest",
        "near_below",
        "near_above",
    )
    near = found.near
    around = ((near.works_below, near.works_above), (near.lossless_below, near.lossless_above)) if near else ()
    rows = []
    for at, axis in enumerate(found.axes):
        for which, (word, sizes) in enumerate((("works", axis.works), ("loses nothing", axis.lossless))):
            fields = sizes_dict(sizes)
            ranges = " ".join(f"{first}-{last}" for first, last in sizes.ranges)
            below, above = (shape and shape[at] for shape in around[which]) if around else (None, None)
            numbers = (sizes.divisor, " ".join(map(str, sizes.residues)), sizes.start, ranges)
            values = (axis.name, word, *numbers, fields["smallest"], fields["largest"], below, above)
            rows.append(tuple("" if value is None else str(value) for value in values))
    return (Table(tuple(map(Column, titles)), tuple(rows)),)


def _rule(sizes: Sizes) -> tuple[str, int | None]:
    """Return the rule in words, and where it begins, if not at the first size that it names."""
    divisor, first = sizes.divisor or 1, sizes.next(sizes.start)
    begins = None if first == min(residue or divisor for residue in sizes.residues) else first
    if divisor == 1:
        return "", begins
    if sizes.residues == (0,):
        return f"multiples of {divisor}", begins
    return f"n = {_ranges(tuple(_runs(sizes.residues)))} mod {divisor}", begins


def _runs(numbers: tuple[int, ...]) -> list[Range]:
    runs: list[Range] = []
    for number in numbers:
        follows = bool(runs) and runs[-1][1] == number - 1
        runs = [*runs[:-1], (runs[-1][0], number)] if follows else [*runs, (number, number)]
    return runs


def _range(ends: Range) -> str:
    first, last = ends
    if first == last:
        return str(first)
    return f"{first}, {last}" if last == first + 1 else f"{first} to {last}"


def _ranges(ranges: tuple[Range, ...]) -> str:
    rest = len(ranges) - MOST_RANGES
    return ", ".join(map(_range, ranges[:MOST_RANGES])) + (f" and {rest} more" if rest > 0 else "")


def _near_table(near: Near) -> Table:
    asked = show_shape(near.asked)
    columns = (Column(f"near {asked}", role=NAME), Column("works"), Column("loses nothing"))
    below, above = (near.works_below, near.lossless_below), (near.works_above, near.lossless_above)
    rows = (("at most", *map(_size, below)), ("at least", *map(_size, above)))
    return Table(columns, rows)


def _size(shape: Shape | None) -> str:
    return "-" if shape is None else show_shape(shape)


def _remarks(found: SizeSolution) -> list[str]:
    said = []
    if len(found.axes) > 1:
        said.append(f"Each axis with the others as they are in {show_shape(found.shape)}.")
    if len(found.inputs) > 1:
        others = ", ".join(f"`{name}`" for name in found.inputs[1:])
        said.append(f"The sizes are those of `{found.inputs[0]}`; in proportion: {others}.")
    if any(axis.works.tried for axis in found.axes):
        said.append("It could not be worked out for all sizes.")
    if found.near is not None and not found.near.together:
        said.append("A size that is left out works along each axis alone, but not along all together.")
    if found.weights is not None:
        said.append(f"The weights of `{found.weights}` depend on the size: trained ones fit one size only.")
    said.append("To lose nothing: no stride and no pool leaves rows or columns at the border that nobody reads.")
    return said


def _no_size(found: SizeSolution) -> str:
    why = found.failure[0].message if found.failure else ""
    return f"Neither {show_shape(found.shape)} nor one in proportion, nor one with equal sides. At the first: {why}"


# ---- fields


def size_dict(found: SizeSolution) -> dict[str, Any]:
    """Return the answer as a plain dictionary."""
    axes = [
        {"axis": axis.name, "size": axis.size, "divisible_by": by,
         "works": sizes_dict(axis.works), "lossless": sizes_dict(axis.lossless)}
        for axis, by in zip(found.axes, found.divisible_by(), strict=True)
    ]  # fmt: skip
    return {
        "network": found.network,
        "inputs": found.inputs,
        "input": found.shape,
        "works": found.works(),
        "axes": axes,
        "near": None if found.near is None else dict(zip(Near._fields, found.near, strict=True)),
        "weights_depend_on_size": found.weights,
    }


def sizes_dict(sizes: Sizes) -> dict[str, Any]:
    """Return a set of sizes as a plain dictionary."""
    return {
        "divisor": sizes.divisor,
        "residues": sizes.residues,
        "from": sizes.start,
        "ranges": sizes.ranges,
        "smallest": sizes.smallest(),
        "largest": sizes.largest(),
        "tried": sizes.tried,
    }
