"""Bytes of pixels as a PNG file, with what Python has itself.

The format: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", sections 5 and 11.
"""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2}
"""The format's number for grey and for red, green and blue, by how many bytes a pixel has."""


def png(pixels: bytes, height: int, width: int, channels: int) -> bytes:
    """Return the file of a picture; `pixels` are rows from the top, each from the left, channels together."""
    row = width * channels
    lines = b"".join(b"\0" + pixels[at * row : (at + 1) * row] for at in range(height))  # 0: as they are
    head = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
