"""Protocol buffers, written: numbers and stretches of bytes, each behind its number in the schema.

The encoding is that of https://protobuf.dev/programming-guides/encoding; `onnx/wire.py` reads it.
"""

VARINT, EIGHT, STRETCH, FOUR = 0, 1, 2, 5
"""What follows a field's number: a number of up to ten bytes, eight bytes, a length and as many bytes, four bytes."""


def varint(value: int) -> bytes:
    """Return a number in as many bytes as it needs, a negative one in ten."""
    value &= 0xFFFF_FFFF_FFFF_FFFF
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def whole(field: int, value: int) -> bytes:
    """Return a field that is a whole number."""
    return varint(field << 3 | VARINT) + varint(value)


def stretch(field: int, data: bytes) -> bytes:
    """Return a field that is a text, a message, or bytes."""
    return varint(field << 3 | STRETCH) + varint(len(data)) + data


def fixed(field: int, data: bytes) -> bytes:
    """Return a field of four or eight bytes, a real number say."""
    return varint(field << 3 | (FOUR if len(data) == 4 else EIGHT)) + data
