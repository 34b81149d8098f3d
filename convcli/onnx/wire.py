"""Protocol buffers as they lie in a file: fields of numbers and of stretches of bytes, read where they stand.

The encoding is that of https://protobuf.dev/programming-guides/encoding. Nothing is copied but what is asked for, so
a stretch of two gigabytes is stepped over as fast as one of two bytes.
"""

import struct
from collections.abc import Iterator
from typing import Any

from convcli.protobuf import EIGHT, FOUR, STRETCH, VARINT
from convcli.record import Record

LONGEST = 1 << 16
"""Bytes of a text; no name has that many."""


class DamagedError(Exception):
    """The bytes are no protocol buffer, or none that is meant well; the text says why."""


class ExceededError(Exception):
    """There are more fields than are read."""


class Reader:
    """The bytes of a file, and how many of their fields may still be read."""

    def __init__(self, data: Any, fields: int) -> None:
        self.data = data
        self.left = fields

    def whole(self) -> "Message":
        """Return the message that the file is."""
        return Message(self, 0, len(self.data))

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """Return a number of up to ten bytes, and where it ends."""
        data, value = self.data, 0
        for shift in range(0, 70, 7):
            if at >= end:
                raise DamagedError("it ends inside of a number")
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, at
        raise DamagedError("it has a number of more than ten bytes")


class Message(Record):
    """A stretch of the file that has fields, or is a text, or numbers."""

    __slots__ = ()

    reader: Reader
    start: int
    end: int

    def fields(self) -> "Iterator[tuple[int, int, Any]]":
        """Give each field: its number, its kind, and its value, a number or a stretch.

        Raises:
            DamagedError: the bytes are no fields.
            ExceededError: there are too many.
        """
        reader, at, end = self
        data, varint = reader.data, reader.varint
        while at < end:
            reader.left -= 1
            if reader.left < 0:
                raise ExceededError
            key = data[at]
            at += 1
            if key >= 0x80:
                key, at = varint(at - 1, end)
            kind = key & 7
            if kind == VARINT:
                value, at = varint(at, end)
                yield key >> 3, kind, value
                continue
            if kind == STRETCH:
                size, at = varint(at, end)
            elif kind in (EIGHT, FOUR):
                size = 8 if kind == EIGHT else 4
            else:
                raise DamagedError("it has a field of a kind that there is not")
            if size > end - at:
                raise DamagedError("a part of it says that it is longer than the whole")
            yield key >> 3, kind, Message(reader, at, at + size)
            at += size

    def size(self) -> int:
        """Return the number of bytes."""
        return self.end - self.start

    def bytes(self) -> bytes:
        """Return a copy of the bytes."""
        return bytes(self.reader.data[self.start : self.end])

    def text(self) -> str:
        """Return the bytes as text.

        Raises:
            DamagedError: there are too many for a name.
        """
        if self.size() > LONGEST:
            raise DamagedError("it has a name of more than 64 KiB")
        return self.bytes().decode("utf-8", "replace")

    def numbers(self) -> list[int]:
        """Return packed numbers, each with its sign."""
        found, at = [], self.start
        while at < self.end:
            self.reader.left -= 1
            if self.reader.left < 0:
                raise ExceededError
            value, at = self.reader.varint(at, self.end)
            found.append(signed(value))
        return found

    def unpacked(self, form: str) -> list[Any]:
        """Return packed values of a form of `struct`, `f` say."""
        width = struct.calcsize(form)
        return list(struct.unpack(f"<{self.size() // width}{form}", self.bytes()[: self.size() // width * width]))


def signed(value: int) -> int:
    """Return the number with a sign that 64 bits stand for."""
    return value - (1 << 64) if value >> 63 else value
