"""Standard streams that nothing can break: a closed one, a reader that went away, a full disk."""

import io
import os
import sys
from typing import Any, TextIO


class Lasting(io.FileIO):
    """A stream that takes all that is written to it, and keeps the error of what it could not write.

    A reader that has seen enough, `head` say, is no error: the rest is for nobody.
    """

    failed: OSError | None = None

    def write(self, data: Any) -> int:
        """Write, or let it go."""
        try:
            return super().write(data)
        except BrokenPipeError:
            pass
        except OSError as error:
            self.failed = self.failed or error
        return len(memoryview(data).cast("B"))


def make_lasting() -> Lasting:
    """Put standard streams into place that last, and return what standard output writes to.

    A stream that is closed is the null device: its number would go to the next file that is opened, which
    would then be written into.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:  # the lowest number that is free
        pass
    os.close(number)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    out = Lasting(1, "wb", closefd=False)
    sys.stdout = _text(sys.stdout, out)
    sys.stderr = _text(sys.stderr, Lasting(2, "wb", closefd=False))
    return out


def _text(old: TextIO | None, raw: Lasting) -> io.TextIOWrapper:
    if not isinstance(old, io.TextIOWrapper):
        return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace")
    return io.TextIOWrapper(
        io.BufferedWriter(raw), old.encoding, old.errors,
        line_buffering=old.line_buffering, write_through=old.write_through,
    )  # fmt: skip
