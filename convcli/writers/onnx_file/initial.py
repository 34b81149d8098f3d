"""Numbers for weights: of the size that Kaiming's initialisation has, and the same each time.

He et al., "Delving Deep into Rectifiers", ICCV 2015: the variance of a weight is 2 / fan_in. Here each has a random
sign and a random size between s and 2 * s, for the power of two that comes nearest.
"""

import math
import struct
from random import Random

from convcli.quantity import Shape, product

PIECE = 1 << 18
"""Numbers that are made at once."""
ZEROS = ("bias", "running_mean")


def numbers(name: str, shape: Shape, use: str) -> bytes:
    """Return the numbers of a weight: of a bias or a mean 0, of a norm's weight or a variance 1, of others random."""
    count = product(shape)
    if use in ZEROS or count == 0:
        return bytes(4 * count)
    if use == "running_var" or (use == "weight" and len(shape) < 2):
        return struct.pack("<f", 1.0) * count
    fan = max(count // shape[0], 1) if shape else 1
    place = round(math.log2(math.sqrt(2 / fan / (7 / 3))))
    return _random(Random(name), count, place + 127)  # noqa: S311  nothing is secret


def _random(source: Random, count: int, exponent: int) -> bytes:
    """Return numbers in single precision: sign and fraction are random, the exponent is given."""
    made = bytearray()
    while count:
        many = min(count, PIECE)
        keep = int.from_bytes(b"\xff\xff\x7f\x80" * many, "little")
        scale = int.from_bytes(struct.pack("<I", exponent << 23) * many, "little")
        made += (int.from_bytes(source.randbytes(4 * many), "little") & keep | scale).to_bytes(4 * many, "little")
        count -= many
    return bytes(made)
