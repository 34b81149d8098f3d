"""The formats that are no text: told by the names of their files, or by who asks."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convcli.settled import AnyNetwork

BINARY = {"onnx": "convcli.readers.onnx:read_onnx", "pt2": "convcli.readers.exported:read_exported"}
"""What reads each, by what `--from` takes, which is also what the names of its files end in."""


def read_binary(format: str, path: Path, limit: int | None) -> "AnyNetwork":
    """Read a file of one of these formats.

    Raises:
        ConvcliError: it cannot be read.
    """
    module, _, function = BINARY[format].partition(":")
    found: AnyNetwork = getattr(import_module(module), function)(path, limit)
    return found
