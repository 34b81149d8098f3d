"""The kinds of hostile input, each by its name and how it is made of what a format knows."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

from hostile import archives
from hostile.dialect import CODE, ESCAPE, Dialect, Text, garbage

Made = Text | Callable[[Path], None]
"""What a file holds, or what puts something else in its place."""

MEGABYTE = 1_000_000
OPEN, CLOSED = 100_000, 10_000
"""Levels of what is nested."""


def cut(part: float) -> Callable[[Dialect], bytes]:
    """Return what cuts off a good file."""
    return lambda one: one.write(one.good())[: int(len(one.write(one.good())) * part)]


def inside(one: Dialect, put: bytes) -> bytes:
    """Put bytes in the middle of what a good file holds."""
    data = as_bytes(one.good())
    return one.write(data[: len(data) // 2] + put + data[len(data) // 2 :])


def as_bytes(text: Text) -> bytes:
    """Return what a file holds as bytes."""
    return text if isinstance(text, bytes) else text.encode()


def number(text: str) -> Callable[[Dialect], Text]:
    """Return what writes a size."""
    return lambda one: one.sized(text)


def word(name: str) -> Callable[[Dialect], Text]:
    """Return what writes a word of the format as a size."""
    return lambda one: one.sized(one.words[name])


def doubling(levels: int) -> list[tuple[str, list[str]]]:
    """Return layers each of which joins the one before with itself."""
    return [("a0", ["input"]), *((f"a{at}", [f"a{at - 1}"] * 2) for at in range(1, levels))]


PLACES: dict[str, Callable[[Dialect], Made]] = {
    "a folder": lambda _: lambda path: path.mkdir(),
    "a pipe that nobody writes to": lambda _: os.mkfifo,
    "a device without end": lambda _: lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda _: lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda _: lambda path: path.symlink_to("gone"),
}
"""What is no file at all."""

BYTES: dict[str, Callable[[Dialect], Made]] = {
    "nothing": lambda _: b"",
    "cut off at 10 %": cut(0.1),
    "cut off at 50 %": cut(0.5),
    "cut off at 90 %": cut(0.9),
    "cut off before the last bracket": lambda one: one.write(one.good()).rstrip()[:-1],
    "noise": lambda _: garbage(),
    "noise inside": lambda one: inside(one, garbage(2_000)),
    "zeros": lambda _: bytes(MEGABYTE),
    "a zero inside": lambda one: inside(one, b"\0"),
    "bytes that are no UTF-8": lambda one: inside(one, b"\xff\xfe"),
    "UTF-16": lambda one: one.write(as_bytes(one.good()).decode().encode("utf-16")),
    "a byte order mark": lambda one: one.write(b"\xef\xbb\xbf" + as_bytes(one.good())),
    "blanks": lambda one: one.write(b" " * (2 * MEGABYTE)),
    "empty lines": lambda one: one.write(b"\n" * MEGABYTE),
    "more bytes than are read": lambda one: one.write(as_bytes(one.good()) + b" " * one.limit),
    "packed": lambda one: gzip.compress(one.write(one.good())),
    "an archive around it": archives.around,
}
"""What breaks the bytes of a file."""

SIZES: dict[str, Callable[[Dialect], Made]] = {
    "2^31": number(str(2**31)),
    "2^63": number(str(2**63)),
    "10^400": number("1" + "0" * 400),
    "100,000 digits": number("9" * 100_000),
    "1e999": word("infinity"),
    "not a number": word("nan"),
    "-1": number("-1"),
    "0": number("0"),
    "a fraction": number("2.5"),
    "true": word("true"),
    "no number": word("null"),
    "a text as a size": word("text"),
    "a list as a size": word("list"),
    "a power": number("9**9**9"),
    "code": number(CODE),
    "a product past 2^63": lambda one: one.sizes(2**62),
    "a thousand million times": lambda one: one.repeated(10**9),
}
"""What is no size to work with."""

STRUCTURE: dict[str, Callable[[Dialect], Made]] = {
    "nested, open": lambda one: one.nested(OPEN, closed=False),
    "nested, closed": lambda one: one.nested(CLOSED, closed=True),
    "more layers than are read": lambda one: one.row(101_000),
    "a long name": lambda one: one.named("n" * MEGABYTE),
    "a name twice": lambda one: one.named("same", "same"),
    "a long line": lambda one: one.sized("1" + " " * MEGABYTE + "1"),
    "a layer that takes itself": lambda one: one.graph([("a", ["a"])]),
    "two layers in a circle": lambda one: one.graph([("a", ["b"]), ("b", ["a"])]),
    "a layer that takes nothing there is": lambda one: one.graph([("a", ["gone"])]),
    "a layer that takes a later one": lambda one: one.graph([("a", ["b"]), ("b", ["input"])]),
    "sums that double": lambda one: one.graph(doubling(60)),
    "channels that double": lambda one: one.graph(doubling(80), joined="side by side"),
    "aliases that multiply": lambda one: one.aliases(),
    "a field that is missing": lambda one: one.missing(),
    "another type as the whole": lambda one: one.top(),
    "nothing everywhere": lambda one: one.nulls(),
    "a layer that there is not": lambda one: one.unknown("NoSuchLayer"),
    "a path as a layer": lambda one: one.unknown("../../etc/passwd"),
    "a layer for a terminal": lambda one: one.unknown(ESCAPE),
    "a name for a terminal": lambda one: one.named(ESCAPE),
    "half a character as a name": lambda one: one.named("\ud800"),
    "a name of several lines": lambda one: one.named("a\nb\u2028c\x85d"),
    "a text for a terminal": lambda one: one.said(ESCAPE),
    "a long text": lambda one: one.said("s" * (one.limit * 9 // 10)),
    "a text of escapes": lambda one: one.said("\n" * (one.limit * 4 // 10)),
    "a text without end": lambda one: one.bait(),
    "a file elsewhere": lambda one: one.outside(),
}
"""What is wrong with what a file says."""

KINDS: dict[str, Callable[[Dialect], Made]] = {**PLACES, **BYTES, **SIZES, **STRUCTURE, **archives.KINDS}
