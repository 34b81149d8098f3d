"""Reading text files, within limits."""

import os
import sys
from pathlib import Path
from typing import BinaryIO, NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.source import Source, Span

BYTE_ORDER_MARK = "\ufeff"
MAX_SIZE = 2 * 1024 * 1024


def read_text(path: Path, max_size: int = MAX_SIZE) -> Source:
    """Read a file as UTF-8 text.

    Raises:
        ConvcliError: it does not exist, cannot be read, is too large, or is no UTF-8.
    """
    try:
        if path.is_dir():
            _refuse("CV001", f"{path} is a folder, not a file")
        size = path.stat().st_size
        with open_at_once(path) as file:  # not all that can be read has a size
            if size > max_size:
                _refuse_binary(str(path), _ends(file, size))
                too_large(str(path), size, max_size)
            return decode(str(path), file.read(max_size + 1), max_size)
    except FileNotFoundError:
        _refuse("CV001", f"there is no file {path}")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        _refuse("CV001", f"{path} cannot be read: {reason}")


def open_at_once(path: Path) -> BinaryIO:
    """Open a file to read its bytes; a pipe that nobody writes to is empty, and is not waited for.

    Raises:
        OSError: it cannot be opened.
        ValueError: no file can have this name.
    """
    return open(path, "rb", opener=_at_once)


def _at_once(name: str, flags: int) -> int:
    number = os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
    if hasattr(os, "O_NONBLOCK"):  # whoever writes to a pipe may take their time
        os.set_blocking(number, True)
    return number


def read_standard_input(max_size: int = MAX_SIZE) -> Source:
    """Read standard input as UTF-8 text, up to the limit.

    Raises:
        ConvcliError: it is too large, or is no UTF-8.
    """
    return decode("<stdin>", sys.stdin.buffer.read(max_size + 1), max_size)


def decode(name: str, data: bytes, max_size: int = MAX_SIZE) -> Source:
    """Make a source of bytes.

    Raises:
        ConvcliError: there are too many of them, or they are no UTF-8.
    """
    if len(data) > max_size:
        _refuse_binary(name, data)
        too_large(name, len(data), max_size)
    try:
        return Source(name, data.decode().removeprefix(BYTE_ORDER_MARK))
    except UnicodeDecodeError as error:
        _refuse_binary(name, data)
        source = Source(name, data.decode("utf-8", "replace"))
        at = len(data[: error.start].decode("utf-8", "replace"))
        raise ConvcliError([Diagnostic("CV001", "the file is no UTF-8 text", Span(source, at, at + 1))]) from None


def _ends(file: BinaryIO, size: int) -> bytes:
    """Return both ends of a file, which say what it is."""
    from convcli.readers.no_text import ENDS  # most files are small

    head = file.read(ENDS)
    file.seek(max(size - ENDS, 0))
    return head + file.read(ENDS)


def _refuse_binary(name: str, data: bytes) -> None:
    from convcli.readers.no_text import is_binary, what_it_is  # most files are text

    if is_binary(data):
        message, help = what_it_is(name, data)
        raise ConvcliError([Diagnostic("CV001", message, help=help)])


def relative(path: Path) -> str:
    """Write a path as seen from the working directory, where it lies below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def too_large(name: str, size: int, limit: int) -> NoReturn:
    """Refuse a text of too many bytes."""
    raise ConvcliError(
        [Diagnostic("CV109", f"{name} has {size:,} bytes; the limit is {limit:,}", help="raise it with --max-size")]
    )


def _refuse(code: str, message: str) -> NoReturn:
    raise ConvcliError([Diagnostic(code, message)])
