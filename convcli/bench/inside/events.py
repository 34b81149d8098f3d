"""Pictures and histograms as TensorBoard reads them: a file of events, with what Python has itself.

An event is a message of protocol buffers (TensorBoard's event.proto and summary.proto have the numbers of
fields), a record is a message between two check sums (TensorFlow's record_writer.h has the form). The
package tensorboard would write the same; it brings 60 MB and eight others, and is needed to look at them only.
"""

import struct
from collections.abc import Iterable, Sequence
from functools import cache

from convcli.protobuf import fixed, stretch, whole

VERSION = b"brain.Event:2"
"""What the first event of a file says."""
STEP = 0
RGB, GREY = 3, 1


def log(events: Iterable[bytes], time: float) -> bytes:
    """Return the file of some summaries, written at a time in seconds."""
    first = _record(_double(1, time) + stretch(3, VERSION))
    return first + b"".join(_record(_double(1, time) + whole(2, STEP) + stretch(5, stretch(1, one))) for one in events)


def picture(tag: str, png: bytes, height: int, width: int, channels: int) -> bytes:
    """Return the summary of a picture."""
    image = whole(1, height) + whole(2, width) + whole(3, RGB if channels == RGB else GREY) + stretch(4, png)
    return stretch(1, tag.encode()) + stretch(4, image)


def histogram(
    tag: str, edges: Sequence[float], counts: Sequence[int], number: int, total: float, squares: float
) -> bytes:
    """Return the summary of a histogram of `number` values, whose sum and sum of squares these are."""
    # readers know the right ends of bins; an empty one says where the first begins
    ends, inside = [*edges], [0, *counts]
    found = _double(1, edges[0]) + _double(2, edges[-1]) + _double(3, number) + _double(4, total)
    found += _double(5, squares) + _doubles(6, ends) + _doubles(7, inside)
    return stretch(1, tag.encode()) + stretch(5, found)


# ---- records


def _record(message: bytes) -> bytes:
    length = struct.pack("<Q", len(message))
    return length + struct.pack("<I", masked(length)) + message + struct.pack("<I", masked(message))


def masked(data: bytes) -> int:
    """Return a check sum, turned so that the sum of data that has sums in it is a good one too."""
    found = crc32c(data)
    return ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """Return the cyclic redundancy check of RFC 3720, section 12.1; zlib's has another polynomial."""
    table, found = _table(), 0xFFFFFFFF
    for byte in data:
        found = table[(found ^ byte) & 255] ^ found >> 8
    return found ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    made = []
    for byte in range(256):
        rest = byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
        made.append(rest)
    return tuple(made)


# ---- fields of a message


def _double(field: int, value: float) -> bytes:
    return fixed(field, struct.pack("<d", value))


def _doubles(field: int, values: Sequence[float]) -> bytes:
    return stretch(field, struct.pack(f"<{len(values)}d", *values))
