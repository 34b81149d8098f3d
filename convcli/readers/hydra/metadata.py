"""What a bundle of MONAI says of its network in `metadata.json`: what flows in, and what must come out.

A side is a number, `*` for any, `16*n` for multiples, or `2**p*n` for multiples of powers, as in the bundle's
specification.
"""

import re
from typing import Any

from convcli.blocks import InputWords
from convcli.diagnostics import ConvcliError, Diagnostic, Related
from convcli.human import show_shape
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.quantity import Shape
from convcli.readers.beside import json_beside
from convcli.readers.places_json import Object
from convcli.readers.trees import CURRENT, Writer, fitted
from convcli.record import Record
from convcli.source import Source, Span

BESIDE = "metadata.json"
LARGEST = 1_000_000
MOST_SIDES = 8

_MULTIPLE = re.compile(r"(\d{1,6})\s*(?:\*\*\s*p\s*)?\*\s*n$")

Side = int | str


class Data(Record):
    """A tensor that the metadata describe: its channels and its sides as they are written, and where that stands."""

    channels: int
    sides: tuple[Side, ...]
    source: Source
    channels_at: At
    sides_at: At

    def fits(self, shape: Shape) -> bool:
        """Say whether a shape with its batch is one that is described."""
        good = len(shape) == len(self.sides) + 2 and shape[1] == self.channels
        return good and all(_fits(side, own) for side, own in zip(self.sides, shape[2:], strict=True))

    def written(self) -> str:
        """Return the shape as it is described."""
        return "x".join([str(self.channels), *(str(side).replace(" ", "") for side in self.sides)])


def _fits(side: Side, size: int) -> bool:
    if isinstance(side, int):
        return side == size
    found = _MULTIPLE.match(side.strip())
    return found is None or size % max(int(found[1]), 1) == 0


def read_metadata(config: Source) -> tuple[Data, Data] | None:
    """Return what flows into the network of a bundle and out of it; None where nothing beside the file says it.

    Metadata that describe several tensors, or none as they should, say nothing here.
    """
    beside = json_beside(config, BESIDE)
    if beside is None:
        return None
    source, found = beside
    try:
        formats = found["network_data_format"]
        first, last = (_data(formats[name], source) for name in ("inputs", "outputs"))
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return (first, last) if first and last else None


def _data(tensors: Object, source: Source) -> Data | None:
    if len(tensors) != 1:
        return None
    (one,) = tensors.values()
    channels, sides = one["num_channels"], one["spatial_shape"]
    good = type(channels) is int and isinstance(sides, list) and 0 < len(sides) <= MOST_SIDES
    if not good or not all(isinstance(side, str) or (type(side) is int and 0 < side <= LARGEST) for side in sides):
        return None
    plain: list[Side] = [int(side) if str(side).isdecimal() and len(str(side)) < 8 else side for side in sides]
    return Data(channels, tuple(plain), source, one.place("num_channels"), one.place("spatial_shape"))


def inputs(data: Data) -> tuple[InputWords, ...]:
    """Return the input that the metadata give; none where a side is no number."""
    if not all(isinstance(side, int) for side in data.sides):
        return ()
    writer = Writer(data.source)
    sizes: list[tuple[Any, At]] = [(data.channels, data.channels_at), *((side, data.sides_at) for side in data.sides)]
    words = tuple(writer.words(syntax.Constant(size, at)) for size, at in sizes)
    return (InputWords("input", words, Span(data.source, *data.sides_at)),)


def checked(first: Data, last: Data, span: Span) -> Expression:
    """Write what lets a tensor pass if it has the size that the metadata give, where the input has its own."""
    at = span.start, span.end

    def make(x: Shape, entered: Shape) -> Any:
        if not first.fits(entered):
            return CURRENT
        same = len(x) == len(entered) and all(
            own == start
            for given, side, own, start in zip(first.sides, last.sides, x[2:], entered[2:], strict=False)
            if isinstance(side, str) and side == given and side != "*"
        )
        if last.fits(x) and same:
            return CURRENT
        wrong = last.channels_at if x[1] != last.channels else last.sides_at
        message = f"the output is {show_shape(x[1:])}, and {BESIDE} says {last.written()}"
        said = Related(Span(last.source, *wrong), f"of an input of {first.written()}")
        help = f"change the network, or write in {BESIDE} what comes out of it: {show_shape(x[1:])}"
        raise ConvcliError([Diagnostic("CV191", message, span, help=help, related=(said,))])

    return fitted(make, at, CURRENT, syntax.Name("input", at))
