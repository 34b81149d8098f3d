"""Why a pass cannot go on, in the words of the protocol: which kind of failure, and in which layer."""

import re
from collections.abc import Callable
from typing import Any

from convcli.diagnostics import ConvcliError
from convcli.graph import Node
from convcli.human import bytes_
from convcli.timing.protocol import BROKEN, NOT_ENOUGH_MEMORY, UNSUPPORTED

_WANTED = re.compile(r"you tried to allocate (\d{1,18}) bytes")

Said = tuple[str, str, str | None]
"""A part of what torch says, the kind of failure that it tells of, and what to do."""

MESSAGES: tuple[Said, ...] = (
    ("out of memory", NOT_ENOUGH_MEMORY, None),
    ("can't allocate memory", NOT_ENOUGH_MEMORY, None),
    ("not enough memory", NOT_ENOUGH_MEMORY, None),
    ("more than 1 value per channel", UNSUPPORTED, "take a larger batch: `--batch 2`"),
    ("not implemented for", UNSUPPORTED, "take another `--dtype`"),
    ("not supported", UNSUPPORTED, None),
    ("not compiled with", UNSUPPORTED, None),
    ("could not create a primitive", UNSUPPORTED, "take another `--dtype`"),
)


def failed(error: BaseException, layer: Callable[[BaseException], Node | None]) -> dict[str, Any]:
    """Return the event of a failure; `layer` finds the node in which it was raised."""
    node = layer(error)
    kind, help = _kind(error)
    if isinstance(error, ConvcliError):
        found = error.diagnostics[0]
        kind, message, help = UNSUPPORTED, found.message, found.help
    else:
        message = _message(error, kind)
    return {
        "event": "failed", "kind": kind, "message": message, "help": help, "layer": node.name if node else None,
    }  # fmt: skip


def _message(error: BaseException, kind: str) -> str:
    """Return the first line of what was said; of what the allocator of the CPU says, how much it could not get."""
    first = str(error).strip().partition("\n")[0]
    wanted = _WANTED.search(first)
    if wanted:
        return f"there is no room for {bytes_(int(wanted[1]))} more"
    return first if kind != BROKEN and first else f"{type(error).__name__}: {first}"


def _kind(error: BaseException) -> tuple[str, str | None]:
    if isinstance(error, MemoryError):
        return NOT_ENOUGH_MEMORY, None
    said = str(error).lower()
    for part, kind, help in MESSAGES:
        if part in said:
            return kind, help
    return (UNSUPPORTED if isinstance(error, NotImplementedError) else BROKEN), None
